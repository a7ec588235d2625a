#include "websocket/deflate.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cassert>

namespace parley::websocket {
namespace {

constexpr int raw_window_bits = -15;
constexpr std::string_view tail{"\x00\x00\xff\xff", 4};

Bytef* in_bytes(std::string_view bytes) {
  // zlib's interface is older than const; it does not write to its input.
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
}

/// A thread's compressor; 268 KiB.
struct Deflater {
  z_stream stream{};
  Deflater() {
    [[maybe_unused]] const int made = deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED,
                                                   raw_window_bits, 8, Z_DEFAULT_STRATEGY);
    assert(made == Z_OK);
  }
  ~Deflater() { deflateEnd(&stream); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;
};

/// A thread's decompressor; 40 KiB.
struct Inflater {
  z_stream stream{};
  Inflater() {
    [[maybe_unused]] const int made = inflateInit2(&stream, raw_window_bits);
    assert(made == Z_OK);
  }
  ~Inflater() { inflateEnd(&stream); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
};

/// Inflates `input` onto the end of `out`. Errors as inflate_message.
Result<Done> inflate_piece(z_stream& stream, std::string_view input, std::size_t max_size,
                           std::string& out) {
  std::array<char, 16 * 1024> chunk;
  stream.next_in = in_bytes(input);
  stream.avail_in = static_cast<uInt>(input.size());
  while (true) {
    stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
    stream.avail_out = chunk.size();
    const int state = inflate(&stream, Z_SYNC_FLUSH);
    if (state != Z_OK && state != Z_BUF_ERROR && state != Z_STREAM_END) {
      return fail(Errc::bad_request, "a compressed message does not inflate");
    }
    const std::size_t made = chunk.size() - stream.avail_out;
    if (made > max_size - out.size())
      return fail(Errc::too_large, "a compressed message inflates beyond the limit");
    out.append(chunk.data(), made);
    if (state == Z_STREAM_END || (stream.avail_in == 0 && stream.avail_out > 0)) return Done{};
    if (state == Z_BUF_ERROR && made == 0) return Done{};
  }
}

}  // namespace

std::string deflate_message(std::string_view payload) {
  thread_local Deflater deflater;
  z_stream& stream = deflater.stream;
  deflateReset(&stream);
  std::string out;
  // Room for the sync flush's empty block behind what deflateBound promises.
  out.resize(deflateBound(&stream, static_cast<uLong>(payload.size())) + 16);
  stream.next_in = in_bytes(payload);
  stream.avail_in = static_cast<uInt>(payload.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_SYNC_FLUSH);
  assert(stream.avail_in == 0 && stream.avail_out > 0);
  out.resize(out.size() - stream.avail_out);
  if (out.ends_with(tail)) out.resize(out.size() - tail.size());
  if (out.empty()) out.push_back('\0');
  return out;
}

Result<std::string> inflate_message(std::string_view payload, std::size_t max_size) {
  thread_local Inflater inflater;
  inflateReset(&inflater.stream);
  std::string out;
  if (auto done = inflate_piece(inflater.stream, payload, max_size, out); !done)
    return std::move(done).error();
  if (auto done = inflate_piece(inflater.stream, tail, max_size, out); !done)
    return std::move(done).error();
  return out;
}

}  // namespace parley::websocket
