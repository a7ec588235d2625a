#pragma once

#include "redis/client.hpp"

/// What BullmqQueue and BullmqSource ask of Redis, each in one atomic call. Every script has one
/// key, the queue's `meta` (it names the cluster slot), and begins with the arguments prefix
/// (`bull:email-queue:`) and layout (empty, `5` or `6`). The keys that they touch, and why:
/// docs/formats/jobs.md.
namespace parley::jobs::detail::lua {

/// Answers of scripts that can refuse: `{0, …}` or `{code}`.
enum Code : int {
  done = 0,
  no_job = -1,
  no_lock = -2,
  wrong_state = -3,
  pending_children = -4,
  foreign_lock = -6,
  scheduled = -8,
  failed_children = -9
};

// A producer's. Each: arguments -> answer.

/// n times {custom id, name, data, opts, timestamp, delay, priority, lifo, deduplication id, ttl,
/// flags} -> n times {id, is new}.
extern const redis::Script add;

// A worker's.

/// now, token, lock, worker, most, window -> {1, id, hash} | {0, next due or ''} | {2, ttl}.
extern const redis::Script take;
/// id, token, now, kind, text, stacktrace, delay, attempts, keep count, age, limit, then of the
/// next take: whether, token, lock, worker, most, window -> {0, as take} | {code}.
extern const redis::Script settle;
/// lock, n times {id, token} -> the ids that are lost.
extern const redis::Script extend;
/// now, most stalls, interval -> ids.
extern const redis::Script rescue;
/// id, scheduler, now -> {0} | {-1} for a schedule that is a pattern.
extern const redis::Script next_run;
/// -> {version, has the keys of 3.x or 4.x, patterns in the schedule}.
extern const redis::Script survey;

// Whoever looks at it.

extern const redis::Script counts;  ///< -> {waiting, prioritized, …, paused}.
extern const redis::Script list;    ///< state, offset, limit -> n times {id, hash}.
extern const redis::Script get;     ///< id -> {state, hash} | {''}.

// Whoever changes it.

extern const redis::Script retry;         ///< id -> {code}.
extern const redis::Script promote;       ///< id -> {code}.
extern const redis::Script remove;        ///< id -> {code}.
extern const redis::Script set_progress;  ///< id, JSON -> {code}.
extern const redis::Script append_log;    ///< id, line -> {code}.
extern const redis::Script pause;         ///< -> {0}.
extern const redis::Script resume;        ///< -> {0} | {1} when it has to be called again.
extern const redis::Script drain;         ///< with delayed -> {0}.
extern const redis::Script clean;         ///< list, newest that goes, limit -> {count}.
extern const redis::Script obliterate;    ///< force, batch -> {0} | {1}: again | {-1} | {-2}.

}  // namespace parley::jobs::detail::lua
