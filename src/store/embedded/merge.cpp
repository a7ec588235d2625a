#include "store/embedded/merge.hpp"

#include <queue>

namespace parley::store::embedded {

namespace {
/// A strand with its next message read.
struct Cursor {
  Strand strand;
  MessageRecord record;
};
struct Later {
  bool operator()(const Cursor& a, const Cursor& b) const {
    return a.record.version > b.record.version;
  }
};
using Cursors = std::priority_queue<Cursor, std::vector<Cursor>, Later>;

/// Messages of others than `member` among the first `seq`.
std::uint64_t of_others(const MessageRecord& record, chat::Seq seq, Member member) {
  return seq - record.sent[member];
}

/// The first message after `seq`, which is the member's own, that is not; last_seq + 1 when there
/// is none. Somebody may have written thousands without an answer: this reads the logarithm of
/// them.
chat::Seq next_of_others(View& view, const Head& head, Member member, chat::Seq seq,
                         const MessageRecord& own) {
  const std::uint64_t before = of_others(own, seq, member);
  if (head.last_seq - head.members[member].sent == before) return head.last_seq + 1;
  chat::Seq below = seq;
  chat::Seq above = head.last_seq;
  while (above - below > 1) {
    const chat::Seq middle = below + (above - below) / 2;
    const auto record = view.message(head, middle);
    if (!record) return head.last_seq + 1;
    (of_others(*record, middle, member) == before ? below : above) = middle;
  }
  return above;
}

/// Reads the strand's next message that counts and puts it among the cursors.
void enter(View& view, Cursors& cursors, Strand strand, chat::Version up_to,
           const chat::UserId* skip) {
  while (strand.next <= strand.head->last_seq) {
    auto record = view.message(*strand.head, strand.next);
    if (!record || record->version > up_to) return;
    if (skip == nullptr || strand.head->participants[record->sender] != *skip) {
      cursors.push({strand, std::move(*record)});
      return;
    }
    strand.next = next_of_others(view, *strand.head, record->sender, strand.next, *record);
  }
}
}  // namespace

chat::Seq first_above(View& view, const Head& head, chat::Version since) {
  if (head.last_version <= since) return head.last_seq + 1;
  // `above` is above `since`, `below` is not: gallop back from the end, then halve.
  chat::Seq above = head.last_seq;
  chat::Seq below = 0;
  for (chat::Seq step = 1; above > 1; step *= 2) {
    const chat::Seq probe = above > step ? above - step : 1;
    const auto record = view.message(head, probe);
    if (!record) return head.last_seq + 1;
    if (record->version <= since) {
      below = probe;
      break;
    }
    above = probe;
  }
  while (above - below > 1) {
    const chat::Seq middle = below + (above - below) / 2;
    const auto record = view.message(head, middle);
    if (!record) return head.last_seq + 1;
    (record->version > since ? above : below) = middle;
  }
  return above;
}

Merged merge(View& view, const std::vector<Strand>& strands, chat::Version up_to, std::size_t limit,
             const chat::UserId* skip) {
  Cursors cursors;
  for (const Strand& strand : strands) enter(view, cursors, strand, up_to, skip);
  Merged merged;
  while (!cursors.empty() && !view.error()) {
    if (merged.messages.size() == limit) {
      merged.cut = true;
      break;
    }
    Cursor first = cursors.top();
    cursors.pop();
    merged.messages.push_back(
        first.strand.head->message(first.strand.next, std::move(first.record)));
    ++first.strand.next;
    enter(view, cursors, first.strand, up_to, skip);
  }
  return merged;
}

}  // namespace parley::store::embedded
