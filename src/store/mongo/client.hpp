#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "store/mongo/bson.hpp"
#include "store/mongo/server_clock.hpp"

struct _mongoc_client_t;

namespace parley::store::mongo {

using namespace std::chrono_literals;

class Client;

/// Where the database is. What the URI says about a setting goes before what is said here.
struct Config {
  std::string uri;  ///< `mongodb://…` or `mongodb+srv://…`; its path names the database.
  std::string database = "realtime-chat";            ///< When the URI names none: the original's.
  std::string application = "parley";                ///< How the server's own log names us.
  std::chrono::milliseconds selection_timeout = 5s;  ///< For a primary to be found.
  std::chrono::milliseconds socket_timeout = 10s;    ///< For an answer; the deadline of a call.
  std::size_t connections = 32;                      ///< At most; one more call waits for one.
  std::chrono::milliseconds ping_interval = 1s;      ///< How soon health knows without calls.
  /// This machine's: nonsense of the server's is known by it.
  std::function<Time()> clock = &wall_now;
};

/// Why one write of several was refused.
struct WriteError {
  std::size_t index = 0;  ///< Its place among the writes.
  int code = 0;
  std::string message;

  bool is_duplicate() const;
  /// Of the unique index that a duplicate has hit; empty when the server does not tell (FerretDB).
  std::string_view index_name() const;
};

/// What became of a number of writes.
struct Written {
  std::int64_t inserted = 0;
  std::int64_t matched = 0;
  std::int64_t modified = 0;
  std::int64_t upserted = 0;
  std::int64_t deleted = 0;
  std::vector<WriteError> errors;  ///< By index. Ordered writes stop at the first.
};

/// Do the writes stop at the first that is refused?
enum class Order { ordered, unordered };

struct Update {
  Document filter;
  Document change;      ///< Operators: `{$set: …}`.
  bool many = false;    ///< All that match, not one.
  bool upsert = false;  ///< Insert when none matches.
};

/// One of the client's connections, for as long as it is held. One thread at a time. Every call
/// blocks: net::Workers or a thread of its own, never a shard. Writes are acknowledged by a
/// majority that has journaled them, reads are of what a majority has.
///
/// Errors of all calls: unavailable (no primary, no network, not acknowledged in time: a write may
/// or may not have happened), timeout, conflict (a duplicate key), corrupt (not BSON), internal
/// (what else the server refuses; the detail says why).
class Lease {
 public:
  using Visit = std::function<bool(View)>;  ///< False: enough.

  Lease(Lease&& other) noexcept;
  Lease& operator=(Lease&&) = delete;
  ~Lease();

  /// `options`: as in the driver's find: sort, limit, projection, hint, batchSize, …
  Result<std::vector<Document>> find(std::string_view collection, const Document& filter,
                                     const Document& options = {});
  Result<std::optional<Document>> find_one(std::string_view collection, const Document& filter,
                                           const Document& options = {});
  /// One by one, without keeping them.
  Result<Done> each(std::string_view collection, const Document& filter, const Document& options,
                    const Visit& visit);
  Result<std::vector<Document>> aggregate(std::string_view collection, const Array& pipeline,
                                          const Document& options = {});
  Result<std::uint64_t> count(std::string_view collection, const Document& filter = {});

  /// A refused document is in `errors`; the others are in the database as `order` says. FerretDB
  /// keeps to `ordered` within 100 documents only.
  Result<Written> insert_many(std::string_view collection, std::span<const Document> documents,
                              Order order);
  /// conflict: a duplicate key.
  Result<Done> insert(std::string_view collection, const Document& document);
  /// A refused update is in `errors`. FerretDB may count as not modified what it modified, when one
  /// was refused.
  Result<Written> bulk(std::string_view collection, std::span<const Update> updates, Order order);
  /// conflict: a duplicate key.
  Result<Written> update(std::string_view collection, const Update& update);
  Result<Written> remove(std::string_view collection, const Document& filter);

  /// A command of the database, as it is. The answer.
  Result<Document> command(const Document& command);
  /// The same with the write concern.
  Result<Document> write_command(Document command);
  /// Empty for a collection that there is not.
  Result<std::vector<std::string>> index_names(std::string_view collection);
  Result<Done> drop_database();

 private:
  friend class Client;
  Lease(Client& client, _mongoc_client_t* connection) : client_(&client), connection_(connection) {}

  struct Collection;
  struct Cursor;
  struct Bulk;
  Error failed(const bson_error_t& error);
  Result<Done> drain(Cursor cursor, const Visit& visit);
  Result<Written> execute(Bulk bulk);
  Result<Written> one_by_one(std::string_view collection, std::span<const Update> updates,
                             Order order);
  Result<Document> answered(bool is_good, Document answer, const bson_error_t& error);

  Client* client_;
  _mongoc_client_t* connection_;
};

/// The driver's pool of connections, and what is known of the server's health. Any thread. Outlives
/// its leases.
class Client {
  struct State;

 public:
  /// Connects to nothing yet. bad_request: the URI does not read.
  static Result<std::unique_ptr<Client>> open(Config config);
  explicit Client(std::unique_ptr<State> state);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Blocks while all connections are in use. overloaded: for longer than a call may take; closed.
  Result<Lease> lease();
  /// From then on there are no leases, so that what waits for one ends. Never, at first.
  void close_at(SteadyTime end);
  SteadyTime closes_at() const;
  const std::string& database() const;

  /// One round trip to the primary, which tells its time; blocks. not_supported: it does not, or
  /// one that is not believed (ServerClock).
  Result<Done> ping();
  /// The primary's time, which is that of all nodes. Of a client that was pinged with success.
  Time now() const;
  const ServerClock& clock() const;
  /// What the last call or the ping of every second has found; unavailable before the first. Does
  /// not wait.
  Result<Done> health() const;

 private:
  friend class Lease;
  void give_back(_mongoc_client_t* connection);
  Result<Done> take(const ServerClock::Sample& sample);
  /// What a call has found: nullptr when the server answered.
  void note(const Error* error);
  void watch();

  std::unique_ptr<State> state_;
};

}  // namespace parley::store::mongo
