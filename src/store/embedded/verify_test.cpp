#include "store/embedded/verify.hpp"

#include <gtest/gtest.h>

#include "store/embedded/internals.hpp"
#include "store/embedded/merge.hpp"
#include "store/embedded/testing.hpp"

namespace parley::store::embedded {
namespace {

using chat::contract::at;

/// A small conversation, read in part, that each test damages in one way.
class VerifyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    alice_ = caller_.user(store_, "alice");
    bob_ = caller_.user(store_, "bob");
    for (int i = 1; i <= 4; ++i)
      last_ = caller_.say(store_, alice_, bob_, std::to_string(i), std::to_string(i));
    read_ = caller_.say(store_, bob_, alice_, "5");
    caller_.good(store_.receipts().mark_read(alice_, read_.id, at(2000)));
    caller_.say(store_, bob_, alice_, "6");
    ASSERT_EQ(broken_rules(*store_.database), "");
  }
  Engine& engine() { return *store_.database->internals().engine; }
  void put(const Key& key, std::string_view value) {
    ASSERT_TRUE(engine().db().Put({}, engine().table(key.table), key.bytes.view(), value).ok());
  }
  void erase(const Key& key) {
    ASSERT_TRUE(engine().db().Delete({}, engine().table(key.table), key.bytes.view()).ok());
  }
  Head head() { return *View(engine()).head(read_.conversation_id); }
  MessageRecord message(chat::Seq seq) { return *View(engine()).message(head(), seq); }
  void expect_finding(const std::string& words) {
    const std::string all = broken_rules(*store_.database);
    EXPECT_NE(all.find(words), std::string::npos) << "found only: " << all;
  }

  TemporaryDirectory directory_;
  Caller caller_;
  OpenStore store_{small_config(directory_.path())};
  chat::UserId alice_, bob_;
  chat::Message last_, read_;
};

TEST(VerifyStopped, makes_no_store_where_there_is_none) {
  const TemporaryDirectory folder;
  const auto findings = verify_stopped(folder.path());
  ASSERT_FALSE(findings);
  EXPECT_EQ(findings.error().code, Errc::not_found);
  EXPECT_EQ(findings.error().detail, "no store in " + folder.path().string());
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST_F(VerifyTest, finds_a_gap) {
  erase(keys::message(read_.conversation_id, 2));
  expect_finding("a seq is missing");
}

TEST_F(VerifyTest, finds_ends_of_logins_that_are_none) {
  const chat::Family family{{}, alice_, "one", wall_now() + std::chrono::hours{1}};
  caller_.good(store_.sessions().open(family));
  put(keys::ended(at(1), family.id), encode(EndedRecord{family.expires_at, alice_}));
  expect_finding("is of one that goes on");
  caller_.good(store_.sessions().revoke(family.id));
  ASSERT_EQ(broken_rules(*store_.database), "");
  put(keys::ended(at(2), family.id), "x");
  expect_finding("the end of login 000000000000000000000000: does not decode");
}

TEST_F(VerifyTest, finds_a_missing_end) {
  erase(keys::message(read_.conversation_id, 6));
  expect_finding("message 6 of");
}

TEST_F(VerifyTest, finds_a_head_that_lags_behind) {
  Head stale = head();
  stale.last_seq = 5;
  put(keys::head(stale.id), encode(stale));
  expect_finding("its head does not match its last message");
}

TEST_F(VerifyTest, finds_counts_that_drifted) {
  Head wrong = head();
  wrong.members[0].sent += 1;
  put(keys::head(wrong.id), encode(wrong));
  expect_finding("does not add up");
  wrong = head();
  MessageRecord drifted = message(3);
  drifted.sent[drifted.sender] += 1;
  put(keys::message(wrong.id, 3), encode(drifted));
  expect_finding("counts wrongly who sent how many");
}

TEST_F(VerifyTest, finds_a_read_count_that_drifted) {
  Head wrong = head();
  wrong.members[*wrong.member(alice_)].sent_at_read = 0;
  put(keys::head(wrong.id), encode(wrong));
  expect_finding("counts wrongly what was sent when reading");
}

TEST_F(VerifyTest, finds_watermarks_that_cannot_be) {
  const Head right = head();
  Head wrong = right;
  wrong.members[*wrong.member(alice_)].delivered.seq = 3;
  put(keys::head(wrong.id), encode(wrong));
  expect_finding("more is read than delivered");
  wrong = right;
  wrong.members[*wrong.member(bob_)].delivered.seq = 99;
  put(keys::head(wrong.id), encode(wrong));
  expect_finding("more is delivered than there is");
}

TEST_F(VerifyTest, finds_a_watermark_row_that_is_gone) {
  erase(keys::watermark(read_.conversation_id, *head().member(alice_), Mark::read, read_.seq));
  expect_finding("does not match its last watermark");
}

TEST_F(VerifyTest, finds_pointers_that_lead_nowhere) {
  erase(keys::message_id(read_.id));
  expect_finding("is not found by its id");
  put(keys::message_id(read_.id), encode(Location{read_.conversation_id, 1}));
  expect_finding("leads to another message");
  put(keys::client_id(alice_, "nobody's"),
      encode(IdempotencyRecord{{read_.conversation_id, 1}, at(0)}));
  expect_finding("a client id of");
}

TEST_F(VerifyTest, finds_indexes_that_are_gone) {
  erase(keys::pair(alice_, bob_));
  expect_finding("is not found by its pair");
  erase(keys::membership(bob_, read_.conversation_id));
  expect_finding("a participant has no membership");
  erase(keys::email("alice@example.org"));
  expect_finding("is not found by its address");
  erase(keys::username("bob", bob_));
  expect_finding("is not found by its username");
}

TEST_F(VerifyTest, finds_versions_from_the_future) {
  put(keys::meta("version"), std::string(8, '\0'));
  expect_finding("is newer than the store");
}

TEST_F(VerifyTest, finds_damaged_rows_of_the_queue_of_jobs) {
  put(keys::job("7"), "nonsense");
  put(keys::job_owner("somebody"), "nonsense");
  put(keys::job_log("7"), "nonsense");
  put(keys::meta("jobs"), "nonsense");
  for (const char* words : {"job 7: does not decode", "the job of somebody: does not decode",
                            "the log of job 7: does not decode", "the queue of jobs: does not"})
    expect_finding(words);
}

TEST_F(VerifyTest, goes_on_behind_a_row_that_is_gone) {
  erase(keys::message(read_.conversation_id, 6));
  erase(keys::email("alice@example.org"));
  put(keys::job("7"), "nonsense");
  expect_finding("message 6 of");
  expect_finding("is not found by its address");
  expect_finding("job 7: does not decode");
}

TEST_F(VerifyTest, keeps_reads_from_answering_out_of_a_damaged_conversation) {
  erase(keys::message(read_.conversation_id, 2));
  chat::HistoryQuery query;
  query.conversation_id = read_.conversation_id;
  query.viewer = alice_;
  EXPECT_EQ(caller_.refusal(store_.messages().history(query)), Errc::corrupt);
  put(keys::head(read_.conversation_id), "nonsense");
  EXPECT_EQ(caller_.refusal(store_.messages().history(query)), Errc::corrupt);
}

/// Searches in long conversations, against the plain answer.
class MergeTest : public ::testing::Test {
 protected:
  TemporaryDirectory directory_;
  Caller caller_;
  OpenStore store_{small_config(directory_.path())};
};

TEST_F(MergeTest, finds_the_first_message_above_any_version) {
  const auto alice = caller_.user(store_, "alice"), bob = caller_.user(store_, "bob"),
             carol = caller_.user(store_, "carol");
  std::vector<Task<Result<chat::Appended>>> tasks;
  for (int i = 0; i < 300; ++i)
    tasks.push_back(store_.messages().append({alice, i % 7 < 3 ? bob : carol, "x", {}, at(i)}));
  std::vector<chat::Message> to_bob;
  for (auto& one : chat::fakes::run_all(caller_.context, std::move(tasks))) {
    if (one->message.receiver == bob) to_bob.push_back(one->message);
  }
  View view(*store_.database->internals().engine);
  const Head head = *view.head(to_bob[0].conversation_id);
  for (chat::Version since = 0; since <= 302; ++since) {
    const auto first = std::find_if(to_bob.begin(), to_bob.end(),
                                    [&](const auto& m) { return m.version > since; });
    EXPECT_EQ(first_above(view, head, since), static_cast<chat::Seq>(first - to_bob.begin()) + 1)
        << since;
  }
  EXPECT_FALSE(view.error());
}

TEST_F(MergeTest, passes_over_long_runs_of_the_users_own_messages) {
  const auto alice = caller_.user(store_, "alice"), bob = caller_.user(store_, "bob");
  std::vector<Task<Result<chat::Appended>>> tasks;
  std::vector<std::string> expected;
  for (int i = 0; i < 400; ++i) {
    const bool from_bob = i == 3 || i == 170 || i == 171 || i == 398;
    if (from_bob) expected.push_back(std::to_string(i));
    tasks.push_back(store_.messages().append(
        {from_bob ? bob : alice, from_bob ? alice : bob, std::to_string(i), {}, at(i)}));
  }
  chat::fakes::run_all(caller_.context, std::move(tasks));
  for (std::size_t limit : {1u, 2u, 4u, 9u}) {
    const auto page = caller_.good(store_.messages().backlog({alice, 0, 10'000, limit}));
    const auto count = static_cast<std::ptrdiff_t>(std::min<std::size_t>(limit, 4));
    EXPECT_EQ(chat::contract::contents(page.messages),
              std::vector<std::string>(expected.begin(), expected.begin() + count));
    EXPECT_EQ(page.has_more, limit < 4);
  }
}

TEST_F(MergeTest, tells_exact_times_when_one_batch_moves_a_watermark_several_times) {
  const auto alice = caller_.user(store_, "alice"), bob = caller_.user(store_, "bob");
  std::vector<chat::Message> sent;
  for (int i = 0; i < 12; ++i) sent.push_back(caller_.say(store_, alice, bob, std::to_string(i)));
  std::vector<Task<Result<Done>>> marks;
  for (int i = 0; i < 12; ++i) {
    const auto& m = sent[static_cast<std::size_t>(i)];
    std::vector<chat::DeliveryMark> mark{{bob, m.conversation_id, m.id, alice, m.seq}};
    marks.push_back(store_.receipts().mark_delivered(std::move(mark), at(2000 + i / 3)));
  }
  chat::fakes::run_all(caller_.context, std::move(marks));
  const auto all = caller_.all_of(store_, sent[0].conversation_id, alice);
  for (int i = 0; i < 12; ++i)
    EXPECT_EQ(all[static_cast<std::size_t>(i)].delivered_at, at(2000 + i / 3)) << i;
  EXPECT_EQ(broken_rules(*store_.database), "");
}

}  // namespace
}  // namespace parley::store::embedded
