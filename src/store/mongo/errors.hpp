#pragma once

#include "base/errc.hpp"
#include "store/mongo/bson.hpp"

namespace parley::store::mongo {

/// Server codes with which a write or read may succeed later: not the primary, shutting down, a
/// write concern that was not reached. Source: MongoDB, "Error Codes".
bool is_temporary(int code);
bool is_duplicate(int code);

/// What the driver or the server said, as one of our errors.
Error translate(const bson_error_t& error);

/// Did the server itself answer with that (or could it not be asked)?
bool is_from_server(const bson_error_t& error);

}  // namespace parley::store::mongo
