#include "cluster/msgpack.hpp"

#include <gtest/gtest.h>

#include "socketio/json_scan.hpp"

namespace parley::cluster {
namespace {

using namespace std::string_literals;

std::string to_json(const std::string& bytes) {
  const auto document = read_msgpack(bytes);
  return document ? document->json : "error: " + document.error().detail;
}

TEST(Msgpack, reads_every_kind_of_value) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"\xc0"s, "null"},
      {"\xc2"s, "false"},
      {"\xc3"s, "true"},
      {"\x05"s, "5"},
      {"\xff"s, "-1"},
      {"\xcc\xff"s, "255"},
      {"\xcd\x01\x00"s, "256"},
      {"\xce\x00\x01\x00\x00"s, "65536"},
      {"\xcf\xff\xff\xff\xff\xff\xff\xff\xff"s, "18446744073709551615"},
      {"\xd0\x80"s, "-128"},
      {"\xd1\x80\x00"s, "-32768"},
      {"\xd3\x80\x00\x00\x00\x00\x00\x00\x00"s, "-9223372036854775808"},
      {"\xca\x3f\xc0\x00\x00"s, "1.5"},
      {"\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00"s, "1.5"},
      {"\xcb\x40\x14\x00\x00\x00\x00\x00\x00"s, "5"},
      {"\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00"s, "null"},
      {"\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00"s, "null"},
      {"\xa2hi"s, "\"hi\""},
      {"\xd9\x02hi"s, "\"hi\""},
      {"\xda\x00\x02hi"s, "\"hi\""},
      {"\xdb\x00\x00\x00\x02hi"s, "\"hi\""},
      {"\xa3\"\\\n"s, R"("\"\\\n")"},
      {"\x92\x01\x90"s, "[1,[]]"},
      {"\xdc\x00\x01\x01"s, "[1]"},
      {"\xdd\x00\x00\x00\x01\x01"s, "[1]"},
      {"\x82\xa1z\x01\xa1\x61\x80"s, R"({"z":1,"a":{}})"},
      {"\xde\x00\x01\xa1z\x01"s, R"({"z":1})"},
      {"\xdf\x00\x00\x00\x01\xa1z\x01"s, R"({"z":1})"},
  };
  for (const auto& [bytes, json] : table) EXPECT_EQ(to_json(bytes), json);
}

TEST(Msgpack, reads_what_notepack_makes_of_javascript) {
  EXPECT_EQ(to_json("\x91\xd4\x00\x00"s), "[null]");  // undefined
  EXPECT_EQ(to_json("\xd7\xff\x00\x00\x00\x00\x5e\x0b\xe1\x00"s), R"("2020-01-01T00:00:00.000Z")");
  EXPECT_EQ(to_json("\xd6\xff\x5e\x0b\xe1\x00"s), R"("2020-01-01T00:00:00.000Z")");
  EXPECT_EQ(to_json("\xc7\x0c\xff\x1d\xcd\x65\x00\x00\x00\x00\x00\x5e\x0b\xe1\x00"s),
            R"("2020-01-01T00:00:00.500Z")");
  EXPECT_EQ(to_json("\xc7\x0c\xff\x00\x00\x00\x00\x7f\xff\xff\xff\xff\xff\xff\xff"s), "null");
  EXPECT_EQ(to_json("\xd7\xff\xff\xff\xff\xff\xff\xff\xff\xff"s), "null");
  EXPECT_EQ(to_json("\xd5\x07\x01\x02"s), "null");  // an extension that nobody knows
}

TEST(Msgpack, puts_binary_aside) {
  const auto document = read_msgpack("\x93\xc4\x02\x01\x02\xa1x\xc7\x03\x00\x61\x62\x63"s);
  ASSERT_TRUE(document);
  EXPECT_EQ(document->json, R"([{"_placeholder":true,"num":0},"x",{"_placeholder":true,"num":1}])");
  EXPECT_EQ(document->attachments, (std::vector<std::string>{"\x01\x02", "abc"}));
}

TEST(Msgpack, refuses_what_is_none) {
  for (const std::string& bytes :
       {""s, "\xc1"s, "\x91"s, "\xa5hi"s, "\xdb\xff\xff\xff\xff"s, "\xdd\xff\xff\xff\xff"s,
        "\xdf\xff\xff\xff\xff"s, "\xc6\xff\xff\xff\xff\x01"s, "\xc9\xff\xff\xff\xff\xff\x01"s,
        "\x81\x01\x01"s, "\x81\xa1k"s, "\x01\x01"s, "\xcb\x00"s, "\xa1\xff"s,
        "\x81\xa1\xff\x01"s}) {
    EXPECT_FALSE(read_msgpack(bytes)) << testing::PrintToString(bytes);
  }
}

TEST(Msgpack, refuses_what_is_over_a_limit) {
  const std::string deep(1'000'000, '\x91');
  EXPECT_FALSE(read_msgpack(deep + "\x01"));
  EXPECT_TRUE(read_msgpack(std::string(40, '\x91') + "\x01"));
  EXPECT_FALSE(read_msgpack(std::string(41, '\x91') + "\x01"));
  EXPECT_FALSE(read_msgpack("\xdd\x00\x20\x00\x00" + std::string(0x200000, '\x01')));
  DocumentLimits limits;
  limits.max_bytes = 3;
  EXPECT_EQ(read_msgpack("\xa3xyz", limits).error().code, Errc::too_large);
  std::string binaries = "\x9b";
  for (int i = 0; i < 11; ++i) binaries += "\xc4\x01x";
  EXPECT_FALSE(read_msgpack(binaries));
}

TEST(Msgpack, writes_the_fewest_bytes) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"null", "\xc0"s},
      {"[true,false]", "\x92\xc3\xc2"s},
      {"127", "\x7f"s},
      {"128", "\xcc\x80"s},
      {"256", "\xcd\x01\x00"s},
      {"65536", "\xce\x00\x01\x00\x00"s},
      {"4294967296", "\xcf\x00\x00\x00\x01\x00\x00\x00\x00"s},
      {"-1", "\xff"s},
      {"-32", "\xe0"s},
      {"-33", "\xd0\xdf"s},
      {"-129", "\xd1\xff\x7f"s},
      {"-32769", "\xd2\xff\xff\x7f\xff"s},
      {"-2147483649", "\xd3\xff\xff\xff\xff\x7f\xff\xff\xff"s},
      {"1.5", "\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00"s},
      {"\"\\u00e4\"", "\xa2\xc3\xa4"s},
      {"\"" + std::string(32, 'x') + "\"", "\xd9\x20" + std::string(32, 'x')},
      {"\"" + std::string(256, 'x') + "\"", "\xda\x01\x00"s + std::string(256, 'x')},
      {R"({"z":1,"a":{"b":[]}})", "\x82\xa1z\x01\xa1\x61\x81\xa1\x62\x90"s},
      {"\"\\ud800\"", "\xa3\xef\xbf\xbd"s},  // half a surrogate
      {"[1", ""},
  };
  for (const auto& [json, bytes] : table) EXPECT_EQ(write_msgpack(json, {}), bytes) << json;
}

TEST(Msgpack, writes_long_arrays_and_objects) {
  for (const int count : {15, 16, 65535, 65536}) {
    std::string array = "[0", object = R"({"0":0)";
    for (int i = 1; i < count; ++i) {
      array += "," + std::to_string(i);
      object += ",\"" + std::to_string(i) + "\":[]";
    }
    const std::string json = "[" + array + "]," + object + "}]";
    EXPECT_EQ(to_json(write_msgpack(json, {})), json);
  }
}

TEST(Msgpack, puts_attachments_where_their_placeholders_are) {
  EXPECT_EQ(write_msgpack(R"([{"_placeholder":true,"num":1},{"a":{"num":0,"_placeholder":true}}])",
                          {"ab", "c"}),
            "\x92\xc4\x01"s + "c\x81\xa1\x61\xc4\x02" + "ab");
  const std::string big(70'000, 'x');
  EXPECT_TRUE(write_msgpack(R"({"_placeholder":true,"num":0})", {big}) ==
              "\xc6\x00\x01\x11\x70"s + big);
}

TEST(Msgpack, leaves_alone_what_only_looks_like_a_placeholder) {
  for (const std::string json :
       {R"({"_placeholder":true,"num":2})", R"({"_placeholder":false,"num":0})",
        R"({"_placeholder":true})", R"({"_placeholder":true,"num":"0"})", R"({"num":0})"}) {
    EXPECT_EQ(to_json(write_msgpack(json, {"a", "b"})), json);
  }
  const std::string plain = R"({"_placeholder":true,"num":0})";
  EXPECT_EQ(to_json(write_msgpack(plain, {})), plain);
}

TEST(Msgpack, reads_back_what_it_writes) {
  const std::string json = R"({"b":[1,-2,3.25,"x",null,true,{"":[]}],"a":"€𝄞\u0000"})";
  EXPECT_EQ(to_json(write_msgpack(json, {})), json);
  EXPECT_TRUE(socketio::scan_json(to_json(write_msgpack(json, {}))));
}

}  // namespace
}  // namespace parley::cluster
