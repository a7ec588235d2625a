#include "chat/rules.hpp"

#include <algorithm>
#include <vector>

#include "base/utf8.hpp"
#include "chat/ports/account_store.hpp"
#include "chat/ports/operator_store.hpp"

namespace parley::chat {

namespace {

using Fields = std::vector<FieldError>;

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }
bool is_beyond_ascii(char c) { return static_cast<unsigned char>(c) >= 0x80; }
bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         is_beyond_ascii(c);
}

/// C0 and DEL; in UTF-8 also C1 (U+0080 to U+009F).
bool has_control(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_control(text[i])) return true;
    const bool c1 = text[i] == '\xC2' && i + 1 < text.size() && text[i + 1] < '\xA0';
    if (c1) return true;
  }
  return false;
}

bool is_local_part(std::string_view text) {
  static constexpr std::string_view specials = "\"(),:;<>[]\\@ ";
  if (text.empty() || text.size() > 64 || text.front() == '.' || text.back() == '.') return false;
  if (text.find("..") != std::string_view::npos) return false;
  return text.find_first_of(specials) == std::string_view::npos && !has_control(text);
}

bool is_label(std::string_view text) {
  if (text.empty() || text.size() > 63 || text.front() == '-' || text.back() == '-') return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_alphanumeric(c) || c == '-'; });
}

bool is_domain(std::string_view text) {
  std::size_t labels = 1;
  for (auto dot = text.find('.'); dot != std::string_view::npos; dot = text.find('.'), ++labels) {
    if (!is_label(text.substr(0, dot))) return false;
    text.remove_prefix(dot + 1);
  }
  return labels >= 2 && is_label(text);
}

std::string between(std::size_t least, std::size_t most, std::string_view unit) {
  return "must be " + std::to_string(least) + " to " + std::to_string(most) + " " +
         std::string{unit} + " long";
}

/// `least` to `most` code points in valid UTF-8. One has one to four bytes, so that mostly there is
/// nothing to count.
bool has_length(std::string_view text, std::size_t least, std::size_t most) {
  if (text.size() >= 4 * least && text.size() <= most) return true;
  const std::size_t length = count_code_points(text);
  return length >= least && length <= most;
}

/// Valid UTF-8 of `least` to `most` code points; adds what is wrong to `fields`.
bool check_text(std::string_view text, std::string_view field, std::size_t least, std::size_t most,
                Fields& fields) {
  if (!is_utf8(text)) {
    fields.push_back({std::string{field}, "is not valid UTF-8"});
    return false;
  }
  if (has_length(text, least, most)) return true;
  fields.push_back(
      {std::string{field}, text.empty() ? "is empty" : between(least, most, "characters")});
  return false;
}

/// A name that people see: no control characters either.
void check_name(std::string_view text, std::string_view field, std::size_t least, std::size_t most,
                Fields& fields) {
  if (check_text(text, field, least, most, fields) && has_control(text)) {
    fields.push_back({std::string{field}, "has control characters"});
  }
}

/// Empty takes the picture away.
void check_avatar(std::string_view url, const Limits& limits, Fields& fields) {
  if (url.empty()) return;
  if (url.size() > limits.avatar_max) {
    fields.push_back({"avatar", "is longer than " + std::to_string(limits.avatar_max) + " bytes"});
  } else if (!(url.starts_with("https://") || url.starts_with("http://")) || !is_utf8(url) ||
             has_control(url) || url.find_first_of(" \"<>\\") != std::string_view::npos) {
    fields.push_back({"avatar", "is not an http or https URL"});
  }
}

void check_email(std::string_view email, const Limits& limits, Fields& fields) {
  if (email.size() > limits.email_max) {
    fields.push_back({"email", "is longer than " + std::to_string(limits.email_max) + " bytes"});
  } else if (!is_email(email)) {
    fields.push_back({"email", "is not an e-mail address"});
  } else if (fold_email(email).ends_with(nobodys_domain)) {
    fields.push_back({"email", "is kept for deleted accounts"});
  }
}

void check_password(std::string_view password, const Limits& limits, Fields& fields) {
  if (password.size() < limits.password_min || password.size() > limits.password_max) {
    fields.push_back({"password", between(limits.password_min, limits.password_max, "bytes")});
  } else if (password.find('\0') != std::string_view::npos) {
    fields.push_back({"password", "has a NUL character"});
  }
}

/// ASCII letters in lower case.
std::string fold_ascii(std::string_view text) {
  std::string folded{text};
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return folded;
}

}  // namespace

bool is_email(std::string_view text) {
  const auto at = text.find('@');
  return at != std::string_view::npos && is_utf8(text) && is_local_part(text.substr(0, at)) &&
         is_domain(text.substr(at + 1));
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string fold_email(std::string_view email) { return fold_ascii(trim(email)); }
std::string fold_username(std::string_view username) { return fold_ascii(username); }

Result<Registration> check(Registration registration, const Limits& limits) {
  Fields fields;
  registration.username = std::string{trim(registration.username)};
  registration.email = std::string{trim(registration.email)};
  check_name(registration.username, "username", limits.username_min, limits.username_max, fields);
  check_email(registration.email, limits, fields);
  check_password(registration.password, limits, fields);
  if (!fields.empty()) return invalid(std::move(fields));
  return registration;
}

Result<std::string> check_email(std::string_view email, const Limits& limits) {
  Fields fields;
  check_email(trim(email), limits, fields);
  if (!fields.empty()) return invalid(std::move(fields));
  return std::string{trim(email)};
}

Result<Done> check_password(std::string_view password, const Limits& limits) {
  Fields fields;
  check_password(password, limits, fields);
  if (!fields.empty()) return invalid(std::move(fields));
  return Done{};
}

Result<Done> check_letter(std::string_view content, const Limits& limits) {
  Fields fields;
  check_text(content, "content", 1, limits.letter_max, fields);
  if (!fields.empty()) return invalid(std::move(fields));
  return Done{};
}

Result<ProfilePatch> check(ProfilePatch patch, const Limits& limits) {
  Fields fields;
  if (patch.name) {
    patch.name = std::string{trim(*patch.name)};
    check_name(*patch.name, "name", 0, limits.name_max, fields);
  }
  if (patch.avatar) check_avatar(*patch.avatar, limits, fields);
  if (!fields.empty()) return invalid(std::move(fields));
  return patch;
}

Result<Done> check(const NewMessage& draft, const Limits& limits) {
  Fields fields;
  check_text(draft.content, "content", 1, limits.content_max, fields);
  if (draft.client_id) check_text(*draft.client_id, "clientId", 1, limits.client_id_max, fields);
  if (draft.sender == draft.receiver) fields.push_back({"receiverId", "is yourself"});
  if (!fields.empty()) return invalid(std::move(fields));
  return Done{};
}

Result<std::size_t> page_size(std::optional<std::size_t> wish, std::size_t usual, std::size_t max) {
  if (!wish) return usual;
  if (*wish == 0) return invalid({{"limit", "must be at least 1"}});
  return std::min(*wish, max);
}

}  // namespace parley::chat
