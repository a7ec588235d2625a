#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <unordered_map>
#include <vector>

#include "api/few_at_once.hpp"
#include "base/task.hpp"
#include "base/time.hpp"
#include "chat/ids.hpp"
#include "chat/presences.hpp"
#include "net/shard.hpp"
#include "socketio/event.hpp"

namespace parley::api {

/// Tells people who came online and who went offline. Each user's news are told on one shard, one
/// after another, from how they stand at that moment: online and offline take turns whatever the
/// order in which devices on many shards come and go, and a flicker that is over is not told at
/// all. When many come or go at once, they are told of in turn; and while the store is away, which
/// says who is to hear of them, later.
class PresenceNews {
 public:
  /// Of so many news, those that were told last, can be told again.
  static constexpr std::size_t kept = 50'000;

  using Announce = std::function<void(std::vector<chat::UserId>, const socketio::EncodedEvent&)>;

  /// `has_neighbours`: other nodes tell news, too. Then nobody here knows what was told last, and
  /// it follows from the change; and who has told looks again, because another may have told the
  /// opposite meanwhile.
  PresenceNews(net::Shard& shard, chat::Presences& presences, Announce announce,
               bool has_neighbours)
      : shard_(shard),
        presences_(presences),
        announce_(std::move(announce)),
        has_neighbours_(has_neighbours),
        telling_(shard, "tell of presence", [this](chat::UserId user) { return tell(user); }) {}

  /// The user went online or offline, and may stand otherwise again by now. Any thread.
  void changed(chat::UserId user, bool online);
  /// Tells again of those of whom was told since then, as they stand now: where there are
  /// neighbours, it may not have reached them. Any thread.
  void repeat(SteadyTime since);
  /// Changes that are not told yet, but for those that wait for the store. Any thread.
  std::size_t waiting() const { return waiting_.load(); }

 private:
  struct Told {
    bool online = false;
    bool telling = false;
    bool changed = false;  ///< Again, while telling.
    bool again = false;    ///< To be told even if it is what was told last.
    bool put_off = false;  ///< Until the store is asked again; it is not `waiting` then.
  };
  struct News {
    chat::UserId user;
    SteadyTime at;
  };
  void take(chat::UserId user, bool online);
  void take_again(SteadyTime since);
  Task<void> tell(chat::UserId user);
  void note(chat::UserId user);
  void announce(const chat::PresenceChange& news);

  net::Shard& shard_;
  chat::Presences& presences_;
  Announce announce_;
  bool has_neighbours_;
  std::atomic<std::size_t> waiting_ = 0;
  FewAtOnce<chat::UserId> telling_;
  std::unordered_map<chat::UserId, Told> told_;  ///< Whoever is online, or being told of.
  std::deque<News> latest_;  ///< What neighbours were told, but for repetitions; in order.
};

}  // namespace parley::api
