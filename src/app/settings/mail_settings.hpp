#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "settings/settings.hpp"

namespace parley::app {

/// True for the variables by which the Node.js original was told of its mail server.
bool is_mail_variable_of_node(std::string_view variable);

/// What to write in place of those variables: a sentence with the SMTP_URL, the password left out.
/// `variables`: those that are set, not empty. `where` completes "SMTP_HOST …".
std::string smtp_url_advice(const std::map<std::string, std::string>& variables,
                            std::string_view where);

/// What is wrong with mail and jobs as they are set, by what depends on more than one setting.
struct MailFindings {
  std::vector<std::string> problems;  ///< The start is refused.
  std::vector<std::string> warnings;
};
MailFindings check_mail(const Settings& settings);

/// Why `parley worker` cannot run with these; nullopt: it can.
std::optional<std::string> worker_refusal(const Settings& settings);
/// The same of the secrets, which a worker never makes; nullopt: it has what it needs.
std::optional<std::string> worker_secret_refusal(const Settings& settings);

/// What links in mails begin with. `port`: where this server listens.
std::string public_url(const Settings& settings, std::uint16_t port);
/// Where people open the app, likewise.
std::string app_url(const Settings& settings, std::uint16_t port);

}  // namespace parley::app
