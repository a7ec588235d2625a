#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace parley::app {

// Kinds of values (kinds.hpp) that only the settings of mail and jobs have.

/// `smtp://` or `smtps://`, user and password (percent-encoded) before `@`, host, port. Secret.
struct SmtpUrl {
  std::string allowed() const;
  std::optional<std::string> read(std::string_view text) const;
  std::string write(const std::string& value) const { return value.empty() ? "unset" : "set"; }
};

/// `Name <user@host>` or `user@host`.
struct MailSender {
  std::string allowed() const { return "an address, or a name and the address in <>"; }
  std::optional<std::string> read(std::string_view text) const;
  std::string write(const std::string& value) const { return value; }
};

/// `https://chat.example.org`, with a path where a proxy adds one, or `none`. A trailing slash is
/// dropped.
struct OptionalPublicUrl {
  std::string allowed() const;
  std::optional<std::string> read(std::string_view text) const;
  std::string write(const std::string& value) const { return value.empty() ? "none" : value; }
};

/// Letters, digits and `{}-_.:`, at most 64.
struct QueuePrefix {
  std::string allowed() const { return "1 to 64 of the characters a-z A-Z 0-9 { } - _ . :"; }
  std::optional<std::string> read(std::string_view text) const;
  std::string write(const std::string& value) const { return value; }
};

}  // namespace parley::app
