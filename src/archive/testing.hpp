#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>

#include "archive/exporter.hpp"

/// What this room's tests have in common: stores in memory, and things to keep in them.
namespace parley::archive {

using Records = std::vector<chat::ArchiveRecord>;

inline Time at(std::int64_t ms) { return from_unix_ms(1'764'000'000'000 + ms); }

template <class AnyId>
AnyId id_of(std::uint32_t number) {
  AnyId id{};
  for (int i = 0; i < 4; ++i)
    id.bytes[static_cast<std::size_t>(11 - i)] = static_cast<std::uint8_t>(number >> (8 * i));
  return id;
}

/// People, logins and conversations that obey the rules, at random.
class Invention {
 public:
  explicit Invention(unsigned seed) : random_(seed) {}

  Records records(std::uint32_t people, std::uint32_t most_messages) {
    Records all;
    for (std::uint32_t i = 1; i <= people; ++i) all.emplace_back(account(i));
    for (std::uint32_t i = 1; i <= people; ++i) all.emplace_back(login(i));
    std::uint32_t number = 0;
    for (std::uint32_t i = 1; i <= people; ++i) {
      for (std::uint32_t j = i + 1; j <= people && j <= i + 2; ++j)
        add_conversation(all, ++number, i, j, 1 + pick(most_messages));
    }
    return all;
  }

  chat::Account account(std::uint32_t number) {
    chat::Account account;
    account.id = id_of<chat::UserId>(number);
    account.username = "u" + std::to_string(number);
    account.email = account.username + "@example.org";
    account.password_hash = "$2b$10$hash";
    if (pick(2)) account.name = "Quote \" \\ tab \t bell \a é 😀";
    if (pick(2)) account.avatar = "https://example.org/" + std::string(1, '\x7f');
    account.email_notifications = pick(2);
    account.administrator = pick(2);
    account.email_verified = pick(2);
    if (pick(2)) account.last_seen = at(pick(1000));
    account.created_at = at(pick(1000));
    account.updated_at = at(1000 + pick(1000));
    return account;
  }

  chat::ArchivedLogin login(std::uint32_t number) {
    return {{id_of<chat::FamilyId>(number), id_of<chat::UserId>(1 + pick(5)),
             "token" + std::to_string(number), at(1'000'000)},
            pick(3) == 0};
  }

 private:
  std::uint32_t pick(std::uint32_t below) { return static_cast<std::uint32_t>(random_() % below); }

  void add_conversation(Records& all, std::uint32_t number, std::uint32_t one, std::uint32_t other,
                        std::uint32_t count) {
    chat::ArchivedConversation talk;
    talk.conversation.id = id_of<chat::ConversationId>(number);
    talk.conversation.participants = {id_of<chat::UserId>(one), id_of<chat::UserId>(other)};
    talk.conversation.created_at = at(0);
    std::vector<chat::Message> messages;
    for (std::uint32_t seq = 1; seq <= count; ++seq) messages.push_back(message(talk, seq));
    for (std::size_t side = 0; side < 2; ++side) receive(talk, messages, side);
    all.emplace_back(std::move(talk));
    for (chat::Message& one_of : messages) all.emplace_back(std::move(one_of));
  }

  chat::Message message(const chat::ArchivedConversation& talk, chat::Seq seq) {
    const std::size_t from = pick(2);
    chat::Message message;
    message.id = id_of<chat::MessageId>(++messages_);
    message.conversation_id = talk.conversation.id;
    message.sender = talk.conversation.participants[from];
    message.receiver = talk.conversation.participants[1 - from];
    message.content = "text " + std::to_string(pick(1'000'000));
    if (pick(9) == 0) message.content += std::string("\0\n\xff\xfe", 4);
    message.seq = seq;
    message.version = version_ += 1 + pick(5);
    if (pick(3) == 0) message.client_id = "c" + std::to_string(messages_);
    message.created_at = at(now_ += pick(3));
    return message;
  }

  /// One side has received some, and read some of those.
  void receive(chat::ArchivedConversation& talk, std::vector<chat::Message>& messages,
               std::size_t side) {
    chat::ArchivedReceipt receipt{talk.conversation.participants[side], {}, {}};
    const std::size_t delivered = pick(static_cast<std::uint32_t>(messages.size() + 1));
    const std::size_t read = pick(static_cast<std::uint32_t>(delivered + 1));
    Time when = at(now_);
    for (std::size_t i = 0; i < delivered; ++i) {
      chat::Message& one = messages[i];
      if (one.receiver != receipt.user) continue;
      when += std::chrono::milliseconds(pick(2));
      one.delivered_at = when;
      receipt.delivered = {one.seq, version_ += 1, when};
      if (i >= read) continue;
      one.read_at = when;
      receipt.read = receipt.delivered;
    }
    talk.receipts.push_back(receipt);
  }

  std::mt19937 random_;
  std::uint32_t messages_ = 0;
  std::uint32_t now_ = 10;
  chat::Version version_ = 1ULL << 61;
};

/// Gives what is in a vector, a few records a batch.
class MemorySource final : public chat::ArchiveSource {
 public:
  explicit MemorySource(Records records) : records_(std::move(records)) {}

  std::string_view store() const override { return "memory"; }
  std::string fingerprint() const override { return print; }
  Result<chat::ArchiveTotals> totals() override { return chat::ArchiveTotals{}; }
  Result<Done> seek(std::string_view position) override {
    next_ = position.empty() ? 0 : static_cast<std::size_t>(std::stoul(std::string(position)));
    return Done{};
  }
  Result<chat::ArchiveBatch> next() override {
    chat::ArchiveBatch batch;
    if (fails_after-- == 0) return fail(Errc::unavailable, "the test has stopped it");
    while (next_ < records_.size() && batch.records.size() < 7)
      batch.records.push_back(records_[next_++]);
    const bool is_inside =
        next_ < records_.size() && std::holds_alternative<chat::Message>(records_[next_]);
    if (!is_inside) batch.position = std::to_string(next_);
    return batch;
  }
  chat::Version newest() const override { return 1ULL << 62; }

  std::string print = "same";
  int fails_after = -1;  ///< Batches; -1: never.

 private:
  Records records_;
  std::size_t next_ = 0;
};

/// Keeps what it is given, once.
class MemorySink final : public chat::ArchiveSink {
 public:
  Result<std::string> resume(const ObjectId& archive) override {
    return archive == archive_ ? position_ : (archive_ = archive, position_ = {});
  }
  Result<Done> accept(const Records& records, const std::string& position) override {
    if (fails_after-- == 0) return fail(Errc::conflict, "account x: the test refuses it");
    most = std::max(most, records.size());
    given += records.size();
    for (const chat::ArchiveRecord& one : records) {
      const std::string line = encode(one);
      if (kept_lines_.insert(line).second) kept.push_back(one);
    }
    if (!position.empty()) position_ = position;
    return Done{};
  }
  Result<Done> finish(chat::Version version) override {
    newest = version;
    position_.clear();
    return Done{};
  }

  Records kept;
  std::size_t given = 0;
  std::size_t most = 0;
  chat::Version newest = 0;
  int fails_after = -1;

 private:
  std::set<std::string> kept_lines_;
  ObjectId archive_{};
  std::string position_;
};

/// An empty directory, gone with its owner.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "parley-archive-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline std::string content_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void put_content(const std::filesystem::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

inline const Observer nobody = [](const Progress&) {};

inline ExportOptions options_for(const std::filesystem::path& file) {
  ExportOptions options{file, ObjectId{1, 2, 3}, at(0)};
  options.checkpoint_interval = std::chrono::milliseconds(0);
  return options;
}

/// The lines of an archive of these records.
inline std::string archive_of(const Records& records) {
  const ScratchFolder folder;
  MemorySource source(records);
  const auto exported = export_archive(source, options_for(folder / "file"), nobody);
  if (!exported) throw std::runtime_error(exported.error().detail);
  return content_of(folder / "file");
}

}  // namespace parley::archive
