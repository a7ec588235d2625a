#pragma once

#include <string>
#include <vector>

#include "api/services.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "chat/conversation.hpp"

namespace parley::api {

/// How a list shows the last message: its text (GET /api/conversations) or all of it (…/list,
/// sync).
enum class LastMessage { text, whole };

/// `[{conversationId,participants,lastMessage,online,lastSeen,unreadCount}, …]` for `viewer`, with
/// one question to the accounts and one to presence.
Task<Result<std::string>> render_summaries(const Services& services, chat::UserId viewer,
                                           std::vector<chat::Summary> summaries, LastMessage form);

}  // namespace parley::api
