#include "net/detail/outbox.hpp"

#include <gtest/gtest.h>

#include <array>

namespace parley::net::detail {
namespace {

struct Gathered {
  std::size_t parts = 0;
  std::string bytes;
};

Gathered gather(const Outbox& outbox, std::size_t max_parts = 16, std::size_t scratch_size = 8192) {
  std::vector<iovec> parts(max_parts);
  std::vector<char> scratch(scratch_size);
  Gathered all;
  all.parts = outbox.gather(parts, scratch);
  for (std::size_t i = 0; i < all.parts; ++i) {
    all.bytes.append(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
  }
  return all;
}

Frame frame(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

TEST(Outbox, keeps_the_order_of_frames_and_copies) {
  Outbox outbox;
  outbox.append("a");
  outbox.append(frame("xxbc"), 2);
  outbox.append("d");
  outbox.append("e");
  EXPECT_EQ(outbox.size(), 5U);
  const Gathered all = gather(outbox);
  EXPECT_EQ(all.bytes, "abcde");
  EXPECT_EQ(all.parts, 1U) << "small pieces leave as one";
}

TEST(Outbox, borrows_large_pieces_and_copies_small_ones_together) {
  Outbox outbox;
  const Frame large = frame(std::string(10'000, 'L'));
  outbox.append("1");
  outbox.append("2");
  outbox.append(large, 0);
  outbox.append(frame("3"), 0);
  outbox.append(frame("4"), 0);
  const Gathered all = gather(outbox);
  EXPECT_EQ(all.parts, 3U);
  EXPECT_EQ(all.bytes, "12" + *large + "34");
}

TEST(Outbox, borrows_what_lies_alone) {
  Outbox outbox;
  outbox.append("copied ");
  outbox.append("in one piece");
  std::array<iovec, 1> parts;
  ASSERT_EQ(outbox.gather(parts, {}), 1U);
  EXPECT_EQ((std::string_view{static_cast<const char*>(parts[0].iov_base), parts[0].iov_len}),
            "copied in one piece");
  outbox.consume(7);
  EXPECT_EQ(gather(outbox, 1, 0).bytes, "in one piece");
}

TEST(Outbox, fills_no_more_parts_than_there_are) {
  Outbox outbox;
  for (int i = 0; i < 5; ++i)
    outbox.append(frame(std::string(5000, static_cast<char>('a' + i))), 0);
  EXPECT_EQ(gather(outbox, 2).bytes, std::string(5000, 'a') + std::string(5000, 'b'));
}

TEST(Outbox, small_pieces_that_do_not_fit_the_scratch_are_borrowed) {
  Outbox outbox;
  for (int i = 0; i < 4; ++i) outbox.append(frame(std::string(100, static_cast<char>('a' + i))), 0);
  const Gathered all = gather(outbox, 16, 150);
  EXPECT_EQ(all.parts, 4U);
  EXPECT_EQ(all.bytes.size(), 400U);
}

TEST(Outbox, consumes_across_pieces_and_within_them) {
  Outbox outbox;
  outbox.append("ab");
  outbox.append(frame("cdef"), 0);
  outbox.append("gh");
  outbox.consume(3);
  EXPECT_EQ(outbox.size(), 5U);
  EXPECT_EQ(gather(outbox).bytes, "defgh");
  outbox.consume(5);
  EXPECT_TRUE(outbox.empty());
  EXPECT_EQ(gather(outbox).parts, 0U);
}

TEST(Outbox, releases_a_frame_as_soon_as_it_has_left) {
  Outbox outbox;
  const Frame shared = frame("abc");
  outbox.append(shared, 0);
  outbox.append("tail");
  EXPECT_EQ(shared.use_count(), 2);
  outbox.consume(3);
  EXPECT_EQ(shared.use_count(), 1);
}

TEST(Outbox, any_way_of_consuming_gives_the_same_bytes) {
  // A deterministic walk: appends and takes of every size, never empty, so that compaction happens.
  Outbox outbox;
  std::string expected, got;
  unsigned state = 1;
  const auto next = [&state](unsigned below) {
    return (state = state * 1664525U + 1013904223U) / 65536U % below;
  };
  for (int round = 0; round < 5000; ++round) {
    const std::string piece(1 + next(400), static_cast<char>('a' + round % 26));
    if (next(2) == 0) {
      outbox.append(piece);
    } else {
      outbox.append(frame(piece), 0);
    }
    expected += piece;
    const std::size_t take = std::min<std::size_t>(outbox.size() - 1, next(400));
    Gathered all = gather(outbox, 4, 700);
    const std::size_t taken = std::min(take, all.bytes.size());
    got += all.bytes.substr(0, taken);
    outbox.consume(taken);
  }
  while (!outbox.empty()) {
    const Gathered all = gather(outbox, 4, 700);
    got += all.bytes;
    outbox.consume(all.bytes.size());
  }
  EXPECT_EQ(got, expected);
}

TEST(Outbox, clear_forgets_everything) {
  Outbox outbox;
  outbox.append("abc");
  outbox.append(frame("def"), 0);
  outbox.clear();
  EXPECT_TRUE(outbox.empty());
  outbox.append("x");
  EXPECT_EQ(gather(outbox).bytes, "x");
}

}  // namespace
}  // namespace parley::net::detail
