// Where the links of our mails lead. Opening one changes nothing, because programs that look after
// mails open links, too: each page has a form that does. Nothing of a request is ever written into
// a page: the forms name no address and go to the one that is shown, which holds the token.
#include "api/bodies.hpp"
#include "api/html.hpp"
#include "api/routes.hpp"
#include "base/escape_html.hpp"
#include "http/form_body.hpp"

namespace parley::api {

namespace {

http::Response incomplete_link() {
  return html_page(400, "This link is not complete",
                   "<p>Please open it from the mail again, or copy all of it.</p>\n");
}

/// `content` under the error's own status.
http::Response refusal_page(const Error& error, std::string_view title, std::string_view content) {
  http::Response response = html_page(info(error.code).http_status, title, content);
  if (info(error.code).temporary) response.headers.set("Retry-After", "1");
  return response;
}

/// Why it did not work; `advice` is for a link that is not good any more.
http::Response refused(const Error& error, std::string_view advice) {
  if (error.code == Errc::unauthorized) {
    return refusal_page(error, "This link is not valid any more",
                        "<p>" + std::string{advice} + "</p>\n");
  }
  return refusal_page(error, "That did not work",
                      "<p role=\"alert\">" + escape_html(public_message(error)) + "</p>\n");
}

/// Leads on to the app, where there is one.
std::string way_on(const Services& services, std::string_view words) {
  if (services.app_url.empty()) return {};
  return "<p><a href=\"" + escape_html(services.app_url) + "/\">" + std::string{words} +
         "</a></p>\n";
}

// A new password.

constexpr std::string_view reset_title = "Choose a new password";
constexpr std::string_view reset_advice =
    "It was used before, or too much time has passed. Please ask for a new one in the app.";

/// `problem`: what was wrong with the last try; empty for the first one.
std::string reset_form(std::string_view problem) {
  std::string form;
  std::string marks;
  if (!problem.empty()) {
    form = "<p id=\"problem\" role=\"alert\">" + escape_html(problem) + "</p>\n";
    marks = " aria-invalid=\"true\" aria-describedby=\"problem\"";
  }
  const auto field = [&](const std::string& name, const std::string& label) {
    form += "<label for=\"" + name + "\">" + label + "</label>\n<input id=\"" + name;
    form += "\" name=\"" + name + "\" type=\"password\" autocomplete=\"new-password\" required";
    form += marks + ">\n";
  };
  form += "<form method=\"post\">\n";
  field("password", "New password");
  field("again", "The same again");
  form += "<button type=\"submit\">Set the password</button>\n</form>\n";
  return form;
}

http::Response reset_refused(const Error& error) {
  if (!error.fields.empty()) {
    const FieldError& wrong = error.fields.front();
    return html_page(400, reset_title,
                     reset_form("The " + wrong.field + " " + wrong.message + "."));
  }
  if (!info(error.code).temporary) return refused(error, reset_advice);
  return refusal_page(error, reset_title, reset_form(public_message(error)));
}

Task<http::Response> reset(const Services& services, std::string token, http::Query form) {
  std::string password{http::find(form, "password").value_or("")};
  if (password != http::find(form, "again").value_or("")) {
    co_return html_page(400, reset_title, reset_form("The two passwords are not the same."));
  }
  const Time now = wall_now();
  const auto done = co_await services.recovery.reset(std::move(token), std::move(password), now);
  if (!done) co_return reset_refused(done.error());
  services.end_all(done->user, done->ended, now);
  co_return html_page(200, "Your password is changed",
                      "<p>All of your devices are logged out. Please log in with the new "
                      "password.</p>\n" +
                          way_on(services, "Log in"));
}

// A verified address.

constexpr std::string_view verify_advice =
    "It was used before, or too much time has passed. If your address is not verified yet, please "
    "ask for a new mail in the app.";
constexpr std::string_view verify_form =
    "<p>Please confirm that this is your address.</p>\n"
    "<form method=\"post\">\n<button type=\"submit\">Verify my address</button>\n</form>\n";

Task<http::Response> verify(const Services& services, std::string token, http::Query) {
  const Time now = wall_now();
  const auto done = co_await services.recovery.verify(std::move(token), now);
  if (!done) co_return refused(done.error(), verify_advice);
  co_return html_page(
      200, "Your address is verified",
      "<p>Thank you. You can close this page.</p>\n" + way_on(services, "Open the app"));
}

// No more mails.

constexpr std::string_view unsubscribe_advice =
    "Please use the link in a newer mail, or switch e-mail notifications off in your profile.";
constexpr std::string_view unsubscribe_form =
    "<p>You will hear nothing more by e-mail about messages that you have not read.</p>\n"
    "<form method=\"post\">\n<button type=\"submit\">Switch these mails off</button>\n</form>\n";

Task<http::Response> unsubscribe(const Services& services, std::string token, http::Query) {
  const Time now = wall_now();
  const auto done = co_await services.recovery.unsubscribe(std::move(token), now);
  if (!done) co_return refused(done.error(), unsubscribe_advice);
  co_return html_page(200, "These mails are switched off",
                      "<p>You will get no more mails about messages. To have them again, switch "
                      "e-mail notifications on in your profile.</p>\n");
}

// All of them.

Task<http::Response> show(std::string_view title, std::string content, http::Request request) {
  const bool is_whole = !http::find(request.query, "token").value_or("").empty();
  co_return is_whole ? html_page(200, title, content) : incomplete_link();
}

/// What a page's form does.
using Act = Task<http::Response> (*)(const Services&, std::string token, http::Query form);

/// The token is the address's, or else the form's. A body that is no form has no fields: the one
/// click of a mail program may come as multipart/form-data, and says nothing that is needed.
/// Source: RFC 8058, 3.1.
Task<http::Response> submit(const Services& services, Act act, http::Request request) {
  auto parsed = http::form_body(request);
  http::Query form = parsed ? std::move(*parsed) : http::Query{};
  const auto own = http::find(request.query, "token");
  std::string token{own ? *own : http::find(form, "token").value_or("")};
  if (token.empty()) co_return incomplete_link();
  co_return co_await act(services, std::move(token), std::move(form));
}

}  // namespace

void add_link_pages(http::Router& router, const Services& services) {
  const auto add = [&](std::string_view path, std::string_view title, std::string form, Act act) {
    const auto shown = [title, form = std::move(form)](http::Request request) {
      return show(title, form, std::move(request));
    };
    const auto submitted = [&services, act](http::Request request) {
      return submit(services, act, std::move(request));
    };
    router.route(http::Method::get, path, shown);
    router.route(http::Method::post, path, submitted, small_body(services));
  };
  add("/account/reset-password", reset_title, reset_form({}), reset);
  add("/account/verify-email", "Verify your e-mail address", std::string{verify_form}, verify);
  add("/api/email/unsubscribe", "Switch mails off?", std::string{unsubscribe_form}, unsubscribe);
}

}  // namespace parley::api
