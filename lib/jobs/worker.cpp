#include "jobs/worker.hpp"

#include <utility>

#include "jobs/detail/worker_state.hpp"

namespace parley::jobs {

Worker::Worker(net::Shard& home, std::shared_ptr<Source> source, WorkerConfig config)
    : state_(std::make_shared<State>(home, std::move(source), std::move(config))) {}

Worker::~Worker() { state_->begin_stop(); }

Worker& Worker::on(std::string name, Processor processor) {
  state_->processors[std::move(name)] = std::move(processor);
  return *this;
}

Worker& Worker::on_any(Processor processor) {
  state_->any = std::move(processor);
  return *this;
}

void Worker::start() { state_->start(); }

Task<void> Worker::stop(std::chrono::milliseconds grace) {
  const auto state = state_;
  state->begin_stop();
  co_await State::wait_for_end(state, grace);
}

void Worker::pause() { state_->is_paused = true; }

void Worker::resume() {
  state_->is_paused = false;
  state_->wake_all();
}

Worker::Stats Worker::stats() const {
  const auto& counters = state_->counters;
  Stats stats;
  stats.completed = counters.completed;
  stats.failed = counters.failed;
  stats.retried = counters.retried;
  stats.rescued = counters.rescued;
  stats.given_back = counters.given_back;
  stats.lost = counters.lost;
  stats.running = counters.running;
  return stats;
}

bool Worker::is_working() const { return !state_->is_refused; }

std::string Worker::refusal() const { return state_->refusal; }

}  // namespace parley::jobs
