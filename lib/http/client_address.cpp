#include "http/client_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/trim.hpp"

namespace parley::http {

namespace {
constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

std::string_view without_port(std::string_view text) {
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    return end == std::string_view::npos ? std::string_view{} : text.substr(1, end - 1);
  }
  const auto colon = text.find(':');
  const bool one_colon =
      colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos;
  return one_colon ? text.substr(0, colon) : text;
}

bool is_mapped(const Address& address) {
  return std::equal(mapped_prefix.begin(), mapped_prefix.end(), address.begin());
}

/// The last element of a comma-separated list, which is shortened by it.
std::string_view last_element(std::string_view& list) {
  const auto comma = list.rfind(',');
  const auto element = comma == std::string_view::npos ? list : list.substr(comma + 1);
  list = comma == std::string_view::npos ? std::string_view{} : list.substr(0, comma);
  return trim(element);
}
}  // namespace

std::optional<Address> parse_address(std::string_view text) {
  const std::string host{without_port(text)};
  Address address{};
  if (::inet_pton(AF_INET6, host.c_str(), address.data()) == 1) return address;
  std::copy(mapped_prefix.begin(), mapped_prefix.end(), address.begin());
  if (::inet_pton(AF_INET, host.c_str(), address.data() + mapped_prefix.size()) == 1)
    return address;
  return std::nullopt;
}

std::string to_string(const Address& address) {
  char text[INET6_ADDRSTRLEN] = "";
  const bool v4 = is_mapped(address);
  ::inet_ntop(v4 ? AF_INET : AF_INET6, address.data() + (v4 ? mapped_prefix.size() : 0), text,
              sizeof text);
  return text;
}

Result<TrustedProxies> TrustedProxies::parse(const std::vector<std::string>& entries) {
  TrustedProxies proxies;
  for (const std::string& entry : entries) {
    const std::string_view text = entry;
    const auto slash = text.find('/');
    const auto address = parse_address(trim(text.substr(0, slash)));
    if (!address) return fail(Errc::bad_request, "not an address or CIDR range: " + entry);
    const unsigned all = text.find(':') == std::string_view::npos ? 32 : 128;
    unsigned bits = all;
    if (slash != std::string_view::npos) {
      const auto digits = trim(text.substr(slash + 1));
      const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
      if (parsed.ec != std::errc{} || parsed.ptr != digits.data() + digits.size() || bits > all) {
        return fail(Errc::bad_request, "not a prefix length: " + entry);
      }
    }
    proxies.ranges_.push_back({*address, bits + 128 - all});
  }
  return proxies;
}

bool TrustedProxies::contains(const Address& address) const {
  return std::any_of(ranges_.begin(), ranges_.end(), [&address](const Range& range) {
    const unsigned whole = range.bits / 8, rest = range.bits % 8;
    if (std::memcmp(address.data(), range.base.data(), whole) != 0) return false;
    if (rest == 0) return true;
    const unsigned mask = 0xFFU << (8 - rest);
    return ((address[whole] ^ range.base[whole]) & mask) == 0;
  });
}

void TrustedProxies::resolve(Request& request) const {
  request.client = request.peer;
  if (ranges_.empty()) return;
  const auto peer = parse_address(request.peer);
  if (!peer || !contains(*peer)) return;
  const std::string forwarded = request.headers.joined("X-Forwarded-For");
  std::string_view left = forwarded;
  while (!left.empty()) {
    const auto address = parse_address(last_element(left));
    if (!address) break;  // whoever wrote this is the last one that we know of
    request.client = to_string(*address);
    if (!contains(*address)) break;
  }
  const std::string protocols = request.headers.joined("X-Forwarded-Proto");
  std::string_view list = protocols;
  if (!list.empty()) request.secure = same_name(last_element(list), "https");
}

}  // namespace parley::http
