#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "jobs/job.hpp"
#include "jobs/queue.hpp"
#include "jobs/source.hpp"

/// What the steps of a job's life change in it, for adapters that keep jobs themselves. An adapter
/// moves the job between its lists as Job::state says and appends the events. BullmqQueue does the
/// same in Lua.
namespace parley::jobs {

/// What to tell, in this order.
using Events = std::vector<Event>;

/// The job that an add makes, delayed, prioritized or waiting. `id` is what the queue gives it.
Job new_job(NewJob draft, JobId id, Time now);
Events events_of_add(const Job& job);

/// When a delayed job is due.
Time due_at(const Job& job, Time rest_began);

/// From delayed to waiting or prioritized.
Event promote(Job& job);
/// From waiting or prioritized to active.
Event begin(Job& job, std::string_view worker, Time now);
/// From active to where `ending` says. A retry without delay waits again.
Events end(Job& job, const Ending& ending, Time now);
/// From active back in line, because its lock ran out; delayed by `length` first unless that is 0.
/// Beyond `max_count` it must fail when it is taken, which is at once.
Events stall(Job& job, unsigned max_count, std::chrono::milliseconds length, Time now);
/// How long a job rests that ran at `count` ends of its program, this one too. Not after the first,
/// then twice as long each time: should it be the cause, the program has time for everybody else.
std::chrono::milliseconds rest_after_ends(std::uint32_t count);
/// From completed or failed to waiting or prioritized.
Event revive(Job& job);

/// Who owns a deduplication id. An owner without `until` holds it until it ends.
struct Owner {
  JobId job;
  std::optional<Time> until;
};
enum class Claim { granted, refused, replaces };
/// Whether a job may take a deduplication id. `owner_state` is none when that job is gone.
Claim claim(const Deduplication& wanted, const std::optional<Owner>& owner, State owner_state,
            Time now);

}  // namespace parley::jobs
