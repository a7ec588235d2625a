#include "app/mail_room.hpp"

#include <stdexcept>

#include "app/embedded_stores.hpp"
#include "nodes/local_presence.hpp"
#include "nodes/presence.hpp"

namespace parley::app {

namespace {

using std::chrono::milliseconds;

/// Beyond the grace that a coroutine was given.
constexpr std::chrono::seconds patience{2};

mail::Pace pace(const Settings& settings) {
  return {settings.mail.quiet_period, settings.mail.retry_delay};
}

std::unique_ptr<JobStore> open(net::Shard& home, const Settings& settings,
                               const std::optional<redis::Config>& redis, Stores& stores) {
  auto* embedded = dynamic_cast<EmbeddedStores*>(&stores);
  auto opened =
      open_job_store(home, settings, redis, embedded == nullptr ? nullptr : &embedded->database());
  if (!opened) throw std::runtime_error("the queue of jobs: " + opened.error().detail);
  return std::move(*opened);
}

Task<void> tell_when_done(Task<void> task, std::shared_ptr<std::promise<void>> done) {
  co_await std::move(task);
  done->set_value();
}

std::future<void> begin(net::Shard& home, std::string_view name, Task<void> task) {
  auto done = std::make_shared<std::promise<void>>();
  auto future = done->get_future();
  home.spawn(name, tell_when_done(std::move(task), std::move(done)));
  return future;
}

}  // namespace

mail::IsHere devices_of(chat::PresenceStore& presence) {
  if (auto* embedded = dynamic_cast<store::embedded::Presence*>(&presence))
    return [embedded](const chat::UserId& user) { return embedded->is_online(user); };
  if (auto* local = dynamic_cast<nodes::LocalPresence*>(&presence))
    return [local](const chat::UserId& user) { return local->is_online(user); };
  if (auto* shared = dynamic_cast<nodes::Presence*>(&presence))
    return [shared](const chat::UserId& user) { return shared->is_here(user); };
  return [](const chat::UserId&) { return false; };
}

MailRoom::MailRoom(net::Shard& home, const Settings& settings,
                   const std::optional<redis::Config>& redis, Stores& stores)
    : home_(home),
      settings_(settings),
      stores_(stores),
      is_private_(!redis),
      jobs_(open(home, settings, redis, stores)),
      desk_(jobs_->queue(), std::string{mail::queue_name}),
      mails_(jobs_->queue(), pace(settings)),
      watch_(home, jobs_->queue()),
      budget_(std::make_shared<mail::NoticeBudget>(
          mail::NoticeBudget::Config{.most = settings.mail.notices_per_sender})) {}

MailRoom::~MailRoom() = default;

chat::Notices& MailRoom::notices(chat::PresenceStore& presence) {
  auto* embedded = dynamic_cast<EmbeddedStores*>(&stores_);
  auto* jobs = dynamic_cast<EmbeddedJobs*>(jobs_.get());
  if (embedded != nullptr && jobs != nullptr) {
    embedded->messages().set_jobs(
        jobs->queue(),
        [pace = pace(settings_), budget = budget_](const chat::Message& message) {
          std::optional<jobs::NewJob> job;
          if (budget->take(message.sender, std::chrono::steady_clock::now()))
            job = mail::job_of_message(message, pace);
          return job;
        },
        [budget = budget_](const chat::Message& message) { budget->give_back(message.sender); });
    batch_notices_ = std::make_unique<mail::BatchNotices>(devices_of(presence));
    return *batch_notices_;
  }
  mail::QueuedNotices::Config config;
  config.pace = pace(settings_);
  config.budget = budget_;
  queued_notices_ = std::make_unique<mail::QueuedNotices>(home_, jobs_->queue(), presence,
                                                          devices_of(presence), config);
  return *queued_notices_;
}

void MailRoom::work(const chat::Recovery& recovery, std::string public_url) {
  const MailWorker::Parts parts{*jobs_, stores_.accounts(), stores_.conversations(), recovery};
  worker_ = std::make_unique<MailWorker>(home_, parts, settings_, std::move(public_url));
}

void MailRoom::add_checks(ops::Health& health) const {
  const auto check = [this]() -> Result<Done> {
    if (auto reached = jobs_->health(); !reached) return reached.error();
    return worker_ ? worker_->health() : Done{};
  };
  health.add("queue", check, ops::Health::Weight::helpful);
}

void MailRoom::start() {
  watch_.start();
  if (worker_) worker_->start();
}

Task<Result<json::object>> MailRoom::answer(json::object question) {
  return desk_.answer(std::move(question), wall_now());
}

void MailRoom::begin_drain(milliseconds grace) {
  if (worker_) worker_stopped_ = begin(home_, "worker stop", worker_->stop(grace));
}

void MailRoom::end_drain(milliseconds grace) {
  if (queued_notices_) {
    const auto stopped = begin(home_, "notices stop", queued_notices_->stop(grace));
    stopped.wait_for(grace + patience);
  }
  if (worker_stopped_.valid()) worker_stopped_.wait_for(grace + patience);
}

void MailRoom::close() { jobs_->close(); }

}  // namespace parley::app
