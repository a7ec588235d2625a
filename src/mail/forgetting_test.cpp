#include "mail/forgetting.hpp"

#include <gtest/gtest.h>

#include "chat/fakes/run.hpp"
#include "jobs/fakes/memory_queue.hpp"
#include "mail/jobs_of.hpp"

namespace parley::mail {
namespace {

class Forgetting : public ::testing::Test {
 protected:
  static chat::UserId user(char last) {
    return *chat::UserId::parse("00000000000000000000000" + std::string{last});
  }
  void add(jobs::NewJob job) {
    const auto added = chat::fakes::run(context, queue.add(std::move(job), now));
    ASSERT_TRUE(added) << added.error().detail;
  }
  std::size_t waiting() {
    const auto counts = *chat::fakes::run(context, queue.counts());
    return counts.waiting + counts.prioritized + counts.delayed;
  }

  asio::io_context context;
  jobs::fakes::MemoryQueue queue{context.get_executor()};
  Time now = from_unix_ms(1'764'000'000'000);
};

TEST_F(Forgetting, removes_mails_to_and_about_somebody_and_no_others) {
  const Pace pace{};
  chat::Message message;
  message.sender = user('1');
  message.receiver = user('2');
  message.id = *chat::MessageId::parse("0000000000000000000000a1");
  message.conversation_id = *chat::ConversationId::parse("0000000000000000000000c1");
  add(job_of_message(message, pace));
  message.sender = user('3');
  message.id = *chat::MessageId::parse("0000000000000000000000a2");
  message.conversation_id = *chat::ConversationId::parse("0000000000000000000000c2");
  add(job_of_message(message, pace));
  add(job_of_verification(user('1'), pace));
  add(job_of_reset("ANN@example.org", pace));
  add(job_of_letter("bob@example.org", "hello", pace));
  ASSERT_EQ(waiting(), 5U);

  chat::Account ann;
  ann.id = user('1');
  ann.email = "ann@example.org";
  const auto removed = chat::fakes::run(context, remove_mails_of(queue, ann));
  ASSERT_TRUE(removed) << removed.error().detail;
  EXPECT_EQ(*removed, 3U);
  EXPECT_EQ(waiting(), 2U);
  EXPECT_EQ(*chat::fakes::run(context, remove_mails_of(queue, ann)), 0U);
}

}  // namespace
}  // namespace parley::mail
