#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cluster/message.hpp"

namespace parley::cluster {

/// What both wire formats write and read alike, as JSON. Binary is a placeholder, see msgpack.hpp.

void append_texts(std::string& out, const std::vector<std::string>& texts);
/// `{"rooms":[…],"except":[…]}`, and with `timeout` or in a broadcast `flags`.
void append_options(std::string& out, const Message& message);
void append_options(std::string& out, const socketio::Selection& selection);
/// `[{"id","handshake","rooms","data"}…]`.
void append_sockets(std::string& out, const std::vector<socketio::SocketInfo>& sockets);
/// `,"<key>":<value>`, or nothing when there is no value, as JavaScript does it.
void append_answer(std::string& out, std::string_view key, const socketio::Payload& answer);

/// The reverse. Members that are missing or of another type are as if they were empty.
void read_options(std::string_view options, Message& message);
std::vector<socketio::SocketInfo> read_sockets(std::string_view array);
/// `["name",…args]`; false when it is none, or is too deep, or names attachments that there are
/// not.
bool read_event(std::string_view data, std::vector<std::string> attachments, Message& message);
/// One value; a missing one becomes no argument. False as above.
bool read_answer(std::string_view value, std::vector<std::string> attachments, Message& message);

}  // namespace parley::cluster
