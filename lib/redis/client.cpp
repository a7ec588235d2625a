#include "redis/client.hpp"

#include <array>
#include <span>

#include "redis/detail/pipeline.hpp"

namespace parley::redis {

namespace {

/// Commands as they are sent.
std::string encode(std::span<const Command> commands) {
  std::string bytes;
  for (const Command& command : commands) detail::append_command(bytes, command);
  return bytes;
}

/// MULTI and EXEC around them.
std::string encode_transaction(std::span<const Command> commands) {
  static const std::array begin{Command{"MULTI"}}, end{Command{"EXEC"}};
  return encode(begin).append(encode(commands)).append(encode(end));
}

Error refused(ErrorReply error) {
  const Errc code = cannot_serve(error.text) ? Errc::unavailable : Errc::bad_request;
  return fail(code, std::move(error.text));
}

}  // namespace

Client::Client(net::Shard& home, Config config, std::string_view name)
    : link_(std::make_shared<Link>(home, std::move(config), name)) {
  link_->begin();
}

Client::~Client() { link_->close(); }

Task<Result<std::vector<Reply>>> Client::exchange(std::shared_ptr<Link> link, std::string bytes,
                                                  std::size_t commands) {
  if (const auto admitted = link->admit(commands, bytes.size()); !admitted) {
    co_return admitted.error();
  }
  auto begin = [&link, &bytes, commands](std::unique_ptr<Link::Waiter> waiter) {
    link->start(std::move(bytes), commands, std::move(waiter));
  };
  co_return co_await detail::wait_for<Link::Replies>(begin);
}

Task<Result<Reply>> Client::call(Command command) {
  std::string bytes;
  detail::append_command(bytes, command);
  auto replies = co_await exchange(link_, std::move(bytes), 1);
  if (!replies) co_return std::move(replies).error();
  Reply& reply = replies->front();
  if (auto* error = std::get_if<ErrorReply>(&reply.value)) co_return refused(std::move(*error));
  co_return std::move(reply);
}

Task<Result<std::vector<Reply>>> Client::call_all(std::vector<Command> commands) {
  if (commands.empty()) co_return std::vector<Reply>{};
  std::string bytes = encode(commands);
  co_return co_await exchange(link_, std::move(bytes), commands.size());
}

void Client::send(Command command) {
  const std::array commands{std::move(command)};
  std::string bytes = encode(commands);
  if (!link_->admit(1, bytes.size())) return link_->drop(1);
  link_->start(std::move(bytes), 1, nullptr);
}

void Client::send_transaction(std::vector<Command> commands) {
  if (commands.empty()) return;
  const std::size_t count = commands.size() + 2;
  std::string bytes = encode_transaction(commands);
  if (!link_->admit(count, bytes.size())) return link_->drop(commands.size());
  link_->start(std::move(bytes), count, nullptr);
}

bool Client::is_connected() const { return link_->is_ready(); }
std::string Client::last_error() const { return link_->last_error(); }
Client::Counts Client::counts() const { return link_->counts(); }
void Client::on_state(std::function<void(bool)> listener) { link_->on_state(std::move(listener)); }

std::optional<Refusal> Client::refusal() const { return link_->refusal(); }
bool Client::takes_writes() const { return link_->is_ready() && !link_->is_refused(); }
void Client::on_refusal(std::function<void(bool)> listener) {
  link_->on_refusal(std::move(listener));
}

}  // namespace parley::redis
