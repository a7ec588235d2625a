#include "settings/mail_settings.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/percent.hpp"
#include "settings/mail_kinds.hpp"

namespace parley::app {
namespace {

constexpr std::array<std::string_view, 6> node_variables{"SMTP_HOST", "SMTP_PORT",  "SMTP_USER",
                                                         "SMTP_PASS", "EMAIL_USER", "EMAIL_PASS"};

using Variables = std::map<std::string, std::string>;

/// The first of these that is set; else `otherwise`.
std::string first_of(const Variables& variables, std::initializer_list<const char*> names,
                     std::string otherwise = {}) {
  for (const char* name : names) {
    if (const auto found = variables.find(name); found != variables.end()) return found->second;
  }
  return otherwise;
}

std::string suggested_url(const Variables& variables) {
  const std::string port = first_of(variables, {"SMTP_PORT"});
  const std::string user = first_of(variables, {"SMTP_USER", "EMAIL_USER"});
  const bool has_password = !first_of(variables, {"SMTP_PASS", "EMAIL_PASS"}).empty();
  std::string url = port == "465" ? "smtps://" : "smtp://";
  if (!user.empty() || has_password)
    url +=
        (user.empty() ? "USER" : percent_encoded(user)) + (has_password ? ":PASSWORD" : "") + "@";
  url += first_of(variables, {"SMTP_HOST"}, "HOST");
  if (!port.empty() && port != "465") url += ":" + port;
  return url;
}

}  // namespace

bool is_mail_variable_of_node(std::string_view variable) {
  return std::find(node_variables.begin(), node_variables.end(), variable) != node_variables.end();
}

std::string smtp_url_advice(const Variables& variables, std::string_view where) {
  std::string names;
  for (const auto& [name, value] : variables) names += (names.empty() ? "" : ", ") + name;
  const std::string url = suggested_url(variables);
  const bool is_good = SmtpUrl{}.read(url).has_value();
  return names + " " + std::string{where} + (variables.size() == 1 ? " is" : " are") +
         " not read: write SMTP_URL=" + (is_good ? url : "smtp://USER:PASSWORD@HOST:587") +
         " in place of them (the password percent-encoded).";
}

MailFindings check_mail(const Settings& settings) {
  MailFindings findings;
  const bool is_production = settings.server.mode == Mode::production;
  if (is_production && !settings.mail.smtp_url.empty() && settings.mail.public_url.empty()) {
    findings.problems.push_back(
        "smtp-url is set and public-url is not: in production it must be, or the links in mails "
        "would lead to localhost.");
  }
  if (is_production && settings.mail.require_verified_email && settings.mail.smtp_url.empty()) {
    findings.problems.push_back(
        "require-verified-email is on and smtp-url is not set: nobody could log in.");
  }
  if (settings.jobs.worker == WorkerPlace::apart && worker_refusal(settings)) {
    findings.problems.push_back(
        "worker is apart, and parley worker needs both MONGO_URI and REDIS_URL (or REDIS_HOST): "
        "jobs would never run.");
  }
  if (!settings.mail.smtp_url.empty() && settings.mail.from == Settings{}.mail.from) {
    findings.warnings.push_back(
        "smtp-url is set and mail-from is not: mails are from no-reply@localhost, which most "
        "servers refuse.");
  }
  const bool has_place = !settings.mail.smtp_url.empty() || !settings.mail.public_url.empty();
  if (!settings.server.web_client && settings.mail.app_url.empty() && has_place) {
    findings.warnings.push_back(
        "web-client is off and app-url is not set: mails lead to public-url, where a browser may "
        "find no app.");
  }
  return findings;
}

std::optional<std::string> worker_refusal(const Settings& settings) {
  if (!settings.store.mongo_uri.empty() && settings.has_redis()) return std::nullopt;
  return "parley worker needs MONGO_URI and REDIS_URL (or REDIS_HOST): without them the data is in "
         "DATA_DIR, where parley serve alone works, and runs the jobs itself.";
}

std::optional<std::string> worker_secret_refusal(const Settings& settings) {
  const bool is_judged = settings.server.mode == Mode::production;  // check_secrets
  std::error_code ignored;
  const bool is_kept = std::filesystem::exists(settings.store.data_dir / "secrets", ignored);
  if (is_judged || is_kept || !settings.auth.access_token_secret.empty()) return std::nullopt;
  return "parley worker needs ACCESS_TOKEN_SECRET, the same as its servers: with another one the "
         "links that it mails would be dead. Servers that were given none keep theirs in "
         "DATA_DIR/secrets.";
}

std::string public_url(const Settings& settings, std::uint16_t port) {
  if (!settings.mail.public_url.empty()) return settings.mail.public_url;
  return (settings.has_tls() ? "https://localhost:" : "http://localhost:") + std::to_string(port);
}

std::string app_url(const Settings& settings, std::uint16_t port) {
  return settings.mail.app_url.empty() ? public_url(settings, port) : settings.mail.app_url;
}

}  // namespace parley::app
