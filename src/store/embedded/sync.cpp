#include <algorithm>
#include <map>

#include "store/embedded/database.hpp"
#include "store/embedded/internals.hpp"
#include "store/embedded/merge.hpp"
#include "store/embedded/message_store.hpp"
#include "store/embedded/summary.hpp"

namespace parley::store::embedded {

namespace {
Result<chat::MessagePage> undelivered(View& view, const chat::BacklogQuery& query) {
  const auto heads = view.heads_of(query.user);
  std::vector<Strand> strands;
  for (const Head& head : heads) {
    const auto member = head.member(query.user);
    if (!member) continue;
    const chat::Seq reached = head.members[*member].delivered.seq;
    if (reached == head.last_seq || head.last_version <= query.after) continue;
    const chat::Seq next = query.after == 0
                               ? reached + 1
                               : std::max(reached + 1, first_above(view, head, query.after));
    strands.push_back({&head, next});
  }
  Merged merged = merge(view, strands, query.up_to, query.limit, &query.user);
  return chat::MessagePage{std::move(merged.messages), merged.cut};
}

/// One page of `changes`: what belongs to the versions in (since, end].
class Window {
 public:
  Window(View& view, chat::UserId user, chat::Version since)
      : view_(view), user_(user), since_(since) {}

  Result<chat::SyncPage> collect(std::size_t limit) {
    const chat::Version newest = view_.version();
    if (since_ > newest) return fail(Errc::bad_request, "since is in the future");
    heads_ = view_.heads_of(user_);
    std::erase_if(heads_, [this](const Head& head) { return head.changed() <= since_; });
    std::sort(heads_.begin(), heads_.end(),
              [](const Head& a, const Head& b) { return a.changed() < b.changed(); });
    take_messages(newest, limit);
    cut_receipts(limit);
    fill_times();
    for (const Head& head : heads_) take_summary(head);
    return std::move(page_);
  }

 private:
  void take_messages(chat::Version newest, std::size_t limit) {
    std::vector<Strand> strands;
    for (const Head& head : heads_) {
      const chat::Seq next = first_above(view_, head, since_);
      if (next <= head.last_seq) strands.push_back({&head, next});
    }
    Merged merged = merge(view_, strands, newest, limit, nullptr);
    page_.messages = std::move(merged.messages);
    page_.has_more = merged.cut;
    page_.cursor = !merged.cut              ? newest
                   : page_.messages.empty() ? since_
                                            : page_.messages.back().version;
  }

  /// The page ends with its last receipt, and with what is of the same version.
  void cut_receipts(std::size_t limit) {
    std::vector<chat::Version> moved;
    for (const Head& head : heads_) {
      for (const chat::Watermarks& marks : head.members)
        if (is_inside(marks.changed())) moved.push_back(marks.changed());
    }
    if (moved.size() <= limit) return;
    const auto last = moved.begin() + static_cast<std::ptrdiff_t>(limit) - 1;
    std::nth_element(moved.begin(), last, moved.end());
    page_.has_more = true;
    page_.cursor = *last;
    std::erase_if(page_.messages,
                  [this](const chat::Message& one) { return !is_inside(one.version); });
  }

  /// Times are looked up one conversation at a time, in the order of seq.
  void fill_times() {
    std::map<chat::ConversationId, std::vector<std::size_t>> places;
    for (std::size_t i = 0; i < page_.messages.size(); ++i)
      places[page_.messages[i].conversation_id].push_back(i);
    for (const Head& head : heads_) {
      const auto found = places.find(head.id);
      if (found == places.end()) continue;
      with_messages_.push_back(head.id);
      std::vector<chat::Message> own;
      for (const std::size_t i : found->second) own.push_back(std::move(page_.messages[i]));
      view_.fill_times(head, own);
      for (std::size_t i = 0; i < own.size(); ++i)
        page_.messages[found->second[i]] = std::move(own[i]);
    }
    std::sort(with_messages_.begin(), with_messages_.end());
  }

  bool is_inside(chat::Version version) const {
    return version > since_ && version <= page_.cursor.version;
  }

  void take_summary(const Head& head) {
    for (Member member = 0; member < head.members.size(); ++member) {
      if (is_inside(head.members[member].changed())) page_.receipts.push_back(head.receipt(member));
    }
    const bool has_messages =
        std::binary_search(with_messages_.begin(), with_messages_.end(), head.id);
    const auto member = head.member(user_);
    if (member && (has_messages || is_inside(head.changed()))) {
      page_.conversations.push_back(summarize(view_, head, *member));
    }
  }

  View& view_;
  chat::UserId user_;
  chat::Version since_;
  std::vector<Head> heads_;
  std::vector<chat::ConversationId> with_messages_;
  chat::SyncPage page_;
};
}  // namespace

Task<Result<chat::MessagePage>> MessageStore::backlog(chat::BacklogQuery query) {
  return read(database_.internals(), [query](View& view) { return undelivered(view, query); });
}

Task<Result<chat::SyncPage>> MessageStore::changes(chat::UserId user, chat::SyncCursor since,
                                                   std::size_t limit) {
  return read(database_.internals(), [user, version = since.version, limit](View& view) {
    Window window(view, user, version);
    return window.collect(limit);
  });
}

}  // namespace parley::store::embedded
