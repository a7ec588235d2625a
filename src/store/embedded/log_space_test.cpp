#include "store/embedded/log_space.hpp"

#include <gtest/gtest.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <filesystem>
#include <future>
#include <memory>
#include <vector>

#include "store/embedded/testing.hpp"

namespace parley::store::embedded {
namespace {

namespace fs = std::filesystem;

/// The sizes of a store's logs.
std::vector<std::uintmax_t> logs(const fs::path& data) {
  std::vector<std::uintmax_t> sizes;
  for (const auto& file : fs::directory_iterator(data / "db")) {
    if (file.path().extension() == ".log") sizes.push_back(file.file_size());
  }
  return sizes;
}

/// A disk on which no table is begun until `let_go`: logs are closed, and none is done with.
class NoTables {
 public:
  NoTables() : env_(rocksdb::NewCompositeEnv(std::make_shared<Files>(end_.get_future()))) {}
  /// Once; a store cannot be closed before.
  void let_go() { end_.set_value(); }
  rocksdb::Env* env() { return env_.get(); }

 private:
  class Files final : public rocksdb::FileSystemWrapper {
   public:
    explicit Files(std::future<void> end)
        : FileSystemWrapper(rocksdb::FileSystem::Default()), end_(end.share()) {}
    const char* Name() const override { return "NoTables"; }

    rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* file,
                                      rocksdb::IODebugContext* context) override {
      if (fs::path(name).extension() == ".sst") end_.wait();
      return FileSystemWrapper::NewWritableFile(name, options, file, context);
    }

   private:
    std::shared_future<void> end_;
  };

  std::promise<void> end_;
  std::unique_ptr<rocksdb::Env> env_;
};

class LogSpaceTest : public ::testing::Test {
 protected:
  std::string content(int number) { return std::string(100'000, 'a') + std::to_string(number); }
  void write(OpenStore& store, int count) {
    for (int i = 0; i < count; ++i) caller_.say(store, alice_, bob_, content(written_++));
  }
  void expect_all(OpenStore& store) {
    const auto page = caller_.good(store.conversations().list(bob_, {}, 1));
    ASSERT_EQ(page.summaries.size(), 1u);
    const auto messages = caller_.all_of(store, page.summaries[0].conversation.id, bob_);
    ASSERT_EQ(messages.size(), static_cast<std::size_t>(written_));
  }

  const TemporaryDirectory data_;
  Caller caller_;
  chat::UserId alice_, bob_;
  int written_ = 0;
};

TEST_F(LogSpaceTest, is_taken_before_it_is_written_and_given_back_at_the_end) {
  Config config = small_config(data_.path());
  config.write_buffer = 16u << 20;
  {
    OpenStore store(config);
    alice_ = caller_.user(store, "alice");
    bob_ = caller_.user(store, "bob");
    EXPECT_EQ(logs(data_.path()), std::vector<std::uintmax_t>{log_space});
    write(store, 12);
    EXPECT_EQ(logs(data_.path()), std::vector<std::uintmax_t>{2 * log_space});
  }
  std::uintmax_t left = 0;
  for (const std::uintmax_t size : logs(data_.path())) left += size;
  EXPECT_LT(left, 2 * log_space);
  OpenStore again(config);
  expect_all(again);
}

TEST_F(LogSpaceTest, that_nobody_gave_back_is_not_read) {
  Config config = small_config(data_.path());
  config.write_buffer = 64u << 10;  // So that logs are closed.
  const TemporaryDirectory other;
  {
    NoTables disk;
    config.env = disk.env();
    OpenStore store(config);
    alice_ = caller_.user(store, "alice");
    bob_ = caller_.user(store, "bob");
    write(store, 3);
    // As a power cut may leave it; kill -9 does so with the last one.
    fs::copy(data_.path() / "db", other.path() / "db", fs::copy_options::recursive);
    disk.let_go();
  }
  config.env = nullptr;
  config.directory = other.path() / "db";
  EXPECT_GT(logs(other.path()).size(), 2u);
  for (const auto& file : fs::directory_iterator(config.directory)) {
    if (file.path().extension() == ".log") fs::resize_file(file.path(), log_space);
  }
  OpenStore copy(config);
  expect_all(copy);
  write(copy, 1);
  expect_all(copy);
}

}  // namespace
}  // namespace parley::store::embedded
