#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace parley::store::embedded {

class Database;
class Engine;

/// What a walk over the whole store has found.
struct Findings {
  std::vector<std::string> broken;  ///< One sentence for each broken rule, at most `max_findings`.
  std::uint64_t conversations = 0;
  std::uint64_t messages = 0;
  std::uint64_t accounts = 0;

  static constexpr std::size_t max_findings = 100;
};

/// Checks every rule of docs/formats/embedded-store.md, "Rules", at one moment. Reads everything:
/// for tests and for `parley verify-store`. Blocks.
Result<Findings> verify(Database& database);
/// The same for a stopped store in `data`/db. Errors: as Engine::open_existing; conflict while a
/// server runs.
Result<Findings> verify_stopped(const std::filesystem::path& data);
/// Whether the stopped store in `data`/db opens; changes nothing there. Errors: as Engine::open.
Result<Done> try_stopped(const std::filesystem::path& data);

}  // namespace parley::store::embedded
