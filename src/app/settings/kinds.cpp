#include "settings/kinds.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/authority.hpp"
#include "base/trim.hpp"

namespace parley::app {
namespace {

std::optional<std::uint64_t> read_digits(std::string_view text) {
  std::uint64_t value = 0;
  const auto* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  return value;
}

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

/// Digits followed by one of `units`; the first unit is meant when there is none.
template <std::size_t size>
std::optional<std::uint64_t> read_with_unit(std::string_view text,
                                            const std::array<Unit, size>& units) {
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = read_digits(text.substr(0, digits));
  const auto name = text.substr(digits);
  if (!number) return std::nullopt;
  for (const Unit& unit : units) {
    if (unit.name != name && !(name.empty() && &unit == units.data())) continue;
    if (*number > std::numeric_limits<std::int64_t>::max() / unit.factor) return std::nullopt;
    return *number * unit.factor;
  }
  return std::nullopt;
}

/// The seconds first, because a bare number means them; the rest descends.
constexpr std::array<Unit, 6> time_units{{{"s", 1'000},
                                          {"w", 604'800'000},
                                          {"d", 86'400'000},
                                          {"h", 3'600'000},
                                          {"m", 60'000},
                                          {"ms", 1}}};
constexpr std::array<Unit, 4> byte_units{
    {{"", 1}, {"GiB", 1ull << 30}, {"MiB", 1ull << 20}, {"KiB", 1ull << 10}}};

bool is_printable_word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) > ' ' && c != 0x7F;
  });
}

/// The items between commas; nullopt when `keep` gives nothing for one of them.
template <class Keep>
std::optional<std::vector<std::string>> read_list(std::string_view text, Keep keep) {
  std::vector<std::string> items;
  if (trim(text) == "none") return items;
  while (true) {
    const auto comma = text.find(',');
    auto item = keep(trim(text.substr(0, comma)));
    if (!item) return std::nullopt;
    items.push_back(std::move(*item));
    if (comma == std::string_view::npos) return items;
    text.remove_prefix(comma + 1);
  }
}

std::string write_list(const std::vector<std::string>& items) {
  std::string out;
  for (const auto& item : items) (out += out.empty() ? "" : ",") += item;
  return out.empty() ? "none" : out;
}

std::optional<std::string> read_origin(std::string_view text) {
  if (text == "*") return std::string{text};
  const auto scheme = text.find("://");
  if (scheme == std::string_view::npos || scheme == 0) return std::nullopt;
  if (text.ends_with('/')) text.remove_suffix(1);
  if (text.size() <= scheme + 3) return std::nullopt;
  const auto authority = text.substr(scheme + 3);
  if (!is_printable_word(text) || authority.find_first_of("/?#@*\"") != std::string_view::npos) {
    return std::nullopt;
  }
  return std::string{text};
}

std::optional<std::string> read_network(std::string_view text) {
  const auto slash = text.find('/');
  const std::string address{text.substr(0, slash)};
  std::array<unsigned char, 16> bytes;
  std::uint64_t most = 0;
  if (::inet_pton(AF_INET, address.c_str(), bytes.data()) == 1) most = 32;
  if (::inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1) most = 128;
  if (most == 0) return std::nullopt;
  if (slash != std::string_view::npos) {
    const auto prefix = read_digits(text.substr(slash + 1));
    if (!prefix || *prefix > most) return std::nullopt;
  }
  return std::string{text};
}

/// What follows the scheme of a URL: perhaps a user and a password, then one host or several.
bool names_host(std::string_view text) {
  text = text.substr(0, text.find_first_of("/?#"));
  if (const auto user = text.rfind('@'); user != std::string_view::npos)
    text.remove_prefix(user + 1);
  return !text.empty() && text.front() != ':';
}

}  // namespace

std::string WholeNumber::allowed() const {
  return "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
}

std::optional<std::uint64_t> WholeNumber::read(std::string_view text) const {
  const auto value = read_digits(text);
  return value && *value >= least && *value <= most ? value : std::nullopt;
}

std::string Interval::allowed() const {
  return "a duration from " + write(least) + " to " + write(most) +
         " (like 500ms, 30s, 15m, 12h or 7d; a bare number means seconds)";
}

std::optional<std::chrono::milliseconds> Interval::read(std::string_view text) const {
  const auto ms = read_with_unit(text, time_units);
  if (!ms) return std::nullopt;
  const std::chrono::milliseconds value{static_cast<std::int64_t>(*ms)};
  if (value < least || value > most) return std::nullopt;
  return value;
}

std::string Interval::write(std::chrono::milliseconds value) const {
  const auto ms = static_cast<std::uint64_t>(value.count());
  if (ms == 0) return "0s";
  // Weeks are read, and not written: people say 7d.
  for (const auto& unit : {time_units[2], time_units[3], time_units[4], time_units[0]}) {
    if (ms % unit.factor == 0) return std::to_string(ms / unit.factor) + std::string{unit.name};
  }
  return std::to_string(ms) + "ms";
}

std::string ByteSize::allowed() const {
  return "a number of bytes from " + write(least) + " to " + write(most) +
         " (units KiB, MiB and GiB may follow)";
}

std::optional<std::uint64_t> ByteSize::read(std::string_view text) const {
  const auto value = read_with_unit(text, byte_units);
  return value && *value >= least && *value <= most ? value : std::nullopt;
}

std::string ByteSize::write(std::uint64_t value) const {
  for (std::size_t i = 1; i < byte_units.size() && value != 0; ++i) {
    const Unit& unit = byte_units[i];
    if (value % unit.factor == 0) {
      return std::to_string(value / unit.factor) + std::string{unit.name};
    }
  }
  return std::to_string(value);
}

std::optional<bool> Switch::read(std::string_view text) const {
  for (const auto* word : {"on", "true", "yes", "1"}) {
    if (text == word) return true;
  }
  for (const auto* word : {"off", "false", "no", "0"}) {
    if (text == word) return false;
  }
  return std::nullopt;
}

std::optional<std::string> Word::read(std::string_view text) const {
  return is_printable_word(text) ? std::optional{std::string{text}} : std::nullopt;
}

std::optional<std::filesystem::path> Path::read(std::string_view text) const {
  if (text.empty() || text.find('\0') != std::string_view::npos) return std::nullopt;
  return std::filesystem::path{text};
}

std::optional<std::filesystem::path> OptionalPath::read(std::string_view text) const {
  if (text == "none") return std::filesystem::path{};
  return Path{}.read(text);
}

std::optional<std::string> Secret::read(std::string_view text) const {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; };
  if (text.empty() || std::any_of(text.begin(), text.end(), is_control)) return std::nullopt;
  return std::string{text};
}

std::string PrivateUrl::allowed() const {
  return "a URL that names a host, such as " + std::string{schemes[0]} + "host or " +
         std::string{schemes[1]} + "host";
}

std::optional<std::string> PrivateUrl::read(std::string_view text) const {
  const auto fits = [text](std::string_view scheme) {
    return text.starts_with(scheme) && names_host(text.substr(scheme.size()));
  };
  if (!is_printable_word(text) || std::none_of(schemes.begin(), schemes.end(), fits))
    return std::nullopt;
  return std::string{text};
}

std::optional<std::string> OptionalHost::read(std::string_view text) const {
  if (text == "none") return std::string{};
  return Word{}.read(text);
}

std::optional<std::string> OptionalAddress::read(std::string_view text) const {
  if (text == "none") return std::string{};
  const auto address = parse_authority(text);
  return address && address->port ? std::optional{std::string{text}} : std::nullopt;
}

std::string Origins::allowed() const {
  return "a comma-separated list of origins such as https://chat.example.org, or * for every "
         "origin, or none";
}

std::optional<std::vector<std::string>> Origins::read(std::string_view text) const {
  return read_list(text, read_origin);
}

std::string Origins::write(const std::vector<std::string>& value) const {
  return write_list(value);
}

std::string Networks::allowed() const {
  return "a comma-separated list of IP addresses and CIDR ranges such as 10.0.0.0/8, or none";
}

std::optional<std::vector<std::string>> Networks::read(std::string_view text) const {
  return read_list(text, read_network);
}

std::string Networks::write(const std::vector<std::string>& value) const {
  return write_list(value);
}

}  // namespace parley::app
