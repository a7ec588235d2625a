#pragma once

#include <rocksdb/status.h>

#include <filesystem>
#include <functional>

namespace parley::store::embedded {

/// Calls `open`, and once more where it refuses the manifest of `directory` and that ends in zeros:
/// without them. So files may look after a power cut that were lengthened before they were written;
/// RocksDB 7.8 takes a record with such an end for damaged, and one without its end for one that
/// was being written, as it was: had it been synced, it would be whole. Where it still refuses, the
/// manifest is as it was. Source: db/log_reader.cc, ReadPhysicalRecord.
rocksdb::Status open_with_torn_manifest(const std::filesystem::path& directory,
                                        const std::function<rocksdb::Status()>& open);

}  // namespace parley::store::embedded
