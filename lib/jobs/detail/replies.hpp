#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "jobs/bullmq_config.hpp"
#include "jobs/queue.hpp"
#include "jobs/source.hpp"
#include "redis/client.hpp"
#include "redis/reply.hpp"

/// What the scripts take and answer, as values. Every reader gives `corrupt` for an answer of
/// another shape.
namespace parley::jobs::detail {

/// The arguments that every script begins with: prefix and layout.
std::vector<std::string> common_arguments(const BullmqConfig& config);

/// What Redis refuses is no mistake of the queue's user: unavailable then, never bad_request.
Result<redis::Reply> answer_of(Result<redis::Reply> reply);

std::string text_of(const redis::Reply& reply);
/// Of an integer, or of text that is one; nullopt otherwise.
std::optional<std::int64_t> number_of(const redis::Reply& reply);

/// The eleven arguments of one job of the script `add`.
void append_arguments(std::vector<std::string>& arguments, const NewJob& job, Time now);
Result<std::vector<Added>> read_added(const redis::Reply& reply, std::size_t count);

/// The five arguments of a take: token, lock, worker, most, window.
void append_arguments(std::vector<std::string>& arguments, const Taking& how);
std::vector<std::string> settle_arguments(const Ending& ending, Time now);
Result<Taken> read_taken(const redis::Reply& reply, Time now);
/// The answer of `settle`.
Result<Taken> read_settled(const redis::Reply& reply, Time now);

Result<Job> read_job(JobId id, const redis::Reply& hash);
/// Of the scripts that answer with `{code}`.
Result<Done> read_code(const redis::Reply& reply);
Result<Counts> read_counts(const redis::Reply& reply);
Result<std::vector<Job>> read_jobs(const redis::Reply& reply, State state);
/// An answer of XRANGE.
Result<std::vector<Event>> read_events(const redis::Reply& reply);
Result<std::vector<std::string>> read_texts(const redis::Reply& reply);

/// The name of a state's list or set: `wait`, `waiting-children`.
std::string key_of(State state);
State state_of(std::string_view key);

}  // namespace parley::jobs::detail
