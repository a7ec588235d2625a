#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <string>

#include "app/job_store.hpp"
#include "app/jobs_desk.hpp"
#include "app/jobs_watch.hpp"
#include "app/mail_worker.hpp"
#include "app/stores.hpp"
#include "mail/notices.hpp"
#include "mail/queued_mail.hpp"
#include "ops/health.hpp"
#include "ops/metrics.hpp"

namespace parley::app {

/// Everything between what causes a mail and the mail: the queue, who adds to it, and, where this
/// process works on jobs, the worker. Shared by `parley serve` and `parley worker`. Made and
/// destroyed as Program is; the stores outlive it.
class MailRoom {
 public:
  /// Throws std::runtime_error when the queue cannot be opened.
  MailRoom(net::Shard& home, const Settings& settings, const std::optional<redis::Config>& redis,
           Stores& stores);
  /// After the shards have stopped.
  ~MailRoom();

  /// For the domain.
  chat::MailQueue& mails() { return mails_; }
  /// Who hears of messages that reach nobody: with the message in one batch where the store has the
  /// queue, else afterwards. Before the shards start, once.
  chat::Notices& notices(chat::PresenceStore& presence);
  /// This process works on the queue. Before the shards start, once; throws std::runtime_error.
  void work(const chat::Recovery& recovery, std::string public_url);

  void add_checks(ops::Health& health) const;
  void export_counts(ops::Metrics& metrics) const;
  /// The shards run.
  void start();

  /// What `parley jobs` asks of a running server.
  Task<Result<json::object>> answer(json::object question);
  jobs::Queue& queue() { return jobs_->queue(); }
  /// True where nobody but this process can reach the queue.
  bool is_private() const { return is_private_; }

  /// On a thread that is no shard's. Takes no more jobs from now on.
  void begin_drain(std::chrono::milliseconds grace);
  /// After the last message: waits for what begin_drain() began and for notices that are under way,
  /// hardly longer than `grace`.
  void end_drain(std::chrono::milliseconds grace);
  /// Everything added is stored.
  void close();

 private:
  net::Shard& home_;
  const Settings settings_;
  Stores& stores_;
  bool is_private_;
  std::unique_ptr<JobStore> jobs_;
  JobsDesk desk_;
  mail::QueuedMail mails_;
  JobsWatch watch_;
  std::shared_ptr<mail::NoticeBudget> budget_;
  std::unique_ptr<mail::BatchNotices> batch_notices_;
  std::unique_ptr<mail::QueuedNotices> queued_notices_;
  std::unique_ptr<MailWorker> worker_;
  std::future<void> worker_stopped_;
};

/// Whether a user has a device here, asked of what knows the devices of this process.
mail::IsHere devices_of(chat::PresenceStore& presence);

}  // namespace parley::app
