#include "base/files.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>

#include "base/descriptor.hpp"

namespace parley {

TEST(Files, writes_all_to_a_pipe_that_takes_little_at_a_time) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const Descriptor out{ends[0]};
  Descriptor in{ends[1]};
  const std::string sent(1'000'000, 'x');
  std::string got;
  std::thread reader{[&] {
    std::array<char, 4096> buffer;
    for (ssize_t size = 0; (size = ::read(out.get(), buffer.data(), buffer.size())) > 0;)
      got.append(buffer.data(), static_cast<std::size_t>(size));
  }};
  EXPECT_FALSE(write_all(in.get(), sent));
  in.reset();
  reader.join();
  EXPECT_EQ(got, sent);
}

TEST(Files, says_why_nothing_can_be_written) {
  const Descriptor full{::open("/dev/full", O_WRONLY | O_CLOEXEC)};
  ASSERT_TRUE(full);
  EXPECT_EQ(write_all(full.get(), "x"), std::errc::no_space_on_device);
  EXPECT_FALSE(write_all(full.get(), ""));
}

TEST(Files, syncs_folders_and_says_what_is_missing) {
  EXPECT_FALSE(sync_path(std::filesystem::temp_directory_path()));
  EXPECT_EQ(sync_path("/no/such/file"), std::errc::no_such_file_or_directory);
}

TEST(Files, makes_folders_and_says_what_is_in_the_way) {
  std::string name = (std::filesystem::temp_directory_path() / "parley-base-XXXXXX").string();
  ASSERT_NE(::mkdtemp(name.data()), nullptr);
  const std::filesystem::path top = name;
  EXPECT_FALSE(make_folders(top / "a" / "b" / ""));
  EXPECT_TRUE(std::filesystem::is_directory(top / "a" / "b"));
  EXPECT_FALSE(make_folders(top / "a" / "b"));
  for (const auto& secret : {top / "secret", top / "c" / "secret" / ""}) {
    EXPECT_FALSE(make_private_folder(secret));
    EXPECT_FALSE(make_private_folder(secret));
    EXPECT_EQ(std::filesystem::status(secret).permissions(), std::filesystem::perms::owner_all);
  }
  EXPECT_NE(std::filesystem::status(top / "c").permissions(), std::filesystem::perms::owner_all);
  const Descriptor file{::open((top / "file").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600)};
  EXPECT_EQ(make_folders(top / "file" / "c"), std::errc::not_a_directory);
  EXPECT_EQ(make_folders(top / "file"), std::errc::not_a_directory);
  std::filesystem::remove_all(top);
}

}  // namespace parley
