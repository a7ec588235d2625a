#include "redis/detail/resp.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace parley::redis::detail {
namespace {

constexpr std::size_t limit = 1 << 20;

/// All replies in `bytes`, fed `step` bytes at a time; stops at the first error.
Result<std::vector<Reply>> read(std::string_view bytes, std::size_t step = 1000,
                                std::size_t max_reply = limit) {
  ReplyReader reader{max_reply};
  std::vector<Reply> replies;
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, step);
    bytes.remove_prefix(piece.size());
    if (const auto fed = reader.feed(piece); !fed) return fed.error();
    for (;;) {
      auto next = reader.next();
      if (!next) return next.error();
      if (!*next) break;
      replies.push_back(std::move((*next)->reply));
    }
  }
  return replies;
}

std::string nested(std::size_t depth) {
  std::string bytes;
  for (std::size_t i = 0; i < depth; ++i) bytes += "*1\r\n";
  return bytes + ":1\r\n";
}

TEST(AppendCommand, writes_an_array_of_bulk_strings) {
  std::string out = "x";
  append_command(out, std::vector<std::string>{"SET", "", std::string{"a\0\r\n", 4}});
  EXPECT_EQ(out, (std::string{"x*3\r\n$3\r\nSET\r\n$0\r\n\r\n$4\r\na\0\r\n\r\n", 30}));
}

TEST(ReplyReader, reads_all_types_however_they_are_cut) {
  const std::string bytes =
      "+OK\r\n:-42\r\n$-1\r\n*-1\r\n$3\r\na\r\n\r\n-ERR no\r\n*0\r\n*2\r\n*1\r\n:1\r\n$0\r\n\r\n";
  const std::vector<Reply> expected{
      {"OK"},
      {std::int64_t{-42}},
      {},
      {},
      {"a\r\n"},
      {ErrorReply{"ERR no"}},
      {Reply::Array{}},
      {Reply::Array{{Reply::Array{{std::int64_t{1}}}}, {std::string{}}}}};
  for (const std::size_t step : {1, 2, 3, 7, 1000}) {
    const auto replies = read(bytes, step);
    ASSERT_TRUE(replies) << replies.error().detail;
    EXPECT_EQ(*replies, expected) << "step " << step;
  }
}

TEST(ReplyReader, says_how_much_memory_a_reply_takes) {
  ReplyReader reader{limit};
  ASSERT_TRUE(reader.feed("*2\r\n$5\r\nhello\r\n:1\r\n:1\r\n"));
  const auto first = reader.next(), second = reader.next();
  ASSERT_TRUE(first && *first && second && *second);
  EXPECT_EQ((*first)->size, 3 * sizeof(Reply) + 5);
  EXPECT_EQ((*second)->size, sizeof(Reply));
}

TEST(ReplyReader, refuses_what_is_not_resp) {
  for (const std::string bytes :
       {"HTTP/1.1 200 OK\r\n", "?\r\n", ":x\r\n", ":99999999999999999999\r\n", "$x\r\n", "$-2\r\n",
        "*-2\r\n", "*x\r\n", "*99999999999\r\n", "\r\n", "%1\r\n+a\r\n+b\r\n", "*1\r\n!\r\n"}) {
    for (const std::size_t step : {1, 1000}) {
      const auto replies = read(bytes, step);
      ASSERT_FALSE(replies) << bytes;
      EXPECT_EQ(replies.error().code, Errc::corrupt) << bytes;
      EXPECT_FALSE(replies.error().detail.empty()) << bytes;
    }
  }
}

TEST(ReplyReader, limits_how_deep_arrays_go) {
  EXPECT_TRUE(read(nested(7)));
  const auto deep = read(nested(10'000));
  ASSERT_FALSE(deep);
  EXPECT_EQ(deep.error().code, Errc::corrupt);
}

TEST(ReplyReader, believes_no_length) {
  // Announced and never sent: nothing is taken for it but its share of the limit.
  for (const std::string bytes : {"*2147483647\r\n", "*1000000\r\n", "*1\r\n*2147483647\r\n"}) {
    const auto replies = read(bytes);
    ASSERT_FALSE(replies) << bytes;
    EXPECT_EQ(replies.error().detail, "a reply is over the limit") << bytes;
  }
  const auto waiting = read("$9223372036854775807\r\nabc");
  ASSERT_TRUE(waiting);
  EXPECT_TRUE(waiting->empty());
}

TEST(ReplyReader, limits_a_reply_and_not_their_sum) {
  const std::string text(1000, 'x');
  const std::string bulk = "$1000\r\n" + text + "\r\n";
  std::string many;
  for (int i = 0; i < 100; ++i) many += bulk;
  EXPECT_EQ(read(many, 100, 1100)->size(), 100U);
  EXPECT_FALSE(read(bulk, 100, 999));
  EXPECT_FALSE(read(bulk, 100'000, 999));
  EXPECT_FALSE(read("*100\r\n" + many, 1000, 50'000));
  EXPECT_TRUE(read("*100\r\n" + many, 1000, 110'000));
  EXPECT_FALSE(read("$100000\r\n" + std::string(60'000, 'x'), 1000, 50'000));
}

TEST(ReplyReader, limits_lines) {
  for (const char first : {'+', '-', ':', '$', '*'}) {
    for (const std::string_view filler : {"1", "\n", "\r"}) {
      std::string bytes{first};
      while (bytes.size() < 200'000) bytes += filler;
      const auto replies = read(bytes, 10'000);
      ASSERT_FALSE(replies) << first;
      EXPECT_EQ(replies.error().code, Errc::corrupt);
    }
  }
  EXPECT_TRUE(read("+" + std::string(60'000, 'x') + "\r\n", 1000));
}

TEST(ReplyReader, stays_refused) {
  ReplyReader reader{limit};
  ASSERT_TRUE(reader.feed("bad\r\n"));
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.feed("+OK\r\n"));
  EXPECT_FALSE(reader.next());
}

}  // namespace
}  // namespace parley::redis::detail
