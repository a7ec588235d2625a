#include "api/html.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <array>

#include "base/base64.hpp"

namespace parley::api {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string field(const http::Response& response, std::string_view name) {
  return std::string{response.headers.find(name).value_or("")};
}

/// As a Content-Security-Policy names what it allows.
std::string sha256_of(std::string_view text) {
  std::array<unsigned char, 32> hash{};
  EVP_Digest(text.data(), text.size(), hash.data(), nullptr, EVP_sha256(), nullptr);
  return "'sha256-" + to_base64({reinterpret_cast<const char*>(hash.data()), hash.size()}) + "'";
}

std::string_view between(std::string_view text, std::string_view before, std::string_view after) {
  const auto begin = text.find(before) + before.size();
  return text.substr(begin, text.find(after, begin) - begin);
}

TEST(html_page, allows_its_own_style_sheet_and_nothing_else) {
  const http::Response page = html_page(200, "Title", "<p>text</p>");
  const std::string policy = field(page, "Content-Security-Policy");
  EXPECT_THAT(policy,
              HasSubstr("style-src " + sha256_of(between(page.body, "<style>", "</style>"))));
  for (const char* rule :
       {"default-src 'none'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"}) {
    EXPECT_THAT(policy, HasSubstr(rule));
  }
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
  EXPECT_THAT(policy, Not(HasSubstr("script-src")));
  for (const char* foreign : {"<script", "<link", "<img", " style=", " on", "url(", "@import"}) {
    EXPECT_THAT(page.body, Not(HasSubstr(foreign)));
  }
}

TEST(html_page, is_kept_by_nobody_and_framed_by_nobody) {
  const http::Response page = html_page(401, "Title", "");
  EXPECT_EQ(page.status, 401);
  EXPECT_EQ(field(page, "Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(field(page, "Cache-Control"), "no-store");
  EXPECT_EQ(field(page, "Referrer-Policy"), "no-referrer");
  EXPECT_EQ(field(page, "X-Frame-Options"), "DENY");
}

TEST(html_page, escapes_its_title_and_says_its_language) {
  const http::Response page = html_page(200, "A <b> & C", "<p>as it is</p>");
  EXPECT_THAT(page.body, HasSubstr("<title>A &lt;b&gt; &amp; C</title>"));
  EXPECT_THAT(page.body, HasSubstr("<h1>A &lt;b&gt; &amp; C</h1>\n<p>as it is</p>"));
  EXPECT_THAT(page.body, HasSubstr("<html lang=\"en\">"));
}

}  // namespace
}  // namespace parley::api
