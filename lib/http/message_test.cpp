#include "http/message.hpp"

#include <gtest/gtest.h>

#include "http/detail/response_writer.hpp"
#include "http/detail/target.hpp"

namespace parley::http {
namespace {

TEST(Headers, compare_names_without_case_and_keep_duplicates) {
  Headers headers;
  headers.add("Accept", "a");
  headers.add("ACCEPT", "b");
  EXPECT_EQ(headers.find("accept"), "a");
  EXPECT_EQ(headers.joined("Accept"), "a, b");
  EXPECT_EQ(headers.all().size(), 2U);
  headers.set("accept", "c");
  EXPECT_EQ(headers.joined("Accept"), "c");
  headers.erase("aCCept");
  EXPECT_EQ(headers.find("accept"), std::nullopt);
}

TEST(Headers, vary_gathers_each_name_once) {
  Headers headers;
  add_vary(headers, "Origin");
  add_vary(headers, "origin");
  add_vary(headers, "Accept");
  EXPECT_EQ(headers.find("Vary"), "Origin, Accept");
}

TEST(has_token, finds_whole_elements) {
  EXPECT_TRUE(has_token("keep-alive, Upgrade", "upgrade"));
  EXPECT_TRUE(has_token("a ,b", "a"));
  EXPECT_FALSE(has_token("upgraded, no", "upgrade"));
  EXPECT_FALSE(has_token("", "a"));
}

TEST(is_media_type, looks_at_the_type_alone) {
  EXPECT_TRUE(is_media_type("Text/HTML ;charset=utf-8", "text/html"));
  EXPECT_TRUE(is_media_type("text/html", "text/html"));
  EXPECT_FALSE(is_media_type("text/htmlx", "text/html"));
  EXPECT_FALSE(is_media_type("", "text/html"));
  EXPECT_FALSE(is_media_type(" ; text/html", "text/html"));
}

TEST(Response, errors_have_the_agreed_shape) {
  const auto shown = Response::error(fail(Errc::bad_request, "name is \"empty\""));
  EXPECT_EQ(shown.status, 400);
  EXPECT_EQ(shown.body, R"({"success":false,"message":"name is \"empty\"","code":"bad_request"})");
  const auto hidden = Response::error(fail(Errc::internal, "secret"));
  EXPECT_EQ(hidden.status, 500);
  EXPECT_EQ(hidden.body.find("secret"), std::string::npos);
  EXPECT_EQ(Response::error(fail(Errc::overloaded)).headers.find("Retry-After"), "1");
}

TEST(parse_query, decodes_and_lets_the_last_duplicate_win) {
  using detail::parse_query;
  EXPECT_EQ(parse_query("a=1&b=2&a=3"), (Query{{"a", "3"}, {"b", "2"}}));
  EXPECT_EQ(parse_query("&&a&=x&b=c=d&"), (Query{{"a", ""}, {"", "x"}, {"b", "c=d"}}));
  EXPECT_EQ(parse_query("q=a+b%20c%2B&%41=%zz%4"), (Query{{"q", "a b c+"}, {"A", "%zz%4"}}));
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "k" + std::to_string(i) + "=v&";
  EXPECT_EQ(parse_query(many).size(), 256U);
}

TEST(parse_query, looks_at_no_more_than_a_thousand_pairs) {
  std::string many = "a=first";
  for (int i = 0; i < 999; ++i) many += "&b";
  EXPECT_EQ(detail::parse_query(many + "&a=last"), (Query{{"a", "first"}, {"b", ""}}));
}

TEST(parse_target, splits_and_refuses) {
  struct Case {
    std::string_view target;
    bool good;
    std::string_view path;
  };
  for (const Case& c :
       {Case{"/a%20b?x", true, "/a b"}, Case{"/", true, "/"}, Case{"http://h", true, "/"},
        Case{"https://h/p?q", true, "/p"}, Case{"/p#f", true, "/p"}, Case{"*", false, ""},
        Case{"h:80", false, ""}, Case{"", false, ""}, Case{"http:///p", false, ""},
        Case{"/%", false, ""}, Case{"/%0", false, ""}, Case{"/%00", false, ""}}) {
    Request request;
    EXPECT_EQ(detail::parse_target(c.target, request), c.good) << c.target;
    if (c.good) {
      EXPECT_EQ(request.path, c.path);
    }
  }
}

TEST(write_head, drops_fields_that_would_split_the_answer) {
  Response response = Response::text(200, "x");
  response.headers.add("Location", "/a\r\nSet-Cookie: evil=1");
  response.headers.add("X\r\nEvil", "1");
  response.headers.add("Connection", "mine");
  response.headers.add("Content-Length", "999");
  const auto head = detail::write_head(response, {}, {}, "today");
  EXPECT_EQ(head,
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: "
            "1\r\nDate: today\r\n\r\n");
}

TEST(content_length, is_a_number_that_can_be_held_or_none) {
  Request request;
  EXPECT_EQ(content_length(request), std::nullopt);
  for (const auto& [text, bytes] : std::vector<std::pair<std::string, std::optional<std::size_t>>>{
           {"0", 0},
           {"1000000", 1'000'000},
           {"18446744073709551615", 18'446'744'073'709'551'615U},
           {"18446744073709551616", std::nullopt},
           {"", std::nullopt},
           {"-1", std::nullopt},
           {"+1", std::nullopt},
           {"12a", std::nullopt}}) {
    request.headers.set("content-length", text);
    EXPECT_EQ(content_length(request), bytes) << text;
  }
}

TEST(write_head, a_preflights_explicit_length_is_kept) {
  Response response;
  response.status = 204;
  response.headers.add("Content-Length", "0");
  EXPECT_NE(detail::write_head(response, {}, {}, "today").find("Content-Length: 0"),
            std::string::npos);
}

TEST(http_date, has_the_fixed_form) {
  const auto date = detail::http_date();
  ASSERT_EQ(date.size(), 29U);
  EXPECT_EQ(date.substr(3, 2), ", ");
  EXPECT_EQ(date.substr(25), " GMT");
}

TEST(ReasonPhrase, is_known_for_what_is_sent) {
  EXPECT_EQ(reason_phrase(100), "Continue");
  EXPECT_EQ(reason_phrase(204), "No Content");
  EXPECT_EQ(reason_phrase(505), "HTTP Version Not Supported");
  for (const int status : {-1, 0, 99, 203, 418, 506}) EXPECT_EQ(reason_phrase(status), "Unknown");
}

}  // namespace
}  // namespace parley::http
