#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "base/json.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "chat/ports/account_store.hpp"
#include "chat/ports/conversation_store.hpp"
#include "jobs/job.hpp"
#include "jobs/worker.hpp"
#include "mail/jobs_of.hpp"
#include "mail/templates.hpp"
#include "mail/transport.hpp"

namespace parley::chat {
class Recovery;
}

namespace parley::mail {

/// How a job's run ended.
enum class Outcome {
  sent,
  skipped,   ///< There was nothing to send: read, switched off, nobody.
  deferred,  ///< A temporary failure; it runs again while attempts are left.
  failed,    ///< For good.
};
inline constexpr std::array all_outcomes{Outcome::sent, Outcome::skipped, Outcome::deferred,
                                         Outcome::failed};
/// For metrics: `sent`, …; `notice`, `letter`, `reset`, `verification`.
std::string_view to_string(Outcome outcome);
std::string_view to_string(Kind kind);

/// Runs since the start. Any thread.
class Stats {
 public:
  void add(Kind kind, Outcome outcome) {
    counts_[at(kind, outcome)].fetch_add(1, std::memory_order_relaxed);
  }
  std::uint64_t count(Kind kind, Outcome outcome) const {
    return counts_[at(kind, outcome)].load(std::memory_order_relaxed);
  }

 private:
  static std::size_t at(Kind kind, Outcome outcome) {
    return static_cast<std::size_t>(kind) * all_outcomes.size() + static_cast<std::size_t>(outcome);
  }
  std::array<std::atomic<std::uint64_t>, all_kinds.size() * all_outcomes.size()> counts_{};
};

/// Does the jobs of the mail queue. Any shard; what it is made of outlives it.
class Desk {
 public:
  struct Parts {
    chat::AccountStore& accounts;
    chat::ConversationStore& conversations;
    const chat::Recovery& recovery;
    Transport& transport;
  };
  Desk(Parts parts, MailSettings settings, Time (*clock)() = wall_now);

  /// Writes and sends the mail of one job, or finds that none is needed. Gives `{"sent":true}` or
  /// `{"skipped":"unknown-user"|"switched-off"|"read"|"verified"}`. bad_request: the data is not
  /// this kind's, or the mail can never be sent; else the errors of stores and transport.
  Task<Result<json::value>> run(Kind kind, jobs::Job job);

  const Stats& stats() const { return stats_; }

 private:
  Task<Result<json::value>> notice(jobs::Job job);
  Task<Result<json::value>> letter(jobs::Job job);
  Task<Result<json::value>> reset(jobs::Job job);
  Task<Result<json::value>> verification(jobs::Job job);
  Task<Result<json::value>> send(Letter letter, jobs::Job job);

  Parts parts_;
  MailSettings settings_;
  Time (*clock_)();
  Stats stats_;
};

}  // namespace parley::mail
