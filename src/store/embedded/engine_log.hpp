#pragma once

#include <rocksdb/env.h>

#include <filesystem>
#include <memory>

namespace parley::store::embedded {

/// What RocksDB says of its work: `LOG` in `directory`, and before that `LOG.old`, of a mebibyte at
/// most. Leaves out what cannot be written. RocksDB's own logger aborts the program at the second
/// write to a full disk. Source: file/writable_file_writer.h of 7.8.
std::shared_ptr<rocksdb::Logger> make_engine_log(const std::filesystem::path& directory);

/// For who only reads: leaves no trace.
std::shared_ptr<rocksdb::Logger> make_no_log();

}  // namespace parley::store::embedded
