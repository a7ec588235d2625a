#include "nodes/change_bus.hpp"

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>
#include <unordered_map>
#include <utility>

#include "chat/fan_out.hpp"
#include "net/steady_timer.hpp"
#include "nodes/change_codec.hpp"
#include "nodes/missed.hpp"
#include "ops/log.hpp"

namespace parley::nodes {

using namespace std::chrono_literals;

namespace {

/// Whoever comes back within this finds the channel still open.
constexpr auto linger = 5s;

/// A dead connection is noticed that much later at most, and a clock that is corrected may be
/// behind.
constexpr auto unnoticed = 30s;

/// How often, for how long, and for how many at once we try to say that a login is over.
constexpr auto insist_every = 500ms;
constexpr int insist_times = 240;
constexpr std::size_t max_insisting = 1'000;

std::string channel_of(chat::UserId user) { return "parley:user:" + user.hex(); }

/// Which of the changes each user is told, in order.
std::map<chat::UserId, std::vector<std::size_t>> concerned(
    const std::vector<chat::Change>& changes) {
  std::map<chat::UserId, std::vector<std::size_t>> out;
  for (std::size_t index = 0; index < changes.size(); ++index) {
    chat::fan_out(changes[index], [&](const chat::UserId& user, std::span<const chat::Notice>) {
      out[user].push_back(index);
    });
  }
  return out;
}

}  // namespace

struct ChangeBus::State : std::enable_shared_from_this<ChangeBus::State> {
  struct Followed {
    explicit Followed(Executor executor) : confirmed(executor, SteadyTime::max()) {}

    std::size_t count = 0;
    bool is_settled = false;     ///< Confirmed, or given up waiting for.
    net::SteadyTimer confirmed;  ///< Cancelled when it is settled.
    SteadyTime left{};           ///< When the last one did.
  };
  using FollowedPtr = std::shared_ptr<Followed>;

  State(net::Shard& its_home, redis::Client& its_client, redis::Subscriber& its_subscriber,
        ThisNode its_node)
      : home(its_home),
        client(its_client),
        subscriber(its_subscriber),
        node(std::move(its_node)),
        missed(home, client, subscriber, node, [this](Time since) { tell_gap(since); }) {}

  void hear(std::string_view text);
  Task<void> follow(chat::UserId user);
  Task<void> subscribe(chat::UserId user, FollowedPtr entry);
  void unfollow(chat::UserId user);
  Task<void> sweep();
  Task<void> insist(redis::Command command);
  void on_state(bool is_connected);
  void tell_gap(Time since);

  net::Shard& home;
  redis::Client& client;
  redis::Subscriber& subscriber;
  const ThisNode node;
  Handlers handlers;
  std::unordered_map<chat::UserId, FollowedPtr> followed;
  bool is_sweeping = false;
  std::size_t insisting = 0;
  Time lost_at = node.clock();  ///< The connection; at first, it was not there yet.
  Missed missed;                ///< By this node's fault, or by others'.
  std::atomic<std::uint64_t> published{0}, received{0}, own{0}, unreadable{0}, users{0};
};

ChangeBus::ChangeBus(net::Shard& home, redis::Client& client, redis::Subscriber& subscriber,
                     ThisNode node)
    : state_(std::make_shared<State>(home, client, subscriber, std::move(node))) {
  subscriber.on_state([state = state_](bool is_connected) { state->on_state(is_connected); });
  subscriber.on_opened([state = state_](SteadyTime since) {
    const auto age = std::chrono::ceil<std::chrono::milliseconds>(state->home.now() - since);
    state->tell_gap(state->node.clock() - age);
  });
}

ChangeBus::~ChangeBus() { state_->handlers = {}; }

void ChangeBus::set_handlers(Handlers handlers) { state_->handlers = std::move(handlers); }

void ChangeBus::publish(const std::vector<chat::Change>& changes) {
  std::vector<std::string> encoded;
  for (const chat::Change& change : changes) encoded.push_back(encode(change));
  std::vector<redis::Command> commands;
  for (const auto& [user, indices] : concerned(changes)) {
    std::vector<const std::string*> theirs;
    for (const std::size_t index : indices) theirs.push_back(&encoded[index]);
    commands.push_back({"PUBLISH", channel_of(user), encode_changes(state_->node.name, theirs)});
  }
  if (commands.empty()) return;
  state_->published.fetch_add(commands.size(), std::memory_order_relaxed);
  if (auto notice = state_->missed.take_notice())
    commands.insert(commands.begin(), std::move(*notice));
  // All or nothing: nobody hears of a later change before an earlier one reached every channel.
  state_->client.send_transaction(std::move(commands));
}

void ChangeBus::close_logins(chat::UserId user, std::optional<chat::FamilyId> family) {
  std::string text = encode_close(state_->node.name, {user, family});
  redis::Command command{"PUBLISH", channel_of(user), std::move(text)};
  state_->home.spawn("end logins elsewhere", state_->insist(std::move(command)));
}

/// No gap makes up for it: a socket of a login that is over would live on.
Task<void> ChangeBus::State::insist(redis::Command command) {
  const auto self = shared_from_this();
  if (insisting >= max_insisting) co_return;
  ++insisting;
  for (int times = 0; times < insist_times; ++times) {
    const auto said = co_await client.call(command);
    // What Redis refuses now it may permit soon.
    if (said || said.error().code == Errc::closed) break;
    co_await net::sleep_for(insist_every);
  }
  --insisting;
}

Task<void> ChangeBus::follow(chat::UserId user) {
  const auto state = state_;
  const Executor executor = state->home.executor();
  auto work = state->follow(user);
  constexpr asio::use_awaitable_t<Executor> token{};
  co_await asio::co_spawn(executor, std::move(work), token);
}

void ChangeBus::unfollow(chat::UserId user) {
  state_->home.post([state = state_, user] { state->unfollow(user); });
}

ChangeBus::Counts ChangeBus::counts() const {
  const auto read = [](const std::atomic<std::uint64_t>& counter) {
    return counter.load(std::memory_order_relaxed);
  };
  return {read(state_->published), read(state_->received), read(state_->own),
          read(state_->unreadable), read(state_->users)};
}

Task<void> ChangeBus::State::follow(chat::UserId user) {
  FollowedPtr& place = followed[user];
  if (!place) {
    place = std::make_shared<Followed>(home.executor());
    users.store(followed.size(), std::memory_order_relaxed);
    home.spawn("follow a user", subscribe(user, place));
  }
  const FollowedPtr entry = place;
  ++entry->count;
  boost::system::error_code cancelled;
  auto token = asio::redirect_error(asio::use_awaitable_t<Executor>{}, cancelled);
  while (!entry->is_settled) co_await entry->confirmed.async_wait(token);
}

Task<void> ChangeBus::State::subscribe(chat::UserId user, FollowedPtr entry) {
  const auto self = shared_from_this();
  std::string channel = channel_of(user);
  redis::Subscriber::Handler handler = [weak = weak_from_this()](std::string_view,
                                                                 std::string_view text) {
    if (const auto state = weak.lock()) state->hear(text);
  };
  // Unconfirmed or refused, it is made as soon as it can be, and the gap is told then.
  (void)co_await subscriber.subscribe(redis::Kind::channel, std::move(channel), std::move(handler));
  entry->is_settled = true;
  entry->confirmed.cancel();
}

void ChangeBus::State::unfollow(chat::UserId user) {
  const auto found = followed.find(user);
  if (found == followed.end() || found->second->count == 0) return;
  if (--found->second->count > 0) return;
  found->second->left = std::chrono::steady_clock::now();
  if (!std::exchange(is_sweeping, true)) home.spawn("stop following", sweep());
}

/// While somebody has left and lingers.
Task<void> ChangeBus::State::sweep() {
  const auto self = shared_from_this();
  bool is_done = false;
  while (!is_done) {
    co_await net::sleep_for(linger);
    is_done = true;
    const SteadyTime before = std::chrono::steady_clock::now() - linger;
    std::erase_if(followed, [&](const auto& one) {
      const auto& [user, entry] = one;
      if (entry->count > 0) return false;
      const bool goes = entry->is_settled && entry->left <= before;
      if (goes) subscriber.unsubscribe(redis::Kind::channel, channel_of(user));
      is_done = is_done && goes;
      return goes;
    });
    users.store(followed.size(), std::memory_order_relaxed);
  }
  is_sweeping = false;
}

void ChangeBus::State::hear(std::string_view text) {
  if (is_own(text, node.name)) {
    own.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  received.fetch_add(1, std::memory_order_relaxed);
  auto notice = decode(text);
  if (!notice) {
    unreadable.fetch_add(1, std::memory_order_relaxed);
    ops::log().warn("a notice cannot be read", {{"reason", notice.error().detail}});
    return;
  }
  if (auto* changes = std::get_if<std::vector<chat::Change>>(&notice->what)) {
    // Not all channels are heard again: the gap that is told then brings it, and what came before.
    if (!subscriber.is_connected()) return;
    if (handlers.changes && !changes->empty()) handlers.changes(std::move(*changes));
  } else if (handlers.close) {
    const auto& close = std::get<CloseLogins>(notice->what);
    handlers.close(close.user, close.family);
  }
}

void ChangeBus::State::on_state(bool is_connected) {
  if (!is_connected) {
    lost_at = node.clock();
  } else {
    tell_gap(lost_at);
  }
}

void ChangeBus::State::tell_gap(Time since) {
  if (!followed.empty() && handlers.gap) handlers.gap(since - unnoticed);
}

}  // namespace parley::nodes
