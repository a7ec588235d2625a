#include "settings/fields.hpp"

#include <algorithm>

#include "settings/field_making.hpp"
#include "settings/kinds.hpp"
#include "settings/mail_fields.hpp"

namespace parley::app {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr std::string_view server = "Server";
constexpr std::string_view tls = "TLS";
constexpr std::string_view tokens = "Tokens and passwords";
constexpr std::string_view limits = "Limits";
constexpr std::string_view realtime = "Realtime connections";
constexpr std::string_view http = "HTTP";
constexpr std::string_view store = "Store";
constexpr std::string_view cluster = "Several nodes";
constexpr std::string_view log = "Log";

constexpr Choice<Mode, 3> modes{{"development", "production", "test"}};
constexpr Choice<ops::Level, 5> levels{{"off", "error", "warn", "info", "debug"}};
constexpr Choice<ops::LogFormat, 2> formats{{"text", "json"}};

constexpr Choice<ClusterAdapter, 2> adapters{{"classic", "sharded"}};

constexpr Secret signing_secret{" of at least 16 bytes, in production 32"};

constexpr std::uint64_t gibibyte = 1ull << 30;
constexpr std::uint64_t million = 1'000'000;

void add_server(std::vector<Field>& list) {
  list.push_back(with_variables(
      make(server, "env", modes, in(&Settings::server, &decltype(Settings::server)::mode),
           "What kind of installation this is. Production refuses unsafe secrets."),
      {"PARLEY_ENV", "NODE_ENV"}));
  list.push_back(make(server, "host", Word{"an address or a host name"},
                      in(&Settings::server, &decltype(Settings::server)::host),
                      "The address to listen on."));
  list.push_back(make(server, "port", WholeNumber{0, 65535},
                      in(&Settings::server, &decltype(Settings::server)::port),
                      "The port to listen on; 0 lets the system choose one."));
  list.push_back(make(server, "shards", WholeNumber{0, 256},
                      in(&Settings::server, &decltype(Settings::server)::shards),
                      "Threads that serve connections; 0 means one a core."));
  list.push_back(with_preset(
      make(server, "client-url", Origins{},
           in(&Settings::server, &decltype(Settings::server)::client_url),
           "Origins whose pages may call the server from a browser."),
      "* in development; none in production, so that only pages of the same origin may"));
  list.push_back(
      make(server, "trusted-proxies", Networks{},
           in(&Settings::server, &decltype(Settings::server)::trusted_proxies),
           "Proxies whose X-Forwarded-For is believed; from anybody else it is ignored."));
  list.push_back(
      make(server, "metrics", Switch{}, in(&Settings::server, &decltype(Settings::server)::metrics),
           "Whether /metrics answers. It is public: hide it at the proxy, or turn it off."));
  list.push_back(make(server, "web-client", Switch{},
                      in(&Settings::server, &decltype(Settings::server)::web_client),
                      "Whether the web client is served at /app/, and browsers are sent there."));
  list.push_back(make(server, "drain-timeout", Interval{1s, 10min},
                      in(&Settings::server, &decltype(Settings::server)::drain_timeout),
                      "The longest that a stop (SIGTERM) waits for connections to end in order."));
}

void add_tls(std::vector<Field>& list) {
  list.push_back(make(tls, "tls-cert", OptionalPath{},
                      in(&Settings::tls, &decltype(Settings::tls)::certificate),
                      "PEM file of the certificate and the chain behind it: HTTPS and WSS, without "
                      "a proxy. Read again at SIGHUP."));
  list.push_back(make(tls, "tls-key", OptionalPath{},
                      in(&Settings::tls, &decltype(Settings::tls)::key),
                      "PEM file of its private key, without a password. Read again at SIGHUP."));
  list.push_back(make(tls, "tls-handshake-timeout", Interval{100ms, 1h},
                      in(&Settings::tls, &decltype(Settings::tls)::handshake_timeout),
                      "From the connection to the end of its TLS handshake."));
  list.push_back(make(tls, "tls-max-handshakes", WholeNumber{1, million},
                      in(&Settings::tls, &decltype(Settings::tls)::max_handshakes),
                      "TLS handshakes under way; for one more the oldest is closed."));
}

void add_tokens(std::vector<Field>& list) {
  list.push_back(secret(make(tokens, "access-token-secret", signing_secret,
                             in(&Settings::auth, &decltype(Settings::auth)::access_token_secret),
                             "Signs access tokens (HS256). A new one makes all of them invalid.")));
  list.push_back(secret(make(tokens, "refresh-token-secret", signing_secret,
                             in(&Settings::auth, &decltype(Settings::auth)::refresh_token_secret),
                             "Signs refresh tokens. A new one signs everybody out.")));
  list.push_back(make(tokens, "access-token-expire", Interval{1s, 24h * 30},
                      in(&Settings::auth, &decltype(Settings::auth)::access_token_expire),
                      "How long an access token is good."));
  list.push_back(make(tokens, "refresh-token-expire", Interval{1s, 24h * 366},
                      in(&Settings::auth, &decltype(Settings::auth)::refresh_token_expire),
                      "How long a device that is not used stays signed in."));
  list.push_back(make(tokens, "refresh-leeway", Interval{0s, 60s},
                      in(&Settings::auth, &decltype(Settings::auth)::refresh_leeway),
                      "How long after a refresh the same call gives the same refresh token again, "
                      "for those whose answer was lost; 0 (never): it ends the login."));
  list.push_back(make(tokens, "hash-cost", WholeNumber{4, 16},
                      in(&Settings::auth, &decltype(Settings::auth)::hash_cost),
                      "bcrypt's cost for new passwords; one more doubles the time."));
  list.push_back(make(tokens, "hash-threads", WholeNumber{0, 256},
                      in(&Settings::auth, &decltype(Settings::auth)::hash_threads),
                      "Threads that hash passwords; 0 means half the cores, at least one."));
  list.push_back(
      make(tokens, "hash-queue", WholeNumber{1, million},
           in(&Settings::auth, &decltype(Settings::auth)::hash_queue),
           "Logins and registrations that wait for such a thread; one more gets a 503."));
}

void add_limits(std::vector<Field>& list) {
  list.push_back(make(limits, "rate-limit-auth", WholeNumber{0, million},
                      in(&Settings::limits, &decltype(Settings::limits)::rate_limit_auth),
                      "Calls of /api/auth and /account a minute and client IP; 0 means no limit."));
  list.push_back(make(limits, "rate-limit-api", WholeNumber{0, million},
                      in(&Settings::limits, &decltype(Settings::limits)::rate_limit_api),
                      "All other calls a minute and client IP; 0 means no limit."));
  list.push_back(make(limits, "rate-limit-send", WholeNumber{0, million},
                      in(&Settings::limits, &decltype(Settings::limits)::rate_limit_send),
                      "Messages a minute that one user may send over Socket.IO, a sixth of them at "
                      "once, on each shard; 0, or 0 for rate-limit-api, means no limit."));
  list.push_back(make(limits, "max-connections", WholeNumber{1, 10 * million},
                      in(&Settings::limits, &decltype(Settings::limits)::max_connections),
                      "Open connections, and sessions; for one more somebody who has not logged in "
                      "makes way, or it is closed at once. A request or WebSocket that is "
                      "forwarded to another node counts as two, and they get three quarters of "
                      "these at most. Mind the limit of open files."));
  list.push_back(
      make(limits, "max-queued", ByteSize{16 << 10, gibibyte},
           in(&Settings::limits, &decltype(Settings::limits)::max_queued),
           "Bytes that wait for one client; beyond it the client is cut off and resumes."));
  list.push_back(make(limits, "max-payload", ByteSize{1 << 10, gibibyte},
                      in(&Settings::limits, &decltype(Settings::limits)::max_payload),
                      "Bytes of one packet from a Socket.IO client, its attachments included."));
  list.push_back(make(limits, "max-body", ByteSize{1 << 10, gibibyte},
                      in(&Settings::limits, &decltype(Settings::limits)::max_body),
                      "Bytes of a REST call's body."));
  list.push_back(make(limits, "max-content", WholeNumber{1, million},
                      in(&Settings::limits, &decltype(Settings::limits)::max_content),
                      "Characters (code points) of a message."));
  list.push_back(make(limits, "min-username", WholeNumber{1, 64},
                      in(&Settings::limits, &decltype(Settings::limits)::min_username),
                      "The fewest characters of a user name."));
  list.push_back(make(limits, "max-username", WholeNumber{1, 256},
                      in(&Settings::limits, &decltype(Settings::limits)::max_username),
                      "The most characters of a user name."));
  list.push_back(make(limits, "max-email", WholeNumber{6, 254},
                      in(&Settings::limits, &decltype(Settings::limits)::max_email),
                      "The most bytes of an e-mail address."));
  list.push_back(make(limits, "min-password", WholeNumber{1, 72},
                      in(&Settings::limits, &decltype(Settings::limits)::min_password),
                      "The fewest bytes of a password."));
  list.push_back(make(limits, "max-password", WholeNumber{1, 72},
                      in(&Settings::limits, &decltype(Settings::limits)::max_password),
                      "The most bytes of a password; bcrypt sees no more than 72."));
}

void add_connections(std::vector<Field>& list) {
  list.push_back(make(realtime, "ping-interval", Interval{100ms, 1h},
                      in(&Settings::realtime, &decltype(Settings::realtime)::ping_interval),
                      "Time between pings. Shorter finds dead clients sooner and wakes phones."));
  list.push_back(make(realtime, "ping-timeout", Interval{100ms, 1h},
                      in(&Settings::realtime, &decltype(Settings::realtime)::ping_timeout),
                      "Silence after a ping before the client is given up."));
  list.push_back(make(realtime, "connect-timeout", Interval{100ms, 1h},
                      in(&Settings::realtime, &decltype(Settings::realtime)::connect_timeout),
                      "A client that is in no namespace for so long is disconnected."));
  list.push_back(
      make(realtime, "upgrade-timeout", Interval{100ms, 1h},
           in(&Settings::realtime, &decltype(Settings::realtime)::upgrade_timeout),
           "An upgrade from polling to WebSocket that is not complete by then is dropped."));
  list.push_back(make(realtime, "per-message-deflate", Switch{},
                      in(&Settings::realtime, &decltype(Settings::realtime)::per_message_deflate),
                      "Offer compression on WebSocket. Saves bytes; costs CPU and memory."));
  list.push_back(make(http, "head-timeout", Interval{100ms, 1h},
                      in(&Settings::http, &decltype(Settings::http)::head_timeout),
                      "From a request's first byte to the end of its headers."));
  list.push_back(make(http, "body-timeout", Interval{100ms, 1h},
                      in(&Settings::http, &decltype(Settings::http)::body_timeout),
                      "From the end of the headers to the end of the body."));
  list.push_back(
      make(http, "keep-alive", Interval{0ms, 1h},
           in(&Settings::http, &decltype(Settings::http)::keep_alive),
           "How long a connection may be idle between requests. Longer than the proxy's."));
}

void add_store(std::vector<Field>& list) {
  list.push_back(make(store, "data-dir", Path{},
                      in(&Settings::store, &decltype(Settings::store)::data_dir),
                      "The folder of everything that is kept. Made with mode 0700 when absent."));
  list.push_back(make(store, "read-threads", WholeNumber{1, 256},
                      in(&Settings::store, &decltype(Settings::store)::read_threads),
                      "Threads that read the disk."));
  list.push_back(make(store, "store-cache-mb", WholeNumber{1, 1 << 20},
                      in(&Settings::store, &decltype(Settings::store)::cache_mb),
                      "MiB of memory that hold what was read from the disk."));
  list.push_back(make(store, "store-queue", WholeNumber{16, million},
                      in(&Settings::store, &decltype(Settings::store)::queue),
                      "Writes that wait for the disk; one more is refused as overloaded."));
}

void add_cluster(std::vector<Field>& list) {
  list.push_back(with_variables(
      private_one(make(cluster, "mongo-uri", PrivateUrl{{"mongodb://", "mongodb+srv://"}},
                       in(&Settings::store, &decltype(Settings::store)::mongo_uri),
                       "The MongoDB that keeps everything; its path names the database."),
                  "unset: the embedded store in DATA_DIR"),
      {"MONGO_URI", "MONGODB_URI"}));
  list.push_back(private_one(
      make(cluster, "redis-url", PrivateUrl{{"redis://", "rediss://"}},
           in(&Settings::cluster, &decltype(Settings::cluster)::redis_url),
           "The Redis that joins the nodes; rediss:// for TLS. More than one node needs it."),
      "unset: this process is all there is, unless REDIS_HOST is set"));
  list.push_back(make(cluster, "redis-host", OptionalHost{},
                      in(&Settings::cluster, &decltype(Settings::cluster)::redis_host),
                      "The same without a URL; REDIS_URL goes first."));
  list.push_back(make(cluster, "redis-port", WholeNumber{1, 65535},
                      in(&Settings::cluster, &decltype(Settings::cluster)::redis_port),
                      "The port at REDIS_HOST."));
  list.push_back(
      private_one(make(cluster, "redis-password", Secret{},
                       in(&Settings::cluster, &decltype(Settings::cluster)::redis_password),
                       "The password at REDIS_HOST."),
                  "unset: none is asked for"));
  list.push_back(
      make(cluster, "cluster-adapter", adapters,
           in(&Settings::cluster, &decltype(Settings::cluster)::adapter),
           "How Socket.IO events reach other nodes. Node.js servers beside must use the same."));
  list.push_back(
      make(cluster, "presence-lease", Interval{500ms, 10min},
           in(&Settings::cluster, &decltype(Settings::cluster)::presence_lease),
           "The longest that users of a node that died stay online; where only its process "
           "ended, the others see it sooner."));
  list.push_back(make(cluster, "advertise", OptionalAddress{},
                      in(&Settings::cluster, &decltype(Settings::cluster)::advertise),
                      "Where the other nodes reach this one. With it they forward requests of "
                      "polling clients whose session is here."));
}

void add_log(std::vector<Field>& list) {
  list.push_back(make(log, "log-level", levels, in(&Settings::log, &decltype(Settings::log)::level),
                      "The least important lines that are written; debug has one a packet."));
  list.push_back(make(log, "log-format", formats,
                      in(&Settings::log, &decltype(Settings::log)::format),
                      "Lines for people, or one JSON object a line. Both go to standard error."));
}

std::vector<Field> make_fields() {
  std::vector<Field> list;
  add_server(list);
  add_tls(list);
  add_tokens(list);
  add_limits(list);
  add_connections(list);
  add_store(list);
  add_cluster(list);
  add_mail_fields(list);
  add_log(list);
  return list;
}

}  // namespace

std::span<const Field> fields() {
  static const std::vector<Field> list = make_fields();
  return list;
}

const Field* find_field(std::string_view name) {
  const auto list = fields();
  const auto found = std::find_if(list.begin(), list.end(),
                                  [name](const Field& field) { return field.name == name; });
  return found == list.end() ? nullptr : &*found;
}

const Field* find_field_by_variable(std::string_view variable) {
  for (const Field& field : fields()) {
    for (const auto& name : field.variables) {
      if (name == variable) return &field;
    }
  }
  return nullptr;
}

}  // namespace parley::app
