#include "redis/detail/pipeline.hpp"

namespace parley::redis {

Command harmless_write() {
  // An empty text makes no key, and leaves what is there as it is.
  return {"SETRANGE", "parley:probe", "0", ""};
}

Client::Link::Link(net::Shard& home, Config config, std::string_view name)
    : Connection(home, std::move(config), name),
      probe_(net::Timer::calling<&Link::probe>(home.timers(), *this)) {}

Result<Done> Client::Link::admit(std::size_t commands, std::size_t bytes) {
  if (is_closed()) return fail(Errc::closed, "the Redis client is closed");
  if (!is_ready()) return fail(Errc::unavailable, "no connection to Redis: " + last_error());
  if (waiting_commands_.fetch_add(commands) + commands > config().max_waiting) {
    waiting_commands_ -= commands;
    return fail(Errc::overloaded, "too many Redis commands wait");
  }
  if (unwritten_.fetch_add(bytes) + bytes > config().max_waiting_bytes) {
    waiting_commands_ -= commands;
    unwritten_ -= bytes;
    return fail(Errc::overloaded, "too many bytes wait for Redis");
  }
  commands_.fetch_add(commands, std::memory_order_relaxed);
  return Done{};
}

void Client::Link::start(std::string bytes, std::size_t commands, std::unique_ptr<Waiter> waiter) {
  Exchange exchange{commands, std::move(waiter), {}};
  if (home().is_current()) return enter(std::move(bytes), std::move(exchange));
  const auto self = std::static_pointer_cast<Link>(shared_from_this());
  home().post([self, bytes = std::move(bytes), exchange = std::move(exchange)]() mutable {
    self->enter(std::move(bytes), std::move(exchange));
  });
}

void Client::Link::enter(std::string bytes, Exchange exchange) {
  if (!is_open()) {
    unwritten_ -= bytes.size();
    const Errc code = is_closed() ? Errc::closed : Errc::unavailable;
    return finish(std::move(exchange), fail(code, "no connection to Redis: " + last_error()));
  }
  exchange.deadline = home().now() + config().command_timeout;
  waiting_.push_back(std::move(exchange));
  send(bytes);
}

void Client::Link::on_open() {
  opened_at_ = home().now();
  set_ready();
  if (is_refused()) probe();
}

Result<Done> Client::Link::on_reply(detail::SizedReply sized) {
  if (waiting_.empty()) return fail(Errc::corrupt, "a reply that nobody asked for");
  Exchange& first = waiting_.front();
  first.size += sized.size;
  if (first.size > config().max_reply) return fail(Errc::corrupt, "replies are over the limit");
  const ErrorReply* error = sized.reply.error();
  const bool is_refusal = error != nullptr && refuses_writes(error->text);
  // A master that became a replica: the name may lead to another server by now.
  const bool is_elsewhere = is_refusal && error->text.find("READONLY ") != std::string::npos &&
                            home().now() - opened_at_ >= config().backoff_max;
  if (is_refusal) {
    note_refusal(error->text);
  } else if (first.is_probe) {
    note_acceptance();
  }
  if (error != nullptr && !first.waiter && !first.is_probe)
    failures_.fetch_add(1, std::memory_order_relaxed);
  first.replies.push_back(std::move(sized.reply));
  if (first.replies.size() == first.commands) {
    Exchange done = std::move(first);
    waiting_.pop_front();
    Replies replies = std::move(done.replies);
    finish(std::move(done), std::move(replies));
  }
  if (is_elsewhere) return fail(Errc::unavailable, "the server is a read-only replica");
  return Done{};
}

/// Gives its room back and tells who waits.
void Client::Link::finish(Exchange exchange, Result<Replies> result) {
  waiting_commands_ -= exchange.commands;
  if (!result && exchange.commands != 0) failures_.fetch_add(1, std::memory_order_relaxed);
  if (exchange.waiter) exchange.waiter->complete(std::move(result));
}

void Client::Link::on_lost(const Error& reason) {
  probe_.stop();
  auto lost = std::exchange(waiting_, {});
  const bool is_known = reason.code == Errc::corrupt || reason.code == Errc::closed;
  const Errc code = is_known ? reason.code : Errc::unavailable;
  for (Exchange& exchange : lost) {
    finish(std::move(exchange), fail(code, "Redis did not answer: " + reason.detail));
  }
}

SteadyTime Client::Link::oldest_deadline() const {
  return waiting_.empty() ? SteadyTime::max() : waiting_.front().deadline;
}

void Client::Link::on_idle() {
  if (!waiting_.empty()) return;
  // Not PING, which a server that cannot save refuses: that would count as something that was lost.
  static const Command question{"ECHO", ""};
  ask(question, false);
}

/// Nobody waits for the answer.
void Client::Link::ask(const Command& command, bool is_probe) {
  std::string bytes;
  detail::append_command(bytes, command);
  waiting_commands_ += 1;
  unwritten_ += bytes.size();
  Exchange exchange{1, nullptr, {}};
  exchange.is_probe = is_probe;
  enter(std::move(bytes), std::move(exchange));
}

void Client::Link::probe() {
  static const Command question = harmless_write();
  // One that is lost is asked again when there is a connection.
  if (is_open()) ask(question, true);
}

void Client::Link::note_refusal(const std::string& reason) {
  const bool is_new = !is_refused();
  {
    const std::lock_guard lock{refusal_mutex_};
    refusal_ = Refusal{reason, is_new ? wall_now() : refusal_->since};
  }
  if (!probe_.is_running()) probe_.start(home().now() + config().refused_again);
  if (is_new) tell(true);
}

/// The server has taken a write, or has nothing against writes.
void Client::Link::note_acceptance() {
  if (!is_refused()) return;
  probe_.stop();
  {
    const std::lock_guard lock{refusal_mutex_};
    refusal_.reset();
  }
  tell(false);
}

void Client::Link::tell(bool refused) {
  is_refused_.store(refused, std::memory_order_release);
  for (const auto& listener : refusal_listeners_) listener(refused);
}

std::optional<Refusal> Client::Link::refusal() const {
  const std::lock_guard lock{refusal_mutex_};
  return refusal_;
}

Client::Counts Client::Link::counts() const {
  return {commands_.load(), failures_.load(), dropped_.load(), connects()};
}

}  // namespace parley::redis
