#include "app/mail_room.hpp"

namespace parley::app {

namespace {

void export_worker(ops::Metrics& metrics, const MailWorker& worker, const std::string& queue) {
  using Stats = jobs::Worker::Stats;
  const auto counter = [&](const char* outcome, std::uint64_t Stats::*member) {
    metrics.counter_from("parley_jobs_total", "Runs of background jobs here, by how they ended.",
                         [&worker, member] { return static_cast<double>(worker.stats().*member); },
                         {{"queue", queue}, {"outcome", outcome}});
  };
  counter("completed", &Stats::completed);
  counter("failed", &Stats::failed);
  counter("retried", &Stats::retried);
  counter("rescued", &Stats::rescued);
  counter("given_back", &Stats::given_back);
  counter("lost", &Stats::lost);
  metrics.gauge_from("parley_jobs_running", "Jobs that run here now.",
                     [&worker] { return static_cast<double>(worker.stats().running); },
                     {{"queue", queue}});
  for (const mail::Kind kind : mail::all_kinds) {
    for (const mail::Outcome outcome : mail::all_outcomes) {
      metrics.counter_from(
          "parley_mails_total", "Mails handled here, by what they are and what became of them.",
          [&worker, kind, outcome] {
            return static_cast<double>(worker.mails().count(kind, outcome));
          },
          {{"kind", std::string{to_string(kind)}}, {"outcome", std::string{to_string(outcome)}}});
    }
  }
}

void export_notices(ops::Metrics& metrics, const mail::QueuedNotices& notices) {
  using Stats = mail::QueuedNotices::Stats;
  const auto read = [&notices](std::uint64_t Stats::*member) {
    return [&notices, member] { return static_cast<double>(notices.stats().*member); };
  };
  metrics.counter_from("parley_notices_queued_total", "Messages that became jobs of mails.",
                       read(&Stats::queued));
  metrics.counter_from("parley_notices_dropped_total",
                       "Messages that nobody hears of by mail: the queue was away for too long.",
                       read(&Stats::dropped));
  metrics.gauge_from("parley_notices_kept", "Jobs of mails that wait for the queue to come back.",
                     read(&Stats::kept));
}

}  // namespace

void MailRoom::export_counts(ops::Metrics& metrics) const {
  const std::string queue{mail::queue_name};
  watch_.export_counts(metrics, queue);
  metrics.counter_from("parley_notices_over_budget_total",
                       "Messages that nobody hears of by mail: their sender had caused "
                       "NOTICES_PER_SENDER mails in that hour.",
                       [budget = budget_] { return static_cast<double>(budget->refused()); });
  if (queued_notices_) export_notices(metrics, *queued_notices_);
  if (worker_) export_worker(metrics, *worker_, queue);
}

}  // namespace parley::app
