#include "settings/mail_kinds.hpp"

#include <algorithm>
#include <cctype>

#include "base/authority.hpp"
#include "base/percent.hpp"

namespace parley::app {
namespace {

constexpr std::size_t longest_url = 2048;
constexpr std::size_t longest_sender = 320;

bool is_alnum(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }
bool is_hex(char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; }

/// Takes `prefix` off the front of `text`.
bool skip(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

/// A part of `user:password` before the `@`: anything else is percent-encoded.
bool is_userinfo(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
      if (text.substr(i + 1, 2) == "00" || text.substr(i + 1, 2) == "0d" ||
          text.substr(i + 1, 2) == "0a" || text.substr(i + 1, 2) == "0D" ||
          text.substr(i + 1, 2) == "0A")
        return false;
      i += 2;
      continue;
    }
    if (!is_unreserved(text[i]) &&
        std::string_view{"!$&'()*+,;=:"}.find(text[i]) == std::string_view::npos)
      return false;
  }
  return true;
}

bool is_mail_address(std::string_view text) {
  const auto at = text.rfind('@');
  if (at == std::string_view::npos || at == 0 || at > 64 || text.size() > 254) return false;
  const auto local = text.substr(0, at);
  const auto is_atom = [](char c) {
    return is_alnum(c) ||
           std::string_view{"!#$%&'*+-/=?^_`{|}~."}.find(c) != std::string_view::npos;
  };
  const auto place = parse_authority(text.substr(at + 1));
  if (!place || place->port || place->host.find(':') != std::string::npos) return false;
  return std::all_of(local.begin(), local.end(), is_atom) && place->host.front() != '.' &&
         place->host.back() != '.';
}

bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; }

}  // namespace

std::string SmtpUrl::allowed() const {
  return "a URL such as smtp://user:password@mail.example.org:587 or "
         "smtps://mail.example.org; in user and password other characters than letters and digits "
         "are percent-encoded";
}

std::optional<std::string> SmtpUrl::read(std::string_view text) const {
  if (text.size() > longest_url) return std::nullopt;
  std::string_view rest = text;
  if (!skip(rest, "smtp://") && !skip(rest, "smtps://")) return std::nullopt;
  const auto at = rest.substr(0, rest.find_first_of("/?")).rfind('@');
  if (at != std::string_view::npos) {
    const auto user = rest.substr(0, at);
    if (user.empty() || user.front() == ':' || !is_userinfo(user)) return std::nullopt;
    rest.remove_prefix(at + 1);
  }
  // The room that sends mails reads what may follow: /client-name?tls=…&ca=…
  const auto end = std::min(rest.find_first_of("/?"), rest.size());
  const auto is_plain = [](char c) { return c > ' ' && c < 0x7F && c != '#'; };
  if (!parse_authority(rest.substr(0, end)) || !std::all_of(rest.begin(), rest.end(), is_plain))
    return std::nullopt;
  return std::string{text};
}

std::optional<std::string> MailSender::read(std::string_view text) const {
  if (text.size() > longest_sender || std::any_of(text.begin(), text.end(), is_control))
    return std::nullopt;
  const auto open = text.find('<');
  if (open == std::string_view::npos)
    return is_mail_address(text) ? std::optional{std::string{text}} : std::nullopt;
  if (!text.ends_with('>') || !is_mail_address(text.substr(open + 1, text.size() - open - 2)))
    return std::nullopt;
  auto name = text.substr(0, open);
  const auto quote = name.rfind('"');
  if (name.starts_with('"') && quote > 0) name = name.substr(1, quote - 1);
  if (name.find_first_of(">@\"\\") != std::string_view::npos) return std::nullopt;
  return std::string{text};
}

std::string OptionalPublicUrl::allowed() const {
  return "a URL such as https://chat.example.org, without ? and #, or none";
}

std::optional<std::string> OptionalPublicUrl::read(std::string_view text) const {
  if (text == "none") return std::string{};
  if (text.size() > longest_url) return std::nullopt;
  std::string_view rest = text;
  if (!skip(rest, "http://") && !skip(rest, "https://")) return std::nullopt;
  const auto slash = std::min(rest.find('/'), rest.size());
  if (!parse_authority(rest.substr(0, slash))) return std::nullopt;
  const auto path = rest.substr(slash);
  const auto is_path = [](char c) { return is_unreserved(c) || c == '/' || c == '%'; };
  if (!std::all_of(path.begin(), path.end(), is_path)) return std::nullopt;
  while (text.ends_with('/')) text.remove_suffix(1);
  return std::string{text};
}

std::optional<std::string> QueuePrefix::read(std::string_view text) const {
  const auto is_good = [](char c) {
    return is_alnum(c) || std::string_view{"{}-_.:"}.find(c) != std::string_view::npos;
  };
  if (text.empty() || text.size() > 64 || !std::all_of(text.begin(), text.end(), is_good))
    return std::nullopt;
  return std::string{text};
}

}  // namespace parley::app
