#pragma once

#include <array>
#include <span>
#include <variant>

#include "chat/change.hpp"

namespace parley::chat {

/// Event receive_message. Borrows from the change, as all notices do.
struct MessageNotice {
  const Message& message;
};
/// Event conversation_updated; the count is the addressee's own.
struct ConversationNotice {
  const Message& last_message;
  std::uint64_t unread_count;
};
/// Event message_delivered.
struct DeliveredNotice {
  const MessageDelivered& delivered;
};
/// Event message_read.
struct ReadNotice {
  const MessagesRead& read;
};
using Notice = std::variant<MessageNotice, ConversationNotice, DeliveredNotice, ReadNotice>;

namespace detail {

template <class Sink>
void fan_out(const MessageAppended& change, Sink& sink) {
  const Message& message = change.message;
  const std::array both{message.receiver, message.sender};
  sink(std::span<const UserId>{both}, Notice{MessageNotice{message}});
  for (const Unread& unread : change.unread) {
    sink(std::span<const UserId>{&unread.user, 1},
         Notice{ConversationNotice{message, unread.count}});
  }
}

template <class Sink>
void fan_out(const MessageDelivered& change, Sink& sink) {
  sink(std::span<const UserId>{&change.sender, 1}, Notice{DeliveredNotice{change}});
}

template <class Sink>
void fan_out(const MessagesRead& change, Sink& sink) {
  sink(std::span<const UserId>{change.participants}, Notice{ReadNotice{change}});
}

}  // namespace detail

/// Who is told what about a change: `sink(std::span<const UserId> to, const Notice& notice)` for
/// each event, once for all who get the same bytes, receive_message before conversation_updated.
/// The devices of `to`: all of them, except that message_read spares the one that read (a Change
/// does not know devices). No allocation.
template <class Sink>
void fan_out(const Change& change, Sink&& sink) {
  std::visit([&sink](const auto& one) { detail::fan_out(one, sink); }, change);
}

}  // namespace parley::chat
