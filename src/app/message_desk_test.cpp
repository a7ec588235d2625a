#include "app/message_desk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chat/fakes/memory_presence.hpp"
#include "chat/fakes/memory_stores.hpp"
#include "chat/fakes/run.hpp"
#include "jobs/fakes/memory_queue.hpp"
#include "mail/jobs_of.hpp"

namespace parley::app {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

Task<std::vector<api::DeviceReport>> give(std::vector<api::DeviceReport> devices) {
  co_return devices;
}

class MessageDeskTest : public ::testing::Test {
 protected:
  MessageDeskTest() {
    ann = make("ann");
    bob = make("bob");
    chat::NewMessage draft;
    draft.sender = ann;
    draft.receiver = bob;
    draft.content = "a secret";
    draft.now = now;
    message = run(stores.messages.append(draft))->message;
  }
  template <class T>
  T run(Task<T> task) {
    return chat::fakes::run(context, std::move(task));
  }
  chat::UserId make(const std::string& name) {
    chat::Account account;
    account.id = chat::UserId{ids.next(now)};
    account.username = name;
    account.email = name + "@example.org";
    return run(stores.accounts.create(account))->id;
  }
  json::object trace() {
    auto answer = run(desk.answer({{"id", message.id.hex()}}));
    EXPECT_TRUE(answer) << answer.error().detail;
    return *answer;
  }

  asio::io_context context;
  Time now = from_unix_ms(1'764'000'000'000);
  ObjectIdSource ids;
  chat::fakes::MemoryStores stores;
  chat::fakes::MemoryPresence presence;
  jobs::fakes::MemoryQueue jobs{context.get_executor()};
  MessageServices services{stores.accounts, stores.operators, &presence, &jobs};
  MessageDesk desk{services};
  chat::UserId ann, bob;
  chat::Message message;
};

TEST_F(MessageDeskTest, says_where_a_message_is_and_never_what_it_says) {
  const json::object answer = trace();
  EXPECT_THAT(json::serialize(answer), Not(HasSubstr("secret")));
  EXPECT_THAT(json::serialize(answer), Not(HasSubstr("example.org")));
  EXPECT_EQ(answer.at("message").at("seq"), 1);
  EXPECT_EQ(answer.at("message").at("status"), "sent");
  EXPECT_EQ(answer.at("receiver").at("username"), "bob");
  EXPECT_EQ(answer.at("receiver").at("online"), false);
  EXPECT_THAT(story(answer), HasSubstr("no: no device of the receiver is connected"));
  EXPECT_THAT(story(answer), HasSubstr("from       ann ("));
}

TEST_F(MessageDeskTest, tells_why_it_is_not_delivered) {
  (void)run(presence.arrive(bob, "phone", now));
  EXPECT_THAT(story(trace()), HasSubstr("is connected, and the device has not confirmed it yet"));
  (void)run(stores.operators.set_disabled(bob, true, now));
  EXPECT_THAT(story(trace()), HasSubstr("no: the receiver is disabled"));
  (void)run(stores.operators.erase(bob, chat::SentTexts::kept, now));
  EXPECT_THAT(story(trace()), HasSubstr("no: the receiver is deleted"));
}

TEST_F(MessageDeskTest, tells_of_each_device_of_the_receiver) {
  EXPECT_FALSE(trace().contains("devices")) << "nobody was asked";
  std::vector<api::DeviceReport> there;
  services.devices = [&](chat::UserId user) -> Task<std::vector<api::DeviceReport>> {
    EXPECT_EQ(user, bob);
    return give(there);
  };
  EXPECT_TRUE(trace().at("devices").get_array().empty());
  EXPECT_THAT(story(trace()), Not(HasSubstr("device     ")));
  (void)run(presence.arrive(bob, "phone", now));
  EXPECT_THAT(story(trace()), HasSubstr("device     on another node"));
  there = {{now, true, true, 3, 0, 41}, {now, false, false, 0, 7, 42}};
  const std::string told = story(trace());
  EXPECT_THAT(told, HasSubstr("live, live since version 41, confirms: 3 messages open"));
  EXPECT_THAT(told, HasSubstr("catching up, live since version 42, does not confirm"));
  EXPECT_THAT(told, HasSubstr("7 changes wait"));
  EXPECT_EQ(trace().at("devices").get_array().size(), 2u);
}

TEST_F(MessageDeskTest, tells_when_it_was_delivered_and_read) {
  (void)run(stores.messages.mark_read(bob, message.id, now + 5s));
  const json::object answer = trace();
  EXPECT_EQ(answer.at("message").at("status"), "read");
  EXPECT_THAT(story(answer), HasSubstr("read       2025-11-24 16:00:05"));
  EXPECT_THAT(story(answer), HasSubstr("has got up to 1 and read up to 1"));
}

TEST_F(MessageDeskTest, tells_what_became_of_the_mail) {
  EXPECT_THAT(story(trace()), HasSubstr("none was queued"));
  (void)run(jobs.add(mail::job_of_message(message, {}), now));
  const json::object answer = trace();
  EXPECT_EQ(answer.at("mail").at("state"), "prioritized");
  EXPECT_THAT(story(answer), HasSubstr("mail       waiting since"));
  EXPECT_THAT(story(answer), HasSubstr("parley jobs show " + message.conversation_id.hex()));
}

TEST_F(MessageDeskTest, refuses_what_is_no_message) {
  EXPECT_EQ(run(desk.answer({{"id", "x"}})).error().code, Errc::bad_request);
  const auto none = run(desk.answer({{"id", "507f1f77bcf86cd799439011"}}));
  EXPECT_EQ(none.error().code, Errc::not_found);
  EXPECT_EQ(none.error().detail, "there is no message 507f1f77bcf86cd799439011");
}

}  // namespace
}  // namespace parley::app
