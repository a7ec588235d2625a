#include "store/mongo/session_store.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "chat/fakes/run.hpp"
#include "store/mongo/testing.hpp"

namespace parley::store::mongo {
namespace {

/// As a call does whose database is away.
struct Wait {
  Result<Done> operator()() {
    has_begun = true;
    end.wait();
    return Done{};
  }
  std::atomic<bool>& has_begun;
  std::shared_future<void> end;
};
Task<Result<Done>> wait_in(net::Workers& workers, Wait wait) {
  co_return co_await workers.run(std::move(wait));
}

/// Else nodes that look for new ends pass over one that waited for a database that was away.
TEST(MongoSessionStore, dates_an_end_by_when_it_is_written) {
  if (is_skipped_without(TestServer::shared())) return;
  TestDatabase database;
  ASSERT_TRUE(database.client().ping());
  net::Workers workers{{1, 10}};
  SessionStore sessions{database.client(), workers};
  asio::io_context context{1};
  const chat::UserId user{};
  const chat::Family family{chat::FamilyId::parse("0123456789abcdef01234567").value(), user,
                            "token", from_unix_ms(4'000'000'000'000)};
  ASSERT_TRUE(chat::fakes::run(context, sessions.open(family)));
  std::atomic<bool> has_begun = false;
  std::promise<void> is_back;
  std::vector<Task<Result<Done>>> calls;
  calls.push_back(wait_in(workers, Wait{has_begun, is_back.get_future().share()}));
  calls.push_back(sessions.revoke(family.id));
  std::thread caller([&] { chat::fakes::run_all(context, std::move(calls)); });
  while (!has_begun || workers.queued() == 0) std::this_thread::yield();
  const Time asked = database.client().now();
  while (database.client().now() <= asked) std::this_thread::yield();
  const Time written = database.client().now();
  is_back.set_value();
  caller.join();
  const Document session = database.only("parley_sessions");
  EXPECT_GE(session.view().time("revokedAt").value_or(Time{}), written);
}

}  // namespace
}  // namespace parley::store::mongo
