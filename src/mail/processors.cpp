#include "mail/processors.hpp"

#include <optional>
#include <utility>

#include "chat/recovery.hpp"
#include "chat/rules.hpp"
#include "jobs/verdict.hpp"
#include "mail/letter.hpp"
#include "mail/text.hpp"

namespace parley::mail {

namespace {

json::value sent() {
  json::object value;
  value["sent"] = true;
  return json::value(value);
}

json::value skipped(std::string_view why) {
  json::object value;
  value["skipped"] = why;
  return json::value(value);
}

bool was_sent(const json::value& value) { return value.as_object().contains("sent"); }

Error bad_data(std::string_view what) {
  return fail(Errc::bad_request, std::string{"the job's data "}.append(what));
}

const json::object& object_of(const jobs::Job& job) {
  static const json::object none;
  return job.payload.is_object() ? job.payload.get_object() : none;
}

Result<chat::UserId> user_in(const json::object& data, std::string_view key) {
  const auto text = json::string_member(data, key);
  const auto id = text ? chat::UserId::parse(*text) : std::nullopt;
  if (!id) return bad_data("has no id as " + std::string{key});
  return *id;
}

Result<std::string> text_in(const json::object& data, std::string_view key) {
  const auto text = json::string_member(data, key);
  if (!text) return bad_data("has no text as " + std::string{key});
  return std::string{*text};
}

std::string name_of(const chat::Account& account) {
  return account.name && !account.name->empty() ? *account.name : account.username;
}

Address address_of(const chat::Account& account) { return {name_of(account), account.email}; }

/// The same for each run of a job, so that a mail that leaves twice (the server's answer got lost)
/// can be known as one.
std::string message_id_of(const jobs::Job& job, std::string_view domain) {
  const std::string text =
      job.name + "\n" + job.id + "\n" + std::to_string(to_unix_ms(job.created_at));
  return sha256_hex(text, 16) + "@" + std::string{domain};
}

Outcome outcome_of(const Result<json::value>& result, const jobs::Job& job) {
  if (result) return was_sent(*result) ? Outcome::sent : Outcome::skipped;
  const bool again =
      jobs::is_worth_retrying(result.error().code) && job.attempts_made + 1 < job.options.attempts;
  return again ? Outcome::deferred : Outcome::failed;
}

}  // namespace

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::sent:
      return "sent";
    case Outcome::skipped:
      return "skipped";
    case Outcome::deferred:
      return "deferred";
    case Outcome::failed:
      return "failed";
  }
  return {};
}

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::notice:
      return "notice";
    case Kind::letter:
      return "letter";
    case Kind::reset:
      return "reset";
    case Kind::verification:
      return "verification";
  }
  return {};
}

Desk::Desk(Parts parts, MailSettings settings, Time (*clock)())
    : parts_(parts), settings_(std::move(settings)), clock_(clock) {}

Task<Result<json::value>> Desk::run(Kind kind, jobs::Job job) {
  Result<json::value> result = skipped("unknown-kind");
  switch (kind) {
    case Kind::notice:
      result = co_await notice(job);
      break;
    case Kind::letter:
      result = co_await letter(job);
      break;
    case Kind::reset:
      result = co_await reset(job);
      break;
    case Kind::verification:
      result = co_await verification(job);
      break;
  }
  // Nothing becomes of it here when somebody else does the job by now.
  if (result || !job.is_cancelled()) stats_.add(kind, outcome_of(result, job));
  co_return result;
}

Task<Result<json::value>> Desk::notice(jobs::Job job) {
  const json::object& data = object_of(job);
  const auto receiver_id = user_in(data, "receiverId");
  if (!receiver_id) co_return receiver_id.error();
  const auto sender_id = user_in(data, "senderId");
  if (!sender_id) co_return sender_id.error();
  const auto content = text_in(data, "messageContent");
  if (!content) co_return content.error();

  const auto receiver = co_await parts_.accounts.find(*receiver_id);
  if (!receiver && receiver.error().code == Errc::not_found) co_return skipped("unknown-user");
  if (!receiver) co_return receiver.error();
  if (!receiver->email_notifications) co_return skipped("switched-off");
  const auto summary = co_await parts_.conversations.between(*receiver_id, *sender_id);
  if (!summary && summary.error().code == Errc::not_found) co_return skipped("read");
  if (!summary) co_return summary.error();
  if (summary->unread_count == 0) co_return skipped("read");
  const auto sender = co_await parts_.accounts.find(*sender_id);
  if (!sender && sender.error().code != Errc::not_found) co_return sender.error();

  const auto& last = summary->last_message;
  NoticeFacts facts;
  facts.to = address_of(*receiver);
  facts.sender = sender ? name_of(*sender) : std::string{};
  facts.unread = summary->unread_count;
  facts.snippet = last && last->sender == *sender_id ? last->content : *content;
  facts.unsubscribe_token = parts_.recovery.unsubscribe_token(*receiver_id, clock_());
  Letter letter = notice_letter(settings_, facts);
  co_return co_await send(std::move(letter), std::move(job));
}

Task<Result<json::value>> Desk::letter(jobs::Job job) {
  const json::object& data = object_of(job);
  const auto email = text_in(data, "email");
  if (!email) co_return email.error();
  const auto content = text_in(data, "content");
  if (!content) co_return content.error();
  if (!is_email(*email)) co_return bad_data("has no e-mail address as email");
  if (!chat::check_letter(*content, {}))
    co_return bad_data("has an empty content, or one that is too long");
  Letter letter = administrators_letter(settings_, Address{{}, *email}, *content);
  co_return co_await send(std::move(letter), std::move(job));
}

Task<Result<json::value>> Desk::reset(jobs::Job job) {
  const auto email = text_in(object_of(job), "email");
  if (!email) co_return email.error();
  std::string folded = chat::fold_email(*email);
  const auto account = co_await parts_.accounts.find_by_email(std::move(folded));
  if (!account && account.error().code == Errc::not_found) co_return skipped("unknown-user");
  if (!account) co_return account.error();
  const std::string token = parts_.recovery.reset_token(*account, clock_());
  Letter letter = reset_letter(settings_, address_of(*account), token);
  co_return co_await send(std::move(letter), std::move(job));
}

Task<Result<json::value>> Desk::verification(jobs::Job job) {
  const auto user = user_in(object_of(job), "userId");
  if (!user) co_return user.error();
  const auto account = co_await parts_.accounts.find(*user);
  if (!account && account.error().code == Errc::not_found) co_return skipped("unknown-user");
  if (!account) co_return account.error();
  const auto token = parts_.recovery.verification_token(*account, clock_());
  if (!token) co_return skipped("verified");
  Letter letter = verification_letter(settings_, address_of(*account), *token);
  co_return co_await send(std::move(letter), std::move(job));
}

Task<Result<json::value>> Desk::send(Letter letter, jobs::Job job) {
  const std::string id = message_id_of(job, domain_of(letter.from.email));
  auto bytes = compose(letter, clock_(), id);
  if (!bytes) co_return bytes.error();
  Envelope envelope{letter.from.email, letter.to.email};
  const auto gone =
      co_await parts_.transport.send(std::move(envelope), std::move(*bytes), std::move(job.hold));
  if (!gone) co_return gone.error();
  co_return sent();
}

}  // namespace parley::mail
