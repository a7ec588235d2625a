#include "mail/page.hpp"

#include "base/escape_html.hpp"
#include "mail/text.hpp"

namespace parley::mail {

namespace {

// Each text has a contrast of at least 4.5 to what is behind it, in both schemes; tests/mail
// measures it. Colours stand in the elements for clients that drop style sheets, and in `dark` for
// those that do not.
constexpr std::string_view dark =
    R"(:root{color-scheme:light dark;supported-color-schemes:light dark}
@media (prefers-color-scheme:dark){
.page{background:#14171d !important;color:#e8ebf1 !important}
.card{background:#1e232c !important;border-color:#363d4a !important}
.quote{border-color:#5b6b86 !important;color:#d3d9e4 !important}
.small{color:#a7b0c0 !important}
.link{color:#9cc2ff !important}
})";

constexpr std::string_view sans =
    "font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif";
constexpr std::string_view paragraph_style = "margin:0 0 16px 0";
constexpr std::string_view quote_style =
    "margin:0 0 16px 0;padding:4px 0 4px 14px;border-left:3px solid #b4bccb;color:#3a4354";
constexpr std::string_view button_style =
    "display:inline-block;padding:11px 20px;border-radius:6px;background:#1f5fbf;color:#ffffff;"
    "text-decoration:none;font-weight:600";
constexpr std::string_view link_style = "color:#1f5fbf";
constexpr std::string_view small_style = "margin:0 0 8px 0;font-size:13px;color:#5b6475";

template <class... Parts>
std::string joined(const Parts&... parts) {
  std::string out;
  ((out += parts), ...);
  return out;
}

std::string with_breaks(std::string_view text) {
  std::string out;
  for (const char c : escape_html(clean_lines(text))) {
    if (c == '\n') {
      out += "<br>\n";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

Page::Page(std::string_view title, std::string_view product) : title_(title), product_(product) {}

Page& Page::paragraph(std::string_view text) {
  text_ += clean_lines(text) + "\n\n";
  body_ += joined("<p style=\"", paragraph_style, "\">", with_breaks(text), "</p>\n");
  return *this;
}

Page& Page::quote(std::string_view text) {
  text_ += joined("> ", text, "\n\n");
  body_ += joined("<blockquote class=\"quote\" style=\"", quote_style, "\">", escape_html(text),
                  "</blockquote>\n");
  return *this;
}

Page& Page::button(std::string_view label, const std::string& url) {
  text_ += joined(label, ": ", url, "\n\n");
  body_ += joined("<p style=\"", paragraph_style, "\"><a href=\"", escape_html(url), "\" style=\"",
                  button_style, "\">", escape_html(label), "</a></p>\n");
  return *this;
}

Page& Page::address(std::string_view url) {
  const std::string escaped = escape_html(url);
  body_ += joined("<p class=\"small\" style=\"", small_style,
                  "\">Or open this address: ", "<a class=\"link\" href=\"", escaped, "\" style=\"",
                  link_style, "\">", escaped, "</a></p>\n");
  return *this;
}

Page& Page::footer(std::string_view text, std::string_view label, const std::string& url) {
  if (footer_.empty()) text_ += "--\n";
  text_ += joined(text, url.empty() ? "" : joined(" ", label, ": ", url), "\n");
  footer_ += joined("<p class=\"small\" style=\"", small_style, "\">", escape_html(text));
  if (!url.empty()) {
    footer_ += joined(" <a class=\"link\" href=\"", escape_html(url), "\" style=\"", link_style,
                      "\">", escape_html(label), "</a>");
  }
  footer_ += "</p>\n";
  return *this;
}

std::string Page::html() const {
  return joined(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n",
      "<meta name=\"color-scheme\" content=\"light dark\">\n",
      "<meta name=\"supported-color-schemes\" content=\"light dark\">\n", "<title>",
      escape_html(title_), "</title>\n<style>\n", dark, "\n</style>\n</head>\n",
      "<body class=\"page\" style=\"margin:0;padding:0;background:#f2f4f7;color:#1d2433\">\n",
      "<div class=\"page\" style=\"padding:24px "
      "12px;background:#f2f4f7;color:#1d2433;font-size:16px;",
      "line-height:1.5;", sans, ";overflow-wrap:anywhere;word-break:break-word\">\n",
      "<div style=\"max-width:560px;margin:0 auto\">\n", "<p class=\"small\" style=\"", small_style,
      ";font-weight:600\">", escape_html(product_),
      "</p>\n<div class=\"card\" style=\"padding:24px 20px 8px 20px;margin:0 0 16px 0;",
      "background:#ffffff;border:1px solid #dde2ea;border-radius:8px\">\n",
      "<h1 style=\"margin:0 0 16px 0;font-size:20px;line-height:1.3\">", escape_html(title_),
      "</h1>\n", body_, "</div>\n", footer_, "</div>\n</div>\n</body>\n</html>\n");
}

}  // namespace parley::mail
