#include "mail/address.hpp"

#include <algorithm>

#include "base/trim.hpp"
#include "base/utf8.hpp"
#include "mail/text.hpp"

namespace parley::mail {

namespace {

/// `"Mary \"M\" Doe"` without its quotes; anything else as it is.
std::string unquoted(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string{text};
  std::string out;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '\\' && i + 2 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

}  // namespace

bool is_email(std::string_view text) {
  static constexpr std::string_view specials = "\"(),:;<>[]\\ ";
  if (text.size() > max_email_bytes || !is_utf8(text) || has_controls(text)) return false;
  if (text.find_first_of(specials) != std::string_view::npos) return false;
  const auto at = text.find('@');
  return at != std::string_view::npos && at > 0 && at + 1 < text.size() && at == text.rfind('@');
}

Result<Address> address_from(std::string_view text) {
  text = trim(text);
  Address address;
  if (!text.empty() && text.back() == '>') {
    const auto open = text.rfind('<');
    if (open == std::string_view::npos) return fail(Errc::bad_request, "an address lacks its <");
    address.name = unquoted(trim(text.substr(0, open)));
    text = text.substr(open + 1, text.size() - open - 2);
  }
  if (!is_email(text)) return fail(Errc::bad_request, "an address is no e-mail address");
  if (!is_utf8(address.name) || has_controls(address.name))
    return fail(Errc::bad_request, "the name of an address has control characters");
  address.email = std::string{text};
  return address;
}

std::string_view domain_of(std::string_view email) {
  const auto at = email.rfind('@');
  return at == std::string_view::npos ? email : email.substr(at + 1);
}

}  // namespace parley::mail
