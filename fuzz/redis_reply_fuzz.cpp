// Replies of a Redis server. Whatever comes, and however it is cut: the same replies or a refusal,
// no more memory than the limit allows, and what was read encodes to the same again.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "redis/detail/resp.hpp"

using namespace parley;
using namespace parley::redis;

namespace {

constexpr std::size_t most = 64 << 10;

void require(bool holds) {
  if (!holds) std::abort();
}

struct Outcome {
  std::vector<Reply> replies;
  bool refused = false;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

/// Takes all whole replies; false after a refusal.
bool drain(detail::ReplyReader& reader, Outcome& outcome) {
  for (;;) {
    auto next = reader.next();
    if (!next) {
      require(next.error().code == Errc::corrupt && !next.error().detail.empty());
      return false;
    }
    if (!*next) return true;
    require((*next)->size <= most + sizeof(Reply));
    outcome.replies.push_back(std::move((*next)->reply));
  }
}

Outcome read(std::string_view bytes, std::size_t step) {
  detail::ReplyReader reader{most};
  Outcome outcome;
  while (!bytes.empty() && !outcome.refused) {
    const std::string_view piece = bytes.substr(0, step);
    bytes.remove_prefix(piece.size());
    outcome.refused = !reader.feed(piece) || !drain(reader, outcome);
  }
  return outcome;
}

void append(std::string& out, const Reply& reply) {
  if (reply.is_nil()) {
    out += "$-1\r\n";
  } else if (const auto* number = reply.integer()) {
    out.append(":").append(std::to_string(*number)).append("\r\n");
  } else if (const auto* text = reply.text()) {
    out.append("$")
        .append(std::to_string(text->size()))
        .append("\r\n")
        .append(*text)
        .append("\r\n");
  } else if (const auto* error = reply.error()) {
    out.append("-").append(error->text).append("\r\n");
  } else {
    out.append("*").append(std::to_string(reply.array()->size())).append("\r\n");
    for (const Reply& element : *reply.array()) append(out, element);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  const Outcome whole = read(bytes, size + 1);
  if (size < 4096) require(read(bytes, 1) == whole);
  require(read(bytes, 7) == whole);
  std::string again;
  for (const Reply& reply : whole.replies) append(again, reply);
  if (again.size() < most) require(read(again, again.size() + 1).replies == whole.replies);
  return 0;
}
