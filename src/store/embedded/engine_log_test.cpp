#include "store/embedded/engine_log.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "store/embedded/testing.hpp"

namespace parley::store::embedded {
namespace {

TEST(EngineLog, keeps_the_last_mebibyte_and_one_before) {
  const TemporaryDirectory folder;
  const auto log = make_engine_log(folder.path());
  const std::string text(1'000, 'x');
  for (int i = 0; i < 3'000; ++i) rocksdb::Log(log, "%d %s", i, text.c_str());
  std::uintmax_t bytes = 0;
  for (const auto* name : {"LOG", "LOG.old"})
    bytes += std::filesystem::file_size(folder.path() / name);
  EXPECT_GT(bytes, 1u << 20);
  EXPECT_LT(bytes, (2u << 20) + 10'000);
  std::string line, last;
  for (std::ifstream in(folder.path() / "LOG"); std::getline(in, line);) last = line;
  EXPECT_NE(last.find("Z 2999 xxx"), std::string::npos) << last.substr(0, 60);
}

TEST(EngineLog, goes_on_where_it_cannot_write) {
  const TemporaryDirectory folder;
  const auto log = make_engine_log(folder.path() / "is not there");
  for (int i = 0; i < 10; ++i) rocksdb::Log(log, "%d", i);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace parley::store::embedded
