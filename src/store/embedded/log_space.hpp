#pragma once

#include <rocksdb/env.h>

#include <cstddef>
#include <memory>

namespace parley::store::embedded {

/// The log is made longer before it is written, this many bytes at a time, and the rest is zeros.
/// So a sync writes what was appended and nothing of the file's own record, which would cost as
/// much again, more with a journal.
inline constexpr std::size_t log_space = 1u << 20;

/// `under`, not owned, with such logs; everything else is as it was. Where the file system cannot
/// do it, logs grow with what is written. Any thread. Source: ADR 0018.
std::unique_ptr<rocksdb::Env> with_log_space(rocksdb::Env& under);

}  // namespace parley::store::embedded
