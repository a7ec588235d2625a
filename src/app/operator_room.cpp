#include "app/operator_room.hpp"

#include <chrono>
#include <thread>

#include "app/domain.hpp"
#include "app/embedded_stores.hpp"
#include "app/neighbourhood.hpp"
#include "mail/forgetting.hpp"

namespace parley::app {

using namespace std::chrono_literals;

OperatorRoom::OperatorRoom(const Settings& settings, const std::optional<redis::Config>& redis)
    : settings_(settings),
      redis_config_(redis),
      hashing_({1, 4}),
      hasher_(hashing_, {settings.auth.hash_cost}),
      limits_(chat_limits(settings.limits)) {}

OperatorRoom::~OperatorRoom() {
  if (jobs_) jobs_->close();
  if (stores_) stores_->close();
  errand_.stop();
}

Ask OperatorRoom::open(std::unique_ptr<Stores> stores) {
  stores_ = std::move(stores);
  auto* embedded = dynamic_cast<EmbeddedStores*>(stores_.get());
  auto jobs = open_job_store(errand_.home(), settings_, redis_config_,
                             embedded != nullptr ? &embedded->database() : nullptr);
  if (jobs) {
    jobs_ = std::move(*jobs);
  } else {
    no_jobs_ = jobs.error().detail;
  }
  if (redis_config_)
    redis_ = std::make_unique<redis::Client>(errand_.home(), *redis_config_, "operator");
  registration_.emplace(stores_->accounts(), hasher_, ids_, limits_);
  logins_.emplace(
      *registration_,
      chat::Logins::Ports{stores_->accounts(), stores_->sessions(), stores_->operators(), hasher_},
      limits_);
  users_.emplace(
      UserServices{stores_->accounts(),
                   stores_->operators(),
                   stores_->sessions(),
                   stores_->conversations(),
                   stores_->messages(),
                   *registration_,
                   *logins_,
                   hasher_,
                   limits_,
                   {},
                   {},
                   [this](chat::Account account) { return forget(std::move(account)); }});
  messages_.emplace(MessageServices{stores_->accounts(), stores_->operators(), nullptr,
                                    jobs_ ? &jobs_->queue() : nullptr});
  errand_.start();
  return [this](json::object question) { return errand_.run(answer(std::move(question))); };
}

Task<Result<json::object>> OperatorRoom::answer(json::object question) {
  if (json::string_member(question, "command") == "message") {
    MessageDesk desk(*messages_);
    co_return co_await desk.answer(std::move(question));
  }
  UserDesk desk(*users_);
  const Time now = wall_now();
  co_return co_await desk.answer(std::move(question), now);
}

Task<Result<std::size_t>> OperatorRoom::forget(chat::Account account) {
  if (redis_) {
    for (int tries = 0; tries < 500 && !redis_->is_connected(); ++tries)
      co_await net::sleep_for(10ms);
    const auto forgotten = co_await forget_presence(*redis_, account.id);
    if (!forgotten) co_return forgotten.error();
  }
  if (!jobs_) co_return fail(Errc::unavailable, "the mails: " + no_jobs_);
  co_return co_await mail::remove_mails_of(jobs_->queue(), std::move(account));
}

}  // namespace parley::app
