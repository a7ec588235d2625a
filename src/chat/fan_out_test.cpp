#include "chat/fan_out.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace parley::chat {

class FanOutTest : public ::testing::Test {
 protected:
  struct Told {
    UserId to;
    std::string event;
    std::uint64_t unread = 0;
    friend bool operator==(const Told&, const Told&) = default;
  };
  struct Name {
    Told operator()(const MessageNotice&) const { return {{}, "receive_message"}; }
    Told operator()(const ConversationNotice& notice) const {
      return {{}, "conversation_updated", notice.unread_count};
    }
    Told operator()(const DeliveredNotice&) const { return {{}, "message_delivered"}; }
    Told operator()(const ReadNotice&) const { return {{}, "message_read"}; }
  };
  static std::vector<Told> told(const Change& change) {
    std::vector<Told> all;
    fan_out(change, [&all](const UserId& user, std::span<const Notice> notices) {
      for (const Notice& notice : notices) {
        all.push_back(std::visit(Name{}, notice));
        all.back().to = user;
      }
    });
    return all;
  }
  static UserId person(std::uint8_t number) {
    UserId id;
    id.bytes[11] = number;
    return id;
  }
  UserId alice_ = person(1), bob_ = person(2);
};

TEST_F(FanOutTest, tells_both_of_a_message_and_of_their_own_unread) {
  MessageAppended change;
  change.message.sender = alice_;
  change.message.receiver = bob_;
  change.unread = {{alice_, 4}, {bob_, 7}};
  EXPECT_EQ(told(change), (std::vector<Told>{{alice_, "receive_message"},
                                             {alice_, "conversation_updated", 4},
                                             {bob_, "receive_message"},
                                             {bob_, "conversation_updated", 7}}));
}

TEST_F(FanOutTest, shows_the_message_without_copying_it) {
  MessageAppended change;
  change.unread = {{alice_, 0}, {bob_, 1}};
  const Change any = change;
  int messages = 0;
  fan_out(any, [&](const UserId&, std::span<const Notice> notices) {
    const auto& shown = std::get<MessageNotice>(notices.front());
    messages += &shown.message == &std::get<MessageAppended>(any).message ? 1 : 0;
  });
  EXPECT_EQ(messages, 2);
}

TEST_F(FanOutTest, tells_the_sender_of_a_delivery) {
  MessageDelivered change;
  change.sender = alice_;
  change.receiver = bob_;
  EXPECT_EQ(told(change), (std::vector<Told>{{alice_, "message_delivered"}}));
}

TEST_F(FanOutTest, tells_every_participant_of_a_reading) {
  MessagesRead change;
  change.reader = bob_;
  change.participants = {alice_, bob_};
  EXPECT_EQ(told(change), (std::vector<Told>{{alice_, "message_read"}, {bob_, "message_read"}}));
}

}  // namespace parley::chat
