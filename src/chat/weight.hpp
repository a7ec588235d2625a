#pragma once

#include <cstddef>

#include "chat/conversation.hpp"
#include "chat/ports/message_store.hpp"

namespace parley::chat {

/// What one answer with a page may weigh; a page of a single thing always may. A hundred messages
/// of the 4,096 characters that are allowed by default fit, of whatever alphabet.
inline constexpr std::size_t page_bytes = 2 * 1024 * 1024;

/// Bytes, nearly: what it takes as text in which controls, quotes and backslashes are escaped.
std::size_t weight(const Message& message);
std::size_t weight(const Receipt& receipt);
/// Without what the participants call themselves.
std::size_t weight(const Summary& summary);

/// Which end of a page stays when it is cut.
enum class Keep { oldest, newest };
/// Cuts off what is too much for one answer.
void cut_to_weight(MessagePage& page, Keep keep);

}  // namespace parley::chat
