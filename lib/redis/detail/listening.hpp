#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/string_hash.hpp"
#include "redis/detail/connection.hpp"
#include "redis/detail/waiter.hpp"
#include "redis/subscriber.hpp"

namespace parley::redis {

/// What a subscriber listens to, and what the server has confirmed of it. Every command names one
/// channel, so that each reply that is no message belongs to the command that waits longest.
class Subscriber::Link final : public detail::Connection {
 public:
  using Waiter = detail::Waiter<Done>;

  using Connection::Connection;

  /// Home shard, as all that follows. conflict: there is one.
  Result<Done> add(Kind kind, std::string name, Handler handler);
  void remove(Kind kind, std::string_view name);
  /// Completes the waiter when what `add` added is confirmed, or cannot be now.
  void wait(Kind kind, const std::string& name, std::unique_ptr<Waiter> waiter);
  Standing standing(Kind kind, std::string_view name) const;
  void on_opened(std::function<void(SteadyTime)> listener) { opened_ = std::move(listener); }

  Refusals refusals() const;  ///< Any thread.

 private:
  struct Entry {
    std::uint64_t id = 0;  ///< Tells it from an earlier one of the same name.
    std::shared_ptr<const Handler> handler;
    bool asked = false, answered = false, confirmed = false;  ///< On the present connection.
    std::optional<SteadyTime> refused;                        ///< Since then; over a loss, too.
    std::uint64_t turn = 0;  ///< Its key in refused_; 0: it is not there.
    std::unique_ptr<Waiter> waiter{};
  };
  using Entries = std::unordered_map<std::string, Entry, StringHash, std::equal_to<>>;

  /// A command without a reply.
  struct Asked {
    enum class What { subscribe, unsubscribe, ping } what = What::ping;
    Kind kind = Kind::channel;
    std::string name{};
    std::uint64_t id = 0;   ///< Of the entry to subscribe.
    bool is_again = false;  ///< It was refused before.
    SteadyTime deadline{};
  };

  void on_open() override;
  Result<Done> on_reply(detail::SizedReply sized) override;
  void on_lost(const Error& reason) override;
  SteadyTime oldest_deadline() const override;
  void on_idle() override;

  Entries& entries(Kind kind) { return entries_[static_cast<std::size_t>(kind)]; }
  const Entries& entries(Kind kind) const { return entries_[static_cast<std::size_t>(kind)]; }
  Entry* find(const Asked& asked);
  Asked take_asked();
  void ask(Asked asked);
  void ask_for(Kind kind, const std::string& name, Entry& entry);
  void ask_for_all();
  void ask_again(std::size_t most);
  void note_answer(const Asked& asked);
  void note_refused(const Asked& asked, Entry& entry, const std::string& text);
  void note_heard(Entry& entry);
  void set_refused(std::size_t count, const std::string* text);
  Result<Done> on_push(const Reply::Array& push);
  Result<Done> on_answer(Asked::What what, std::string_view name);
  Result<Done> on_refusal(const std::string& text);
  void deliver(Kind kind, std::string_view name, const Reply& channel, const Reply& message);
  void settle(Entry& entry, Result<Done> result);
  void note_answered(Entry& entry);
  void tell_opened();

  Entries entries_[3];
  std::uint64_t last_id_ = 0;
  std::uint64_t last_id_before_ = 0;    ///< Entries up to it were there when the connection opened.
  std::size_t unconfirmed_before_ = 0;  ///< Of those, how many have no answer yet.
  std::deque<Asked> asked_;

  std::map<std::uint64_t, Asked> refused_;  ///< Not asked for now; whose turn is first comes first.
  std::uint64_t turns_ = 0;
  std::size_t again_ = 0;  ///< Asked for again, without an answer yet.
  std::optional<SteadyTime>
      opened_since_;         ///< Something is heard that was refused; nobody was told.
  bool is_opening_ = false;  ///< Since those were asked for.
  std::function<void(SteadyTime)> opened_;
  mutable std::mutex refusals_mutex_;  ///< Guards refusals_, which other threads ask for.
  Refusals refusals_;
};

}  // namespace parley::redis
