#include "store/mongo/client.hpp"

#include <mongoc/mongoc.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string_view>
#include <thread>

#include "ops/log.hpp"
#include "store/mongo/errors.hpp"

namespace parley::store::mongo {

namespace {
/// What is less is corrected without a word.
constexpr auto notable_correction = 1s;

/// Whatever matters comes back as the error of a call, too: this is for who looks deeper.
void log_driver(mongoc_log_level_t level, const char* domain, const char* message, void*) {
  if (level > MONGOC_LOG_LEVEL_INFO) return;
  const auto ours = level <= MONGOC_LOG_LEVEL_CRITICAL ? ops::Level::warn : ops::Level::debug;
  ops::log().write(ours, "the MongoDB driver says", {{"domain", domain}, {"text", message}});
}

/// The driver starts itself when it is loaded, and keeps counters that nobody reads here in shared
/// memory under its process id. Its name goes at once: SIGKILL would leave the file behind, and the
/// next process of that id would be told so on stderr.
[[maybe_unused]] const int counters_have_no_name =
    ::shm_unlink(("/mongoc-" + std::to_string(::getpid())).c_str());

/// The driver, for the program's whole life.
void start_driver() {
  static const bool is_started = [] {
    mongoc_init();
    mongoc_log_set_handler(log_driver, nullptr);
    return true;
  }();
  (void)is_started;
}

/// User and password are percent-encoded. The driver would show them where they are not, or a part
/// of them as the name of a host that it does not find.
bool has_good_login(std::string_view uri) {
  const auto scheme = uri.find("://");
  if (scheme == std::string_view::npos) return true;  // the driver says what is wrong
  const std::string_view rest = uri.substr(scheme + 3);
  const std::string_view authority = rest.substr(0, rest.find('/'));
  const auto at = authority.rfind('@');
  if (at == std::string_view::npos) return true;
  const std::string_view login = authority.substr(0, at);
  const bool has_at = login.find('@') != std::string_view::npos;
  return !has_at && std::count(login.begin(), login.end(), ':') < 2;
}

int milliseconds(std::chrono::milliseconds time) { return static_cast<int>(time.count()); }

/// Sets what the URI leaves open.
void fill_in(mongoc_uri_t* uri, const Config& config) {
  const auto number = [uri](const char* option, int value) {
    if (!mongoc_uri_has_option(uri, option)) mongoc_uri_set_option_as_int32(uri, option, value);
  };
  number(MONGOC_URI_SERVERSELECTIONTIMEOUTMS, milliseconds(config.selection_timeout));
  number(MONGOC_URI_CONNECTTIMEOUTMS, milliseconds(config.selection_timeout));
  number(MONGOC_URI_SOCKETTIMEOUTMS, milliseconds(config.socket_timeout));
  number(MONGOC_URI_WAITQUEUETIMEOUTMS, milliseconds(config.socket_timeout));
  number(MONGOC_URI_MAXPOOLSIZE, static_cast<int>(config.connections));
  if (!mongoc_uri_has_option(uri, MONGOC_URI_RETRYWRITES))
    mongoc_uri_set_option_as_bool(uri, MONGOC_URI_RETRYWRITES, true);
  if (!mongoc_uri_get_appname(uri)) mongoc_uri_set_appname(uri, config.application.c_str());
}

/// Whatever the URI says: an acknowledged message is one that survives the loss of a primary.
void make_durable(mongoc_uri_t* uri) {
  const std::unique_ptr<mongoc_write_concern_t, decltype(&mongoc_write_concern_destroy)> writes(
      mongoc_write_concern_new(), mongoc_write_concern_destroy);
  // The server gives up before the socket does, so that its answer is heard.
  mongoc_write_concern_set_wmajority(
      writes.get(),
      mongoc_uri_get_option_as_int32(uri, MONGOC_URI_SOCKETTIMEOUTMS, 10'000) / 5 * 4);
  mongoc_write_concern_set_journal(writes.get(), true);
  mongoc_uri_set_write_concern(uri, writes.get());

  const std::unique_ptr<mongoc_read_concern_t, decltype(&mongoc_read_concern_destroy)> reads(
      mongoc_read_concern_new(), mongoc_read_concern_destroy);
  mongoc_read_concern_set_level(reads.get(), MONGOC_READ_CONCERN_LEVEL_MAJORITY);
  mongoc_uri_set_read_concern(uri, reads.get());

  const std::unique_ptr<mongoc_read_prefs_t, decltype(&mongoc_read_prefs_destroy)> primary(
      mongoc_read_prefs_new(MONGOC_READ_PRIMARY), mongoc_read_prefs_destroy);
  mongoc_uri_set_read_prefs_t(uri, primary.get());
}
}  // namespace

struct Client::State {
  struct ClosePool {
    void operator()(mongoc_client_pool_t* pool) const { mongoc_client_pool_destroy(pool); }
  };

  Config config;
  std::string database;
  std::unique_ptr<mongoc_client_pool_t, ClosePool> pool;
  ServerClock clock;
  std::atomic<SteadyTime> closes_at = SteadyTime::max();
  std::atomic<bool> is_believed = true;  ///< What the server says of its clock.

  std::atomic<bool> is_well = false;  ///< The last call reached the server.
  mutable std::mutex mutex;           ///< Of what follows.
  std::condition_variable ended;
  Error trouble = fail(Errc::unavailable, "MongoDB: not asked yet");
  bool is_ending = false;
  std::thread watcher;
};

Result<std::unique_ptr<Client>> Client::open(Config config) {
  start_driver();
  if (!has_good_login(config.uri))
    return fail(Errc::bad_request,
                "the MongoDB URI: in user and password : and @ are written as %3A and %40");
  bson_error_t error{};
  const std::unique_ptr<mongoc_uri_t, decltype(&mongoc_uri_destroy)> uri(
      mongoc_uri_new_with_error(config.uri.c_str(), &error), mongoc_uri_destroy);
  if (!uri) return fail(Errc::bad_request, std::string("the MongoDB URI: ") + error.message);
  fill_in(uri.get(), config);
  make_durable(uri.get());
  auto state = std::make_unique<State>();
  const char* named = mongoc_uri_get_database(uri.get());
  state->database = named && *named ? named : config.database;
  state->config = std::move(config);
  state->pool.reset(mongoc_client_pool_new_with_error(uri.get(), &error));
  if (!state->pool)
    return fail(Errc::bad_request, std::string("the MongoDB URI: ") + error.message);
  mongoc_client_pool_set_error_api(state->pool.get(), MONGOC_ERROR_API_VERSION_2);
  return std::make_unique<Client>(std::move(state));
}

Client::Client(std::unique_ptr<State> state) : state_(std::move(state)) {
  state_->watcher = std::thread([this] { watch(); });
}

Client::~Client() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->is_ending = true;
  }
  state_->ended.notify_all();
  state_->watcher.join();
}

Result<Lease> Client::lease() {
  if (SteadyTime::clock::now() >= closes_at()) return fail(Errc::closed, "the store is closed");
  mongoc_client_t* connection = mongoc_client_pool_pop(state_->pool.get());
  if (!connection) return fail(Errc::overloaded, "MongoDB: all connections are in use");
  return Lease(*this, connection);
}

void Client::close_at(SteadyTime end) { state_->closes_at = end; }

SteadyTime Client::closes_at() const { return state_->closes_at; }

const std::string& Client::database() const { return state_->database; }

Result<Done> Client::ping() {
  auto lease = this->lease();
  if (!lease) return lease.error();
  const Document command = std::move(Document().set("hello", 1));
  ServerClock::Sample sample;
  sample.asked = SteadyTime::clock::now();
  const auto answer = lease->command(command);
  sample.answered = SteadyTime::clock::now();
  if (!answer) return answer.error();
  const auto time = answer->view().time("localTime");
  if (!time) return fail(Errc::not_supported, "MongoDB does not tell its time");
  sample.theirs = *time;
  sample.ours = state_->config.clock();
  return take(sample);
}

Result<Done> Client::take(const ServerClock::Sample& sample) {
  const auto behind = state_->clock.take(sample);
  if (state_->is_believed.exchange(behind.has_value()) && !behind)
    ops::log().error("MongoDB's clock is not believed", {{"detail", behind.error().detail}});
  if (!behind) return behind.error();
  if (std::chrono::abs(*behind) >= notable_correction)
    ops::log().warn("the time is corrected to MongoDB's", {{"by_ms", behind->count()}});
  return Done{};
}

Time Client::now() const { return state_->clock.at(SteadyTime::clock::now()); }

const ServerClock& Client::clock() const { return state_->clock; }

Result<Done> Client::health() const {
  if (state_->is_well) return Done{};
  const std::lock_guard lock(state_->mutex);
  return state_->trouble;
}

void Client::watch() {
  pthread_setname_np(pthread_self(), "mongo-watch");
  std::unique_lock lock(state_->mutex);
  while (!state_->is_ending) {
    lock.unlock();
    (void)ping();  // it notes its outcome itself
    lock.lock();
    state_->ended.wait_for(lock, state_->config.ping_interval,
                           [this] { return state_->is_ending; });
  }
}

void Client::give_back(_mongoc_client_t* connection) {
  mongoc_client_pool_push(state_->pool.get(), connection);
}

void Client::note(const Error* error) {
  const bool is_well = !error || !info(error->code).temporary;  // a refusal is an answer
  if (is_well) {
    if (!state_->is_well.exchange(true)) ops::log().info("MongoDB answers");
    return;
  }
  const std::lock_guard lock(state_->mutex);
  state_->trouble = *error;
  if (state_->is_well.exchange(false))
    ops::log().warn("MongoDB does not answer", {{"detail", error->detail}});
}

}  // namespace parley::store::mongo
