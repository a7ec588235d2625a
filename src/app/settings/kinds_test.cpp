#include "settings/kinds.hpp"

#include <gtest/gtest.h>

namespace parley::app {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using Strings = std::vector<std::string>;

TEST(WholeNumber, takes_its_range_only) {
  constexpr WholeNumber port{0, 65535};
  EXPECT_EQ(port.read("0"), 0u);
  EXPECT_EQ(port.read("65535"), 65535u);
  for (const auto* text : {"", "-1", "65536", "70000", "1.5", "1e3", "80 ", " 80", "0x50", "x",
                           "99999999999999999999999"}) {
    EXPECT_FALSE(port.read(text)) << text;
  }
  EXPECT_EQ(port.allowed(), "a whole number from 0 to 65535");
}

TEST(Interval, reads_units_and_bare_seconds) {
  const Interval interval{0ms, 24h * 400};
  EXPECT_EQ(interval.read("15m"), 15min);
  EXPECT_EQ(interval.read("7d"), 24h * 7);
  EXPECT_EQ(interval.read("2w"), 24h * 14);
  EXPECT_EQ(interval.read("12h"), 12h);
  EXPECT_EQ(interval.read("30s"), 30s);
  EXPECT_EQ(interval.read("500ms"), 500ms);
  EXPECT_EQ(interval.read("3600"), 3600s);
  EXPECT_EQ(interval.read("0"), 0ms);
}

TEST(Interval, refuses_what_is_no_duration) {
  const Interval interval{1s, 24h};
  for (const auto* text : {"", "-5s", "5 s", "5S", "s", "5sec", "1.5h", "ms", "25h", "999ms",
                           "99999999999999999d", "18446744073709551615"}) {
    EXPECT_FALSE(interval.read(text)) << text;
  }
}

TEST(Interval, is_written_so_that_it_reads_back) {
  const Interval interval{0ms, 24h * 400};
  EXPECT_EQ(interval.write(24h * 7), "7d");
  EXPECT_EQ(interval.write(15min), "15m");
  EXPECT_EQ(interval.write(90s), "90s");
  EXPECT_EQ(interval.write(1500ms), "1500ms");
  EXPECT_EQ(interval.write(0ms), "0s");
  for (const milliseconds value : {milliseconds{0}, milliseconds{1}, milliseconds{65'000},
                                   milliseconds{86'400'000}, milliseconds{3'600'001}}) {
    EXPECT_EQ(interval.read(interval.write(value)), value);
  }
}

TEST(ByteSize, reads_bytes_and_binary_units) {
  constexpr ByteSize size{1, 1ull << 40};
  EXPECT_EQ(size.read("1000000"), 1'000'000u);
  EXPECT_EQ(size.read("64KiB"), 65'536u);
  EXPECT_EQ(size.read("1MiB"), 1'048'576u);
  EXPECT_EQ(size.read("2GiB"), 2'147'483'648u);
  for (const auto* text : {"", "0", "1MB", "1 MiB", "-1", "KiB", "1k", "99999999999GiB"}) {
    EXPECT_FALSE(size.read(text)) << text;
  }
  EXPECT_EQ(size.write(1'048'576), "1MiB");
  EXPECT_EQ(size.write(1'000'000), "1000000");
  EXPECT_EQ(size.write(102'400), "100KiB");
}

TEST(Switch, takes_the_usual_words) {
  constexpr Switch kind;
  for (const auto* text : {"on", "true", "yes", "1"}) EXPECT_EQ(kind.read(text), true) << text;
  for (const auto* text : {"off", "false", "no", "0"}) EXPECT_EQ(kind.read(text), false) << text;
  for (const auto* text : {"", "ON", "2", "maybe"}) EXPECT_FALSE(kind.read(text)) << text;
}

TEST(Choice, takes_its_words_only) {
  enum class Fruit { apple, pear };
  constexpr Choice<Fruit, 2> fruits{{"apple", "pear"}};
  EXPECT_EQ(fruits.read("pear"), Fruit::pear);
  EXPECT_FALSE(fruits.read("plum"));
  EXPECT_FALSE(fruits.read(""));
  EXPECT_EQ(fruits.write(Fruit::apple), "apple");
  EXPECT_EQ(fruits.allowed(), "one of apple, pear");
}

TEST(Word, has_no_blanks_or_control_characters) {
  const Word word{"a word"};
  EXPECT_EQ(word.read("0.0.0.0"), "0.0.0.0");
  for (const std::string& text : std::vector<std::string>{"", "two words", "a\n", "a\x7f"})
    EXPECT_FALSE(word.read(text));
}

TEST(Secret, never_shows_its_value) {
  constexpr Secret secret;
  EXPECT_EQ(secret.read("a secret, with blanks"), "a secret, with blanks");
  EXPECT_FALSE(secret.read(""));
  EXPECT_FALSE(secret.read("a\nb"));
  EXPECT_EQ(secret.write("hidden"), "set");
  EXPECT_EQ(secret.write(""), "unset");
}

TEST(PrivateUrl, has_one_of_its_schemes_and_is_never_shown) {
  constexpr PrivateUrl url{{"redis://", "rediss://"}};
  EXPECT_EQ(url.read("redis://:secret@host:1"), "redis://:secret@host:1");
  EXPECT_EQ(url.read("rediss://host"), "rediss://host");
  EXPECT_EQ(url.read("redis://[::1]:1"), "redis://[::1]:1");
  EXPECT_EQ(url.read("redis://a:b@one:1,two:2/x"), "redis://a:b@one:1,two:2/x");
  for (const auto* text :
       {"", "redis://", "http://host", "host:6379", "redis://a b", "Redis://a", "redis://:6379",
        "redis:///1", "redis://ann:secret@", "redis://ann:secret@:6379/1"}) {
    EXPECT_FALSE(url.read(text)) << text;
  }
  EXPECT_EQ(url.allowed(), "a URL that names a host, such as redis://host or rediss://host");
  EXPECT_EQ(url.write("redis://:secret@host"), "set");
  EXPECT_EQ(url.write(""), "unset");
}

TEST(OptionalPath, may_be_none) {
  constexpr OptionalPath path;
  EXPECT_EQ(path.read("none"), std::filesystem::path{});
  EXPECT_EQ(path.read("/etc/key.pem"), std::filesystem::path{"/etc/key.pem"});
  EXPECT_EQ(path.read(""), std::nullopt);
  EXPECT_EQ(path.write({}), "none");
  EXPECT_EQ(path.write("/etc/key.pem"), "/etc/key.pem");
}

TEST(OptionalHost, may_be_none) {
  constexpr OptionalHost host;
  EXPECT_EQ(host.read("none"), "");
  EXPECT_EQ(host.read("redis.example"), "redis.example");
  EXPECT_FALSE(host.read("two words"));
  EXPECT_FALSE(host.read(""));
  EXPECT_EQ(host.write(""), "none");
}

TEST(OptionalAddress, has_a_host_and_a_port) {
  constexpr OptionalAddress address;
  EXPECT_EQ(address.read("none"), "");
  for (const auto* good : {"10.0.0.5:8000", "node-1.internal:1", "[fd00::1]:65535"}) {
    EXPECT_EQ(address.read(good), good);
    EXPECT_EQ(address.write(good), good);
  }
  for (const auto* bad : {"", "host", ":8000", "host:", "host:0", "host:65536", "host:x", "a b:1",
                          "fd00::1:8000", "http://host:80/"}) {
    EXPECT_FALSE(address.read(bad)) << bad;
  }
}

TEST(Origins, are_read_as_a_list) {
  constexpr Origins origins;
  EXPECT_EQ(origins.read("*"), Strings{"*"});
  EXPECT_EQ(origins.read("none"), Strings{});
  EXPECT_EQ(origins.read("https://a.example, http://localhost:3000/"),
            (Strings{"https://a.example", "http://localhost:3000"}));
  EXPECT_EQ(origins.write({"https://a.example", "http://b"}), "https://a.example,http://b");
  EXPECT_EQ(origins.write({}), "none");
}

TEST(Origins, refuse_what_a_browser_would_never_send) {
  constexpr Origins origins;
  for (const auto* text :
       {"", "a.example", "https://", "https:///", "https://a/path", "https://a?x", "https://a b",
        "https://u@a", "https://*.a", ",", "https://a,", "://a", "https://a\r\nX: y"}) {
    EXPECT_FALSE(origins.read(text)) << text;
  }
}

TEST(Networks, are_addresses_and_ranges) {
  constexpr Networks networks;
  EXPECT_EQ(networks.read("10.0.0.0/8,127.0.0.1, ::1, fd00::/8"),
            (Strings{"10.0.0.0/8", "127.0.0.1", "::1", "fd00::/8"}));
  EXPECT_EQ(networks.read("none"), Strings{});
  for (const auto* text : {"", "10.0.0.0/33", "::/129", "10.0.0/8", "loopback", "1.2.3.4/", "/8",
                           "1.2.3.4/-1", "1.2.3.4,,5.6.7.8"}) {
    EXPECT_FALSE(networks.read(text)) << text;
  }
}

}  // namespace
}  // namespace parley::app
