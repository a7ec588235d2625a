#include "archive/importer.hpp"

#include <charconv>

#include "archive/reader.hpp"

namespace parley::archive {

namespace {
constexpr std::size_t batch_records = 500;
constexpr std::size_t batch_bytes = 1u << 20;

std::optional<chat::ArchiveRecord> record_of(Line& line) {
  if (auto* account = std::get_if<chat::Account>(&line)) return std::move(*account);
  if (auto* login = std::get_if<chat::ArchivedLogin>(&line)) return std::move(*login);
  if (auto* one = std::get_if<chat::ArchivedConversation>(&line)) return std::move(*one);
  if (auto* message = std::get_if<chat::Message>(&line)) return std::move(*message);
  return std::nullopt;
}

std::size_t size_of(const chat::ArchiveRecord& record) {
  const auto* message = std::get_if<chat::Message>(&record);
  return message ? message->content.size() : 0;
}

/// What follows the header, record by record, to whom it concerns.
class Flow {
 public:
  Flow(Input& input, Checklist& checks, const Observer& observer)
      : reader_(input), checks_(checks), observer_(observer) {}
  virtual ~Flow() = default;

  Result<Imported> run() {
    auto header = reader_.header();
    if (!header) return header.error();
    result_.header = std::move(*header);
    if (auto begun = begin(); !begun) return begun.error();
    for (;;) {
      auto line = reader_.next();
      if (!line) return line.error();
      if (!*line) break;
      if (auto taken = take(**line); !taken) return taken.error();
    }
    if (auto last = tally_.end()) checks_.add(*last);
    result_.totals = reader_.totals();
    if (auto done = finish(); !done) return done.error();
    return std::move(result_);
  }

 protected:
  virtual Result<Done> begin() { return Done{}; }
  virtual Result<Done> record(chat::ArchiveRecord&&) { return Done{}; }
  /// Between two conversations, or before the first.
  virtual Result<Done> boundary() { return Done{}; }
  virtual Result<Done> finish() { return Done{}; }

  std::uint64_t count() const { return reader_.totals().all(); }
  void tell(std::string_view phase, std::uint64_t total) { observer_({phase, count(), total}); }

  Imported result_;

 private:
  Result<Done> take(Line& line) {
    if (const auto* trailer = std::get_if<Trailer>(&line)) result_.newest = trailer->newest;
    auto one = record_of(line);
    if (!one) return boundary();
    if (const auto check = tally_.add(*one)) checks_.add(*check);
    const bool is_single = std::holds_alternative<chat::Account>(*one) ||
                           std::holds_alternative<chat::ArchivedLogin>(*one);
    if (auto taken = record(std::move(*one)); !taken) return taken;
    return is_single ? boundary() : Done{};
  }

  Reader reader_;
  Checklist& checks_;
  const Observer& observer_;
  Tally tally_;
};

class Checking final : public Flow {
 public:
  using Flow::Flow;

 private:
  Result<Done> boundary() override {
    tell("checking", 0);
    return Done{};
  }
};

/// A position is the number of records before it.
class Importing final : public Flow {
 public:
  Importing(Input& input, chat::ArchiveSink& sink, Checklist& checks, std::uint64_t total,
            const Observer& observer)
      : Flow(input, checks, observer), sink_(sink), total_(total) {}

 private:
  Result<Done> begin() override {
    const auto position = sink_.resume(result_.header.id);
    if (!position) return position.error();
    const char* end = position->data() + position->size();
    const auto [rest, error] = std::from_chars(position->data(), end, result_.skipped);
    if (!position->empty() && (error != std::errc{} || rest != end))
      return fail(Errc::corrupt, "the target's note of an earlier import does not read");
    return Done{};
  }

  Result<Done> record(chat::ArchiveRecord&& record) override {
    if (count() <= result_.skipped) return Done{};
    bytes_ += size_of(record);
    batch_.push_back(std::move(record));
    return is_full() ? give({}) : Done{};
  }

  Result<Done> boundary() override {
    tell("importing", total_);
    // Not yet, so that small conversations share a batch; what is in it may then be in the middle.
    return 2 * batch_.size() >= batch_records ? give(std::to_string(count())) : Done{};
  }

  bool is_full() const { return batch_.size() >= batch_records || bytes_ >= batch_bytes; }

  Result<Done> give(const std::string& position) {
    auto accepted = sink_.accept(batch_, position);
    batch_.clear();
    bytes_ = 0;
    return accepted;
  }

  Result<Done> finish() override {
    if (auto given = give(std::to_string(count())); !given) return given;
    return sink_.finish(result_.newest);
  }

  chat::ArchiveSink& sink_;
  const std::uint64_t total_;
  std::vector<chat::ArchiveRecord> batch_;
  std::size_t bytes_ = 0;
};
}  // namespace

Result<Imported> check_archive(Input& input, Checklist& checks, const Observer& observer) {
  return Checking(input, checks, observer).run();
}

Result<Imported> import_archive(Input& input, chat::ArchiveSink& sink, Checklist& checks,
                                std::uint64_t total, const Observer& observer) {
  return Importing(input, sink, checks, total, observer).run();
}

}  // namespace parley::archive
