#include "settings/secrets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <set>
#include <thread>

#include "settings/scratch_folder.hpp"

namespace parley::app {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

unsigned mode_of(const fs::path& path) {
  struct stat status {};
  EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777;
}

Settings with(Mode mode, std::string access, std::string refresh) {
  Settings settings;
  settings.server.mode = mode;
  settings.auth.access_token_secret = std::move(access);
  settings.auth.refresh_token_secret = std::move(refresh);
  return settings;
}

Settings in(const fs::path& folder) {
  Settings settings;
  settings.store.data_dir = folder;
  return settings;
}

std::string error_of(Settings settings) {
  const auto result = provide_secrets(settings);
  return result ? "no error" : result.error().detail;
}

const std::string good_access(32, 'a');
const std::string good_refresh(32, 'r');

TEST(CheckSecrets, is_content_with_good_ones) {
  for (const auto mode : {Mode::development, Mode::production, Mode::test}) {
    const auto findings = check_secrets(with(mode, good_access, good_refresh));
    EXPECT_THAT(findings.problems, IsEmpty());
    EXPECT_THAT(findings.warnings, IsEmpty());
  }
}

TEST(CheckSecrets, production_says_what_to_set) {
  const auto findings = check_secrets(with(Mode::production, "", good_refresh));
  EXPECT_THAT(findings.problems,
              ElementsAre("ACCESS_TOKEN_SECRET is not set: in production it must be, to a random "
                          "text of at least 32 bytes (for example the output of: openssl rand "
                          "-base64 48)."));
  EXPECT_EQ(check_secrets(with(Mode::production, "", "")).problems.size(), 2u);
}

TEST(CheckSecrets, development_does_without) {
  const auto findings = check_secrets(with(Mode::development, "", ""));
  EXPECT_THAT(findings.problems, IsEmpty());
  EXPECT_THAT(findings.warnings, IsEmpty());
}

TEST(CheckSecrets, production_refuses_fewer_than_32_bytes) {
  const std::string secret(31, 's');
  const auto findings = check_secrets(with(Mode::production, secret, good_refresh));
  EXPECT_THAT(findings.problems, ElementsAre("ACCESS_TOKEN_SECRET has 31 bytes: it must have at "
                                             "least 32 in production."));
  EXPECT_THAT(findings.problems.front(), Not(HasSubstr(secret)));
}

TEST(CheckSecrets, development_refuses_fewer_than_16_bytes_and_warns_below_32) {
  const auto short_one = check_secrets(with(Mode::development, good_access, std::string(15, 's')));
  EXPECT_THAT(short_one.problems,
              ElementsAre("REFRESH_TOKEN_SECRET has 15 bytes: it must have at least 16."));
  const auto weak = check_secrets(with(Mode::development, good_access, std::string(16, 's')));
  EXPECT_THAT(weak.problems, IsEmpty());
  EXPECT_THAT(weak.warnings,
              ElementsAre("REFRESH_TOKEN_SECRET has 16 bytes: production refuses fewer than 32."));
}

TEST(CheckSecrets, equal_ones_are_refused_in_production_and_warned_of_elsewhere) {
  const auto production = check_secrets(with(Mode::production, good_access, good_access));
  ASSERT_EQ(production.problems.size(), 1u);
  EXPECT_THAT(production.problems[0], HasSubstr("are equal"));
  const auto development = check_secrets(with(Mode::development, good_access, good_access));
  EXPECT_THAT(development.problems, IsEmpty());
  ASSERT_EQ(development.warnings.size(), 1u);
  EXPECT_THAT(development.warnings[0], HasSubstr("are equal"));
}

TEST(ProvideSecrets, makes_them_once_and_keeps_them) {
  const ScratchFolder folder;
  auto first = in(folder / "data");
  ASSERT_TRUE(provide_secrets(first));
  EXPECT_EQ(first.auth.access_token_secret.size(), 43u);
  EXPECT_EQ(first.auth.refresh_token_secret.size(), 43u);
  EXPECT_NE(first.auth.access_token_secret, first.auth.refresh_token_secret);
  auto second = in(folder / "data");
  ASSERT_TRUE(provide_secrets(second));
  EXPECT_EQ(second.auth.access_token_secret, first.auth.access_token_secret);
  EXPECT_EQ(second.auth.refresh_token_secret, first.auth.refresh_token_secret);
  EXPECT_THAT(check_secrets(second).warnings, IsEmpty());
}

TEST(ProvideSecrets, keeps_them_for_the_owner_only) {
  const ScratchFolder folder;
  auto settings = in(folder / "a" / "data");
  ASSERT_TRUE(provide_secrets(settings));
  EXPECT_EQ(mode_of(folder / "a" / "data"), 0700u);
  EXPECT_EQ(mode_of(folder / "a" / "data" / "secrets"), 0600u);
}

TEST(ProvideSecrets, leaves_no_draft_behind) {
  const ScratchFolder folder;
  auto settings = in(folder / "data");
  ASSERT_TRUE(provide_secrets(settings));
  EXPECT_EQ(std::distance(fs::directory_iterator{folder / "data"}, {}), 1);
}

TEST(ProvideSecrets, are_base64url) {
  const ScratchFolder folder;
  auto settings = in(folder / "data");
  ASSERT_TRUE(provide_secrets(settings));
  EXPECT_EQ(settings.auth.access_token_secret.find_first_not_of(
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
            std::string::npos);
}

TEST(ProvideSecrets, touches_no_disk_when_both_are_set) {
  const ScratchFolder folder;
  auto settings = in(folder / "data");
  settings.auth.access_token_secret = good_access;
  settings.auth.refresh_token_secret = good_refresh;
  ASSERT_TRUE(provide_secrets(settings));
  EXPECT_FALSE(fs::exists(folder / "data"));
  EXPECT_EQ(settings.auth.access_token_secret, good_access);
}

TEST(ProvideSecrets, fills_in_only_what_is_missing) {
  const ScratchFolder folder;
  auto settings = in(folder / "data");
  settings.auth.access_token_secret = good_access;
  ASSERT_TRUE(provide_secrets(settings));
  EXPECT_EQ(settings.auth.access_token_secret, good_access);
  EXPECT_EQ(settings.auth.refresh_token_secret.size(), 43u);
}

TEST(ProvideSecrets, refuses_a_file_that_others_can_read) {
  const ScratchFolder folder;
  auto settings = in(folder / "data");
  ASSERT_TRUE(provide_secrets(settings));
  for (const ::mode_t mode : {0640, 0604, 0620, 0666}) {
    ASSERT_EQ(::chmod((folder / "data" / "secrets").c_str(), mode), 0);
    EXPECT_THAT(error_of(in(folder / "data")), HasSubstr("can be read or changed by others"));
  }
  EXPECT_THAT(error_of(in(folder / "data")), HasSubstr("run chmod 600 "));
}

TEST(ProvideSecrets, refuses_a_link_in_the_place_of_the_file) {
  const ScratchFolder folder;
  fs::create_directory(folder / "data");
  fs::create_symlink(folder / "elsewhere", folder / "data" / "secrets");
  EXPECT_THAT(error_of(in(folder / "data")), HasSubstr("Cannot read"));
  EXPECT_FALSE(fs::exists(folder / "elsewhere"));
}

TEST(ProvideSecrets, refuses_a_file_that_does_not_hold_both) {
  const ScratchFolder folder;
  fs::create_directory(folder / "data");
  for (const std::string& content :
       {std::string{}, std::string{"ACCESS_TOKEN_SECRET=abc\n"},
        "ACCESS_TOKEN_SECRET=" + good_access + "\n", std::string{"not of that form\n"}}) {
    const auto path = folder.file("data/secrets", content);
    ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
    EXPECT_THAT(error_of(in(folder / "data")), HasSubstr("does not hold both secrets")) << content;
  }
}

TEST(ProvideSecrets, never_makes_them_in_production) {
  const ScratchFolder folder;
  auto settings = in(folder / "data");
  settings.server.mode = Mode::production;
  EXPECT_EQ(error_of(settings), "In production secrets are set, never made.");
  EXPECT_FALSE(fs::exists(folder / "data"));
}

TEST(ProvideSecrets, says_when_the_folder_cannot_be_made) {
  const ScratchFolder folder;
  folder.file("taken", "a file");
  EXPECT_THAT(error_of(in(folder / "taken" / "data")), HasSubstr("Cannot make the folder"));
}

TEST(ProvideSecrets, starts_at_once_agree_on_one_file) {
  const ScratchFolder folder;
  constexpr std::size_t starts = 8;
  std::vector<Settings> all(starts, in(folder / "data"));
  std::vector<std::string> errors(starts);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < starts; ++i) {
    threads.emplace_back([&, i] {
      if (auto done = provide_secrets(all[i]); !done) errors[i] = done.error().detail;
    });
  }
  for (auto& thread : threads) thread.join();
  std::set<std::string> secrets;
  for (const auto& settings : all) secrets.insert(settings.auth.access_token_secret);
  EXPECT_EQ(secrets.size(), 1u) << ::testing::PrintToString(errors);
  EXPECT_THAT(errors, ::testing::Each(""));
}

}  // namespace
}  // namespace parley::app
