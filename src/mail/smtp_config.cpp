#include "mail/smtp_config.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "base/authority.hpp"
#include "mail/text.hpp"

namespace parley::mail {

namespace {

using boost::urls::url_view;

Error refuse(std::string_view what) {
  return fail(Errc::bad_request, std::string{"SMTP URL: "}.append(what));
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

Result<Done> read_place(const url_view& url, SmtpConfig& config) {
  const auto place = url.encoded_host_and_port();
  auto server = parse_authority({place.data(), place.size()});
  if (!server)
    return refuse("has no host, or one with odd characters, or a port that is not from 1 to 65535");
  const std::uint16_t usual = config.tls == SmtpConfig::Tls::implicit ? 465
                              : config.user.empty()                   ? 25
                                                                      : 587;
  config.host = std::move(server->host);
  config.port = server->port.value_or(usual);
  const std::string path = url.path();
  if (path.empty() || path == "/") return Done{};
  config.client_name = path.substr(1);
  const auto client = parse_authority(config.client_name);
  if (!client || client->host != config.client_name)
    return refuse("the path is not this client's name");
  return Done{};
}

Result<Done> read_login(const url_view& url, SmtpConfig& config) {
  config.user = url.user();
  config.password = url.password();
  if (config.user.empty() && !config.password.empty()) return refuse("a password without a user");
  if (has_controls(config.user) || has_controls(config.password))
    return refuse("user or password have control characters");
  return Done{};
}

Result<Done> read_option(std::string_view name, std::string value, SmtpConfig& config) {
  using Tls = SmtpConfig::Tls;
  if (name == "ca") {
    config.ca_file = std::move(value);
    return Done{};
  }
  if (name != "tls") return refuse("has an option that is neither tls nor ca");
  if (config.tls == Tls::implicit) return refuse("smtps:// is TLS without an option");
  if (value == "off") {
    config.tls = Tls::off;
  } else if (value == "offered") {
    config.tls = Tls::offered;
  } else if (value == "required") {
    config.tls = Tls::required;
  } else {
    return refuse("tls is none of off, offered and required");
  }
  return Done{};
}

Result<SmtpConfig> read(const url_view& url) {
  SmtpConfig config;
  if (url.scheme() == "smtps") {
    config.tls = SmtpConfig::Tls::implicit;
  } else if (url.scheme() != "smtp") {
    return refuse("is neither smtp:// nor smtps://");
  }
  if (url.has_fragment()) return refuse("has a # (written as %23)");
  if (const auto login = read_login(url, config); !login) return login.error();
  if (const auto place = read_place(url, config); !place) return place.error();
  const bool guards_password = !config.user.empty() && !is_loopback(config.host);
  if (guards_password && config.tls == SmtpConfig::Tls::offered)
    config.tls = SmtpConfig::Tls::required;
  for (const auto& option : url.params()) {
    if (const auto known = read_option(option.key, option.value, config); !known)
      return known.error();
  }
  return config;
}

}  // namespace

std::string SmtpConfig::describe() const {
  return (tls == Tls::implicit ? "smtps://" : "smtp://") + authority_of(host, port);
}

Result<SmtpConfig> smtp_config_from(std::string_view url) {
  const auto parsed = boost::urls::parse_uri(boost::urls::string_view{url.data(), url.size()});
  if (!parsed) return refuse("cannot be read (special characters are written as %40)");
  return read(*parsed);
}

}  // namespace parley::mail
