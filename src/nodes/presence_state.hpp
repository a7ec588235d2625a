#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "net/signal.hpp"
#include "nodes/attendance.hpp"
#include "nodes/failure_detector.hpp"
#include "nodes/presence.hpp"

namespace parley::nodes {

/// What Presence is on its home shard. What is sent from here in one turn reaches Redis in its
/// order, so that Redis always comes to say what `here` says.
struct Presence::State {
  State(net::Shard& home_shard, redis::Client& redis_client, Config wanted,
        redis::Subscriber* subscriber);

  // What the store does (presence.cpp).

  void show(chat::UserId user, bool is_here);

  Task<Result<bool>> arrive(chat::UserId user, std::string device);
  Task<Result<bool>> leave(chat::UserId user, std::string device, Time now);
  Task<Result<std::vector<chat::Presence>>> local_status(std::vector<chat::UserId> users);
  Task<Result<std::vector<chat::Presence>>> ask_status(std::vector<chat::UserId> users);
  /// Who is here as this node knows it, who is elsewhere as Redis does. Home shard.
  Task<Result<std::vector<chat::Presence>>> joint_status(std::vector<chat::UserId> users);

  // What keeps Redis and `here` the same (presence_keeping.cpp).

  /// For as long as the node lives.
  Task<void> keep();
  Task<void> look_after_others();
  Task<Result<Done>> close();
  void connection_changed();
  /// Redis refuses writes, or takes them again: then all is told again, at once.
  void refusal_changed();
  /// Redis may not have what `here` has: all is told again, no sooner than the next turn (what
  /// Redis refuses it may refuse again).
  void doubt(const Error& reason);
  /// Our name's lease is over: whatever is left of it will be taken out. A new one, at once.
  void lapse();
  /// `script` lives as long as the program.
  Task<Result<redis::Reply>> run(const redis::Script& script, std::vector<std::string> arguments) {
    return client.eval(script, {}, std::move(arguments));
  }

  net::Shard& home;
  redis::Client& client;
  redis::Subscriber* const listener;  ///< nullptr: nobody looks after others.
  const Config config;
  OnChange changed;

  Attendance attendance;
  /// The users of `here`, for those who ask on other threads.
  mutable std::mutex users_mutex;
  std::unordered_set<chat::UserId> users_here;
  std::string name;                  ///< The present one.
  std::vector<std::string> formers;  ///< Names under which Redis may still have something.
  bool in_touch = false;             ///< `name` is in Redis: changes are told as they come.
  bool in_doubt = false;             ///< All is to be told again at the next turn.
  bool closed = false;
  FailureDetector others;
  /// To be told when Redis knows all: whoever hears of it asks how the user stands.
  std::vector<std::pair<chat::UserId, bool>> news;
  std::int64_t renewed = 0;  ///< Unix ms, Redis' clock.
  SteadyTime reaps_from{};   ///< Before it, other names whose leases are over are let be.
  net::Signal alarm;

  std::atomic<bool> joined{false};
  std::atomic<bool> asks{false};  ///< Redis knows how users stand elsewhere; and here, if `joined`.
  std::atomic<SteadyTime> settled_at{SteadyTime{}};  ///< The other nodes are back by then.
  std::atomic<std::uint64_t> joins{0}, reaped{0}, local_answers{0};

 private:
  std::chrono::milliseconds tick() const { return config.lease / 3; }
  Task<Result<std::vector<chat::Presence>>> ask(const redis::Script& script,
                                                std::vector<std::string> names,
                                                std::vector<chat::UserId> users);
  void lose_touch();
  Task<SteadyTime> take_turn();
  Task<bool> join();
  Task<Result<Done>> enter_name();
  Task<bool> end_formers();
  Task<bool> restore_all();
  Task<Result<Done>> restore(std::vector<chat::UserId> users);
  Task<bool> depart_all();
  Task<Result<Done>> depart(std::vector<Attendance::Departure> departures);
  Task<SteadyTime> renew();
  Task<void> choose_whom_to_watch();
  Task<std::vector<std::int64_t>> look_for(std::vector<std::string> nodes);
  void say_that_it_lives();
  Task<void> end_lease(std::string dead);
  Task<bool> reap(std::string node, SteadyTime until);
  std::vector<std::string> restore_arguments(const std::vector<chat::UserId>& users) const;
  void add_names(std::vector<std::string>& arguments) const;
  void note(const redis::Reply& user, bool online);
  void tell_news();
};

}  // namespace parley::nodes
