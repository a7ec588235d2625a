#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "archive/chain.hpp"
#include "chat/ports/archive.hpp"

/// One line of an archive. Source: docs/formats/archive.md, "Lines".
namespace parley::archive {

inline constexpr std::uint64_t format_version = 1;
/// Bytes of a line: the largest message that MongoDB can hold, escaped, fits in.
inline constexpr std::size_t max_line = 100u << 20;

/// The first line.
struct Header {
  ObjectId id{};      ///< Of this archive.
  std::string store;  ///< What it was read from: `embedded`, `mongodb`.
  Time written_at;    ///< When the export began.

  friend bool operator==(const Header&, const Header&) = default;
};

/// Behind the last message of a conversation.
struct End {
  chat::ConversationId conversation;
  std::uint64_t messages = 0;
  Digest digest{};  ///< Over the conversation's line and its messages'.

  friend bool operator==(const End&, const End&) = default;
};

/// The last line.
struct Trailer {
  chat::ArchiveTotals totals;
  chat::Version newest = 0;
  Digest digest{};  ///< `sealed`: over the lines of accounts, logins and ends, and this one.

  friend bool operator==(const Trailer&, const Trailer&) = default;
};

using Line = std::variant<Header, chat::Account, chat::ArchivedLogin, chat::ArchivedConversation,
                          chat::Message, End, Trailer>;

/// Without the newline. There is one way to write each.
std::string encode(const Header& header);
std::string encode(const chat::Account& account);
std::string encode(const chat::ArchivedLogin& login);
std::string encode(const chat::ArchivedConversation& conversation);
/// Without what its conversation says.
std::string encode(const chat::Message& message);
std::string encode(const End& end);
std::string encode(const Trailer& trailer);
std::string encode(const chat::ArchiveRecord& record);

/// What the trailer's digest is behind lines of this checksum: it covers the trailer's own line, in
/// which the digest is still zeros.
Digest sealed(Chain whole, Trailer trailer);

/// `within`: the conversation that messages and ends are of; nullptr: none is open. Errors: corrupt
/// (anything that `encode` does not write), not_supported (a newer format).
Result<Line> decode(std::string_view line, const chat::Conversation* within);

}  // namespace parley::archive
