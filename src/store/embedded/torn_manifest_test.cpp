#include "store/embedded/torn_manifest.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "store/embedded/testing.hpp"

namespace parley::store::embedded {
namespace {

/// A store with an account, closed.
class TornManifestTest : public ::testing::Test {
 protected:
  TornManifestTest() {
    OpenStore store(small_config(directory_.path()));
    caller_.user(store, "alice");
  }
  std::filesystem::path manifest() const {
    std::string name;
    std::ifstream(db() / "CURRENT") >> name;
    return db() / name;
  }
  std::filesystem::path db() const { return directory_.path() / "db"; }
  void append(std::string_view bytes) const {
    std::ofstream(manifest(), std::ios::binary | std::ios::app) << bytes;
  }
  /// A record whose checksum does not fit, as its end was not written.
  static std::string torn(char end) {
    return std::string("\x12\x34\x56\x78\x40\x00\x01", 7) + "begun" + std::string(59, end);
  }

  TemporaryDirectory directory_;
  Caller caller_;
};

TEST_F(TornManifestTest, does_not_keep_a_store_from_opening) {
  append(torn('\0'));
  OpenStore store(small_config(directory_.path()));
  EXPECT_TRUE(caller_.run(store.accounts().find_by_email("alice@example.org")));
  EXPECT_EQ(broken_rules(*store.database), "");
}

TEST_F(TornManifestTest, is_left_as_it_is_where_it_is_damaged_otherwise) {
  {
    std::fstream file(manifest(), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(20);
    file << "damage";
  }
  append(torn('\0'));
  const auto size = std::filesystem::file_size(manifest());
  const auto opened = Database::open(small_config(directory_.path()));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::corrupt) << opened.error().detail;
  EXPECT_NE(opened.error().detail.find("parley restore"), std::string::npos);
  EXPECT_EQ(std::filesystem::file_size(manifest()), size);
}

TEST_F(TornManifestTest, is_refused_where_its_end_was_written_and_does_not_check) {
  append(torn('x'));
  const auto opened = Database::open(small_config(directory_.path()));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::corrupt) << opened.error().detail;
}

}  // namespace
}  // namespace parley::store::embedded
