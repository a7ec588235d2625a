#pragma once

#include <atomic>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "http/relay.hpp"

namespace parley::http {

namespace detail {

/// What a request or tunnel takes of this server while another server answers it. Lives on one
/// shard.
class Relayed : public boost::intrusive::list_base_hook<
                    boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  /// nullptr: there is no room.
  static std::unique_ptr<Relayed> begin(std::shared_ptr<Relays::Core> core,
                                        net::Connection& client);
  ~Relayed();
  Relayed(const Relayed&) = delete;
  Relayed& operator=(const Relayed&) = delete;

  std::function<void()> end;  ///< Called when the server drains.

 private:
  Relayed(std::shared_ptr<Relays::Core> core, std::shared_ptr<void> place);

  std::shared_ptr<Relays::Core> core_;
  std::shared_ptr<void> place_;
};

}  // namespace detail

/// Kept by those under way, which may be there longer than the Relays.
struct Relays::Core {
  struct PerShard {
    /// Oldest first.
    boost::intrusive::list<detail::Relayed, boost::intrusive::constant_time_size<false>> under_way;
    bool is_draining = false;
  };
  Core(net::Shards& its_shards, RelayLimits its_limits)
      : shards(its_shards), limits(its_limits), here(its_shards.size()) {}

  net::Shards& shards;
  const RelayLimits limits;
  std::vector<PerShard> here;  ///< By shard index.
  std::atomic<std::size_t> under_way{0};
};

}  // namespace parley::http
