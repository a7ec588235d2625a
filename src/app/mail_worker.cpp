#include "app/mail_worker.hpp"

#include <filesystem>
#include <stdexcept>

#include "base/files.hpp"
#include "jobs/verdict.hpp"
#include "mail/folder_transport.hpp"
#include "mail/smtp_transport.hpp"
#include "ops/log.hpp"

namespace parley::app {

namespace {

using std::chrono::seconds;

/// Throws what is wrong: only used while starting up.
template <class T>
T or_throw(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().detail);
  return std::move(*result);
}

std::unique_ptr<mail::Transport> new_transport(net::Workers& threads, const Settings& settings) {
  if (!settings.mail.smtp_url.empty()) {
    auto config = or_throw(mail::smtp_config_from(settings.mail.smtp_url));
    config.max_idle = settings.jobs.concurrency;
    auto transport = std::make_unique<mail::SmtpTransport>(threads, std::move(config));
    ops::log().info("mail goes to", {{"server", transport->describe()}});
    return transport;
  }
  make_private_folder(settings.store.data_dir);
  const auto folder =
      (std::filesystem::absolute(settings.store.data_dir) / "mail").lexically_normal();
  auto transport = std::make_unique<mail::FolderTransport>(threads, folder.string());
  ops::log().info("mail is written to", {{"folder", folder.string()}});
  return transport;
}

/// A thread for each job that runs at once; a folder is written by one.
net::Workers::Config pool(const Settings& settings) {
  const std::size_t jobs = settings.jobs.concurrency;
  return {settings.mail.smtp_url.empty() ? 1 : jobs, 2 * jobs};
}

mail::MailSettings mail_settings(const Settings& settings, std::string public_url) {
  mail::MailSettings out;
  out.from = or_throw(mail::address_from(settings.mail.from));
  out.public_url = std::move(public_url);
  out.app_url = settings.mail.app_url;
  out.reset_ttl = std::chrono::ceil<seconds>(settings.mail.reset_link_expire);
  out.verification_ttl = std::chrono::ceil<seconds>(settings.mail.verify_link_expire);
  return out;
}

jobs::WorkerConfig worker_config(const Settings& settings, const JobStore& jobs) {
  jobs::WorkerConfig config;
  config.name = worker_name();
  config.concurrency = settings.jobs.concurrency;
  config.max_stalled = jobs.max_stalled();
  return config;
}

}  // namespace

MailWorker::MailWorker(net::Shard& home, Parts parts, const Settings& settings,
                       std::string public_url)
    : home_(home),
      threads_(pool(settings)),
      transport_(new_transport(threads_, settings)),
      desk_({parts.accounts, parts.conversations, parts.recovery, *transport_},
            mail_settings(settings, std::move(public_url))),
      worker_(home, parts.jobs.new_source(home), worker_config(settings, parts.jobs)) {
  for (const mail::Kind kind : mail::all_kinds) {
    worker_.on(std::string{mail::job_name(kind)},
               [this, kind](jobs::Job job) { return run(kind, std::move(job)); });
  }
}

MailWorker::~MailWorker() = default;

Task<Result<json::value>> MailWorker::run(mail::Kind kind, jobs::Job job) {
  const std::string id = job.id;
  const auto cancelled = job.cancelled;
  const bool is_last = job.attempts_made + 1 >= job.options.attempts;
  auto ended = co_await desk_.run(kind, std::move(job));
  if (ended || (cancelled && *cancelled)) co_return ended;
  // The reason may name an address: it stays with the job.
  const Errc code = ended.error().code;
  const bool is_over = is_last || !jobs::is_worth_retrying(code);
  ops::log().write(
      is_over ? ops::Level::warn : ops::Level::info,
      is_over ? "a mail was not sent: parley jobs show says why" : "a mail is tried again later",
      {{"job", id}, {"kind", to_string(kind)}, {"error", info(code).code}});
  co_return ended;
}

void MailWorker::start() {
  home_.post([this] { worker_.start(); });
}

Task<void> MailWorker::stop(std::chrono::milliseconds grace) { co_await worker_.stop(grace); }

Result<Done> MailWorker::health() const {
  if (!worker_.is_working())
    return fail(Errc::unavailable, "the queue refused the worker: see the log");
  return Done{};
}

}  // namespace parley::app
