#include "app/message_desk.hpp"

#include <algorithm>

#include "app/table.hpp"
#include "app/user_json.hpp"
#include "mail/jobs_of.hpp"

namespace parley::app {

namespace {

bool is_true(const json::object& object, std::string_view key) {
  return text_of(object, key) == "true";
}

/// Why no mail about it is in the queue.
std::string no_mail(const chat::Message& message, bool wants_mails) {
  if (!wants_mails) return "the receiver wants no mails, or has no address";
  if (message.delivered_at)
    return "it has reached a device; a mail that was sent before is not remembered";
  return "none was queued because a mail about this conversation went out within QUIET_PERIOD, the "
         "receiver was connected, or the sender had caused NOTICES_PER_SENDER in that hour; or it "
         "was sent: mails that are done are not remembered";
}

json::object device_json(const api::DeviceReport& device) {
  return {{"connectedAt", to_iso8601(device.came)},
          {"state", device.is_live ? "live" : "catching up"},
          {"confirms", device.confirms},
          {"unconfirmed", device.unconfirmed},
          {"held", device.held},
          {"cursor", device.joined_at}};
}

}  // namespace

Task<Result<json::object>> MessageDesk::answer(json::object question) {
  const std::string text = text_of(question, "id");
  const auto id = chat::MessageId::parse(text);
  if (!id) co_return fail(Errc::bad_request, printable(text, 60) + " is no id: 24 hex digits");
  auto place = co_await services_.operators.place_of(*id);
  if (!place && place.error().code == Errc::not_found)
    co_return fail(Errc::not_found, "there is no message " + text);
  if (!place) co_return place.error();

  const chat::Message message = place->message;
  json::object shown = message_json(message);
  shown.erase("content");
  shown["version"] = message.version;
  json::object answer{{"message", std::move(shown)}};
  const chat::UserId sender = message.sender, receiver = message.receiver;
  answer["sender"] = co_await person(sender);
  answer["receiver"] = co_await person(receiver);
  if (services_.devices) answer["devices"] = co_await devices_of(receiver);
  json::array receipts;
  for (const chat::Receipt& receipt : place->receipts) receipts.push_back(receipt_json(receipt));
  answer["receipts"] = std::move(receipts);
  const json::object& account = answer["receiver"].get_object();
  const bool wants_mails = is_true(account, "emailNotifications") && !is_true(account, "deleted");
  answer["mail"] = co_await mail(message, wants_mails);
  co_return answer;
}

Task<json::object> MessageDesk::person(chat::UserId id) {
  json::object shown{{"_id", id.hex()}};
  const auto account = co_await services_.accounts.find(id);
  if (account) {
    shown = user_json(*account);
    for (const char* other : {"email", "name", "avatar", "createdAt", "updatedAt"})
      shown.erase(other);
  } else {
    shown["error"] = account.error().detail;
  }
  if (services_.presence == nullptr) co_return shown;
  std::vector<chat::UserId> ids{id};
  const auto presence = co_await services_.presence->status(std::move(ids));
  if (presence && !presence->empty()) shown["online"] = presence->front().online;
  co_return shown;
}

Task<json::array> MessageDesk::devices_of(chat::UserId user) {
  const auto devices = co_await services_.devices(user);
  json::array list;
  for (const api::DeviceReport& device : devices) list.push_back(device_json(device));
  co_return list;
}

Task<json::object> MessageDesk::mail(chat::Message message, bool wants_mails) {
  if (services_.jobs == nullptr)
    co_return json::object{{"why", "the queue of mails is not known here"}};
  const std::string id = message.conversation_id.hex() + "-" + message.id.hex();
  const auto job = co_await services_.jobs->get(id);
  if (!job && job.error().code != Errc::not_found)
    co_return json::object{{"why", "the queue of mails cannot be asked: " + job.error().detail}};
  if (!job) co_return json::object{{"why", no_mail(message, wants_mails)}};
  json::object shown{{"job", id},
                     {"state", jobs::to_string(job->state)},
                     {"attempts", job->attempts_made},
                     {"queuedAt", to_iso8601(job->created_at)}};
  if (!job->failed_reason.empty()) shown["failedReason"] = job->failed_reason;
  co_return shown;
}

namespace {

/// For one that stands in a sentence.
std::string utc_of(std::string time) { return clock_of(std::move(time)) + " UTC"; }

std::string whose(const json::object& person) {
  std::string text = printable(text_of(person, "username"), 40) + " (" + text_of(person, "_id");
  if (is_true(person, "deleted")) return text + ", deleted)";
  if (is_true(person, "disabled")) text += ", disabled";
  if (person.contains("online"))
    text += is_true(person, "online") ? ", connected" : ", not connected";
  if (const std::string seen = text_of(person, "lastSeen");
      !seen.empty() && !is_true(person, "online"))
    text += ", last seen " + utc_of(seen);
  return text + ")";
}

std::string why_not_delivered(const json::object& receiver) {
  if (is_true(receiver, "deleted")) return "the receiver is deleted";
  if (is_true(receiver, "disabled")) return "the receiver is disabled and cannot connect";
  if (!receiver.contains("online")) return "no device of the receiver has confirmed it";
  return is_true(receiver, "online")
             ? "the receiver is connected, and the device has not confirmed it yet: it is stuck, "
               "or "
               "catching up"
             : "no device of the receiver is connected; it is pushed as soon as one is";
}

/// A line for each device of the receiver, when a server was asked that knows them.
std::string devices_of(const json::object& trace) {
  const json::value* devices = trace.if_contains("devices");
  if (devices == nullptr) return {};
  const bool is_online = is_true(trace.at("receiver").get_object(), "online");
  if (devices->get_array().empty() && is_online) return "\ndevice     on another node: ask there";
  std::string text;
  for (const json::value& one : devices->get_array()) {
    const json::object& device = one.get_object();
    text += "\ndevice     here since " + utc_of(text_of(device, "connectedAt")) + ", " +
            text_of(device, "state") + ", live since version " + text_of(device, "cursor");
    text += is_true(device, "confirms")
                ? ", confirms: " + text_of(device, "unconfirmed") + " messages open"
                : ", does not confirm: what is written to it counts as delivered";
    if (text_of(device, "held") != "0") text += ", " + text_of(device, "held") + " changes wait";
  }
  return text;
}

}  // namespace

std::string story(const json::object& trace) {
  const json::object& message = trace.at("message").get_object();
  const json::object& receiver = trace.at("receiver").get_object();
  const json::object& mail = trace.at("mail").get_object();
  std::string text =
      "from       " + whose(trace.at("sender").get_object()) + "\nto         " + whose(receiver);
  text += "\nstored     " + utc_of(text_of(message, "createdAt")) + ", message " +
          text_of(message, "seq") + " of conversation " + text_of(message, "conversationId");
  const std::string delivered = text_of(message, "deliveredAt"), read = text_of(message, "readAt");
  text += "\ndelivered  " +
          (delivered.empty() ? "no: " + why_not_delivered(receiver) : utc_of(delivered));
  text += "\nread       " + (read.empty() ? std::string{"no"} : utc_of(read));
  text += devices_of(trace);
  for (const json::value& one : trace.at("receipts").get_array()) {
    const json::object& receipt = one.get_object();
    if (text_of(receipt, "user") != text_of(receiver, "_id")) continue;
    text += "\nthere      the receiver has got up to " + text_of(receipt, "deliveredSeq") +
            " and read up to " + text_of(receipt, "readSeq");
  }
  text += "\nmail       ";
  if (mail.contains("why")) return text + text_of(mail, "why");
  const std::string state = text_of(mail, "state");
  text += (state == "prioritized" ? "waiting" : state) + " since " +
          utc_of(text_of(mail, "queuedAt")) + ", " + text_of(mail, "attempts") + " tries";
  if (mail.contains("failedReason")) text += ": " + printable(text_of(mail, "failedReason"), 200);
  return text + " (parley jobs show " + text_of(mail, "job") + ")";
}

}  // namespace parley::app
