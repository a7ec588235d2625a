#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "jobs/board.hpp"
#include "store/embedded/bytes.hpp"

/// The rows of the queue. Source: docs/formats/embedded-store.md, "Jobs". What does not decode is
/// nullopt.
namespace parley::store::embedded {

Bytes encode(const jobs::Placed& job);
std::optional<jobs::Placed> decode_job(jobs::JobId id, std::string_view value);

Bytes encode(const jobs::Owner& owner);
std::optional<jobs::Owner> decode_job_owner(std::string_view value);

Bytes encode(const std::deque<std::string>& log);
std::optional<std::deque<std::string>> decode_job_log(std::string_view value);

Bytes encode(const jobs::Board::Meta& meta);
std::optional<jobs::Board::Meta> decode_job_meta(std::string_view value);

}  // namespace parley::store::embedded
