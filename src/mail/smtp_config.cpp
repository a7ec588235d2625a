#include "mail/smtp_config.hpp"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>

#include "mail/text.hpp"

namespace parley::mail {

namespace {

using boost::urls::url_view;

Error refuse(std::string_view what) {
  return fail(Errc::bad_request, std::string{"SMTP URL: "}.append(what));
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == ':';
}
bool is_host(std::string_view text) {
  return !text.empty() && text.size() <= 253 &&
         std::all_of(text.begin(), text.end(), is_host_character);
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

Result<Done> read_place(const url_view& url, SmtpConfig& config) {
  config.host = url.host_address();
  if (!is_host(config.host)) return refuse("has no host, or one with odd characters");
  config.port = config.tls == SmtpConfig::Tls::implicit ? 465 : config.user.empty() ? 25 : 587;
  if (url.has_port()) {
    const std::string_view text{url.port().data(), url.port().size()};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), config.port);
    if (error != std::errc{} || end != text.data() + text.size() || config.port == 0)
      return refuse("the port is not a number from 1 to 65535");
  }
  const std::string path = url.path();
  if (path.empty() || path == "/") return Done{};
  config.client_name = path.substr(1);
  if (!is_host(config.client_name)) return refuse("the path is not this client's name");
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
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (tls == Tls::implicit ? "smtps://" : "smtp://") + (is_ipv6 ? "[" + host + "]" : host) +
         ":" + std::to_string(port);
}

Result<SmtpConfig> smtp_config_from(std::string_view url) {
  const auto parsed = boost::urls::parse_uri(boost::urls::string_view{url.data(), url.size()});
  if (!parsed) return refuse("cannot be read (special characters are written as %40)");
  return read(*parsed);
}

}  // namespace parley::mail
