#include "chat/typing.hpp"

namespace parley::chat {

std::optional<Typing::Stopped> Typing::typing(UserId sender, UserId receiver, SteadyTime now) {
  const Pair pair{sender, receiver};
  const SteadyTime deadline = now + settings_.silence;
  if (const auto known = by_pair_.find(pair); known != by_pair_.end()) {
    known->second->deadline = deadline;
    by_deadline_.splice(by_deadline_.end(), by_deadline_, known->second);
    return std::nullopt;
  }
  const auto out = make_room(sender);
  by_pair_.emplace(pair, by_deadline_.insert(by_deadline_.end(), {pair, deadline}));
  return out;
}

bool Typing::stop(UserId sender, UserId receiver) {
  const auto known = by_pair_.find({sender, receiver});
  if (known == by_pair_.end()) return false;
  erase(known);
  return true;
}

std::vector<Typing::Stopped> Typing::forget(UserId sender) {
  std::vector<Stopped> stopped;
  for (auto entry = first_of(sender); entry != by_pair_.end() && entry->first.first == sender;) {
    stopped.push_back(erase(entry++));
  }
  return stopped;
}

std::vector<Typing::Stopped> Typing::expire(SteadyTime now) {
  std::vector<Stopped> stopped;
  while (!by_deadline_.empty() && by_deadline_.front().deadline <= now) {
    stopped.push_back(erase(by_pair_.find(by_deadline_.front().pair)));
  }
  return stopped;
}

SteadyTime Typing::next_deadline() const {
  return by_deadline_.empty() ? SteadyTime::max() : by_deadline_.front().deadline;
}

Typing::Stopped Typing::erase(Index::iterator entry) {
  const Stopped stopped{entry->first.first, entry->first.second};
  by_deadline_.erase(entry->second);
  by_pair_.erase(entry);
  return stopped;
}

Typing::Index::iterator Typing::first_of(UserId sender) {
  return by_pair_.lower_bound({sender, UserId{}});
}

std::optional<Typing::Stopped> Typing::make_room(UserId sender) {
  std::size_t count = 0;
  auto oldest = by_pair_.end();
  for (auto entry = first_of(sender); entry != by_pair_.end() && entry->first.first == sender;
       ++entry, ++count) {
    if (oldest == by_pair_.end() || entry->second->deadline < oldest->second->deadline) {
      oldest = entry;
    }
  }
  if (count == 0 || count < settings_.max_receivers) return std::nullopt;
  return erase(oldest);
}

}  // namespace parley::chat
