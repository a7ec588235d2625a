#include "crypto/bcrypt_hasher.hpp"

#include <gtest/gtest.h>

#include <semaphore>
#include <vector>

#include "chat/fakes/run.hpp"
#include "net/workers.hpp"

namespace parley::crypto {

class BcryptHasherTest : public ::testing::Test {
 protected:
  asio::io_context context_{1};
  net::Workers workers_{{.threads = 1, .max_queued = 2}};
  BcryptHasher hasher_{workers_, {.cost = 4}};
};

TEST_F(BcryptHasherTest, hashes_and_verifies) {
  const auto hash = chat::fakes::run(context_, hasher_.hash("hunter22"));
  ASSERT_TRUE(hash);
  EXPECT_TRUE(hash->starts_with("$2b$04$"));
  EXPECT_TRUE(*chat::fakes::run(context_, hasher_.verify("hunter22", *hash)));
  EXPECT_FALSE(*chat::fakes::run(context_, hasher_.verify("hunter23", *hash)));
}

TEST_F(BcryptHasherTest, checks_nobodys_password_at_the_cost_of_everybodys) {
  const std::string nobodys = hasher_.nobodys_hash();
  const auto somebodys = chat::fakes::run(context_, hasher_.hash("hunter22"));
  EXPECT_EQ(nobodys.substr(0, 7), somebodys->substr(0, 7));
  EXPECT_FALSE(*chat::fakes::run(context_, hasher_.verify("hunter22", nobodys)));
}

TEST_F(BcryptHasherTest, passes_on_what_bcrypt_refuses) {
  const auto hash = chat::fakes::run(context_, hasher_.hash(std::string(73, 'x')));
  EXPECT_EQ(hash.error().code, Errc::bad_request);
  const auto verified = chat::fakes::run(context_, hasher_.verify("hunter22", "no hash"));
  EXPECT_EQ(verified.error().code, Errc::corrupt);
}

namespace {
Task<Result<bool>> wait_in(net::Workers& workers, std::binary_semaphore& started,
                           std::binary_semaphore& gate) {
  auto work = [&started, &gate]() -> Result<bool> {
    started.release();
    gate.acquire();
    return true;
  };
  co_return co_await workers.run(work);
}

/// Lets the pool's only thread go once everything else has been asked.
Task<Result<bool>> open(std::binary_semaphore& gate) {
  gate.release();
  co_return true;
}

/// Once the pool's only thread is busy.
Task<Result<bool>> verify_when(std::binary_semaphore& started, BcryptHasher& hasher) {
  started.acquire();
  co_return co_await hasher.verify("wrong",
                                   "$2b$04$nyKqnUbPH8AJqDN4OVtQv.ZS0KZ4nxFt8/sg.BT1wdocBOL2gX0Fi");
}
}  // namespace

TEST_F(BcryptHasherTest, is_overloaded_when_the_queue_is_full) {
  std::binary_semaphore started{0}, gate{0};
  std::vector<Task<Result<bool>>> tasks;
  tasks.push_back(wait_in(workers_, started, gate));
  tasks.push_back(verify_when(started, hasher_));
  for (int i = 0; i < 2; ++i)
    tasks.push_back(
        hasher_.verify("wrong", "$2b$04$nyKqnUbPH8AJqDN4OVtQv.ZS0KZ4nxFt8/sg.BT1wdocBOL2gX0Fi"));
  tasks.push_back(open(gate));
  const auto results = chat::fakes::run_all(context_, std::move(tasks));
  EXPECT_TRUE(*results[0]);
  EXPECT_FALSE(*results[1]);
  EXPECT_FALSE(*results[2]);
  ASSERT_FALSE(results[3]);
  EXPECT_EQ(results[3].error().code, Errc::overloaded);
}

}  // namespace parley::crypto
