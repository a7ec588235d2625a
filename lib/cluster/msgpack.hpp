#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace parley::cluster {

/// What a MessagePack value says, as JSON text; every binary leaf is
/// `{"_placeholder":true,"num":k}` there and attachment `k`. The text passes socketio::scan_json.
struct Document {
  std::string json;
  std::vector<std::string> attachments;
};

struct DocumentLimits {
  std::size_t max_bytes = 16 << 20;
  std::size_t max_depth = 40;            ///< An event's 32, and what is around it.
  std::size_t max_elements = 1'000'000;  ///< Values and keys altogether.
  std::size_t max_attachments = 10;
};

/// Reads one MessagePack value, with all of `bytes`. As JavaScript's JSON has it: NaN and
/// infinities become null, a timestamp (extension -1) an ISO 8601 string, notepack's `undefined`
/// (extension 0 with one byte) null, its ArrayBuffer (extension 0) binary, other extensions null.
/// Errors: too_large, bad_request.
Result<Document> read_msgpack(std::string_view bytes, const DocumentLimits& limits = {});

/// The MessagePack form of a JSON text that socketio::scan_json accepts, in the fewest bytes; a
/// placeholder of an attachment becomes binary. Empty when the text is no JSON.
std::string write_msgpack(std::string_view json, const std::vector<std::string_view>& attachments);

}  // namespace parley::cluster
