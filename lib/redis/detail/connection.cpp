#include "redis/detail/connection.hpp"

#include <array>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "net/steady_timer.hpp"
#include "redis/detail/backoff.hpp"
#include "redis/detail/stream.hpp"

namespace parley::redis::detail {

namespace {
constexpr std::size_t read_size = 64 << 10;
/// A reply may lie in the kernel's buffer when its deadline passes: the shard itself was late.
constexpr auto grace = 10ms;
constexpr asio::use_awaitable_t<Executor> use_task{};

/// Where a proxy or an ACL refuses the name, it is only missed in CLIENT LIST. A server that cannot
/// save refuses PING as it refuses writes, and does everything else.
bool is_tolerable(std::string_view command, std::string_view error) {
  return command == "CLIENT" || (command == "PING" && error.starts_with("MISCONF "));
}
}  // namespace

/// The coroutine's hold on its connection: however the coroutine ends, it says so.
struct Connection::Running {
  explicit Running(std::shared_ptr<Connection> self) : connection(std::move(self)) {}
  Running(Running&&) = default;
  ~Running() {
    if (connection) connection->ended();
  }
  std::shared_ptr<Connection> connection;
};

struct Connection::Sleep {
  Sleep(Executor executor, Connection& owner) : timer(executor), connection(owner) {
    connection.sleep_ = this;
  }
  ~Sleep() { connection.sleep_ = nullptr; }
  net::SteadyTimer timer;
  Connection& connection;
};

Connection::Connection(net::Shard& home, Config config, std::string_view name)
    : home_(home),
      config_(std::move(config)),
      name_(name),
      deadline_(net::Timer::calling<&Connection::on_deadline>(home.timers(), *this)),
      open_timeout_(net::Timer::calling<&Connection::on_open_timeout>(home.timers(), *this)),
      idle_(net::Timer::calling<&Connection::on_idle_timer>(home.timers(), *this)) {}

void Connection::begin() {
  Running running{shared_from_this()};
  home_.spawn("redis connection", run(std::move(running)));
}

Task<void> Connection::run(Running running) {
  Connection& self = *running.connection;
  Backoff backoff{self.config_.backoff_min, self.config_.backoff_max};
  std::uniform_real_distribution<double> chance{0, 1};
  while (!self.closed_) {
    const SteadyTime began = self.home_.now();
    const Error reason = co_await self.live();
    if (self.closed_) break;
    self.lost(reason);
    if (self.closed_) break;
    if (self.home_.now() - began > self.config_.backoff_max) backoff.reset();
    const auto wait = backoff.next(chance(self.random_));
    co_await self.pause(wait);
  }
}

/// From the first SYN to the end; says why it ended.
Task<Error> Connection::live() {
  const auto stream = std::make_shared<Stream>(home_.executor());
  stream_ = stream;
  reason_.reset();
  open_timeout_.start(home_.now() + config_.connect_timeout);
  const auto connected = co_await stream->open(config_);
  Error error = fail(Errc::unavailable);
  if (connected && !closed_ && !reason_) {
    say_hello();
    error = co_await read_replies(stream);
  } else if (!connected) {
    error = connected.error();
  }
  co_return reason_ ? std::move(*reason_) : std::move(error);
}

Task<Error> Connection::read_replies(std::shared_ptr<Stream> stream) {
  ReplyReader reader{config_.max_reply};
  std::vector<char> buffer(read_size);
  const std::span<char> room{buffer};
  for (;;) {
    const auto size = co_await stream->read_some(room);
    if (!size) co_return size.error();
    if (auto taken = take({buffer.data(), *size}, reader); !taken) co_return taken.error();
    if (closed_ || reason_) co_return fail(Errc::closed);
  }
}

Result<Done> Connection::take(std::string_view bytes, ReplyReader& reader) {
  if (auto fed = reader.feed(bytes); !fed) return fed;
  for (;;) {
    auto next = reader.next();
    if (!next) return next.error();
    if (!*next) return Done{};
    grace_ = false;
    auto taken = open_ ? on_reply(std::move(**next)) : on_hello((*next)->reply);
    if (!taken || closed_ || reason_) return taken;
  }
}

void Connection::say_hello() {
  if (!config_.password.empty() && config_.user.empty()) {
    expect("AUTH", std::array{config_.password});
  } else if (!config_.password.empty()) {
    expect("AUTH", std::array{config_.user, config_.password});
  }
  if (config_.database != 0) expect("SELECT", std::array{std::to_string(config_.database)});
  expect("CLIENT", std::array{std::string{"SETNAME"}, name_});
  // A server that still loads its data refuses this.
  expect("PING", {});
}

void Connection::expect(std::string_view command, std::span<const std::string> words) {
  std::vector<std::string> all{std::string{command}};
  all.insert(all.end(), words.begin(), words.end());
  std::string bytes;
  append_command(bytes, all);
  hello_.emplace_back(command);
  unwritten_ += bytes.size();
  send(bytes);
}

Result<Done> Connection::on_hello(const Reply& reply) {
  if (hello_.empty()) return fail(Errc::corrupt, "a reply that nobody asked for");
  const std::string command = std::move(hello_.front());
  hello_.erase(hello_.begin());
  if (reply.error() != nullptr && !is_tolerable(command, reply.error()->text)) {
    return fail(Errc::unavailable, command + ": " + reply.error()->text);
  }
  if (hello_.empty()) opened();
  return Done{};
}

void Connection::opened() {
  open_timeout_.stop();
  open_ = true;
  connects_.fetch_add(1, std::memory_order_relaxed);
  idle_.start(home_.now() + config_.idle_ping);
  on_open();
}

void Connection::set_ready() {
  if (ready_.exchange(true)) return;
  set_error({});
  if (listener_) listener_(true);
}

void Connection::lost(const Error& reason) {
  if (stream_) stream_->close();
  stream_.reset();
  open_timeout_.stop();
  deadline_.stop();
  idle_.stop();
  hello_.clear();
  open_ = false;
  grace_ = false;
  const bool was_ready = ready_.exchange(false);
  set_error(reason.detail);
  unwritten_ -= pending_.size() + writing_;
  pending_.clear();
  writing_ = 0;
  on_lost(reason);
  if (was_ready && listener_ && !closed_) listener_(false);
}

void Connection::close() {
  if (closed_.exchange(true) || ended_) return;
  lost(fail(Errc::closed, "closed"));
  if (sleep_ != nullptr) sleep_->timer.cancel();
}

/// The coroutine is gone, with or without close(): so is everything that belongs to the shard.
void Connection::ended() {
  closed_ = true;
  ended_ = true;
  lost(fail(Errc::closed, "closed"));
}

Task<void> Connection::pause(std::chrono::milliseconds duration) {
  boost::system::error_code ignored;
  auto quietly = asio::redirect_error(use_task, ignored);
  Sleep sleep{home_.executor(), *this};
  sleep.timer.expires_after(duration);
  co_await sleep.timer.async_wait(quietly);
}

void Connection::give_up(Error reason) {
  if (reason_ || !stream_) return;
  reason_ = std::move(reason);
  stream_->close();
}

void Connection::send(std::string_view bytes) {
  pending_.append(bytes);
  watch();
  if (flush_posted_ || writing_ != 0) return;
  flush_posted_ = true;
  home_.post([self = shared_from_this()] {
    self->flush_posted_ = false;
    self->flush();
  });
}

void Connection::flush() {
  if (!stream_ || pending_.empty() || writing_ != 0) return;
  // Until the write is over: a loss meanwhile must not take its bytes away.
  const auto bytes = std::make_shared<std::string>(std::move(pending_));
  pending_.clear();
  writing_ = bytes->size();
  stream_->write(*bytes, [self = shared_from_this(), stream = stream_, bytes](auto error) {
    if (self->stream_ == stream) self->on_flushed(error.failed());
  });
}

void Connection::on_flushed(bool failed) {
  unwritten_ -= std::exchange(writing_, 0);
  // The read says why; a server may have sent its reason before it closed.
  if (!failed) flush();
}

void Connection::watch() {
  if (!open_ || deadline_.is_running()) return;
  const SteadyTime oldest = oldest_deadline();
  if (oldest != SteadyTime::max()) deadline_.start(oldest);
}

void Connection::on_deadline() {
  const SteadyTime oldest = oldest_deadline();
  if (oldest > home_.now()) return watch();
  if (grace_) return give_up(fail(Errc::unavailable, "no reply in time"));
  grace_ = true;
  deadline_.start(home_.now() + grace);
}

void Connection::on_open_timeout() { give_up(fail(Errc::unavailable, "no connection in time")); }

void Connection::on_idle_timer() {
  idle_.start(home_.now() + config_.idle_ping);
  on_idle();
}

std::string Connection::last_error() const {
  const std::lock_guard lock{error_mutex_};
  return last_error_;
}

void Connection::set_error(std::string text) {
  const std::lock_guard lock{error_mutex_};
  last_error_ = std::move(text);
}

}  // namespace parley::redis::detail
