#include "api/summaries.hpp"

#include <algorithm>
#include <unordered_map>

#include "api/wire.hpp"
#include "base/json.hpp"

namespace parley::api {

namespace {

/// The people of a list other than its viewer.
struct Others {
  std::unordered_map<chat::UserId, chat::Account> accounts;
  std::unordered_map<chat::UserId, chat::Presence> presences;
};

std::vector<chat::UserId> others_of(const std::vector<chat::Summary>& summaries,
                                    chat::UserId viewer) {
  std::vector<chat::UserId> ids;
  for (const chat::Summary& summary : summaries) {
    for (const chat::UserId& user : summary.conversation.participants) {
      if (user != viewer) ids.push_back(user);
    }
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

Task<Result<Others>> look_up(const Services& services, std::vector<chat::UserId> ids) {
  Others others;
  auto accounts = co_await services.accounts.find_many(ids);
  if (!accounts) co_return accounts.error();
  for (chat::Account& account : *accounts) others.accounts.emplace(account.id, std::move(account));
  // What `sync` tells of may be more people than one may ask for at once.
  const std::size_t most = chat::Limits{}.status_ids_max;
  for (auto from = ids.begin(); from != ids.end();) {
    const auto left = static_cast<std::size_t>(ids.end() - from);
    const auto to = from + static_cast<std::ptrdiff_t>(std::min(most, left));
    std::vector<chat::UserId> some(std::exchange(from, to), to);
    const auto presences = co_await services.presences.status(std::move(some));
    if (!presences) co_return presences.error();
    for (const chat::Presence& presence : *presences)
      others.presences.emplace(presence.user, presence);
  }
  co_return others;
}

void append_last_message(std::string& out, const chat::Summary& summary, chat::UserId viewer,
                         LastMessage form) {
  out += ",\"lastMessage\":";
  if (!summary.last_message) {
    out += form == LastMessage::text ? "\"\"" : "null";
  } else if (form == LastMessage::text) {
    json::append_string(out, summary.last_message->content);
  } else {
    wire::append_message(out, *summary.last_message, wire::viewer(*summary.last_message, viewer));
  }
}

void append_summary(std::string& out, const chat::Summary& summary, chat::UserId viewer,
                    const Others& others, LastMessage form) {
  out += "{\"conversationId\":\"" + summary.conversation.id.hex() + "\",\"participants\":[";
  chat::Presence presence;  // of the other one; of a group, nobody's
  bool is_first = true;
  for (const chat::UserId& user : summary.conversation.participants) {
    if (const auto known = others.presences.find(user); known != others.presences.end())
      presence = known->second;
    const auto account = others.accounts.find(user);
    if (account == others.accounts.end()) continue;
    if (!std::exchange(is_first, false)) out += ',';
    wire::append_public_user(out, account->second);
  }
  out += ']';
  append_last_message(out, summary, viewer, form);
  out += ',';
  wire::append_presence(out, presence);
  out += ",\"unreadCount\":" + std::to_string(summary.unread_count) + '}';
}

}  // namespace

Task<Result<std::string>> render_summaries(const Services& services, chat::UserId viewer,
                                           std::vector<chat::Summary> summaries, LastMessage form) {
  std::string out = "[";
  if (!summaries.empty()) {
    auto ids = others_of(summaries, viewer);
    const auto others = co_await look_up(services, std::move(ids));
    if (!others) co_return others.error();
    for (const chat::Summary& summary : summaries) {
      if (out.size() > 1) out += ',';
      append_summary(out, summary, viewer, *others, form);
    }
  }
  out += ']';
  co_return out;
}

}  // namespace parley::api
