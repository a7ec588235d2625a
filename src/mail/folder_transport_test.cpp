#include "mail/folder_transport.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "mail/testing.hpp"
#include "mail/testing_shard.hpp"

namespace parley::mail {
namespace {

namespace fs = std::filesystem;

class FolderTransportTest : public testing::ShardTest {
 protected:
  Result<Done> put(FolderTransport& transport, std::string bytes) {
    return run(transport.send({"a@b", "c@d"}, std::move(bytes), permit_));
  }
  std::set<std::string> names() const {
    std::set<std::string> found;
    for (const auto& entry : fs::directory_iterator(path_)) found.insert(entry.path().filename());
    return found;
  }
  std::string content(const std::string& name) const {
    std::ifstream in(path_ + "/" + name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::set<std::string> contents() const {
    std::set<std::string> found;
    for (const std::string& name : names()) found.insert(content(name));
    return found;
  }
  static unsigned mode(const std::string& path) {
    struct stat found {};
    ::stat(path.c_str(), &found);
    return found.st_mode & 0777;
  }

  Permit permit_;
  testing::TemporaryFolder folder_;
  const std::string path_ = folder_.path() + "/mail";
  net::Workers workers_{{2, 64}};
};

TEST_F(FolderTransportTest, writes_nothing_that_is_not_permitted) {
  FolderTransport transport{workers_, path_};
  permit_ = []() -> Task<Result<Done>> { co_return fail(Errc::conflict, "not any more"); };
  EXPECT_EQ(put(transport, "one\r\n").error().code, Errc::conflict);
  EXPECT_TRUE(names().empty());
}

TEST_F(FolderTransportTest, writes_a_file_for_each_mail_that_nobody_else_can_read) {
  FolderTransport transport{workers_, path_};
  ASSERT_TRUE(put(transport, "one\r\n"));
  ASSERT_TRUE(put(transport, "two\r\n"));
  EXPECT_EQ(contents(), (std::set<std::string>{"one\r\n", "two\r\n"}));
  EXPECT_EQ(mode(path_), 0700U);
  for (const std::string& name : names()) {
    EXPECT_EQ(mode(path_ + "/" + name), 0600U);
    EXPECT_EQ(name.size(), std::string{"20261123T180000.000Z-12345678.eml"}.size()) << name;
  }
  EXPECT_EQ(transport.describe(), path_);
}

TEST_F(FolderTransportTest, keeps_the_newest_files_and_leaves_others_alone) {
  fs::create_directory(path_);
  std::ofstream{path_ + "/19990101T000000.000Z-00000001.eml"} << "oldest";
  std::ofstream{path_ + "/19990102T000000.000Z-00000001.eml"} << "older";
  std::ofstream{path_ + "/note.txt"} << "mine";
  FolderTransport transport{workers_, path_, 2};
  ASSERT_TRUE(put(transport, "one"));
  EXPECT_EQ(contents(), (std::set<std::string>{"mine", "older", "one"}));
  ASSERT_TRUE(put(transport, "two"));
  EXPECT_EQ(contents(), (std::set<std::string>{"mine", "one", "two"}));
}

TEST_F(FolderTransportTest, removes_what_was_left_unfinished_long_ago) {
  fs::create_directory(path_);
  const std::string old = path_ + "/a.eml.part", young = path_ + "/b.eml.part";
  std::ofstream{old} << "x";
  std::ofstream{young} << "x";
  fs::last_write_time(old, fs::file_time_type::clock::now() - std::chrono::hours{2});
  const FolderTransport transport{workers_, path_};
  EXPECT_FALSE(fs::exists(old));
  EXPECT_TRUE(fs::exists(young));
}

TEST_F(FolderTransportTest, says_unavailable_when_it_cannot_write_and_goes_on_when_it_can) {
  FolderTransport transport{workers_, path_};
  fs::remove_all(path_);
  const auto refused = put(transport, "x");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::unavailable);
  fs::create_directory(path_);
  EXPECT_TRUE(put(transport, "x"));
}

TEST_F(FolderTransportTest, refuses_to_start_where_it_can_make_no_folder) {
  EXPECT_THROW(FolderTransport(workers_, folder_.path() + "/no/where"), std::runtime_error);
  std::ofstream{path_} << "a file";
  EXPECT_THROW(FolderTransport(workers_, path_), std::exception);
}

TEST_F(FolderTransportTest, writes_many_at_once) {
  FolderTransport transport{workers_, path_};
  int left = 50;
  const auto one = [](FolderTransport& to, int number, int& count) -> Task<void> {
    Envelope envelope{"a@b", "c@d"};
    std::string bytes = std::to_string(number);
    Permit none;
    const auto put = co_await to.send(std::move(envelope), std::move(bytes), std::move(none));
    EXPECT_TRUE(put);
    --count;
  };
  for (int i = 0; i < 50; ++i) shard_.spawn("test", one(transport, i, left));
  run_until([&left] { return left == 0; });
  EXPECT_EQ(contents().size(), 50U);
}

}  // namespace
}  // namespace parley::mail
