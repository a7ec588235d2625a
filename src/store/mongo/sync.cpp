#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "store/mongo/adopt.hpp"
#include "store/mongo/database.hpp"
#include "store/mongo/internals.hpp"
#include "store/mongo/load.hpp"
#include "store/mongo/message_store.hpp"
#include "store/mongo/summary.hpp"

namespace parley::store::mongo {

namespace {
using namespace std::chrono_literals;
constexpr chat::Version greatest = INT64_MAX;
/// What is further ahead nobody has made.
constexpr auto clock_skew = 1h;
constexpr int max_adoptions = 3;
constexpr int max_placeless = 200;

std::unordered_map<chat::ConversationId, const Head*> by_id(const std::vector<Head>& heads) {
  std::unordered_map<chat::ConversationId, const Head*> all;
  for (const Head& head : heads) all.emplace(head.id, &head);
  return all;
}

/// Messages that have reached no device, a page of documents at a time: their status may lag behind
/// the watermarks.
class Backlog {
 public:
  Backlog(Lease& lease, Context& context, const chat::BacklogQuery& query)
      : lease_(lease), context_(context), query_(query), after_(query.after) {}

  Result<chat::MessagePage> page() {
    if (query_.after == 0) {
      if (auto done = adopt_placeless(); !done) return std::move(done).error();
    }
    for (bool more = true; more && page_.messages.size() <= query_.limit;) {
      auto taken = take_some();
      if (!taken) return std::move(taken).error();
      more = *taken;
    }
    page_.has_more = page_.messages.size() > query_.limit;
    if (page_.has_more) page_.messages.resize(query_.limit);
    return std::move(page_);
  }

 private:
  Document undelivered(Document version) const {
    Document filter;
    filter.set("receiver", query_.user).set("status", "sent").set("version", version);
    return filter;
  }

  /// Messages of Node servers have no place: they get it. The newest first, because messages whose
  /// conversation is not there keep standing in the way.
  Result<Done> adopt_placeless() {
    Document absent, options, sort, fields;
    absent.set("$exists", false);
    sort.set("_id", -1);
    fields.set("conversationId", 1);
    options.set("sort", sort).set("projection", fields).set("limit", std::int64_t{max_placeless});
    for (int attempt = 0; attempt < max_adoptions; ++attempt) {
      std::unordered_set<chat::ConversationId> ids;
      const auto keep = [&ids](View document) {
        if (const auto id = document.id<chat::ConversationId>("conversationId")) ids.insert(*id);
        return true;
      };
      auto found = lease_.each(messages_collection, undelivered(absent), options, keep);
      if (!found || ids.empty()) return found;
      bool has_adopted = false;
      for (const chat::ConversationId& id : ids) {
        auto done = adopt(lease_, context_, id);
        if (!done && done.error().code != Errc::not_found) return std::move(done).error();
        has_adopted = has_adopted || done;
      }
      if (!has_adopted) break;
    }
    return Done{};
  }

  /// False: that was all.
  Result<bool> take_some() {
    Document range, options, sort;
    range.set("$gt", after_).set("$lte", std::min(query_.up_to, greatest));
    range.set("$type", "long");  // as it is written; behind any other number no page would get
    sort.set("version", 1);
    options.set("sort", sort).set("limit", static_cast<std::int64_t>(query_.limit) + 1);
    const auto documents = lease_.find(messages_collection, undelivered(range), options);
    if (!documents) return documents.error();
    std::vector<Found> all;
    std::vector<chat::ConversationId> ids;
    for (const View document : *documents) {
      after_ = document.count("version").value_or(after_);
      auto found = message_from(document);
      if (!found) continue;
      ids.push_back(found->message.conversation_id);
      all.push_back(std::move(*found));
    }
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    auto heads = load_heads(lease_, context_, ids);
    if (!heads) return std::move(heads).error();
    const auto known = by_id(*heads);
    for (Found& one : all) {
      const auto head = known.find(one.message.conversation_id);
      if (one.message.seq == 0 || head == known.end()) continue;
      head->second->complete(one.message);
      if (!one.message.delivered_at) page_.messages.push_back(std::move(one.message));
    }
    return documents->size() > query_.limit;
  }

  Lease& lease_;
  Context& context_;
  const chat::BacklogQuery& query_;
  chat::Version after_;
  chat::MessagePage page_;
};

/// One page of `changes`. What is younger than the horizon is told by version, not by order.
class Changes {
 public:
  Changes(Lease& lease, Context& context, chat::UserId user, const chat::SyncCursor& since)
      : lease_(lease),
        context_(context),
        user_(user),
        since_(since),
        horizon_(context.horizon()),
        end_(greatest) {}

  Result<chat::SyncPage> page(std::size_t limit) {
    const chat::Version newest = VersionClock::floor_of(context_.now() + clock_skew);
    const bool is_ahead = !since_.recent.empty() && since_.recent.back() > newest;
    if (since_.version > newest || is_ahead)
      return fail(Errc::bad_request, "since is in the future");
    if (auto done = load(); !done) return std::move(done).error();
    if (auto done = take_messages(limit); !done) return std::move(done).error();
    cut_receipts(limit);
    take_receipts();
    if (auto done = take_summaries(); !done) return std::move(done).error();
    move_cursor();
    return std::move(page_);
  }

 private:
  /// The conversations in which something may have happened since.
  Result<Done> load() {
    Document newer, later, changed, touched, unknown, filter;
    newer.set("$gt", since_.version);
    later.set("$gt", VersionClock::time_of(since_.version) - time_skew);
    changed.set("parley.v", newer);
    touched.set("lastMessageAt", later);
    unknown.set("parley.v", nullptr);
    filter.set("participants", user_).set("$or", Array().add(changed).add(touched).add(unknown));
    auto heads = load_heads(lease_, context_, filter);
    if (!heads) return std::move(heads).error();
    heads_ = std::move(*heads);
    return Done{};
  }

  bool is_new(chat::Version version) const {
    return version > since_.version && version <= end_ &&
           !std::binary_search(since_.recent.begin(), since_.recent.end(), version);
  }

  /// Versions of moves that were not told, ascending. The lower one may have been written later.
  std::vector<chat::Version> news_of(const Member& member) const {
    std::vector<chat::Version> news;
    for (const chat::Version version : {member.delivered.version, member.read.version})
      if (is_new(version)) news.push_back(version);
    std::sort(news.begin(), news.end());
    return news;
  }

  Result<Done> take_messages(std::size_t limit) {
    if (heads_.empty()) return Done{};
    std::vector<chat::ConversationId> ids;
    for (const Head& head : heads_) ids.push_back(head.id);
    Document filter, newer, options, sort;
    match_any(filter, "conversationId", std::span<const chat::ConversationId>(ids));
    newer.set("$gt", since_.version);
    filter.set("version", newer);
    sort.set("version", 1);
    options.set("sort", sort)
        .set("limit", static_cast<std::int64_t>(limit + since_.recent.size()) + 1);
    const auto known = by_id(heads_);
    auto done = lease_.each(messages_collection, filter, options, [&](View document) {
      auto found = message_from(document);
      if (!found || !is_new(found->message.version)) return true;
      page_.has_more = page_.messages.size() == limit;
      if (page_.has_more) return false;
      known.at(found->message.conversation_id)->complete(found->message);
      page_.messages.push_back(std::move(found->message));
      return true;
    });
    if (!done) return done;
    if (page_.has_more)
      end_ = page_.messages.empty() ? since_.version : page_.messages.back().version;
    return Done{};
  }

  /// The page ends with its last receipt, and with what is of the same version.
  void cut_receipts(std::size_t limit) {
    std::vector<chat::Version> moved;
    for (const Head& head : heads_) {
      for (const Member& member : head.members) {
        const auto news = news_of(member);
        if (!news.empty()) moved.push_back(news.front());
      }
    }
    if (moved.size() > limit) {
      const auto last = moved.begin() + static_cast<std::ptrdiff_t>(limit) - 1;
      std::nth_element(moved.begin(), last, moved.end());
      page_.has_more = true;
      end_ = *last;
      std::erase_if(page_.messages,
                    [this](const chat::Message& one) { return one.version > end_; });
    }
    for (const chat::Message& one : page_.messages) {
      told_.push_back(one.version);
      changed_.insert(one.conversation_id);
    }
  }

  void take_receipts() {
    for (const Head& head : heads_) {
      for (std::size_t i = 0; i < head.members.size(); ++i) {
        const auto news = news_of(head.members[i]);
        if (news.empty()) continue;
        page_.receipts.push_back(head.receipt(i));
        told_.insert(told_.end(), news.begin(), news.end());
        changed_.insert(head.id);
      }
    }
  }

  Result<Done> take_summaries() {
    std::erase_if(heads_, [this](const Head& head) { return !changed_.contains(head.id); });
    auto summaries = summarize(lease_, heads_, user_);
    if (!summaries) return std::move(summaries).error();
    page_.conversations = std::move(*summaries);
    return Done{};
  }

  /// Everything up to the horizon that is there has been told, unless the page was cut before.
  void move_cursor() {
    chat::SyncCursor& cursor = page_.cursor;
    cursor.version = std::max(since_.version, std::min(horizon_, end_));
    std::vector<chat::Version> told = since_.recent;
    told.insert(told.end(), told_.begin(), told_.end());
    std::sort(told.begin(), told.end());
    told.erase(std::unique(told.begin(), told.end()), told.end());
    if (told.size() > chat::SyncCursor::max_recent)
      cursor.version =
          std::max(cursor.version, told[told.size() - chat::SyncCursor::max_recent - 1]);
    const auto first = std::upper_bound(told.begin(), told.end(), cursor.version);
    cursor.recent.assign(first, told.end());
  }

  Lease& lease_;
  Context& context_;
  const chat::UserId user_;
  const chat::SyncCursor& since_;
  const chat::Version horizon_;
  chat::Version end_;  ///< What is above it belongs to the next page.
  std::vector<Head> heads_;
  std::vector<chat::Version> told_;
  std::unordered_set<chat::ConversationId> changed_;
  chat::SyncPage page_;
};
}  // namespace

Task<Result<chat::MessagePage>> MessageStore::backlog(chat::BacklogQuery query) {
  Internals& internals = database_.internals();
  return read(internals, [&internals, query](Lease& lease) {
    return Backlog(lease, internals.context, query).page();
  });
}

Task<Result<chat::SyncPage>> MessageStore::changes(chat::UserId user, chat::SyncCursor since,
                                                   std::size_t limit) {
  Internals& internals = database_.internals();
  return read(internals, [&internals, user, since = std::move(since), limit](Lease& lease) {
    return Changes(lease, internals.context, user, since).page(limit);
  });
}

}  // namespace parley::store::mongo
