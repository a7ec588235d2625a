#include "jobs/detail/worker_state.hpp"

#include <algorithm>
#include <exception>
#include <random>
#include <utility>

#include "base/hex.hpp"
#include "ops/log.hpp"

namespace parley::jobs {

namespace {

constexpr std::chrono::milliseconds first_rest{100}, longest_rest{1000};
/// Deeper data is no job of ours; a parser must end somewhere.
constexpr json::Limits data_limits{128};

/// Source::settle.
bool is_kept_by_children(const Ending& ending, Errc code) {
  if (ending.kind != Ending::Kind::completed) return false;
  return code == Errc::forbidden || code == Errc::internal;
}

}  // namespace

Worker::State::State(net::Shard& home, std::shared_ptr<Source> source, WorkerConfig config)
    : home_(home),
      source_(std::move(source)),
      config_(std::move(config)),
      token_base_(random_hex(16)),
      random_(std::random_device{}()) {
  for (auto* signal : {&renewal_, &rescue_, &ended_})
    *signal = std::make_shared<net::Signal>(home.executor());
}

void Worker::State::start() { home_.spawn("open the queue", open(shared_from_this())); }

void Worker::State::begin_stop() {
  is_stopping = true;
  renewal_->notify();
  rescue_->notify();
  wake_all();
}

void Worker::State::wake_all() {
  for (const auto& signal : resting_) signal->notify();
  source_->wake();
  for (const auto& signal : std::exchange(idle_, {})) signal->notify();
}

Task<void> Worker::State::open(Self self) {
  while (!self->is_stopping) {
    auto opened = co_await self->source_->open();
    if (opened) break;
    if (opened.error().code == Errc::not_supported) {
      ops::log().error("the queue is not worked on", {{"reason", opened.error().detail}});
      self->refusal = opened.error().detail;
      self->is_refused = true;
      co_return;
    }
    co_await rest(self, std::move(opened).error());
  }
  if (self->is_stopping) co_return;
  self->slots_ = self->config_.concurrency;
  self->home_.spawn("renew locks", renew_locks(self));
  self->home_.spawn("look for stalled jobs", look_for_stalled(self));
  for (std::size_t i = 0; i < self->config_.concurrency; ++i)
    self->home_.spawn("work on jobs", run_slot(self));
}

Task<void> Worker::State::run_slot(Self self) {
  std::optional<Held> held;
  while (!self->is_stopping || held) {
    if (!held) held = co_await find(self);
    if (!held) continue;
    Held mine = std::move(*held);
    held = co_await work(self, std::move(mine));
  }
  if (--self->slots_ > 0) co_return;
  self->ended_->notify();
  self->renewal_->notify();
}

Task<std::optional<Worker::State::Held>> Worker::State::find(Self self) {
  std::optional<Time> look_again_at;
  while (!self->is_stopping) {
    if (self->may_take()) {
      Taking how = self->new_taking();
      Token token = how.token;
      auto taken = co_await self->source_->take(std::move(how), self->config_.clock());
      if (!taken) {
        co_await rest(self, std::move(taken).error());
        continue;
      }
      self->rest_time_ = 0ms;
      if (taken->job) {
        if (!self->idle_.empty()) {  // where one job was there may be more
          self->idle_.front()->notify();
          self->idle_.pop_front();
        }
        co_return Held{std::move(*taken->job), std::move(token)};
      }
      look_again_at = taken->look_again_at;
    }
    co_await idle(self, look_again_at);
  }
  co_return std::nullopt;
}

Task<void> Worker::State::idle(Self self, std::optional<Time> look_again_at) {
  if (self->is_stopping) co_return;
  if (self->is_someone_waiting_ || self->is_paused) {
    const auto signal = std::make_shared<net::Signal>(self->home_.executor());
    self->idle_.push_back(signal);
    constexpr std::chrono::hours until_told{24};
    co_await signal->wait(until_told);
    co_return;
  }
  self->is_someone_waiting_ = true;
  auto waited = co_await self->source_->wait(self->wait_before(look_again_at));
  self->is_someone_waiting_ = false;
  if (!waited) co_await rest(self, std::move(waited).error());
}

std::chrono::milliseconds Worker::State::wait_before(std::optional<Time> look_again_at) const {
  if (!look_again_at) return config_.idle_wait;
  const auto until = *look_again_at - config_.clock();
  return std::clamp<std::chrono::milliseconds>(until, 1ms, config_.idle_wait);
}

Task<void> Worker::State::rest(Self self, Error error) {
  if (self->rest_time_ == first_rest)  // once may be a start or a hiccup
    ops::log().warn("the queue cannot be reached", {{"reason", error.detail}});
  self->rest_time_ = std::clamp(self->rest_time_ * 2, first_rest, longest_rest);
  const auto signal = std::make_shared<net::Signal>(self->home_.executor());
  self->resting_.insert(signal);
  co_await signal->wait(self->rest_time_);
  self->resting_.erase(signal);
}

Task<std::optional<Worker::State::Held>> Worker::State::work(Self self, Held held) {
  Run run{{held.job.id, held.token}, self->home_.now()};
  held.job.cancelled = run.cancelled;
  held.job.hold = [self, token = held.token] { return hold(self, token); };
  self->runs_.emplace(held.token, std::move(run));
  self->counters.running += 1;
  const Token token = held.token;
  const auto value = co_await process(self, held.job);
  Ending ending = self->ending_of(held, value);
  auto next = co_await settle(self, std::move(held), std::move(ending));
  self->forget(token);
  co_return next;
}

Ending Worker::State::ending_of(const Held& held, const Result<json::value>& value) {
  const double random = std::uniform_real_distribution<double>{0, 1}(random_);
  Ending ending =
      value ? ending_of_success(held.job, json::serialize(*value), config_.remove_on_complete)
            : ending_of_failure(held.job, value.error(), random, config_.remove_on_fail);
  ending.token = held.token;
  return ending;
}

Task<Result<json::value>> Worker::State::process(Self self, Job job) {
  if (!job.deferred_failure.empty()) co_return fail(Errc::bad_request, job.deferred_failure);
  if (!job.unreadable.empty()) co_return fail(Errc::bad_request, "unreadable " + job.unreadable);
  auto data = json::parse(job.data, data_limits);
  if (!data) co_return fail(Errc::bad_request, "unreadable data: " + data.error().detail);
  job.payload = std::move(*data);
  const auto found = self->processors.find(job.name);
  const Processor processor = found == self->processors.end() ? self->any : found->second;
  if (!processor) co_return fail(Errc::not_supported, "no processor for jobs of this name");
  std::string thrown;
  try {
    co_return co_await processor(std::move(job));
  } catch (const std::exception& error) {
    thrown = error.what();
  } catch (...) {
    thrown = "an unknown exception";
  }
  co_return fail(Errc::internal, std::move(thrown));
}

Task<Result<Done>> Worker::State::hold(Self self, Token token) {
  const auto has_it = [&] {
    const auto run = self->runs_.find(token);
    return run != self->runs_.end() && !run->second.cancelled->load();
  };
  const Error gone = fail(Errc::conflict, "somebody else may do this job by now");
  if (!has_it()) co_return gone;
  Run& run = self->runs_.at(token);
  run.renewed = self->home_.now();
  std::vector<Lock> locks{run.lock};
  const auto lost =
      co_await self->source_->extend(std::move(locks), self->config_.lock, self->config_.clock());
  if (!lost) co_return lost.error();
  if (!lost->empty()) self->lose(token);
  if (!has_it()) co_return gone;  // given back meanwhile, too
  co_return Done{};
}

Task<std::optional<Worker::State::Held>> Worker::State::settle(Self self, Held held,
                                                               Ending ending) {
  for (bool again = false;;) {
    const auto run = self->runs_.find(ending.token);
    if (run == self->runs_.end() || run->second.cancelled->load()) break;  // given back, or lost
    run->second.is_settling = true;
    std::optional<Taking> next;
    if (self->may_take()) next = self->new_taking();
    Token token = next ? next->token : Token{};
    Ending copy = ending;
    auto taken =
        co_await self->source_->settle(std::move(copy), std::move(next), self->config_.clock());
    if (taken) {
      self->rest_time_ = 0ms;
      self->count(ending);
      if (taken->job) co_return Held{std::move(*taken->job), std::move(token)};
      break;
    }
    if (taken.error().code == Errc::conflict && again) {  // the try before this one was heard
      self->count(ending);
      break;
    }
    if (is_kept_by_children(ending, taken.error().code)) {
      ending = self->ending_of(held, taken.error());
      again = false;
      continue;
    }
    if (!info(taken.error().code).temporary) {
      ops::log().warn("a job was lost to another worker",
                      {{"job", ending.id}, {"reason", taken.error().detail}});
      self->counters.lost += 1;
      break;
    }
    co_await rest(self, std::move(taken).error());
    again = true;
  }
  co_return std::nullopt;
}

void Worker::State::count(const Ending& ending) {
  switch (ending.kind) {
    case Ending::Kind::completed:
      counters.completed += 1;
      break;
    case Ending::Kind::failed:
      counters.failed += 1;
      break;
    case Ending::Kind::retry:
      counters.retried += 1;
      break;
    case Ending::Kind::give_back:
      counters.given_back += 1;
  }
}

void Worker::State::forget(const Token& token) {
  if (runs_.erase(token) != 0) counters.running -= 1;
}

void Worker::State::lose(const Token& token) {
  const auto run = runs_.find(token);
  if (run == runs_.end() || run->second.is_settling) return;
  if (run->second.cancelled->exchange(true)) return;
  ops::log().warn("a job's lock is lost", {{"job", run->second.lock.id}});
  counters.lost += 1;
}

Taking Worker::State::new_taking() {
  return {token_base_ + ":" + std::to_string(++tokens_), config_.lock, config_.name, config_.rate};
}

std::vector<Lock> Worker::State::locks_to_renew() {
  std::vector<Lock> locks;
  const SteadyTime now = home_.now();
  for (auto& [token, run] : runs_) {
    if (run.cancelled->load() || now - run.renewed < config_.lock / 4) continue;
    run.renewed = now;
    locks.push_back(run.lock);
  }
  return locks;
}

Task<void> Worker::State::renew_locks(Self self) {
  const auto interval = std::max<std::chrono::milliseconds>(self->config_.lock / 4, 5ms);
  // At a stop jobs still run: their locks are renewed until the last slot has ended.
  while (self->slots_ > 0) {
    co_await self->renewal_->wait(interval);
    auto locks = self->locks_to_renew();
    if (locks.empty()) continue;
    const auto lost =
        co_await self->source_->extend(std::move(locks), self->config_.lock, self->config_.clock());
    if (!lost) continue;  // unreachable: the locks may live, and settle() will tell
    for (const Token& token : *lost) self->lose(token);
  }
}

Task<void> Worker::State::look_for_stalled(Self self) {
  const Source::Stalled how{self->config_.max_stalled, self->config_.stalled_interval};
  while (!self->is_stopping) {
    const auto rescued = co_await self->source_->rescue(how, self->config_.clock());
    if (rescued && !rescued->empty()) {
      self->counters.rescued += rescued->size();
      for (const JobId& id : *rescued)
        ops::log().warn("a job stalled and goes back in line", {{"job", id}});
    }
    if (!self->is_stopping) co_await self->rescue_->wait(how.interval);
  }
}

Task<void> Worker::State::wait_for_end(Self self, std::chrono::milliseconds grace) {
  if (self->slots_ > 0) co_await self->ended_->wait(grace);
  std::vector<Lock> unfinished;
  for (auto& [token, run] : self->runs_) {
    const bool was_cancelled = run.cancelled->exchange(true);
    if (was_cancelled || run.is_settling) continue;
    unfinished.push_back(run.lock);
  }
  for (const Lock& lock : unfinished) co_await give_back(self, lock);
}

Task<void> Worker::State::give_back(Self self, Lock lock) {
  Ending ending;
  ending.id = lock.id;
  ending.token = lock.token;
  ending.kind = Ending::Kind::give_back;
  const auto given =
      co_await self->source_->settle(std::move(ending), std::nullopt, self->config_.clock());
  if (given) self->counters.given_back += 1;
  self->forget(lock.token);
}

}  // namespace parley::jobs
