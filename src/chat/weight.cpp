#include "chat/weight.hpp"

#include <algorithm>
#include <string_view>

#include "base/json.hpp"

namespace parley::chat {

namespace {

/// Ids, times and names of members.
constexpr std::size_t message_frame = 400, receipt_frame = 250, summary_frame = 300;

std::size_t escaped(std::string_view text) {
  std::size_t size = 0;
  while (true) {
    const std::size_t plain = json::plain_prefix(text);
    size += plain;
    if (plain == text.size()) return size;
    size += static_cast<unsigned char>(text[plain]) < 0x20 ? 6 : 2;
    text.remove_prefix(plain + 1);
  }
}

/// How many of them, one at least, weigh no more than an answer may.
template <class Iterator>
std::ptrdiff_t fitting(Iterator first, Iterator last) {
  std::size_t sum = 0;
  const auto is_too_much = [&sum](const auto& one) { return (sum += weight(one)) > page_bytes; };
  return std::max<std::ptrdiff_t>(1, std::find_if(first, last, is_too_much) - first);
}

}  // namespace

std::size_t weight(const Message& message) { return message_frame + escaped(message.content); }

std::size_t weight(const Receipt&) { return receipt_frame; }

std::size_t weight(const Summary& summary) {
  return summary_frame + (summary.last_message ? weight(*summary.last_message) : 0);
}

void cut_to_weight(MessagePage& page, Keep keep) {
  auto& all = page.messages;
  if (all.empty()) return;
  const auto size = static_cast<std::ptrdiff_t>(all.size());
  const bool from_front = keep == Keep::oldest;
  const auto kept =
      from_front ? fitting(all.begin(), all.end()) : fitting(all.rbegin(), all.rend());
  if (kept == size) return;
  page.has_more = true;
  from_front ? all.erase(all.begin() + kept, all.end()) : all.erase(all.begin(), all.end() - kept);
}

}  // namespace parley::chat
