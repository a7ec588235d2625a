#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parley {

/// Where a server is, as URLs say it: `host` or `host:port`, an IPv6 address in brackets. Source:
/// RFC 3986, 3.2, without a user.
struct Authority {
  std::string host;                   ///< A name or an address, without brackets.
  std::optional<std::uint16_t> port;  ///< From 1.

  friend bool operator==(const Authority&, const Authority&) = default;
};

/// nullopt: `text` is none; a name has letters, digits and -._, at most 253.
std::optional<Authority> parse_authority(std::string_view text);
/// `host:port`; the host without brackets.
std::string authority_of(std::string_view host, std::uint16_t port);

}  // namespace parley
