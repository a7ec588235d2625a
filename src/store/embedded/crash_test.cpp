#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <map>
#include <sstream>

#include "store/embedded/testing.hpp"

extern char** environ;

namespace parley::store::embedded {
namespace {

using chat::contract::at;

/// What the writer was told: each line reached the pipe after the store had answered.
struct Acknowledged {
  std::string message_id, client_id;
  chat::Seq seq = 0;
};

/// Not a test: the process that the test below kills. Writes batches until then.
TEST(CrashWriter, DISABLED_writes_until_killed) {
  const char* data = std::getenv("PARLEY_CRASH_DATA");
  ASSERT_NE(data, nullptr);
  const std::string round = std::getenv("PARLEY_CRASH_ROUND");
  const int pipe = std::atoi(std::getenv("PARLEY_CRASH_PIPE"));
  Caller caller;
  OpenStore store(small_config(data));
  const auto alice = caller.good(store.accounts().find_by_email("alice@example.org")).id;
  const auto bob = caller.good(store.accounts().find_by_email("bob@example.org")).id;
  for (int i = 0;; ++i) {
    std::vector<Task<Result<chat::Appended>>> tasks;
    for (int j = 0; j < 8; ++j) {
      const std::string name = round + "-" + std::to_string(i) + "-" + std::to_string(j);
      tasks.push_back(store.messages().append(
          {j % 3 ? alice : bob, j % 3 ? bob : alice, "text " + name, name, at(i)}));
    }
    std::string told;
    chat::Message last;
    for (const auto& result : chat::fakes::run_all(caller.context, std::move(tasks))) {
      last = result->message;
      told += last.id.hex() + ' ' + *last.client_id + ' ' + std::to_string(last.seq) + '\n';
    }
    ASSERT_GT(::write(pipe, told.data(), told.size()), 0);
    if (i % 4 == 3) {
      caller.good(store.receipts().mark_read(last.receiver, last.id, at(i)));
      told = "read " + last.id.hex() + " 0\n";
      ASSERT_GT(::write(pipe, told.data(), told.size()), 0);
    }
  }
}

class CrashTest : public ::testing::Test {
 protected:
  /// Starts this program again as the writer, and kills it when it has reported `lines` lines.
  std::vector<Acknowledged> write_and_kill(int round, std::size_t lines) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
    ::setenv("PARLEY_CRASH_DATA", directory_.path().c_str(), 1);
    ::setenv("PARLEY_CRASH_ROUND", std::to_string(round).c_str(), 1);
    ::setenv("PARLEY_CRASH_PIPE", std::to_string(ends[1]).c_str(), 1);
    std::string words[] = {"store_test", "--gtest_also_run_disabled_tests",
                           "--gtest_filter=CrashWriter.*"};
    char* arguments[] = {words[0].data(), words[1].data(), words[2].data(), nullptr};
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t writer = 0;
    const int started =
        ::posix_spawn(&writer, "/proc/self/exe", &actions, nullptr, arguments, environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    if (started != 0) throw std::runtime_error("the writer does not start");
    const auto told = listen(ends[0], writer, lines);
    int status = 0;
    ::waitpid(writer, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself";
    return told;
  }

  static std::vector<Acknowledged> listen(int pipe, pid_t writer, std::size_t lines) {
    std::string heard;
    char buffer[4096];
    bool killed = false;
    for (ssize_t size = 0; (size = ::read(pipe, buffer, sizeof buffer)) > 0;) {
      heard.append(buffer, static_cast<std::size_t>(size));
      if (!killed &&
          std::count(heard.begin(), heard.end(), '\n') >= static_cast<std::ptrdiff_t>(lines)) {
        ::kill(writer, SIGKILL);
        killed = true;
      }
    }
    ::close(pipe);
    heard.resize(heard.rfind('\n') + 1);  // half a line tells nothing
    std::istringstream in(heard);
    std::vector<Acknowledged> told;
    for (Acknowledged one; in >> one.message_id >> one.client_id >> one.seq;) told.push_back(one);
    return told;
  }

  TemporaryDirectory directory_;
  Caller caller_;
};

TEST_F(CrashTest, loses_nothing_acknowledged_and_keeps_every_rule_through_kills) {
  {
    OpenStore store(small_config(directory_.path()));
    caller_.user(store, "alice");
    caller_.user(store, "bob");
  }
  std::vector<Acknowledged> told;
  for (int round = 0; round < 5; ++round) {
    const auto more = write_and_kill(round, 40 + static_cast<std::size_t>(round) * 77);
    told.insert(told.end(), more.begin(), more.end());
    OpenStore store(small_config(directory_.path()));
    EXPECT_EQ(broken_rules(*store.database), "");
    const auto bob = caller_.good(store.accounts().find_by_email("bob@example.org")).id;
    const auto page = caller_.good(store.conversations().list(bob, {}, 1));
    ASSERT_EQ(page.summaries.size(), 1u);
    std::map<std::string, chat::Message> stored;
    for (auto& one : caller_.all_of(store, page.summaries[0].conversation.id, bob))
      stored[one.id.hex()] = std::move(one);
    for (const Acknowledged& one : told) {
      if (one.message_id == "read") {
        EXPECT_EQ(stored[one.client_id].status(), chat::Status::read);
        continue;
      }
      ASSERT_TRUE(stored.contains(one.message_id)) << "lost: " << one.client_id;
      const chat::Message& message = stored[one.message_id];
      EXPECT_EQ(message.client_id, one.client_id);
      EXPECT_EQ(message.content, "text " + one.client_id);
      EXPECT_EQ(message.seq, one.seq);
    }
    const chat::Message& any = stored[told.front().message_id];
    const auto again =
        caller_.good(store.messages().append({any.sender, any.receiver, "", any.client_id, at(0)}));
    EXPECT_TRUE(again.duplicate);
    EXPECT_EQ(again.message.id, any.id);
  }
  EXPECT_GT(told.size(), 200u);
}

}  // namespace
}  // namespace parley::store::embedded
