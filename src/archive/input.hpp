#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/result.hpp"

namespace parley::archive {

/// Lines of a file, of standard input, or of bytes in memory; unpacks gzip by itself. Holds one
/// line and a fixed buffer, whatever the input is. One thread.
class Input {
 public:
  /// `-` is standard input. Errors: not_found, unavailable.
  static Result<std::unique_ptr<Input>> open(const std::filesystem::path& path);
  /// For tests: `bytes` as if they were in a file.
  static std::unique_ptr<Input> of(std::string bytes);
  ~Input();
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  /// Gives the next line without its newline; false at the end. Errors: corrupt (a last line
  /// without newline, a line above max_line, damaged or cut gzip), unavailable.
  Result<bool> line(std::string& into);
  /// Of the file, read so far, as it is there: packed, if it is.
  std::uint64_t bytes_read() const;

 private:
  struct State;
  explicit Input(std::unique_ptr<State> state);
  Result<bool> fill();
  Result<bool> unpack();

  std::unique_ptr<State> state_;
};

}  // namespace parley::archive
