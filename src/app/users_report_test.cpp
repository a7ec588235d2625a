#include "app/users_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>
#include <sstream>

#include "settings/scratch_folder.hpp"

namespace parley::app {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class UsersReport : public ::testing::Test {
 protected:
  int export_to(const fs::path& file) {
    UserRequest request{"export", "ann@example.org"};
    request.file = file.string();
    const Terminal terminal{out, err, [](const std::string&) { return false; }, in};
    return report_user(
        request, [this](const json::object& question) { return answer(question); }, terminal);
  }
  Result<json::object> answer(const json::object& question) const {
    const std::string_view verb = question.at("verb").as_string();
    if (verb == fails_at) return fail(Errc::unavailable, "the server is gone");
    if (verb == "show") return json::object{{"username", "ann"}};
    if (verb == "sessions") return json::object{{"sessions", json::array{}}};
    return json::object{{"records", json::array{}}};
  }
  static std::string content_of(const fs::path& file) {
    std::ifstream stream{file};
    return {std::istreambuf_iterator<char>{stream}, {}};
  }

  ScratchFolder folder;
  std::istringstream in;
  std::ostringstream out, err;
  std::string fails_at;  ///< The verb that gets no answer.
};

TEST_F(UsersReport, exports_into_a_file_for_its_owner_alone) {
  EXPECT_EQ(export_to(folder / "ann.jsonl"), 0);
  EXPECT_EQ(content_of(folder / "ann.jsonl"), "{\"kind\":\"account\",\"username\":\"ann\"}\n");
  EXPECT_EQ(fs::status(folder / "ann.jsonl").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(UsersReport, leaves_a_file_alone_that_was_there) {
  const fs::path file = folder.file("bob.jsonl", "what was exported of bob");
  EXPECT_EQ(export_to(file), 1);
  EXPECT_THAT(err.str(), HasSubstr("bob.jsonl exists already"));
  EXPECT_EQ(content_of(file), "what was exported of bob");
}

TEST_F(UsersReport, leaves_no_half_of_an_export) {
  fails_at = "export";
  EXPECT_EQ(export_to(folder / "ann.jsonl"), 1);
  EXPECT_THAT(err.str(), HasSubstr("the server is gone"));
  EXPECT_FALSE(fs::exists(folder / "ann.jsonl"));
}

TEST_F(UsersReport, says_where_it_cannot_write) {
  EXPECT_EQ(export_to(folder / "no such folder" / "ann.jsonl"), 1);
  EXPECT_THAT(err.str(), HasSubstr("cannot be written: No such file or directory"));
}

}  // namespace
}  // namespace parley::app
