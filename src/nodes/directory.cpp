#include "nodes/directory.hpp"

#include <algorithm>
#include <utility>

#include "base/authority.hpp"

namespace parley::nodes {

namespace {

/// While Redis is away.
constexpr std::chrono::milliseconds soon{100};

std::string key_of(std::uint32_t number) { return "parley:address:" + std::to_string(number); }

}  // namespace

Result<http::Upstream> parse_address(std::string_view text) {
  auto address = parse_authority(text);
  if (!address || !address->port)
    return fail(Errc::corrupt, "not an address: " + std::string{text.substr(0, 100)});
  return http::Upstream{std::move(address->host), *address->port};
}

Directory::Directory(net::Shard& home, redis::Client& client, std::uint32_t number,
                     std::string address, std::chrono::milliseconds lease)
    : client_(client), key_(key_of(number)), address_(std::move(address)), lease_(lease) {
  if (!address_.empty()) home.spawn("renew an address", renew());
}

Task<void> Directory::renew() {
  while (!is_closed_) {
    redis::Command command{"SET", key_, address_, "PX", std::to_string(lease_.count())};
    const auto told = co_await client_.call(std::move(command));
    const auto pause = told ? lease_ / 3 : std::min<std::chrono::milliseconds>(lease_ / 3, soon);
    co_await net::sleep_for(pause);
  }
}

void Directory::close() {
  if (address_.empty() || std::exchange(is_closed_, true)) return;
  client_.send({"DEL", key_});
}

Task<Result<http::Upstream>> Directory::find(std::uint32_t number) {
  redis::Command command{"GET", key_of(number)};
  const auto reply = co_await client_.call(std::move(command));
  if (!reply) co_return reply.error();
  const std::string* address = reply->text();
  if (address == nullptr) co_return fail(Errc::not_found, "no such node");
  co_return parse_address(*address);
}

}  // namespace parley::nodes
