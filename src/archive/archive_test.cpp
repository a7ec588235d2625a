#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archive/comparison.hpp"
#include "archive/importer.hpp"
#include "archive/testing.hpp"

namespace parley::archive {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

Result<Imported> import_bytes(const std::string& bytes, chat::ArchiveSink& sink,
                              Checklist* checks = nullptr) {
  const auto input = Input::of(bytes);
  Checklist own;
  return import_archive(*input, sink, checks ? *checks : own, 0, nobody);
}

Result<Imported> check_bytes(const std::string& bytes) {
  const auto input = Input::of(bytes);
  Checklist checks;
  return check_archive(*input, checks, nobody);
}

std::string problem(const std::string& bytes) {
  const auto checked = check_bytes(bytes);
  return checked ? "none" : checked.error().detail;
}

TEST(Archive, brings_back_what_was_put_in) {
  for (unsigned seed = 1; seed <= 10; ++seed) {
    const Records records = Invention(seed).records(9, 60);
    const std::string bytes = archive_of(records);
    MemorySink sink;
    const auto imported = import_bytes(bytes, sink);
    ASSERT_TRUE(imported) << imported.error().detail;
    EXPECT_EQ(sink.kept, records);
    EXPECT_EQ(imported->totals.all(), records.size());
    EXPECT_EQ(imported->header.store, "memory");
    EXPECT_EQ(sink.newest, 1ULL << 62);
    EXPECT_EQ(archive_of(sink.kept), bytes);
  }
}

TEST(Archive, may_be_empty) {
  MemorySink sink;
  EXPECT_TRUE(import_bytes(archive_of({}), sink));
  EXPECT_TRUE(sink.kept.empty());
}

TEST(Archive, is_packed_where_its_name_says_so) {
  const Records records = Invention(3).records(9, 60);
  const ScratchFolder folder;
  MemorySource source(records);
  ASSERT_TRUE(export_archive(source, options_for(folder / "file.gz"), nobody));
  const std::string packed = content_of(folder / "file.gz");
  EXPECT_EQ(packed.substr(0, 2), "\x1f\x8b");
  MemorySink sink;
  ASSERT_TRUE(import_bytes(packed, sink));
  EXPECT_EQ(sink.kept, records);
  for (std::size_t size = 0; size < packed.size(); size += 101) {
    MemorySink other;
    EXPECT_FALSE(import_bytes(packed.substr(0, size), other)) << size;
  }
}

TEST(Archive, is_for_its_owner_alone) {
  const ScratchFolder folder;
  MemorySource source({});
  ASSERT_TRUE(export_archive(source, options_for(folder / "file"), nobody));
  namespace fs = std::filesystem;
  EXPECT_EQ(fs::status(folder / "file").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_FALSE(fs::exists(folder / "file.part"));
  EXPECT_FALSE(fs::exists(folder / "file.part.position"));
}

TEST(Archive, is_written_by_one_export_at_a_time) {
  const Records records = Invention(5).records(8, 20);
  const ScratchFolder folder;
  MemorySource source(records);
  Result<Exported> second = fail(Errc::internal);
  const auto exported = export_archive(source, options_for(folder / "file"), [&](const Progress&) {
    if (std::filesystem::exists(folder / "file")) return;
    MemorySource other(records);
    second = export_archive(other, options_for(folder / "file"), nobody);
  });
  ASSERT_TRUE(exported) << exported.error().detail;
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::conflict);
  EXPECT_THAT(second.error().detail, HasSubstr("file.part is being written by another export"));
  EXPECT_EQ(content_of(folder / "file"), archive_of(records));
}

TEST(Archive, takes_the_place_of_no_file_that_has_appeared) {
  const ScratchFolder folder;
  MemorySource source(Invention(5).records(8, 20));
  const auto exported = export_archive(source, options_for(folder / "file"), [&](const Progress&) {
    put_content(folder / "file", "another");
  });
  ASSERT_FALSE(exported);
  EXPECT_EQ(exported.error().code, Errc::conflict);
  EXPECT_EQ(content_of(folder / "file"), "another");
  EXPECT_TRUE(std::filesystem::exists(folder / "file.part")) << "it is whole";
  const auto again = export_archive(source, options_for(folder / "file"), nobody);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::conflict);
  EXPECT_EQ(content_of(folder / "file"), "another");
}

TEST(Archive, goes_on_where_an_export_has_stopped) {
  const Records records = Invention(5).records(8, 20);
  const std::string whole = archive_of(records);
  for (const char* name : {"file", "file.gz"}) {
    for (int stop = 1; stop < 30; stop += 9) {
      const ScratchFolder folder;
      MemorySource source(records);
      int runs = 0;
      for (;; ++runs) {
        source.fails_after = stop + runs;
        if (export_archive(source, options_for(folder / name), nobody)) break;
        EXPECT_FALSE(std::filesystem::exists(folder / name));
        ASSERT_LT(runs, 200);
      }
      MemorySink sink;
      ASSERT_TRUE(import_bytes(content_of(folder / name), sink));
      EXPECT_EQ(sink.kept, records);
      if (std::string(name) == "file") {
        EXPECT_EQ(content_of(folder / name), whole) << stop;
      }
    }
  }
}

TEST(Archive, says_that_it_went_on_and_begins_anew_when_the_store_has_changed) {
  const Records records = Invention(5).records(12, 30);
  const ScratchFolder folder;
  MemorySource source(records);
  source.fails_after = 20;
  ASSERT_FALSE(export_archive(source, options_for(folder / "file"), nobody));
  const std::string place = content_of(folder / "file.part.position");
  const std::string part = content_of(folder / "file.part");
  EXPECT_THAT(place, HasSubstr("\"fingerprint\":\"same\""));
  auto exported = export_archive(source, options_for(folder / "file"), nobody);
  ASSERT_TRUE(exported);
  EXPECT_TRUE(exported->was_resumed);

  for (int way = 0; way < 3; ++way) {
    put_content(folder / "file.part", way == 1 ? part.substr(0, 10) : part);
    put_content(folder / "file.part.position", way == 2 ? "nonsense" : place);
    MemorySource other(records);
    if (way == 0) other.print = "other";
    std::filesystem::remove(folder / "file");
    exported = export_archive(other, options_for(folder / "file"), nobody);
    ASSERT_TRUE(exported);
    EXPECT_FALSE(exported->was_resumed);
    EXPECT_EQ(content_of(folder / "file"), archive_of(records));
  }
}

TEST(Archive, is_not_written_against_the_rules) {
  Records records = Invention(5).records(4, 9);
  std::get<chat::Message>(records.back()).version = 0;
  const ScratchFolder folder;
  MemorySource source(records);
  const auto exported = export_archive(source, options_for(folder / "file"), nobody);
  ASSERT_FALSE(exported);
  EXPECT_EQ(exported.error().code, Errc::corrupt);
  EXPECT_FALSE(std::filesystem::exists(folder / "file"));
}

TEST(Archive, is_imported_from_where_an_import_has_stopped) {
  const Records records = Invention(6).records(30, 60);
  const std::string bytes = archive_of(records);
  MemorySink sink;
  int runs = 0;
  Result<Imported> imported = fail(Errc::unavailable);
  for (; !imported; ++runs) {
    sink.fails_after = 2;
    imported = import_bytes(bytes, sink);
    ASSERT_LT(runs, 100);
  }
  EXPECT_GT(runs, 2);
  EXPECT_GT(imported->skipped, 0u);
  EXPECT_EQ(sink.kept, records);
  EXPECT_LT(sink.given, 2 * records.size());
  EXPECT_LE(sink.most, 500u);
}

TEST(Archive, stops_at_what_the_store_refuses) {
  MemorySink sink;
  sink.fails_after = 0;
  const auto refused = import_bytes(archive_of(Invention(1).records(3, 3)), sink);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().detail, HasSubstr("account x"));
}

TEST(Archive, is_refused_where_it_is_cut) {
  const std::string bytes = archive_of(Invention(7).records(5, 6));
  ASSERT_EQ(problem(bytes), "none");
  for (std::size_t size = 0; size < bytes.size(); size += size % 13 + 1)
    EXPECT_THAT(problem(bytes.substr(0, size)), MatchesRegex("line [0-9]+: the file ends .*"));
}

TEST(Archive, is_refused_where_a_byte_is_another) {
  const std::string bytes = archive_of(Invention(7).records(3, 4));
  const std::size_t header = bytes.find('\n');
  for (std::size_t i = header + 1; i < bytes.size(); ++i) {
    std::string flipped = bytes;
    flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 7)));
    EXPECT_EQ(problem(flipped).substr(0, 5), "line ") << "byte " << i;
  }
}

TEST(Archive, is_refused_where_a_line_is_gone_doubled_or_moved) {
  const std::string bytes = archive_of(Invention(8).records(4, 5));
  std::vector<std::string> lines;
  std::istringstream in(bytes);
  for (std::string line; std::getline(in, line);) lines.push_back(line + "\n");
  const auto joined = [](const std::vector<std::string>& all) {
    std::string text;
    for (const std::string& one : all) text += one;
    return text;
  };
  ASSERT_EQ(joined(lines), bytes);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto other = lines;
    other.erase(other.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_NE(problem(joined(other)), "none") << "without line " << i + 1;
    other = lines;
    other.insert(other.begin() + static_cast<std::ptrdiff_t>(i), lines[i]);
    EXPECT_NE(problem(joined(other)), "none") << "twice line " << i + 1;
    if (i + 1 == lines.size()) continue;
    other = lines;
    std::swap(other[i], other[i + 1]);
    EXPECT_NE(problem(joined(other)), "none") << "exchanged line " << i + 1;
  }
  EXPECT_THAT(problem(bytes + "\n"), HasSubstr("complete, and the file goes on"));
}

TEST(Archive, does_not_swallow_lines_without_end) {
  EXPECT_THAT(problem(std::string(max_line + 1, 'x')), HasSubstr("line 1: the line is too long"));
}

TEST(Archive, is_compared_with_a_store) {
  const Records records = Invention(9).records(6, 12);
  const std::string bytes = archive_of(records);
  const auto compare_with = [&](const Records& stored, Time now = at(0)) {
    MemorySink sink;
    Checklist checks;
    EXPECT_TRUE(import_bytes(bytes, sink, &checks));
    MemorySource source(stored);
    auto compared = compare(checks, source, now, nobody);
    EXPECT_TRUE(compared);
    EXPECT_EQ(compared->mismatches, compared->named.size());
    return *compared;
  };
  const auto all = compare_with(records);
  EXPECT_EQ(all.mismatches, 0u);
  EXPECT_EQ(all.checked, 6u + 6u + 9u);

  Records altered = records;
  std::get<chat::Message>(altered.back()).content += "!";
  const auto talk = std::get<chat::Message>(altered.back()).conversation_id.hex();
  EXPECT_THAT(compare_with(altered).named,
              ElementsAre("conversation " + talk + ": its messages or receipts differ"));
  altered.pop_back();
  EXPECT_THAT(compare_with(altered).named,
              ElementsAre(MatchesRegex("conversation " + talk +
                                       ": [0-9]+ messages in the archive, [0-9]+ in the store")));
  altered = records;
  std::get<chat::Account>(altered[0]).username += "!";
  altered.erase(altered.begin() + 8);  // a login
  EXPECT_THAT(compare_with(altered).named,
              ElementsAre("account 000000000000000000000001: differs",
                          "login 000000000000000000000003: is not in the store"));
  altered.erase(altered.begin());
  EXPECT_EQ(compare_with(altered, at(2'000'000)).named.size(), 1u) << "the login has expired";
  EXPECT_EQ(compare_with({}).mismatches, 21u);
}

TEST(Archive, is_compared_without_what_the_store_has_besides) {
  Records records = Invention(9).records(6, 12);
  const Records stored = records;
  std::erase_if(records, [](const auto& one) {
    const auto* account = std::get_if<chat::Account>(&one);
    return account && account->id == id_of<chat::UserId>(2);
  });
  MemorySink sink;
  Checklist checks;
  ASSERT_TRUE(import_bytes(archive_of(records), sink, &checks));
  MemorySource source(stored);
  EXPECT_EQ(compare(checks, source, at(0), nobody)->mismatches, 0u);
}

TEST(Archive, names_only_so_many_differences) {
  const Records records = Invention(9).records(150, 1);
  MemorySink sink;
  Checklist checks;
  ASSERT_TRUE(import_bytes(archive_of(records), sink, &checks));
  MemorySource source(Records{});
  const auto compared = compare(checks, source, at(0), nobody);
  EXPECT_EQ(compared->named.size(), Comparison::max_named);
  EXPECT_GT(compared->mismatches, Comparison::max_named);
}

TEST(Input, says_why_a_file_cannot_be_read) {
  EXPECT_EQ(Input::open("/nowhere/at/all").error().code, Errc::not_found);
  EXPECT_THAT(Input::open("/nowhere/at/all").error().detail, HasSubstr("/nowhere/at/all"));
}

}  // namespace
}  // namespace parley::archive
