#include "settings/documents.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

#include "settings/fields.hpp"
#include "settings/scratch_folder.hpp"

namespace parley::app {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string read_document(const std::string& name) {
  std::ifstream in{PARLEY_SOURCE_DIR "/docs/" + name};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// The sample with the `#` before each key removed: what an operator would do.
std::string uncommented_sample() {
  std::string text = sample_document();
  for (const Field& field : fields()) {
    const auto line = "# " + field.name + " =";
    const auto at = text.find(line + " ");
    if (at != std::string::npos) text.erase(at, 2);
  }
  return text;
}

TEST(Documents, config_md_is_what_the_fields_say) {
  EXPECT_EQ(read_document("config.md"), reference_document()) << "run scripts/docs";
}

TEST(Documents, ask_for_no_length_of_what_others_have_made) {
  EXPECT_EQ(find_field("redis-password")->allowed, "text");
  EXPECT_THAT(find_field("access-token-secret")->allowed, HasSubstr("at least 16 bytes"));
}

TEST(Documents, the_sample_file_is_what_the_fields_say) {
  EXPECT_EQ(read_document("parley.sample.conf"), sample_document()) << "run scripts/docs";
}

TEST(Documents, have_every_field) {
  for (const Field& field : fields()) {
    EXPECT_THAT(reference_document(), HasSubstr("| `" + field.name + "` |"));
    EXPECT_THAT(sample_document(), HasSubstr("# " + field.name + " ="));
    for (const auto& variable : field.variables) {
      EXPECT_THAT(reference_document(), HasSubstr("`" + variable + "`"));
    }
  }
}

TEST(Documents, the_sample_file_can_be_loaded_as_it_is) {
  const ScratchFolder folder;
  const auto file = folder.file("sample.conf", sample_document());
  const auto loaded = load({{}, {}, folder / ".env", file});
  ASSERT_TRUE(loaded) << loaded.error().detail;
  EXPECT_TRUE(loaded->sources.empty());
}

TEST(Documents, the_samples_defaults_are_the_defaults) {
  const ScratchFolder folder;
  const auto file = folder.file("sample.conf", uncommented_sample());
  const auto loaded = load({{}, {}, folder / ".env", file});
  ASSERT_TRUE(loaded) << loaded.error().detail;
  EXPECT_GT(loaded->sources.size(), fields().size() / 2);
  for (const Field& field : fields()) {
    EXPECT_EQ(field.write(loaded->settings), field.write(Settings{})) << field.name;
  }
}

TEST(Documents, settings_in_force_are_a_config_file) {
  const ScratchFolder folder;
  const auto before = load({{{"port", "9000"}, {"client-url", "https://a.example,https://b"}},
                            {{"ACCESS_TOKEN_SECRET", "hidden hidden hidden"}},
                            folder / ".env",
                            std::nullopt});
  ASSERT_TRUE(before) << before.error().detail;
  const auto text = settings_in_force(*before);
  EXPECT_THAT(text, HasSubstr("port = 9000  # flag\n"));
  EXPECT_THAT(text, HasSubstr("host = 0.0.0.0  # default\n"));
  EXPECT_THAT(text, HasSubstr("# access-token-secret is set (environment)\n"));
  EXPECT_THAT(text, HasSubstr("# refresh-token-secret is unset\n"));
  EXPECT_THAT(text, Not(HasSubstr("hidden")));
  const auto after = load({{}, {}, folder / ".env", folder.file("again.conf", text)});
  ASSERT_TRUE(after) << after.error().detail;
  EXPECT_EQ(after->settings.server.client_url, before->settings.server.client_url);
  EXPECT_EQ(after->settings.server.port, 9000);
}

TEST(Fields, have_unique_names_and_variables) {
  std::set<std::string> names;
  std::set<std::string> variables;
  for (const Field& field : fields()) {
    EXPECT_TRUE(names.insert(field.name).second) << field.name;
    for (const auto& variable : field.variables) {
      EXPECT_TRUE(variables.insert(variable).second) << variable;
      EXPECT_EQ(find_field_by_variable(variable), &field);
    }
    EXPECT_EQ(find_field(field.name), &field);
    EXPECT_FALSE(field.meaning.empty());
    EXPECT_EQ(field.meaning.back(), '.') << field.name;
  }
}

TEST(Fields, write_what_they_read) {
  for (const Field& field : fields()) {
    if (field.secret) continue;
    Settings settings;
    const auto text = field.write(settings);
    EXPECT_TRUE(field.read(settings, text)) << field.name << " = " << text;
    EXPECT_EQ(field.write(settings), text);
  }
}

TEST(Fields, a_refused_text_changes_nothing) {
  for (const Field& field : fields()) {
    Settings settings;
    const auto before = field.write(settings);
    EXPECT_FALSE(field.read(settings, std::string_view{"\x01\0", 2})) << field.name;
    EXPECT_EQ(field.write(settings), before);
  }
}

}  // namespace
}  // namespace parley::app
