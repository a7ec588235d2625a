#pragma once

#include <string>
#include <string_view>

namespace parley::mail::detail {

/// What a server replies, put together from its lines. Source: RFC 5321, 4.2.1.
class SmtpReply {
 public:
  /// One line as it came, with its end. What follows a last line (`250 …`) begins a new reply.
  void add(std::string_view line);
  /// True when the last reply is whole, and 4xx or 5xx.
  bool is_refusal() const;
  /// The last 4xx or 5xx, `550 5.1.1 No such user`: one line without controls, cut to a few hundred
  /// characters. Empty when there was none.
  std::string refusal() const;

 private:
  std::string text_, refusal_;
  bool is_complete_ = true;
};

/// Whether a reply to a mail means that it can never be sent: 5xx, but not what asks for a login or
/// refuses one, which an operator mends (530, 534, 535, 538; RFC 4954).
bool is_permanent(long code);

}  // namespace parley::mail::detail
