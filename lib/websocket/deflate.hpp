#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace parley::websocket {

/// permessage-deflate without context takeover: each message stands alone, so one zlib state serves
/// a whole thread (a shard) and connections keep none. Made on first use. Source: RFC 7692,
/// section 7.2.

/// The compressed payload, without the trailing 00 00 FF FF.
std::string deflate_message(std::string_view payload);

/// The payload back. Errors: too_large as soon as the output passes `max_size`; bad_request for
/// what is no deflate stream.
Result<std::string> inflate_message(std::string_view payload, std::size_t max_size);

}  // namespace parley::websocket
