// Archives. An input is a whole file, gzip or not: it is refused with a line, or read to its end.
// Then, without the checksums that stop most mutations, line by line: what decodes encodes to the
// same, and the rules take any records in any order.
#include <cstdint>
#include <cstdlib>

#include "archive/reader.hpp"

using namespace parley;
using namespace parley::archive;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void read_whole(const std::string& bytes) {
  const auto input = Input::of(bytes);
  Reader reader(*input);
  const auto header = reader.header();
  if (!header) return require(header.error().detail.starts_with("line "));
  for (;;) {
    const auto line = reader.next();
    if (!line) return require(line.error().detail.starts_with("line "));
    if (!*line) return;
  }
}

/// Without what a reader checks around it.
void check_line(std::string_view text, Rules& rules) {
  const auto line = decode(text, rules.conversation());
  if (!line) return;
  require(std::visit([](const auto& one) { return encode(one); }, *line) == text);
  if (const auto* account = std::get_if<chat::Account>(&*line)) (void)rules.check(*account);
  if (const auto* login = std::get_if<chat::ArchivedLogin>(&*line)) (void)rules.check(*login);
  if (const auto* one = std::get_if<chat::ArchivedConversation>(&*line)) (void)rules.check(*one);
  if (const auto* message = std::get_if<chat::Message>(&*line)) (void)rules.check(*message);
  if (std::holds_alternative<End>(*line)) (void)rules.end();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  read_whole(bytes);
  Rules rules;
  for (std::size_t begin = 0; begin < size;) {
    const std::size_t end = std::min(bytes.find('\n', begin), size);
    check_line(std::string_view(bytes).substr(begin, end - begin), rules);
    begin = end + 1;
  }
  return 0;
}
