#include "store/mongo/errors.hpp"

#include <mongoc/mongoc.h>

#include <algorithm>
#include <array>

namespace parley::store::mongo {

namespace {
constexpr int max_time_expired = 50;
constexpr std::array temporary{
    6,      // HostUnreachable
    7,      // HostNotFound
    43,     // CursorNotFound: the server has restarted under it
    64,     // WriteConcernFailed
    89,     // NetworkTimeout
    91,     // ShutdownInProgress
    100,    // UnsatisfiableWriteConcern
    112,    // WriteConflict
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
}  // namespace

bool is_temporary(int code) {
  return std::find(temporary.begin(), temporary.end(), code) != temporary.end();
}

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
  if (is_duplicate(code)) return as(Errc::conflict);
  if (is_temporary(code)) return as(Errc::unavailable);
  return as(code == max_time_expired ? Errc::timeout : Errc::internal);
}

}  // namespace parley::store::mongo
