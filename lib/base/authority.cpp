#include "base/authority.hpp"

#include <algorithm>
#include <boost/url/authority_view.hpp>
#include <boost/url/parse.hpp>
#include <charconv>

#include "base/percent.hpp"

namespace parley {

namespace {

constexpr std::size_t longest_host = 253;

bool is_of_name(char c) { return is_unreserved(c) && c != '~'; }

}  // namespace

std::optional<Authority> parse_authority(std::string_view text) {
  const auto parsed =
      boost::urls::parse_authority(boost::urls::string_view{text.data(), text.size()});
  if (!parsed || parsed->has_userinfo()) return std::nullopt;
  const bool is_ipv6 = parsed->host_type() == boost::urls::host_type::ipv6;
  std::string_view host{parsed->encoded_host().data(), parsed->encoded_host().size()};
  if (is_ipv6) host = host.substr(1, host.size() - 2);
  if (host.empty() || host.size() > longest_host) return std::nullopt;
  if (!is_ipv6 && !std::all_of(host.begin(), host.end(), is_of_name)) return std::nullopt;
  Authority authority{std::string{host}, std::nullopt};
  if (parsed->has_port()) {
    // Boost 1.81 has a number of its own, but for 99999, too.
    const std::string_view port{parsed->port().data(), parsed->port().size()};
    std::uint16_t& number = authority.port.emplace();
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (error != std::errc{} || end != port.data() + port.size() || number == 0)
      return std::nullopt;
  }
  return authority;
}

std::string authority_of(std::string_view host, std::uint16_t port) {
  const bool is_ipv6 = host.find(':') != std::string_view::npos;
  std::string text{is_ipv6 ? "[" : ""};
  text.append(host).append(is_ipv6 ? "]:" : ":");
  return text + std::to_string(port);
}

}  // namespace parley
