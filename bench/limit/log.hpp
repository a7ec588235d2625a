#pragma once

#include <string>
#include <string_view>

#include "base/descriptor.hpp"

namespace parley::limit {

/// An append-only file. What a turn stores leaves in one write and one fdatasync.
class Log {
 public:
  /// Throws std::system_error when the file cannot be opened.
  explicit Log(const std::string& path);

  /// A record: its length in four bytes, then `bytes`.
  void append(std::string_view bytes);
  bool is_empty() const { return waiting_.empty(); }
  /// All that was appended is on disk when it returns; throws std::system_error when it is not.
  void sync();

 private:
  Descriptor file_;
  std::string waiting_;
};

}  // namespace parley::limit
