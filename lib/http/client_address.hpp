#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "http/message.hpp"

namespace parley::http {

/// An IP address; IPv4 as IPv4-mapped IPv6.
using Address = std::array<std::uint8_t, 16>;
/// Takes "192.0.2.1", "2001:db8::1", "[2001:db8::1]" and each with ":port" behind (IPv6 in brackets
/// then).
std::optional<Address> parse_address(std::string_view text);
/// The usual text; mapped addresses as IPv4.
std::string to_string(const Address& address);

/// The proxies whose X-Forwarded-For and X-Forwarded-Proto are believed.
class TrustedProxies {
 public:
  /// Addresses and CIDR ranges ("10.0.0.0/8", "::1"). Errors: bad_request, naming the entry.
  static Result<TrustedProxies> parse(const std::vector<std::string>& entries);

  bool contains(const Address& address) const;

  /// Sets `client` and `secure` from `peer` and the headers: the client is the rightmost address of
  /// X-Forwarded-For that is no trusted proxy itself. What an untrusted peer says is ignored.
  void resolve(Request& request) const;

 private:
  struct Range {
    Address base{};
    unsigned bits = 128;
  };
  std::vector<Range> ranges_;
};

}  // namespace parley::http
