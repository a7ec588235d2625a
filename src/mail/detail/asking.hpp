#pragma once

#include <atomic>
#include <chrono>
#include <functional>

#include "base/result.hpp"
#include "mail/transport.hpp"
#include "net/shard.hpp"

namespace parley::mail::detail {

/// Asks a permit on its shard, from a thread that waits for the answer.
class Asking {
 public:
  /// `home` and `is_stopping` outlive it.
  Asking(net::Shard& home, Permit permit, std::chrono::milliseconds limit,
         const std::atomic<bool>& is_stopping)
      : home_(home), permit_(std::move(permit)), limit_(limit), is_stopping_(is_stopping) {}

  /// What the permit gives; timeout after `limit`, and closed soon after `is_stopping`.
  Result<Done> operator()() const;

 private:
  net::Shard& home_;
  Permit permit_;
  std::chrono::milliseconds limit_;
  const std::atomic<bool>& is_stopping_;
};

}  // namespace parley::mail::detail
