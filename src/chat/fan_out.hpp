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
  for (const Unread& unread : change.unread) {
    const std::array told{Notice{MessageNotice{change.message}},
                          Notice{ConversationNotice{change.message, unread.count}}};
    sink(unread.user, std::span<const Notice>{told});
  }
}

template <class Sink>
void fan_out(const MessageDelivered& change, Sink& sink) {
  const Notice told{DeliveredNotice{change}};
  sink(change.sender, std::span<const Notice>{&told, 1});
}

template <class Sink>
void fan_out(const MessagesRead& change, Sink& sink) {
  const Notice told{ReadNotice{change}};
  for (const UserId& user : change.participants) sink(user, std::span<const Notice>{&told, 1});
}

}  // namespace detail

/// Who is told what about a change: `sink(const UserId& user, std::span<const Notice> notices)`,
/// once a user, in the order in which the events come. All devices of the user are told, except
/// that message_read spares the one that read (a Change does not know devices). No allocation.
template <class Sink>
void fan_out(const Change& change, Sink&& sink) {
  std::visit([&sink](const auto& one) { detail::fan_out(one, sink); }, change);
}

}  // namespace parley::chat
