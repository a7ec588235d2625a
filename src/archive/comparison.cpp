#include "archive/comparison.hpp"

#include <deque>

namespace parley::archive {

namespace {
/// Checks of what a store has, in order.
class Present {
 public:
  Present(chat::ArchiveSource& store, const Observer& observer, std::uint64_t total)
      : store_(store), observer_(observer), total_(total) {}

  Result<std::optional<Check>> next() {
    while (ready_.empty() && !is_over_) {
      auto batch = store_.next();
      if (!batch) return batch.error();
      is_over_ = batch->records.empty();
      for (const chat::ArchiveRecord& record : batch->records) keep(tally_.add(record));
      if (is_over_) keep(tally_.end());
      done_ += batch->records.size();
      observer_({"verifying", done_, total_});
    }
    if (ready_.empty()) return std::optional<Check>{};
    const Check check = ready_.front();
    ready_.pop_front();
    return std::optional<Check>(check);
  }

 private:
  void keep(const std::optional<Check>& check) {
    if (check) ready_.push_back(*check);
  }

  chat::ArchiveSource& store_;
  const Observer& observer_;
  const std::uint64_t total_;
  Tally tally_;
  std::deque<Check> ready_;
  std::uint64_t done_ = 0;
  bool is_over_ = false;
};

std::string difference(const Check& archived, const Check& stored) {
  if (archived.messages != stored.messages)
    return archived.name() + ": " + std::to_string(archived.messages) +
           " messages in the archive, " + std::to_string(stored.messages) + " in the store";
  if (archived.kind == Check::Kind::conversation)
    return archived.name() + ": its messages or receipts differ";
  return archived.name() + ": differs";
}
}  // namespace

Result<Comparison> compare(Checklist& archive, chat::ArchiveSource& store, Time now,
                           const Observer& observer) {
  const auto totals = store.totals();
  if (!totals) return totals.error();
  if (auto begun = store.seek({}); !begun) return begun.error();
  Comparison result;
  const auto report = [&result](std::string sentence) {
    ++result.mismatches;
    if (result.named.size() < Comparison::max_named) result.named.push_back(std::move(sentence));
  };
  Present present(store, observer, totals->all());
  auto stored = present.next();
  while (const auto archived = archive.next()) {
    ++result.checked;
    while (stored && *stored && (*stored)->before(*archived)) stored = present.next();
    if (!stored) return stored.error();
    const bool is_there = *stored && !archived->before(**stored);
    const bool is_gone =
        archived->kind == Check::Kind::login && archived->expires <= to_unix_ms(now);
    if (!is_there) {
      if (!is_gone) report(archived->name() + ": is not in the store");
    } else if ((*stored)->digest != archived->digest) {
      report(difference(*archived, **stored));
    }
  }
  return result;
}

}  // namespace parley::archive
