#include "archive/rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archive/testing.hpp"

namespace parley::archive {
namespace {

using chat::ArchivedConversation;
using chat::Message;
using ::testing::HasSubstr;

/// What is wrong with these records, of which the last may be a conversation without end.
std::string problem(const Records& records) {
  Rules rules;
  for (const chat::ArchiveRecord& one : records) {
    const bool is_inner = std::holds_alternative<Message>(one);
    if (!is_inner && rules.conversation() != nullptr) {
      if (const auto ended = rules.end(); !ended) return ended.error().detail;
    }
    if (const auto good = rules.check(one); !good) return good.error().detail;
  }
  if (rules.conversation() == nullptr) return "none";
  const auto ended = rules.end();
  return ended ? "none" : ended.error().detail;
}

class RulesTest : public ::testing::Test {
 protected:
  /// Two messages to the second, delivered, the first one read; one back.
  Records talk() {
    ArchivedConversation talk;
    talk.conversation = {
        id_of<chat::ConversationId>(1), {id_of<chat::UserId>(1), id_of<chat::UserId>(2)}, at(0)};
    talk.receipts = {{id_of<chat::UserId>(1), {}, {}},
                     {id_of<chat::UserId>(2), {2, 9, at(20)}, {1, 8, at(15)}}};
    Records all{talk};
    for (std::uint32_t seq = 1; seq <= 3; ++seq) {
      Message message;
      message.id = id_of<chat::MessageId>(seq);
      message.conversation_id = talk.conversation.id;
      message.sender = id_of<chat::UserId>(seq == 3 ? 2 : 1);
      message.receiver = id_of<chat::UserId>(seq == 3 ? 1 : 2);
      message.seq = seq;
      message.version = seq;
      message.created_at = at(seq);
      if (seq < 3) message.delivered_at = at(10 * seq);
      if (seq == 1) message.read_at = at(15);
      all.emplace_back(message);
    }
    return all;
  }

  template <class Change>
  std::string with_conversation(Change change) {
    Records all = talk();
    change(std::get<ArchivedConversation>(all[0]));
    return problem(all);
  }
  template <class Change>
  std::string with_message(std::size_t seq, Change change) {
    Records all = talk();
    change(std::get<Message>(all[seq]));
    return problem(all);
  }
};

TEST_F(RulesTest, let_good_archives_pass) {
  EXPECT_EQ(problem(talk()), "none");
  for (unsigned seed = 1; seed <= 10; ++seed)
    EXPECT_EQ(problem(Invention(seed).records(6, 40)), "none");
}

TEST_F(RulesTest, want_each_kind_in_its_place_and_ids_to_ascend) {
  Invention invention(1);
  EXPECT_THAT(problem({invention.account(2), invention.account(1)}), HasSubstr("do not ascend"));
  EXPECT_THAT(problem({invention.account(2), invention.account(2)}), HasSubstr("do not ascend"));
  EXPECT_THAT(problem({invention.login(1), invention.account(2)}), HasSubstr("comes too late"));
  EXPECT_THAT(problem({talk()[1]}), HasSubstr("is not in its conversation"));
  Rules rules;
  ASSERT_TRUE(rules.check(talk()[0]));
  EXPECT_FALSE(rules.check(invention.account(1)));
  EXPECT_THAT(problem({talk()[0]}), HasSubstr("has no message"));
}

TEST_F(RulesTest, want_two_participants_and_their_receipts) {
  const auto two = HasSubstr("is not of two participants");
  EXPECT_THAT(with_conversation([](auto& one) { one.conversation.participants.pop_back(); }), two);
  EXPECT_THAT(with_conversation([](auto& one) {
                std::swap(one.conversation.participants[0], one.conversation.participants[1]);
              }),
              two);
  EXPECT_THAT(with_conversation([](auto& one) { one.receipts.pop_back(); }),
              HasSubstr("its receipts"));
  EXPECT_THAT(with_conversation([](auto& one) { one.receipts[1].read.seq = 3; }),
              HasSubstr("more is read than delivered"));
  EXPECT_THAT(with_conversation([](auto& one) { one.receipts[0].delivered.version = 3; }),
              HasSubstr("a mark that cannot be"));
  EXPECT_THAT(with_conversation([](auto& one) { one.receipts[1].delivered.seq = 4; }),
              HasSubstr("more is delivered than there is"));
}

TEST_F(RulesTest, want_messages_without_gaps_in_order) {
  EXPECT_THAT(with_message(2, [](auto& one) { one.seq = 3; }), HasSubstr("is missing"));
  EXPECT_THAT(with_message(2, [](auto& one) { one.version = 1; }), HasSubstr("do not ascend"));
  EXPECT_THAT(with_message(2, [](auto& one) { one.created_at = at(0); }), HasSubstr("go back"));
  EXPECT_THAT(with_message(2, [](auto& one) { one.receiver = one.sender; }),
              HasSubstr("is not between"));
  EXPECT_THAT(with_message(2, [](auto& one) { one.conversation_id.bytes[0] = 1; }),
              HasSubstr("is not in its conversation"));
}

TEST_F(RulesTest, want_statuses_to_be_what_the_marks_say) {
  const auto status = HasSubstr("its status is not");
  EXPECT_THAT(with_message(1, [](auto& one) { one.delivered_at.reset(); }), status);
  EXPECT_THAT(with_message(1, [](auto& one) { one.read_at.reset(); }), status);
  EXPECT_THAT(with_message(2, [](auto& one) { one.read_at = at(20); }), status);
  EXPECT_THAT(with_message(3, [](auto& one) { one.delivered_at = at(20); }), status);
  const auto back = HasSubstr("times of delivery or reading go back");
  EXPECT_THAT(with_message(1, [](auto& one) { one.delivered_at = at(21); }), back);
  EXPECT_THAT(with_message(2, [](auto& one) { one.delivered_at = at(19); }), back);
  EXPECT_THAT(with_message(2, [](auto& one) { one.version = 10; }),
              HasSubstr("before it was sent"));
  EXPECT_THAT(with_conversation([](auto& one) {
                one.receipts[0] = {id_of<chat::UserId>(1), {1, 7, at(20)}, {1, 7, at(20)}};
              }),
              HasSubstr("was read by its own sender"));
}

TEST_F(RulesTest, count_and_know_the_newest_version) {
  Rules rules;
  for (const auto& one : talk()) ASSERT_TRUE(rules.check(one));
  EXPECT_EQ(rules.newest(), 9u);
  EXPECT_EQ(rules.totals(), (chat::ArchiveTotals{0, 0, 1, 3}));
}

}  // namespace
}  // namespace parley::archive
