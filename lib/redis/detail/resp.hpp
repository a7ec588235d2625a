#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "redis/reply.hpp"

namespace parley::redis::detail {

/// Appends a command as RESP2 sends it: an array of bulk strings.
void append_command(std::string& out, std::span<const std::string> command);

/// A reply, and about how many bytes of memory it takes.
struct SizedReply {
  Reply reply;
  std::size_t size = 0;
};

/// Bytes of a server in, replies out. Takes at most about twice `max_reply` bytes of memory,
/// whatever comes. Refused as corrupt: what is not RESP2, replies that take more than `max_reply`,
/// lines of more than 64 KiB, and more than 8 arrays within one another (hiredis' limit). After an
/// error: no use.
class ReplyReader {
 public:
  explicit ReplyReader(std::size_t max_reply);
  ~ReplyReader();
  ReplyReader(const ReplyReader&) = delete;
  ReplyReader& operator=(const ReplyReader&) = delete;

  Result<Done> feed(std::string_view bytes);
  /// nullopt: it has not come whole yet.
  Result<std::optional<SizedReply>> next();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace parley::redis::detail
