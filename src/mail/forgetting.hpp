#pragma once

#include "base/result.hpp"
#include "base/task.hpp"
#include "chat/account.hpp"
#include "jobs/queue.hpp"

namespace parley::mail {

/// Removes the mails of the queue that are to somebody or say something of theirs: by their id and
/// their address. Gives how many. A mail that is being sent is not stopped. `queue` outlives the
/// call.
Task<Result<std::size_t>> remove_mails_of(jobs::Queue& queue, chat::Account account);

}  // namespace parley::mail
