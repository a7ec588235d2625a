#include "mail/templates.hpp"

#include <algorithm>
#include <utility>

#include "base/percent.hpp"
#include "mail/page.hpp"
#include "mail/text.hpp"

namespace parley::mail {

namespace {

/// Code points of a name in a mail.
constexpr std::size_t max_name = 64;

std::string product_of(const MailSettings& settings) {
  const std::string name = one_line(settings.from.name, max_name);
  return name.empty() ? "Parley" : name;
}

std::string link(const MailSettings& settings, std::string_view path, const std::string& token) {
  return settings.public_url + std::string{path} + "?token=" + percent_encoded(token);
}

Letter letter_of(const MailSettings& settings, Address to, std::string subject, const Page& page) {
  to.name = one_line(to.name, max_name);
  Letter letter;
  letter.from = settings.from;
  letter.to = std::move(to);
  letter.subject = std::move(subject);
  letter.text = page.text();
  letter.html = page.html();
  return letter;
}

std::string messages_from(std::uint64_t count, const std::string& sender) {
  if (count <= 1) return "New message from " + sender;
  return std::to_string(count) + " unread messages from " + sender;
}

/// The same words for both mails that ask for a click.
Page page_with_link(const MailSettings& settings, const std::string& title, std::string_view why,
                    std::string_view label, const std::string& url, std::chrono::seconds ttl) {
  Page page{title, product_of(settings)};
  page.paragraph(why).button(label, url).address(url);
  page.paragraph("The link works once, and for " + in_words(ttl) + ".");
  return page;
}

}  // namespace

Letter notice_letter(const MailSettings& settings, const NoticeFacts& facts) {
  const std::string product = product_of(settings);
  const std::string name = one_line(facts.sender, max_name);
  const std::string sender = name.empty() ? "somebody" : name;
  const std::string snippet = one_line(facts.snippet, max_snippet);
  const std::string unsubscribe = link(settings, "/api/email/unsubscribe", facts.unsubscribe_token);
  const std::string subject = messages_from(facts.unread, sender);
  Page page{subject, product};
  if (facts.unread > 1) {
    page.paragraph("You have " + std::to_string(facts.unread) + " unread messages from " + sender +
                   ". The latest:");
  } else {
    page.paragraph(sender + " wrote to you while you were away:");
  }
  if (!snippet.empty()) page.quote(snippet);
  const std::string& app = settings.app_url.empty() ? settings.public_url : settings.app_url;
  page.button("Open " + product, app + "/");
  page.footer("You get this mail because " + product + " tells you of messages while you are away.",
              "Send me no more of these mails", unsubscribe);
  Letter letter = letter_of(settings, facts.to, subject, page);
  letter.headers.emplace_back("List-Unsubscribe", "<" + unsubscribe + ">");
  letter.headers.emplace_back("List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
  return letter;
}

Letter reset_letter(const MailSettings& settings, Address to, const std::string& token) {
  const std::string title = "Choose a new password";
  Page page = page_with_link(
      settings, title,
      "Somebody asked for a new password for your account. If it was you:", "Choose a new password",
      link(settings, "/account/reset-password", token), settings.reset_ttl);
  page.footer("If it was not you, do nothing: your password stays as it is.");
  return letter_of(settings, std::move(to), title + " for " + product_of(settings), page);
}

Letter verification_letter(const MailSettings& settings, Address to, const std::string& token) {
  const std::string title = "Confirm your e-mail address";
  Page page = page_with_link(settings, title, "Please confirm that this address is yours.",
                             "Confirm this address", link(settings, "/account/verify-email", token),
                             settings.verification_ttl);
  page.footer("If you have no account at " + product_of(settings) +
              ", do nothing: the address is not confirmed then.");
  return letter_of(settings, std::move(to), title + " for " + product_of(settings), page);
}

Letter administrators_letter(const MailSettings& settings, Address to, const std::string& content) {
  const std::string product = product_of(settings);
  const std::string subject = "A message from " + product;
  Page page{subject, product};
  std::string lines = clean_lines(content);
  std::string_view rest = lines;
  while (!rest.empty()) {
    const auto end = std::min(rest.find("\n\n"), rest.size());
    const std::string_view paragraph = rest.substr(0, end);
    if (paragraph.find_first_not_of("\n\t ") != std::string_view::npos) page.paragraph(paragraph);
    rest.remove_prefix(std::min(end + 2, rest.size()));
  }
  page.footer("An administrator of " + product + " sent you this mail.");
  return letter_of(settings, std::move(to), subject, page);
}

}  // namespace parley::mail
