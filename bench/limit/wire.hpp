#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/id.hpp"

namespace parley::limit {

/// A message of the contract as it is sent on: ids and time as text, content as it stands in JSON.
struct Message {
  ObjectId id{};
  std::string_view conversation, sender, receiver;  ///< 24 hex digits each.
  std::string_view content;                         ///< JSON escapes and all, without quotes.
  std::string_view client_id;                       ///< The same; empty when there is none.
  std::string_view created_at;
  std::uint64_t seq = 0;
};

/// Whole WebSocket frames, appended to `out`; `scratch` is overwritten.
struct FrameWriter {
  std::string& out;
  std::string& scratch;

  void receive_message(const Message& message, bool with_client_id);
  void conversation_updated(const Message& message, bool with_client_id, std::uint64_t unread);
  void message_sent(const Message& message);
  void acknowledgement(std::string_view ack, const Message& message);
  void message_delivered(const Message& message);
  void text(std::string_view payload);

 private:
  void begin(std::string_view text) { scratch.assign(text); }
  void object(const Message& message, bool with_client_id);
  void end(std::string_view text);
};

/// What `key` (with quotes and colon) has as a string in flat JSON, still escaped; empty: nothing.
std::string_view string_in(std::string_view json, std::string_view key);
/// The `userId` that an access token names. The signature is not checked; empty: it names none.
std::string user_of(std::string_view token);

}  // namespace parley::limit
