#include "settings/mail_fields.hpp"

#include "settings/field_making.hpp"
#include "settings/kinds.hpp"
#include "settings/mail_kinds.hpp"

namespace parley::app {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view group = "Mail and jobs";
constexpr Choice<WorkerPlace, 2> places{{"inside", "apart"}};

/// A field of Settings::Mail.
template <class Kind, class Member>
Field mail(std::string_view name, Kind kind, Member Settings::Mail::*member, std::string meaning) {
  return make(group, name, kind, in(&Settings::mail, member), std::move(meaning));
}

/// A field of Settings::Jobs.
template <class Kind, class Member>
Field jobs(std::string_view name, Kind kind, Member Settings::Jobs::*member, std::string meaning) {
  return make(group, name, kind, in(&Settings::jobs, member), std::move(meaning));
}

void add_mail(std::vector<Field>& list) {
  list.push_back(private_one(mail("smtp-url", SmtpUrl{}, &Settings::Mail::smtp_url,
                                  "The server that takes our mails. smtp:// uses STARTTLS, "
                                  "smtps:// is TLS from the start."),
                             "unset: mails are written as .eml files into DATA_DIR/mail"));
  list.push_back(mail("mail-from", MailSender{}, &Settings::Mail::from,
                      "Who our mails are from; the name is what they call this service."));
  list.push_back(mail("public-url", OptionalPublicUrl{}, &Settings::Mail::public_url,
                      "Where people reach this server: what the links in mails begin with; none "
                      "means http://localhost and the port, which production refuses beside "
                      "smtp-url."));
  list.push_back(mail("app-url", OptionalPublicUrl{}, &Settings::Mail::app_url,
                      "Where people open the app: what mails and the pages behind their links lead "
                      "on to; none means public-url, which shows the web client."));
  list.push_back(mail("quiet-period", Interval{0s, 24h * 30}, &Settings::Mail::quiet_period,
                      "After a mail about a conversation, no second one for so long."));
  list.push_back(mail("notices-per-sender", WholeNumber{0, 1'000'000},
                      &Settings::Mail::notices_per_sender,
                      "Mails about messages that one sender may cause in an hour, in each process; "
                      "0 means any number."));
  list.push_back(mail("mail-retry-delay", Interval{100ms, 24h}, &Settings::Mail::retry_delay,
                      "The rest after a mail's first failed try; doubled after each of the 5."));
  list.push_back(mail("require-verified-email", Switch{}, &Settings::Mail::require_verified_email,
                      "Whether people must follow the link of a mail before they can log in."));
  list.push_back(mail("reset-link-expire", Interval{1s, 24h * 7},
                      &Settings::Mail::reset_link_expire,
                      "How long the link to a new password is good."));
  list.push_back(mail("verify-link-expire", Interval{1s, 24h * 30},
                      &Settings::Mail::verify_link_expire,
                      "How long the link that verifies an e-mail address is good."));
}

void add_jobs(std::vector<Field>& list) {
  list.push_back(jobs("worker", places, &Settings::Jobs::worker,
                      "Where jobs run: inside every parley serve, or apart in parley worker, which "
                      "needs MONGO_URI and REDIS_URL."));
  list.push_back(jobs("worker-concurrency", WholeNumber{1, 256}, &Settings::Jobs::concurrency,
                      "Jobs that run at the same time, in each process."));
  list.push_back(jobs("worker-port", WholeNumber{0, 65535}, &Settings::Jobs::worker_port,
                      "Where parley worker answers /healthz, /readyz and /metrics; 0 means "
                      "nowhere."));
  list.push_back(jobs("queue-prefix", QueuePrefix{}, &Settings::Jobs::prefix,
                      "What the keys of job queues in Redis begin with; bullmq's own default."));
}

}  // namespace

void add_mail_fields(std::vector<Field>& list) {
  add_mail(list);
  add_jobs(list);
}

}  // namespace parley::app
