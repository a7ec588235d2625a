#include "store/embedded/yielding.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "store/embedded/engine.hpp"
#include "store/embedded/testing.hpp"

namespace parley::store::embedded {
namespace {

/// The nice values of this process' threads whose name begins so.
std::multimap<std::string, int> nice_values(const std::string& prefix) {
  std::multimap<std::string, int> found;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::getline(std::ifstream(task.path() / "comm"), name);
    if (!name.starts_with(prefix)) continue;
    found.emplace(
        name, ::getpriority(PRIO_PROCESS, static_cast<id_t>(std::stoi(task.path().filename()))));
  }
  return found;
}

TEST(Yielding, lowers_the_priority_of_the_thread_that_flushes_and_of_no_other) {
  const TemporaryDirectory data;
  const auto engine = Engine::open(small_config(data.path()), Access::write);
  ASSERT_TRUE(engine);
  const int own = ::getpriority(PRIO_PROCESS, 0);

  rocksdb::WriteOptions unlogged;
  unlogged.disableWAL = true;
  ASSERT_TRUE((*engine)->db().Put(unlogged, (*engine)->table(Table::chat), "key", "value").ok());
  ASSERT_TRUE((*engine)->db().Flush({}, (*engine)->table(Table::chat)).ok());

  const auto flushing = nice_values("rocksdb:high");
  ASSERT_FALSE(flushing.empty());
  EXPECT_TRUE(std::any_of(flushing.begin(), flushing.end(), [&](const auto& thread) {
    return thread.second == std::min(19, own + Yielding::steps);
  }));
  EXPECT_EQ(::getpriority(PRIO_PROCESS, 0), own);
}

}  // namespace
}  // namespace parley::store::embedded
