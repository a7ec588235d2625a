#include "chat/ports/feed.hpp"

namespace parley::chat {

// What a feed does that nobody else writes to: everything comes here anyway.

Task<void> Feed::follow(UserId) { co_return; }

void Feed::unfollow(UserId) {}

Version Feed::version_before(Time) const { return no_cut; }

void Feed::on_gap(Executor, GapListener) {}

}  // namespace parley::chat
