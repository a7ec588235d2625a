#include "api/test_rest.hpp"

namespace parley::api {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class LinkPages : public RestTest {
 protected:
  const std::vector<std::string> paths_{"/account/reset-password", "/account/verify-email",
                                        "/api/email/unsubscribe"};

  std::string unsubscribe_link() {
    return "/api/email/unsubscribe?token=" +
           house_.recovery.unsubscribe_token(alice_.id, wall_now());
  }
};

TEST_F(LinkPages, change_nothing_when_a_link_is_only_opened) {
  const std::vector<std::string> links{"/account/reset-password?token=" + reset_token(),
                                       "/account/verify-email?token=" + verification_token(),
                                       unsubscribe_link()};
  const chat::Account before = account();
  for (const std::string& link : links) {
    for (int i = 0; i < 2; ++i) {
      EXPECT_THAT(open(link), AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("<form method=\"post\">"),
                                    HasSubstr("<button type=\"submit\">")));
    }
    EXPECT_THAT(ask("HEAD " + link, "", ""), StartsWith("HTTP/1.1 200"));
  }
  EXPECT_EQ(account().email_verified, before.email_verified);
  EXPECT_EQ(account().email_notifications, before.email_notifications);
  EXPECT_EQ(account().updated_at, before.updated_at);
}

TEST_F(LinkPages, say_that_a_link_without_its_token_is_not_complete) {
  for (const std::string& path : paths_) {
    for (const std::string& answer :
         {open(path), open(path + "?token="), submit(path, ""), submit(path + "?token=", "a=b")}) {
      EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("not complete"))) << path;
    }
  }
}

TEST_F(LinkPages, write_nothing_of_a_request_into_a_page) {
  const std::string hostile = "%22%3E%3Cscript%3Ehello%3C%2Fscript%3E";
  for (const std::string& path : paths_) {
    for (const std::string& answer :
         {open(path + "?token=" + hostile),
          submit(path + "?token=" + hostile, "password=" + hostile + "&again=" + hostile),
          submit(path + "?token=" + hostile, "password=" + hostile)}) {
      EXPECT_THAT(answer, AllOf(HasSubstr("<h1>"), Not(HasSubstr("hello")))) << path;
    }
  }
}

TEST_F(LinkPages, say_that_a_link_is_over_and_what_to_do_then) {
  for (const std::string& path : paths_) {
    const std::string form = "password=new+password&again=new+password";
    EXPECT_THAT(submit(path + "?token=forged", form),
                AllOf(StartsWith("HTTP/1.1 401"), HasSubstr("text/html"),
                      HasSubstr("<h1>This link is not valid any more</h1>"), HasSubstr("lease ")))
        << path;
  }
}

TEST_F(LinkPages, lead_on_to_the_app_where_there_is_one) {
  const auto reset = [&] {
    return submit("/account/reset-password?token=" + reset_token(),
                  "password=another&again=another");
  };
  house_.services.app_url = "https://app.example/a&b";
  const std::string place = "<a href=\"https://app.example/a&amp;b/\">";
  EXPECT_THAT(submit("/account/verify-email?token=" + verification_token(), ""),
              HasSubstr(place + "Open the app</a>"));
  EXPECT_THAT(reset(), HasSubstr(place + "Log in</a>"));
  house_.services.app_url.clear();
  EXPECT_THAT(reset(), AllOf(HasSubstr("is changed"), Not(HasSubstr("<a "))));
}

TEST_F(LinkPages, take_a_new_password_typed_twice) {
  const std::string link = "/account/reset-password?token=" + reset_token();
  EXPECT_THAT(submit(link, "password=a%26b%2B+%C3%A9&again=a%26b%2B+%C3%A9"),
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Your password is changed")));
  EXPECT_EQ(account().password_hash, "plain:a&b+ é");
  EXPECT_THAT(closed_, ElementsAre(alice_.id.hex()));
  EXPECT_THAT(submit(link, "password=another&again=another"), StartsWith("HTTP/1.1 401"));
}

TEST_F(LinkPages, refuse_the_tokens_of_who_was_logged_in_before_a_new_password) {
  const std::string link = "/account/reset-password?token=" + reset_token();
  EXPECT_TRUE(house_.sessions.authenticate(alice_.access_token, wall_now()));
  submit(link, "password=another&again=another");
  EXPECT_FALSE(house_.sessions.authenticate(alice_.access_token, wall_now()));
}

TEST_F(LinkPages, show_the_form_again_with_what_was_wrong) {
  const std::string link = "/account/reset-password?token=" + reset_token();
  const auto is_form_with = [](const std::string& problem) {
    return AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("<form method=\"post\">"),
                 HasSubstr("<p id=\"problem\" role=\"alert\">" + problem + "</p>"),
                 HasSubstr("aria-describedby=\"problem\""));
  };
  const std::string differ = "The two passwords are not the same.";
  const std::string length = "The password must be 6 to 72 bytes long.";
  EXPECT_THAT(submit(link, "password=password1&again=password2"), is_form_with(differ));
  EXPECT_THAT(submit(link, "password=password1"), is_form_with(differ));
  EXPECT_THAT(submit(link, "password=short&again=short"), is_form_with(length));
  EXPECT_THAT(submit(link, ""), is_form_with(length));
  EXPECT_THAT(ask("POST " + link, "application/json", R"({"password":"new password"})"),
              is_form_with(length));
  EXPECT_THAT(open(link), Not(HasSubstr("problem")));
  EXPECT_EQ(account().password_hash, "plain:password");
  EXPECT_THAT(closed_, IsEmpty());
}

TEST_F(LinkPages, let_another_try_follow_when_the_server_is_busy) {
  const std::string link = "/account/reset-password?token=" + reset_token();
  const std::string form = "password=new+password&again=new+password";
  house_.hasher.overloaded = true;
  EXPECT_THAT(submit(link, form), AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("Retry-After: 1"),
                                        HasSubstr("<form method=\"post\">")));
  house_.hasher.overloaded = false;
  EXPECT_THAT(submit(link, form), StartsWith("HTTP/1.1 200"));
}

TEST_F(LinkPages, label_each_field_for_people_and_password_managers) {
  const std::string page = open("/account/reset-password?token=" + reset_token());
  for (const std::string name : {"password", "again"}) {
    EXPECT_THAT(page, HasSubstr("<label for=\"" + name + "\">"));
    EXPECT_THAT(page, HasSubstr("<input id=\"" + name + "\" name=\"" + name +
                                "\" type=\"password\" autocomplete=\"new-password\" required>"));
  }
}

TEST_F(LinkPages, verify_an_address_once) {
  const std::string link = "/account/verify-email?token=" + verification_token();
  EXPECT_THAT(submit(link, ""), AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("is verified")));
  EXPECT_TRUE(account().email_verified);
  EXPECT_THAT(submit(link, ""), StartsWith("HTTP/1.1 401"));
}

TEST_F(LinkPages, switch_mails_off_any_number_of_times) {
  const std::string link = unsubscribe_link();
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(submit(link, ""), AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("switched off"),
                                        HasSubstr("switch e-mail notifications on")));
    EXPECT_FALSE(account().email_notifications);
  }
}

TEST_F(LinkPages, switch_mails_off_by_the_one_click_of_a_mail_program) {
  const auto switched_off_by = [&](std::string_view type, const std::string& body) {
    chat::ProfilePatch on;
    on.email_notifications = true;
    EXPECT_TRUE(run(house_.accounts.update_profile(alice_.id, on, wall_now())));
    const std::string answer = ask("POST " + unsubscribe_link(), type, body);
    return answer.starts_with("HTTP/1.1 200") && !account().email_notifications;
  };
  EXPECT_TRUE(switched_off_by("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click"));
  EXPECT_TRUE(switched_off_by("multipart/form-data; boundary=b",
                              "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\""
                              "\r\n\r\nOne-Click\r\n--b--\r\n"));
  EXPECT_TRUE(switched_off_by("", ""));
}

TEST_F(LinkPages, take_the_token_from_a_form_as_well) {
  const std::string token = house_.recovery.unsubscribe_token(alice_.id, wall_now());
  EXPECT_THAT(submit("/api/email/unsubscribe", "token=" + token), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(submit("/api/email/unsubscribe?token=forged", "token=" + token),
              StartsWith("HTTP/1.1 401"))
      << "the address's comes first";
}

TEST_F(LinkPages, take_no_more_than_a_form_needs) {
  const std::string form = "password=" + std::string(9000, 'x');
  EXPECT_THAT(submit("/account/reset-password?token=x", form), StartsWith("HTTP/1.1 413"));
}

}  // namespace
}  // namespace parley::api
