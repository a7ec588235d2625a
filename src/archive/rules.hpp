#pragma once

#include <optional>
#include <string>

#include "chat/ports/archive.hpp"

namespace parley::archive {

/// Whether records come in the order, and agree with each other, as `chat::ArchiveRecord` says.
/// Source: docs/formats/archive.md, "Rules". Plain values; one thread.
class Rules {
 public:
  /// corrupt: the detail names the record.
  Result<Done> check(const chat::ArchiveRecord& record);
  /// The conversation's last message was checked. corrupt, as above.
  Result<Done> end();

  /// The one whose messages come now.
  const chat::Conversation* conversation() const { return open_ ? &open_->conversation : nullptr; }
  const chat::ArchiveTotals& totals() const { return totals_; }
  /// The greatest version of any record.
  chat::Version newest() const { return newest_; }
  /// Continues counting after other records.
  void resume(const chat::ArchiveTotals& totals, chat::Version newest);

 private:
  enum class Section { accounts, logins, conversations };

  Result<Done> enter(Section section, const ObjectId& id, const char* kind);
  Result<Done> check_one(const chat::Account& account);
  Result<Done> check_one(const chat::ArchivedLogin& login);
  Result<Done> check_one(const chat::ArchivedConversation& conversation);
  Result<Done> check_one(const chat::Message& message);
  Result<Done> check_marks(const chat::Message& message);

  Section section_ = Section::accounts;
  std::optional<ObjectId> last_id_;
  std::optional<chat::ArchivedConversation> open_;
  chat::Seq last_seq_ = 0;
  chat::Version last_version_ = 0;
  Time last_created_;
  /// For each participant, of the messages to them.
  struct Passed {
    std::optional<Time> delivered, read;
  };
  std::vector<Passed> passed_;
  chat::ArchiveTotals totals_;
  chat::Version newest_ = 0;
};

}  // namespace parley::archive
