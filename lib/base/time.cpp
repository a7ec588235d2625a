#include "base/time.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/put.hpp"

namespace parley {

Time wall_now() {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

namespace {
/// "00" to "99".
constexpr auto decimal_pairs = [] {
  std::array<std::array<char, 2>, 100> pairs{};
  for (std::size_t i = 0; i < pairs.size(); ++i)
    pairs[i] = {static_cast<char>('0' + i / 10), static_cast<char>('0' + i % 10)};
  return pairs;
}();

/// `value`, below 100, as two digits.
void put(char* to, unsigned value) { std::memcpy(to, decimal_pairs[value].data(), 2); }
}  // namespace

std::string to_iso8601(Time time) {
  std::string text(24, '\0');
  put_iso8601(text.data(), time);
  return text;
}

namespace {
constexpr std::string_view iso8601_shape = "0000-00-00T00:00:00.000Z";

/// What the shape has room for: years of four digits.
constexpr Time earliest = std::chrono::sys_days{std::chrono::year{0} / 1 / 1};
constexpr Time latest =
    std::chrono::sys_days{std::chrono::year{10'000} / 1 / 1} - Time::duration{1};

void write_iso8601(char* to, Time time) {
  // By hand: a message carries several times, and printf would be a tenth of its cost.
  time = std::clamp(time, earliest, latest);
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  const auto ms = static_cast<unsigned>((time - day).count());
  const unsigned seconds = ms / 1000, minutes = seconds / 60;
  std::memcpy(to, iso8601_shape.data(), iso8601_shape.size());
  put(to, year / 100 % 100);
  put(to + 2, year % 100);
  put(to + 5, static_cast<unsigned>(date.month()));
  put(to + 8, static_cast<unsigned>(date.day()));
  put(to + 11, minutes / 60);
  put(to + 14, minutes % 60);
  put(to + 17, seconds % 60);
  to[20] = static_cast<char>('0' + ms / 100 % 10);
  put(to + 21, ms % 100);
}
}  // namespace

char* put_iso8601(char* to, Time time) {
  // The same time is said several times of each message, and of its neighbours too.
  struct Last {
    Time time = Time::min();
    std::array<char, iso8601_shape.size()> text;
  };
  thread_local Last last;
  if (last.time != time) {
    write_iso8601(last.text.data(), time);
    last.time = time;
  }
  std::memcpy(to, last.text.data(), last.text.size());
  return to + last.text.size();
}

std::optional<Time> from_iso8601(std::string_view text) {
  static constexpr std::string_view shape = iso8601_shape;
  if (text.size() != shape.size()) return std::nullopt;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (shape[i] == '0' ? !digit : text[i] != shape[i]) return std::nullopt;
  }
  const auto number = [&](std::size_t from, std::size_t count) {
    int value = 0;
    for (std::size_t i = from; i < from + count; ++i) value = value * 10 + (text[i] - '0');
    return value;
  };
  const std::chrono::year_month_day date{std::chrono::year{number(0, 4)},
                                         std::chrono::month{static_cast<unsigned>(number(5, 2))},
                                         std::chrono::day{static_cast<unsigned>(number(8, 2))}};
  const int hour = number(11, 2), minute = number(14, 2), second = number(17, 2);
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return Time{std::chrono::sys_days{date}} + std::chrono::hours{hour} +
         std::chrono::minutes{minute} + std::chrono::seconds{second} +
         std::chrono::milliseconds{number(20, 3)};
}

}  // namespace parley
