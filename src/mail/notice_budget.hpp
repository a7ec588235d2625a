#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "base/time.hpp"
#include "chat/ids.hpp"

namespace parley::mail {

/// How many notices each sender may cause in a window of time: nobody fills the queue, and the
/// inboxes of strangers, alone. This process's. Any thread.
class NoticeBudget {
 public:
  struct Config {
    std::size_t most = 60;  ///< Of one sender in a window; 0: any number.
    std::chrono::seconds window = std::chrono::hours{1};
    std::size_t max_senders = 100'000;  ///< Beyond it a window begins early; some 5 MB.
  };
  NoticeBudget() : NoticeBudget(Config{}) {}
  explicit NoticeBudget(Config config) : config_(config) {}

  /// False: the sender has had them all.
  bool take(const chat::UserId& sender, SteadyTime now);
  /// No new notice became of it.
  void give_back(const chat::UserId& sender);

  /// How often take() said no.
  std::uint64_t refused() const;

 private:
  const Config config_;
  mutable std::mutex mutex_;
  std::unordered_map<chat::UserId, std::size_t> taken_;  ///< In this window.
  SteadyTime window_end_{};
  std::uint64_t refused_ = 0;
};

}  // namespace parley::mail
