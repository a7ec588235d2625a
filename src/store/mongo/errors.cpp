#include "store/mongo/errors.hpp"

#include <mongoc/mongoc.h>

#include <algorithm>
#include <array>

namespace parley::store::mongo {

namespace {
constexpr int max_time_expired = 50;
constexpr int namespace_not_found = 26;
constexpr std::array missing_features{59 /* CommandNotFound */, 115 /* CommandNotSupported */,
                                      238 /* NotImplemented */};
constexpr std::array temporary{
    6,      // HostUnreachable
    7,      // HostNotFound
    43,     // CursorNotFound: the server has restarted under it
    64,     // WriteConcernFailed
    89,     // NetworkTimeout
    91,     // ShutdownInProgress
    100,    // UnsatisfiableWriteConcern
    112,    // WriteConflict
    133,    // FailedToSatisfyReadPreference: a mongos that finds no primary
    134,    // ReadConcernMajorityNotAvailableYet
    189,    // PrimarySteppedDown
    237,    // CursorKilled
    262,    // ExceededTimeLimit
    9001,   // SocketException
    10058,  // LegacyNotPrimary
    10107,  // NotWritablePrimary
    11600,  // InterruptedAtShutdown
    11602,  // InterruptedDueToReplStateChange
    13435,  // NotPrimaryNoSecondaryOk
    13436,  // NotPrimaryOrSecondary
};

template <std::size_t size>
bool has(const std::array<int, size>& codes, int code) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

/// FerretDB has no code for a unique index that an update or an index build breaks.
bool is_sqlite_duplicate(const bson_error_t& error) {
  static constexpr std::string_view words = "UNIQUE constraint failed";
  return error.code == 1 && std::string_view(error.message).find(words) != std::string_view::npos;
}
}  // namespace

bool is_temporary(int code) { return has(temporary, code); }

bool is_duplicate(int code) { return code == 11000 || code == 11001 || code == 12582; }

bool is_from_server(const bson_error_t& error) {
  return error.domain == MONGOC_ERROR_SERVER || error.domain == MONGOC_ERROR_WRITE_CONCERN;
}

Error translate(const bson_error_t& error) {
  const auto as = [&error](Errc code) {
    return fail(code, std::string("MongoDB: ") + error.message);
  };
  const int code = static_cast<int>(error.code);
  switch (error.domain) {
    case MONGOC_ERROR_SERVER_SELECTION:
    case MONGOC_ERROR_STREAM:
    case MONGOC_ERROR_PROTOCOL:
    case MONGOC_ERROR_POOL:
    case MONGOC_ERROR_CLIENT:
    case MONGOC_ERROR_SASL:
    case MONGOC_ERROR_SCRAM:
    case MONGOC_ERROR_WRITE_CONCERN:
      return as(Errc::unavailable);
    case MONGOC_ERROR_BSON:
      return as(Errc::corrupt);
    case MONGOC_ERROR_CURSOR:
      return as(is_temporary(code) ? Errc::unavailable : Errc::internal);
    default:
      break;
  }
  if (is_duplicate(code) || is_sqlite_duplicate(error)) return as(Errc::conflict);
  if (is_temporary(code)) return as(Errc::unavailable);
  if (code == namespace_not_found) return as(Errc::not_found);
  if (has(missing_features, code)) return as(Errc::not_supported);
  return as(code == max_time_expired ? Errc::timeout : Errc::internal);
}

}  // namespace parley::store::mongo
