#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "mail/address.hpp"

namespace parley::mail {

/// A mail as a person would describe it: the same words as text and as HTML.
struct Letter {
  Address from, to;
  std::string subject;  ///< One line of UTF-8.
  std::string text;     ///< UTF-8; any line ends.
  std::string html;     ///< A whole document in UTF-8.
  /// More headers, printable ASCII.
  std::vector<std::pair<std::string, std::string>> headers{};

  friend bool operator==(const Letter&, const Letter&) = default;
};

/// The bytes that SMTP carries: RFC 5322 with CRLF; multipart/alternative of quoted-printable
/// UTF-8, `Date`, `Message-ID: <message_id>`, `Auto-Submitted: auto-generated`. bad_request when an
/// address is none, or when a header's text is not UTF-8 or has control characters (line breaks
/// above all): nobody adds headers of their own. Any thread.
Result<std::string> compose(const Letter& letter, Time now, std::string_view message_id);

}  // namespace parley::mail
