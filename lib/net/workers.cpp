#include "net/workers.hpp"

#include <pthread.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace parley::net {

struct Workers::State {
  explicit State(Config its_config) : config(its_config) {}

  void work() {
    pthread_setname_np(pthread_self(), "worker");
    std::unique_lock lock{mutex};
    while (true) {
      changed.wait(lock, [this] { return ending || !jobs.empty(); });
      if (jobs.empty()) return;
      auto job = std::move(jobs.front());
      jobs.pop_front();
      const bool is_refused = ending && config.at_end == AtEnd::refuse;
      lock.unlock();
      is_refused ? job->refuse() : job->run();
      job.reset();
      lock.lock();
      --taken;
    }
  }

  const Config config;
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::unique_ptr<Job>> jobs;
  std::size_t taken = 0;  ///< Reserved, queued or running.
  bool ending = false;
  std::vector<std::thread> threads;
};

Workers::Workers(Config config) : state_(std::make_unique<State>(config)) {
  for (std::size_t i = 0; i < config.threads; ++i) {
    state_->threads.emplace_back([state = state_.get()] { state->work(); });
  }
}

void Workers::end() {
  {
    const std::lock_guard lock{state_->mutex};
    state_->ending = true;
  }
  state_->changed.notify_all();
}

Workers::~Workers() {
  end();
  for (auto& thread : state_->threads) thread.join();
}

bool Workers::reserve() {
  const std::lock_guard lock{state_->mutex};
  if (state_->ending || state_->taken >= state_->config.threads + state_->config.max_queued)
    return false;
  ++state_->taken;
  return true;
}

void Workers::enqueue(std::unique_ptr<Job> job) {
  {
    const std::lock_guard lock{state_->mutex};
    state_->jobs.push_back(std::move(job));
  }
  state_->changed.notify_one();
}

std::size_t Workers::queued() const {
  const std::lock_guard lock{state_->mutex};
  return state_->jobs.size();
}

}  // namespace parley::net
