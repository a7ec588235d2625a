#include "redis/detail/pipeline.hpp"

namespace parley::redis {

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

Result<Done> Client::Link::on_reply(detail::SizedReply sized) {
  if (waiting_.empty()) return fail(Errc::corrupt, "a reply that nobody asked for");
  Exchange& first = waiting_.front();
  first.size += sized.size;
  if (first.size > config().max_reply) return fail(Errc::corrupt, "replies are over the limit");
  const ErrorReply* error = sized.reply.error();
  // A master that became a replica: the name may lead to another server by now.
  const bool is_read_only = error != nullptr && error->text.starts_with("READONLY ");
  if (error != nullptr && !first.waiter) failures_.fetch_add(1, std::memory_order_relaxed);
  first.replies.push_back(std::move(sized.reply));
  if (first.replies.size() == first.commands) {
    Exchange done = std::move(first);
    waiting_.pop_front();
    Replies replies = std::move(done.replies);
    finish(std::move(done), std::move(replies));
  }
  if (is_read_only) return fail(Errc::unavailable, "the server is a read-only replica");
  return Done{};
}

/// Gives its room back and tells who waits.
void Client::Link::finish(Exchange exchange, Result<Replies> result) {
  waiting_commands_ -= exchange.commands;
  if (!result && exchange.commands != 0) failures_.fetch_add(1, std::memory_order_relaxed);
  if (exchange.waiter) exchange.waiter->complete(std::move(result));
}

void Client::Link::on_lost(const Error& reason) {
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
  std::string bytes;
  detail::append_command(bytes, question);
  waiting_commands_ += 1;
  unwritten_ += bytes.size();
  enter(std::move(bytes), Exchange{1, nullptr, {}});
}

Client::Counts Client::Link::counts() const {
  return {commands_.load(), failures_.load(), dropped_.load(), connects()};
}

}  // namespace parley::redis
