#pragma once

#include <compare>
#include <optional>
#include <string>

#include "store/mongo/migrate.hpp"

/// The dry run of a migration, and how both decide who keeps a key.
namespace parley::store::mongo {

struct Pair {
  Array participants;
  std::string key;
};
/// nullopt: not a conversation of two.
std::optional<Pair> pair_of(View conversation);

/// One of those who would have the same key. The greatest keeps it.
struct Contender {
  bool has_key = false;
  Time at;  ///< Of the last message; of a user, nothing.
  ObjectId id{};

  friend auto operator<=>(const Contender&, const Contender&) = default;
};
Contender contender_of(View conversation);

/// Reads all, writes nothing.
Result<Migrated> survey(Lease& lease, const MigrateOptions& options);

}  // namespace parley::store::mongo
