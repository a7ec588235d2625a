#include "http/rate_limit.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

#include "http/client_address.hpp"

namespace parley::http {

namespace {
/// Whose requests are counted together: an IPv6 client usually owns a whole /64.
std::string client_key(const std::string& name, const Request& request) {
  std::string key = name + ':';
  auto address = parse_address(request.client);
  if (!address) return key + request.client;
  std::string text = to_string(*address);
  if (text.find(':') == std::string::npos) return key + text;
  std::fill(address->begin() + 8, address->end(), std::uint8_t{0});
  return key + to_string(*address) + "/64";
}

void describe(Headers& headers, std::uint64_t limit, const Hit& hit) {
  headers.set("RateLimit-Limit", std::to_string(limit));
  headers.set("RateLimit-Remaining", std::to_string(limit - std::min(limit, hit.count)));
  headers.set("RateLimit-Reset", std::to_string(hit.resets_in.count()));
}

Task<Response> answer(std::shared_ptr<RateCounter> counter,
                      std::shared_ptr<const RateLimitOptions> options, Request request,
                      Handler next) {
  std::string key = client_key(options->name, request);
  const auto hit = co_await counter->hit(std::move(key), options->window);
  if (!hit) co_return co_await next(std::move(request));
  Response response;
  if (hit->count > options->limit) {
    response = Response::error(fail(Errc::rate_limited));
    response.headers.set("Retry-After", std::to_string(hit->resets_in.count()));
  } else {
    response = co_await next(std::move(request));
  }
  describe(response.headers, options->limit, *hit);
  co_return response;
}
}  // namespace

Hit RateTable::hit(const std::string& key, std::chrono::seconds window, SteadyTime now) {
  if (now - last_sweep_ >= window) {  // a walk over all keys
    last_sweep_ = now;
    std::erase_if(entries_, [now](const auto& entry) { return entry.second.ends <= now; });
  }
  auto entry = entries_.find(key);
  if (entry == entries_.end()) {
    if (entries_.size() >= max_keys_) make_room(now);
    entry = entries_.emplace(key, Entry{}).first;
  }
  if (entry->second.ends <= now) {
    const auto into = now.time_since_epoch() % window;
    entry->second = {0, now + (window - into)};
  }
  const auto left = std::chrono::ceil<std::chrono::seconds>(entry->second.ends - now);
  return Hit{++entry->second.count, std::max(left, std::chrono::seconds{1})};
}

/// Of the next few the one with the fewest hits goes: looking at all would take too long.
void RateTable::make_room(SteadyTime now) {
  constexpr std::size_t few = 16;
  const auto hits = [now](const auto& entry) {
    return entry.second.ends <= now ? 0 : entry.second.count;
  };
  const std::string* fewest = nullptr;
  std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
  for (std::size_t seen = 0; seen < std::min(few, entries_.size());) {
    hand_ = (hand_ + 1) % entries_.bucket_count();
    for (auto one = entries_.begin(hand_); one != entries_.end(hand_); ++one, ++seen) {
      if (hits(*one) >= least) continue;
      least = hits(*one);
      fewest = &one->first;
    }
  }
  entries_.erase(entries_.find(*fewest));
}

ShardedRateCounter::ShardedRateCounter(net::Shards& shards, std::size_t max_keys)
    : shards_(shards), tables_(shards.size(), RateTable{max_keys}) {}

Task<Result<Hit>> ShardedRateCounter::hit(std::string key, std::chrono::seconds window) {
  const std::size_t home = std::hash<std::string>{}(key) % shards_.size();
  net::Shard& shard = shards_[home];
  auto count = [&table = tables_[home], &shard, key = std::move(key), window]() -> Result<Hit> {
    return table.hit(key, window, shard.now());
  };
  co_return co_await net::run_on(shard, std::move(count));
}

Middleware rate_limit(std::shared_ptr<RateCounter> counter, RateLimitOptions options) {
  auto shared = std::make_shared<const RateLimitOptions>(std::move(options));
  return [counter = std::move(counter), shared](Request request, Handler next) {
    const bool counts = shared->limit > 0 && (!shared->applies || shared->applies(request));
    return counts ? answer(counter, shared, std::move(request), std::move(next))
                  : next(std::move(request));
  };
}

}  // namespace parley::http
