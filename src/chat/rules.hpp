#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "chat/account.hpp"
#include "chat/limits.hpp"
#include "chat/message.hpp"

namespace parley::chat {

/// What somebody types to get an account.
struct Registration {
  std::string username;
  std::string email;
  std::string password;
};

/// One @; before it 1 to 64 bytes without blanks, control characters or RFC 5322's specials, no dot
/// at an end or twice in a row; after it at least two labels of letters, digits and inner hyphens.
/// Letters beyond ASCII are allowed.
bool is_email(std::string_view text);

/// `text` without ASCII blanks around it; borrows from it.
std::string_view trim(std::string_view text);

/// Each gives bad_request that names every wrong field (`Error::fields`, wire names); on success
/// the value as it is to be stored, trimmed. A message is stored as it is.
Result<Registration> check(Registration registration, const Limits& limits);
Result<ProfilePatch> check(ProfilePatch patch, const Limits& limits);
/// Also: oneself as receiver.
Result<Done> check(const NewMessage& draft, const Limits& limits);

Result<std::string> check_email(std::string_view email, const Limits& limits);
Result<Done> check_password(std::string_view password, const Limits& limits);
/// The content of an administrator's mail.
Result<Done> check_letter(std::string_view content, const Limits& limits);

/// `wish` within 1…max, `usual` when there is none. bad_request for 0.
Result<std::size_t> page_size(std::optional<std::size_t> wish, std::size_t usual, std::size_t max);

}  // namespace parley::chat
