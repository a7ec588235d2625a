#include "archive/writer.hpp"

#include <algorithm>

namespace parley::archive {

Writer::Writer(Output& output, const State& state) : output_(output), whole_(state.digest) {
  rules_.resume(state.totals, state.newest);
}

Result<Done> Writer::put(std::string line) {
  line += '\n';
  return output_.write(line);
}

Result<Done> Writer::begin(const Header& header) { return put(encode(header)); }

Result<Done> Writer::write(const chat::ArchiveRecord& record) {
  const bool is_message = std::holds_alternative<chat::Message>(record);
  if (!is_message) {
    if (auto ended = end(); !ended) return ended;
  }
  if (auto good = rules_.check(record); !good) return good;
  const bool is_conversation = std::holds_alternative<chat::ArchivedConversation>(record);
  if (is_conversation) {
    conversation_ = Chain();
    messages_ = 0;
  }
  if (is_message) ++messages_;
  std::string line = encode(record);
  (is_message || is_conversation ? conversation_ : whole_).add(line);
  return put(std::move(line));
}

Result<Done> Writer::end() {
  if (rules_.conversation() == nullptr) return Done{};
  std::string line = encode(End{rules_.conversation()->id, messages_, conversation_.digest()});
  if (auto good = rules_.end(); !good) return good;
  whole_.add(line);
  return put(std::move(line));
}

Result<Done> Writer::finish(chat::Version newest) {
  if (auto ended = end(); !ended) return ended;
  Trailer trailer{rules_.totals(), std::max(newest, rules_.newest()), {}};
  trailer.digest = sealed(whole_, trailer);
  return put(encode(trailer));
}

}  // namespace parley::archive
