#pragma once

#include <string_view>

#include "socketio/event.hpp"

/// The contract's Socket.IO events, each name once.
namespace parley::api::events {

// client → server
inline constexpr std::string_view send_message = "send_message";
inline constexpr std::string_view sync = "sync";
inline constexpr std::string_view auth_refresh = "auth_refresh";

// both ways
inline constexpr std::string_view message_read = "message_read";
inline constexpr std::string_view typing = "typing";
inline constexpr std::string_view stop_typing = "stop_typing";

// server → client
inline constexpr std::string_view receive_message = "receive_message";
inline constexpr std::string_view conversation_updated = "conversation_updated";
inline constexpr std::string_view message_sent = "message_sent";
inline constexpr std::string_view message_delivered = "message_delivered";
inline constexpr std::string_view message_error = "message_error";
inline constexpr std::string_view user_online = "user_online";
inline constexpr std::string_view user_offline = "user_offline";

}  // namespace parley::api::events

/// The beginnings of those that messages cause.
namespace parley::api::heads {

inline const socketio::EventHead receive_message{"/", events::receive_message};
inline const socketio::EventHead conversation_updated{"/", events::conversation_updated};
inline const socketio::EventHead message_sent{"/", events::message_sent};
inline const socketio::EventHead message_delivered{"/", events::message_delivered};
inline const socketio::EventHead message_read{"/", events::message_read};

}  // namespace parley::api::heads
