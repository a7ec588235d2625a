#pragma once

#include <cstdio>
#include <memory>
#include <optional>

#include "archive/lines.hpp"

namespace parley::archive {

/// What can be said of an account, a login or a whole conversation without having it.
struct Check {
  enum class Kind : std::uint8_t { account, login, conversation };

  Kind kind = Kind::account;
  ObjectId id{};
  std::uint64_t messages = 0;  ///< Of a conversation.
  std::int64_t expires = 0;    ///< Of a login: Unix milliseconds.
  Digest digest{};             ///< Over its lines.

  std::string name() const;
  /// In the order of an archive.
  bool before(const Check& other) const;
};

/// Makes checks out of records, in their order.
class Tally {
 public:
  /// Gives the check that is complete now, if one is.
  std::optional<Check> add(const chat::ArchiveRecord& record);
  /// The last conversation, if one is open.
  std::optional<Check> end();

 private:
  std::optional<Check> open_;
  Chain chain_;
};

/// Checks of a whole archive, in a temporary file without a name: 64 bytes each.
class Checklist {
 public:
  /// Throws std::runtime_error when there is no place for temporary files.
  Checklist();

  void add(const Check& check);
  std::uint64_t size() const { return size_; }
  /// Each of them once, from the first on; nullopt: no more. After the first call nothing can be
  /// added.
  std::optional<Check> next();

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> file_;
  std::uint64_t size_ = 0;
  bool is_read_ = false;
};

}  // namespace parley::archive
