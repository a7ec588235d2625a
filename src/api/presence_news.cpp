#include "api/presence_news.hpp"

#include <unordered_set>
#include <utility>

#include "api/event_names.hpp"
#include "api/wire.hpp"

namespace parley::api {

void PresenceNews::changed(chat::UserId user, bool online) {
  ++waiting_;
  shard_.post([this, user, online] { take(user, online); });
}

void PresenceNews::repeat(SteadyTime since) {
  shard_.post([this, since] { take_again(since); });
}

void PresenceNews::take_again(SteadyTime since) {
  std::unordered_set<chat::UserId> users;
  for (const News& one : latest_) {
    if (one.at >= since) users.insert(one.user);
  }
  for (const chat::UserId user : users) {
    Told& told = told_[user];
    told.again = true;
    ++waiting_;
    take(user, told.online);
  }
}

void PresenceNews::take(chat::UserId user, bool online) {
  Told& told = told_[user];
  told.changed = true;
  if (has_neighbours_ && !told.telling) told.online = !online;
  if (std::exchange(told.telling, true)) {
    --waiting_;  // Whoever tells looks again.
    return;
  }
  telling_.add(user);
}

Task<void> PresenceNews::tell(chat::UserId user) {
  Told& told = told_[user];  // Stays where it is until `telling` is over.
  if (std::exchange(told.put_off, false)) ++waiting_;
  while (std::exchange(told.changed, false)) {
    const auto news = co_await presences_.news(user);
    if (!news && info(news.error().code).temporary) {
      // It goes on being told of. A server that stops does not wait for it.
      told.changed = told.put_off = true;
      --waiting_;
      co_return telling_.put_off(user);
    }
    if (!news) continue;
    const bool again = std::exchange(told.again, false);
    if (news->presence.online == told.online && !again) continue;
    told.online = news->presence.online;
    announce(*news);
    if (has_neighbours_ && !again) note(user);
    told.changed = told.changed || has_neighbours_;
  }
  told.telling = false;
  if (has_neighbours_ || !told.online) told_.erase(user);
  --waiting_;
}

void PresenceNews::note(chat::UserId user) {
  latest_.push_back({user, shard_.now()});
  if (latest_.size() > kept) latest_.pop_front();
}

void PresenceNews::announce(const chat::PresenceChange& news) {
  if (news.audience.empty()) return;
  const chat::Presence& who = news.presence;
  const auto name = who.online ? events::user_online : events::user_offline;
  std::string args = who.online ? wire::user_online(who.user)
                                : wire::user_offline(who.user, who.last_seen.value_or(Time{}));
  announce_(news.audience, {"/", name, socketio::Payload{std::move(args), {}}});
}

}  // namespace parley::api
