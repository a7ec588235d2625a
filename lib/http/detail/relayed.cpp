#include "http/detail/relayed.hpp"

#include <utility>

namespace parley::http::detail {

std::unique_ptr<Relayed> Relayed::begin(std::shared_ptr<Relays::Core> core,
                                        net::Connection& client) {
  Relays::Core::PerShard& here = core->here[client.shard().index()];
  if (here.is_draining || core->under_way >= core->limits.max_under_way) return nullptr;
  auto place = client.take_place();
  if (!place) return nullptr;
  std::unique_ptr<Relayed> made{new Relayed(std::move(core), std::move(place))};
  here.under_way.push_back(*made);
  return made;
}

Relayed::Relayed(std::shared_ptr<Relays::Core> core, std::shared_ptr<void> place)
    : core_(std::move(core)), place_(std::move(place)) {
  ++core_->under_way;
}

Relayed::~Relayed() {
  unlink();
  --core_->under_way;
}

}  // namespace parley::http::detail
