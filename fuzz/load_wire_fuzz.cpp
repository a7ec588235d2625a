// Any bytes as what a measured server sends to the load generator: frames with packets in them, and
// answers to REST calls. Where they are cut must not matter, and what is found lies within them.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "load/rest.hpp"
#include "load/wire.hpp"

namespace {

using namespace parley;
using namespace parley::load;

void require(bool condition) {
  if (!condition) std::abort();
}

bool lies_in(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

struct Outcome {
  std::vector<std::string> payloads;
  std::optional<std::string> problem;
  bool operator==(const Outcome&) const = default;
};

Outcome read_frames(std::string_view bytes, std::size_t piece) {
  FrameReader reader;
  Outcome outcome;
  const auto keep = [&](websocket::Opcode, std::string_view payload) {
    const Packet packet = read_packet(payload);
    require(lies_in(packet.name, payload) && lies_in(packet.payload, payload));
    require(lies_in(text_field(packet.payload, "\"content\""), payload));
    read_mark(payload);
    outcome.payloads.emplace_back(payload);
    return true;
  };
  for (std::size_t at = 0; at < bytes.size() && !outcome.problem; at += piece)
    outcome.problem = reader.read(bytes.substr(at, piece), keep);
  return outcome;
}

std::optional<RestAnswer> read_answer(std::string_view bytes, std::size_t piece) {
  ResponseReader reader;
  for (std::size_t at = 0; at < bytes.size(); at += piece)
    if (auto answer = reader.take(bytes.substr(at, piece))) return answer;
  return std::nullopt;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t piece = std::max<std::size_t>(data[0], 1);
  const std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
  require(read_frames(bytes, piece) == read_frames(bytes, bytes.size()));

  const auto whole = read_answer(bytes, bytes.size()), cut = read_answer(bytes, piece);
  require(whole.has_value() == cut.has_value());
  require(!whole || (whole->status == cut->status && whole->body == cut->body));
  return 0;
}
