#pragma once

#include <optional>
#include <string>

#include "archive/input.hpp"
#include "archive/lines.hpp"
#include "archive/rules.hpp"

namespace parley::archive {

/// Reads an archive line by line and checks everything that can be checked: form, order, rules,
/// counts, checksums. Memory: a line. One thread.
class Reader {
 public:
  /// `input` outlives it.
  explicit Reader(Input& input) : input_(input) {}

  /// The first line; call it once, before `next`.
  Result<Header> header();
  /// nullopt: the archive was read to its end, and is complete. Errors: corrupt, not_supported,
  /// unavailable; the detail begins with `line N: `. After an error: nothing more.
  Result<std::optional<Line>> next();

  std::uint64_t line() const { return line_; }
  const chat::ArchiveTotals& totals() const { return rules_.totals(); }
  const Input& input() const { return input_; }

 private:
  Result<std::optional<Line>> read();
  Result<Done> check(const Line& line);
  Result<Done> check_record(const chat::ArchiveRecord& record);
  Result<Done> check_end(const End& end);
  Result<Done> check_trailer(const Trailer& trailer);
  Error at_line(Error error) const;

  Input& input_;
  std::string text_;
  std::uint64_t line_ = 0;
  Rules rules_;
  Chain whole_;
  Chain conversation_;
  std::uint64_t messages_ = 0;  ///< Of the conversation.
  bool is_complete_ = false;
};

}  // namespace parley::archive
