#include "archive/reader.hpp"

namespace parley::archive {

Error Reader::at_line(Error error) const {
  error.detail = "line " + std::to_string(line_) + ": " + error.detail;
  return error;
}

Result<Header> Reader::header() {
  auto line = next();
  if (!line) return line.error();
  const auto* header = *line ? std::get_if<Header>(&**line) : nullptr;
  if (header == nullptr) return at_line(fail(Errc::corrupt, "not the beginning of an archive"));
  return *header;
}

Result<std::optional<Line>> Reader::next() {
  ++line_;
  auto line = read();
  if (!line) return at_line(line.error());
  return line;
}

Result<std::optional<Line>> Reader::read() {
  const auto there = input_.line(text_);
  if (!there) return there.error();
  if (is_complete_) {
    if (*there) return fail(Errc::corrupt, "the archive is complete, and the file goes on");
    return std::optional<Line>{};
  }
  if (!*there) return fail(Errc::corrupt, "the file ends before the archive is complete");
  auto line = decode(text_, rules_.conversation());
  if (!line) return line.error();
  if ((line_ == 1) != std::holds_alternative<Header>(*line))
    return fail(Errc::corrupt,
                line_ == 1 ? "not the beginning of an archive" : "a second archive begins");
  if (auto good = check(*line); !good) return good.error();
  return std::optional<Line>(std::move(*line));
}

Result<Done> Reader::check(const Line& line) {
  struct Visitor {
    Reader& reader;
    Result<Done> operator()(const Header&) { return Done{}; }
    Result<Done> operator()(const End& end) { return reader.check_end(end); }
    Result<Done> operator()(const Trailer& trailer) { return reader.check_trailer(trailer); }
    Result<Done> operator()(const chat::Account& one) { return reader.check_record(one); }
    Result<Done> operator()(const chat::ArchivedLogin& one) { return reader.check_record(one); }
    Result<Done> operator()(const chat::ArchivedConversation& one) {
      reader.conversation_ = Chain();
      reader.messages_ = 0;
      return reader.check_record(one);
    }
    Result<Done> operator()(const chat::Message& one) {
      ++reader.messages_;
      return reader.check_record(one);
    }
  };
  return std::visit(Visitor{*this}, line);
}

Result<Done> Reader::check_record(const chat::ArchiveRecord& record) {
  const bool is_inner = std::holds_alternative<chat::ArchivedConversation>(record) ||
                        std::holds_alternative<chat::Message>(record);
  (is_inner ? conversation_ : whole_).add(text_);
  return rules_.check(record);
}

Result<Done> Reader::check_end(const End& end) {
  const chat::Conversation* open = rules_.conversation();
  if (open == nullptr || open->id != end.conversation)
    return fail(Errc::corrupt, "the end of another conversation");
  if (end.messages != messages_)
    return fail(Errc::corrupt,
                "conversation " + end.conversation.hex() + " has " + std::to_string(messages_) +
                    " messages here, and was written with " + std::to_string(end.messages));
  if (end.digest != conversation_.digest())
    return fail(Errc::corrupt, "conversation " + end.conversation.hex() +
                                   " is not what was written: its checksum differs");
  whole_.add(text_);
  return rules_.end();
}

Result<Done> Reader::check_trailer(const Trailer& trailer) {
  if (rules_.conversation() != nullptr)
    return fail(Errc::corrupt, "the archive ends before its last conversation does");
  if (trailer.totals != rules_.totals())
    return fail(Errc::corrupt, "there are not as many records as were written");
  if (trailer.digest != sealed(whole_, trailer))
    return fail(Errc::corrupt, "the archive is not what was written: its checksum differs");
  if (trailer.newest < rules_.newest())
    return fail(Errc::corrupt, "a record is newer than the archive");
  is_complete_ = true;
  return Done{};
}

}  // namespace parley::archive
