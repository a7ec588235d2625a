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
    fan_out(change, [&all](std::span<const UserId> to, const Notice& notice) {
      for (const UserId user : to) {
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
  EXPECT_EQ(told(change), (std::vector<Told>{{bob_, "receive_message"},
                                             {alice_, "receive_message"},
                                             {alice_, "conversation_updated", 4},
                                             {bob_, "conversation_updated", 7}}));
}

TEST_F(FanOutTest, gives_the_same_bytes_to_both_in_one_call) {
  MessageAppended change;
  change.message.sender = alice_;
  change.message.receiver = bob_;
  change.unread = {{alice_, 0}, {bob_, 1}};
  const Change any = change;
  int messages = 0;
  const Message* shown = nullptr;
  fan_out(any, [&](std::span<const UserId> to, const Notice& notice) {
    if (const auto* one = std::get_if<MessageNotice>(&notice)) {
      ++messages;
      shown = &one->message;
      EXPECT_EQ(to.size(), 2u);
    }
  });
  EXPECT_EQ(messages, 1);
  EXPECT_EQ(shown, &std::get<MessageAppended>(any).message) << "borrowed, not copied";
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
