#pragma once

#include <string>
#include <string_view>

namespace parley::mail {

/// A mail's body, written once: as plain text and as an HTML document that needs no scripts, images
/// or style sheet to be read, with dark colours where the reader wants them. Everything given is
/// escaped.
class Page {
 public:
  /// `product` stands above the text.
  Page(std::string_view title, std::string_view product);

  /// Line ends of `text` stay.
  Page& paragraph(std::string_view text);
  /// Somebody else's words: one line.
  Page& quote(std::string_view text);
  /// What the mail is for. The link is shown in the text only.
  Page& button(std::string_view label, const std::string& url);
  /// A link that can be copied.
  Page& address(std::string_view url);
  /// At the end, in small letters; `label` is a link when there is a `url`.
  Page& footer(std::string_view text, std::string_view label = {}, const std::string& url = {});

  const std::string& text() const { return text_; }
  /// The whole document.
  std::string html() const;

 private:
  std::string title_, product_, text_, body_, footer_;
};

}  // namespace parley::mail
