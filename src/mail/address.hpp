#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace parley::mail {

/// Who sends or gets a mail.
struct Address {
  std::string name;   ///< Shown before the address; may be empty. UTF-8, one line.
  std::string email;  ///< `local@domain`.

  friend bool operator==(const Address&, const Address&) = default;
};

inline constexpr std::size_t max_email_bytes = 254;  ///< Source: RFC 5321, 4.5.3.1.3.

/// True for what may stand in a mail's envelope: one `@` with something on both sides, valid UTF-8,
/// and nothing that means something to SMTP or to a header: no blanks, controls, quotes,
/// `<>()[],:;\`. A domain without a dot is fine (`localhost`).
bool is_email(std::string_view text);

/// Reads `local@domain`, `Name <local@domain>` or `"Name" <local@domain>`. bad_request.
Result<Address> address_from(std::string_view text);

/// What stands behind the `@`; the whole text when there is none.
std::string_view domain_of(std::string_view email);

}  // namespace parley::mail
