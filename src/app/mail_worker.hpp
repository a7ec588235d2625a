#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "app/job_store.hpp"
#include "chat/ports/account_store.hpp"
#include "chat/ports/conversation_store.hpp"
#include "chat/recovery.hpp"
#include "jobs/worker.hpp"
#include "mail/processors.hpp"
#include "mail/transport.hpp"
#include "net/shard.hpp"
#include "net/workers.hpp"
#include "settings/settings.hpp"

namespace parley::app {

/// Writes and sends the mails that wait in the queue. Lives on one shard.
class MailWorker {
 public:
  struct Parts {
    JobStore& jobs;
    chat::AccountStore& accounts;
    chat::ConversationStore& conversations;
    const chat::Recovery& recovery;
  };

  /// Says in the log where mails go. `public_url`: what links begin with. Throws std::runtime_error
  /// with a sentence when mails could not be sent as the settings want it. `parts` outlive it.
  MailWorker(net::Shard& home, Parts parts, const Settings& settings, std::string public_url);
  /// After the shards have stopped.
  ~MailWorker();

  /// Any thread, once.
  void start();
  /// Home shard. Jobs that still run after `grace` go back to the queue.
  Task<void> stop(std::chrono::milliseconds grace);

  /// Any thread: unavailable while the queue refuses this worker.
  Result<Done> health() const;
  jobs::Worker::Stats stats() const { return worker_.stats(); }
  const mail::Stats& mails() const { return desk_.stats(); }

 private:
  /// One job, and a line in the log when it does not succeed.
  Task<Result<json::value>> run(mail::Kind kind, jobs::Job job);

  net::Shard& home_;
  net::Workers threads_;  ///< Wait for the mail server or the disk.
  std::unique_ptr<mail::Transport> transport_;
  mail::Desk desk_;
  jobs::Worker worker_;
};

}  // namespace parley::app
