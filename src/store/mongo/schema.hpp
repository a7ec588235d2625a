#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "store/mongo/client.hpp"

namespace parley::store::mongo {

inline constexpr std::string_view users_collection = "users";
inline constexpr std::string_view sessions_collection = "parley_sessions";

/// An index that we rely on. Source: docs/formats/mongo-store.md, "Indexes".
struct Index {
  std::string_view collection;
  std::string_view name;  ///< As Mongoose names it: an original's index is taken as it is.
  std::span<const char* const> key;  ///< Members, ascending; descending after a '-'.
  bool is_unique = false;
  const char* exists = nullptr;  ///< Partial: only documents that have this member.
  bool expires = false;          ///< TTL: a document goes when its (only) key has passed.
};
std::span<const Index> indexes();

struct IndexProgress {
  std::size_t done = 0;
  std::size_t total = 0;
  std::string_view next;  ///< The index that is made now; empty at the end.
};

/// Makes the indexes that are not there. Idempotent, and any number of nodes may do it at once. May
/// take as long as an index of a large collection takes. A server without partial or TTL indexes
/// (FerretDB) gets them without.
/// conflict: documents that are there already break a unique index; the detail names the collection
/// and the index. not_supported, unavailable.
Result<Done> ensure_indexes(Client& client,
                            const std::function<void(const IndexProgress&)>& progress = {});

/// A client of a database that answers and has its indexes. Errors: of Client::open,
/// Client::ping and ensure_indexes.
Result<std::unique_ptr<Client>> open_with_indexes(Config config);

/// The names of those indexes that the database does not have.
Result<std::vector<std::string_view>> missing_indexes(Lease& lease);

}  // namespace parley::store::mongo
