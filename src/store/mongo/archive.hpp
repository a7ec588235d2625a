#pragma once

#include <memory>

#include "chat/ports/archive.hpp"
#include "store/mongo/store_config.hpp"

/// Everything of this store into an archive and back. Nodes should not run meanwhile: what they
/// write during an export may be missing in it. Source: docs/formats/mongo-store.md, "Archives".
namespace parley::store::mongo {

/// Adopts what Node servers have written as it comes by. Errors: as Database::open.
Result<std::unique_ptr<chat::ArchiveSource>> open_archive_source(StoreConfig config);

/// Makes the indexes, and documents as a node would have; a conversation's tail and marks follow
/// its messages after every batch. Errors: as Database::open.
Result<std::unique_ptr<chat::ArchiveSink>> open_archive_sink(StoreConfig config);

/// Where an import keeps its place: `{_id: archive, position}`.
inline constexpr std::string_view imports_collection = "parley_imports";
/// What a client id is called of the older one of two messages that had the same, long after each
/// other: the unique index lets one have it.
inline constexpr std::string_view former_client_id = "formerClientId";

}  // namespace parley::store::mongo
