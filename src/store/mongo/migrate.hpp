#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "store/mongo/schema.hpp"
#include "store/mongo/store_config.hpp"

namespace parley::store::mongo {

enum class Step { indexes, users, conversations, messages };
std::string_view to_string(Step step);

struct MigrateProgress {
  Step step = Step::indexes;
  std::uint64_t done = 0;
  std::uint64_t total = 0;  ///< May be passed when somebody writes meanwhile.
};

struct MigrateOptions {
  bool dry_run = false;  ///< Only looks. Takes 40 bytes of memory a user and a conversation.
  std::function<void(const MigrateProgress&)> progress;  ///< About every hundred documents.
};

/// What cannot have the key that another has: two users whose addresses fold to one, two
/// conversations of one pair. Both stay as they are; somebody has to decide.
struct Clash {
  Step step = Step::users;
  std::string kept;   ///< The id of the one that has the key.
  std::string other;  ///< The id of the one that has not.

  friend bool operator==(const Clash&, const Clash&) = default;
};

/// What was done, or in a dry run, what there is to do.
struct Migrated {
  static constexpr std::size_t max_listed = 1'000;

  std::uint64_t indexes = 0;        ///< Made.
  std::uint64_t users = 0;          ///< Got their keys.
  std::uint64_t conversations = 0;  ///< Got their pair.
  std::uint64_t messages = 0;       ///< Got their place.
  std::uint64_t unreadable = 0;     ///< Documents that nobody can have written: left alone.
  std::uint64_t unplaced = 0;       ///< Messages that no conversation claims: left alone.
  std::uint64_t clashes = 0;
  std::vector<Clash> listed;  ///< The first max_listed of them.
};

/// Gives the database of the Node original what Parley needs beyond it: indexes, the keys of users,
/// the pair of conversations, the places of messages. What it does stays done: after an error or a
/// kill the next call goes on, and one on a finished database changes nothing. Nodes of both kinds
/// may serve meanwhile. Blocks.
/// bad_request: the URI. conflict: see ensure_indexes. unavailable: call again.
Result<Migrated> migrate(const StoreConfig& config, const MigrateOptions& options);

}  // namespace parley::store::mongo
