#include "redis/subscriber.hpp"

#include "redis/detail/listening.hpp"

namespace parley::redis {

Subscriber::Subscriber(net::Shard& home, Config config, std::string_view name)
    : link_(std::make_shared<Link>(home, std::move(config), name)) {
  link_->begin();
}

Subscriber::~Subscriber() { link_->close(); }

Task<Result<Done>> Subscriber::subscribe(Kind kind, std::string name, Handler handler) {
  const auto link = link_;
  if (link->is_closed()) co_return fail(Errc::closed, "the Redis subscriber is closed");
  if (auto added = link->add(kind, name, std::move(handler)); !added) co_return added;
  auto begin = [&link, kind, &name](std::unique_ptr<Link::Waiter> waiter) {
    link->wait(kind, name, std::move(waiter));
  };
  co_return co_await detail::wait_for<Done>(begin);
}

void Subscriber::subscribe_soon(Kind kind, std::string name, Handler handler) {
  // A second handler is the caller's mistake, which only `subscribe` can tell.
  static_cast<void>(link_->add(kind, std::move(name), std::move(handler)).has_value());
}

void Subscriber::unsubscribe(Kind kind, std::string_view name) { link_->remove(kind, name); }

Standing Subscriber::standing(Kind kind, std::string_view name) const {
  return link_->standing(kind, name);
}

Refusals Subscriber::refusals() const { return link_->refusals(); }
bool Subscriber::is_connected() const { return link_->is_ready(); }
std::string Subscriber::last_error() const { return link_->last_error(); }
void Subscriber::on_state(std::function<void(bool)> listener) {
  link_->on_state(std::move(listener));
}
void Subscriber::on_opened(std::function<void(SteadyTime)> listener) {
  link_->on_opened(std::move(listener));
}

}  // namespace parley::redis
