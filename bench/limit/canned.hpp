#pragma once

#include <string>
#include <string_view>

namespace parley::limit {

/// What the relay answers to an HTTP request that is no WebSocket handshake. People are not kept:
/// an id is made from the e-mail address, a token from the id, so that registering and logging in
/// agree. A whole response, keep-alive.
std::string canned_answer(std::string_view request);

/// The bytes of the whole request at the beginning of `bytes`; 0: more must come.
std::size_t request_size(std::string_view bytes);
/// A header's value; `name` in lower case.
std::string_view header(std::string_view request, std::string_view name);

}  // namespace parley::limit
