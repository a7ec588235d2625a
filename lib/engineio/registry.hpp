#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/single_writer.hpp"
#include "engineio/answer.hpp"
#include "engineio/client_session.hpp"
#include "engineio/counters.hpp"
#include "engineio/server.hpp"
#include "net/shard.hpp"
#include "websocket/connection.hpp"

namespace parley::engineio {

/// What all shards of a server share; immutable but for the count of sessions.
struct Common {
  Common(Config chosen, Application& above);

  const Config config;
  Application& application;
  const Answers answers;
  const std::size_t max_early_payload;
  const websocket::Config websocket, early_websocket;
  std::atomic<std::size_t> sessions = 0;
};

/// The sessions of one shard: opens, finds and frees them. Lives on that shard.
class Registry : public std::enable_shared_from_this<Registry> {
 public:
  Registry(net::Shard& shard, Common& common);

  /// nullptr when there is none of that id.
  ClientSession* find(std::string_view id);
  /// A registered session without a transport; open it at once.
  ClientSession& add(Handshake handshake);
  bool is_draining() const { return draining_; }
  /// Ends the session that may be ended for longest, if there is one.
  void displace_one();
  /// How many may be. Any thread.
  std::int64_t expendables() const { return expendable_count_.value(); }
  /// Whether a session may be ended to make room; who may for longest goes first. True at first.
  void set_expendable(ClientSession& session, bool may);

  /// Room for a body of so many bytes that another server is to have; given back with the last
  /// copy. nullptr: there is none.
  std::shared_ptr<void> share_of_relayed(std::size_t bytes);

  /// The session is over: its id is forgotten now; it and its handler are freed when this turn is
  /// over.
  void retire(ClientSession& session);
  /// The same for what a session has done with.
  void bury(std::unique_ptr<SessionHandler> handler);
  void bury(std::unique_ptr<Upgrade> upgrade);

  /// Refuses new sessions from now on and closes those that are open, spread evenly over `jitter`.
  void drain(CloseReason reason, std::chrono::milliseconds jitter);
  /// Frees everything at once and tells nobody; for the end of the process, when no shard runs any
  /// more.
  void clear();

  net::Shard& shard() { return shard_; }
  const Config& config() const { return common_.config; }
  const Answers& answers() const { return common_.answers; }
  Common& common() { return common_; }
  const websocket::Config& websocket_config(bool trusted) const {
    return trusted ? common_.websocket : common_.early_websocket;
  }
  Counters& counters() { return counters_; }
  const Counters& counters() const { return counters_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view id) const { return std::hash<std::string_view>{}(id); }
    std::size_t operator()(const std::unique_ptr<ClientSession>& session) const {
      return (*this)(session->id());
    }
  };
  struct Equal {
    using is_transparent = void;
    static std::string_view id(std::string_view id) { return id; }
    static std::string_view id(const std::unique_ptr<ClientSession>& session) {
      return session->id();
    }
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return id(a) == id(b);
    }
  };
  using Expendables = boost::intrusive::list<
      ClientSession,
      boost::intrusive::member_hook<ClientSession, ClientSession::Hook, &ClientSession::expendable>,
      boost::intrusive::constant_time_size<false>>;
  /// What is over and may still be on the call stack. Destroyed from the last member to the first:
  /// handlers may still look at their sessions.
  struct Graveyard {
    bool is_scheduled = false;
    std::vector<std::unique_ptr<ClientSession>> sessions;
    std::vector<std::unique_ptr<Upgrade>> upgrades;
    std::vector<std::unique_ptr<SessionHandler>> handlers;
  };
  /// A drain under way.
  struct Drain {
    std::vector<std::string> ids;
    std::size_t done = 0;
    CloseReason reason = CloseReason::server_shutdown;
    SteadyTime start;
    std::chrono::milliseconds jitter{};
  };

  void schedule_burial();
  void on_drain_timer();

  net::Shard& shard_;
  Common& common_;
  Counters counters_;
  Expendables expendables_;
  SingleWriter<std::int64_t> expendable_count_;
  std::unordered_set<std::unique_ptr<ClientSession>, Hash, Equal> sessions_;
  Graveyard graveyard_;
  Drain drain_;
  net::Timer drain_timer_;
  bool draining_ = false;
  std::shared_ptr<std::size_t> relayed_ = std::make_shared<std::size_t>(0);
};

}  // namespace parley::engineio
