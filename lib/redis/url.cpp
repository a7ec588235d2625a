#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>

#include "base/authority.hpp"
#include "redis/config.hpp"

namespace parley::redis {

namespace {

using boost::urls::url_view;

constexpr unsigned most_databases = 65'536;

Error refuse(std::string_view what) {
  return fail(Errc::bad_request, std::string{"Redis URL: "}.append(what));
}

Result<unsigned> number(std::string_view text, unsigned most, std::string_view what) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > most) return refuse(what);
  return value;
}

Result<Done> read_place(const url_view& url, Config& config) {
  const auto place = url.encoded_host_and_port();
  auto server = parse_authority({place.data(), place.size()});
  if (!server)
    return refuse("has no host, or one with odd characters, or a port that is not from 1 to 65535");
  config.host = std::move(server->host);
  config.port = server->port.value_or(config.port);
  return Done{};
}

Result<Done> read_database(const url_view& url, Config& config) {
  const std::string path = url.path();
  if (path.empty() || path == "/") return Done{};
  const auto database =
      number(std::string_view{path}.substr(1), most_databases, "the path is not a database number");
  if (!database) return database.error();
  config.database = *database;
  return Done{};
}

Result<Config> read(const url_view& url) {
  Config config;
  config.tls = url.scheme() == "rediss";
  if (!config.tls && url.scheme() != "redis") return refuse("is neither redis:// nor rediss://");
  if (url.has_query() || url.has_fragment()) return refuse("options are not supported");
  if (const auto place = read_place(url, config); !place) return place.error();
  if (const auto database = read_database(url, config); !database) return database.error();
  config.user = url.user();
  config.password = url.password();
  if (!config.user.empty() && config.password.empty()) return refuse("a user without a password");
  return config;
}

}  // namespace

Result<Config> parse_url(std::string_view url) {
  const bool is_bare = url.find("://") == std::string_view::npos;
  const std::string whole = is_bare ? std::string{"redis://"}.append(url) : std::string{url};
  const auto parsed = boost::urls::parse_uri(whole);
  if (!parsed) return refuse("cannot be read (special characters are written as %40)");
  if (is_bare && (!parsed->has_port() || parsed->has_userinfo() || !parsed->path().empty())) {
    return refuse("is neither redis://host:port/database nor host:port");
  }
  return read(*parsed);
}

}  // namespace parley::redis
