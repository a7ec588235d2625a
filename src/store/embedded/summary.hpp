#pragma once

#include "chat/conversation.hpp"
#include "store/embedded/rows.hpp"

namespace parley::store::embedded {

/// The conversation as `viewer` sees it in a list: reads its last message.
chat::Summary summarize(View& view, const Head& head, Member viewer);

}  // namespace parley::store::embedded
