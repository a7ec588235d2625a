#include "store/mongo/round.hpp"

#include <algorithm>
#include <thread>
#include <utility>

namespace parley::store::mongo {

namespace {
/// Messages of one conversation.
constexpr chat::Seq max_repeated = 1'000;

template <class Value>
Document above(Value value) {
  Document document;
  document.set("$gt", value);
  return document;
}

chat::Version version_of(const chat::Change& change) {
  if (const auto* appended = std::get_if<chat::MessageAppended>(&change))
    return appended->message.version;
  if (const auto* delivered = std::get_if<chat::MessageDelivered>(&change))
    return delivered->version;
  return std::get_if<chat::MessagesRead>(&change)->version;
}
}  // namespace

Round::Round(Context& context, Cache& cache, Lease& lease, SteadyTime deadline,
             std::vector<Update>& unwritten)
    : context_(context),
      cache_(cache),
      lease_(lease),
      started_(std::chrono::steady_clock::now()),
      deadline_(deadline),
      unwritten_(unwritten) {}

std::vector<chat::Change> Round::run(std::span<OperationPtr> operations) {
  cache_.catch_up();
  sort(operations);
  append_all();
  const auto prepared = insist([this] { return prepare_marks(); });
  if (prepared) decide();
  if (!prepared) {
    failure_ = prepared.error();
    for (const std::size_t i : marks_) operations_[i]->fail(prepared.error());
    if (info(prepared.error().code).temporary) unrecorded_ = repairs_;
  }
  record();
  for (const std::size_t i : marks_) operations_[i]->fail(fail(Errc::internal, "a lost write"));
  std::sort(changes_.begin(), changes_.end(), [](const chat::Change& a, const chat::Change& b) {
    return version_of(a) < version_of(b);
  });
  return std::move(changes_);
}

void Round::sort(std::span<OperationPtr> operations) {
  operations_ = operations;
  pending_.reserve(operations.size());
  for (std::size_t i = 0; i < operations.size(); ++i) {
    Work& work = operations[i]->work;
    if (auto* append = std::get_if<AppendWork>(&work)) {
      Pending one;
      one.work = append;
      if (!append->id) append->id.emplace().bytes = context_.ids.next(append->draft.now);
      if (!append->until) append->until = started_ + context_.config.write_deadline / 4;
      one.id = *append->id;
      pending_.push_back(std::move(one));
    } else if (auto* repair = std::get_if<RepairWork>(&work)) {
      repairs_.push_back(repair->conversation);
      repair->answer.emplace(Done{});
    } else {
      marks_.push_back(i);
    }
  }
}

/// Until it works, it can never work, or the deadline is over.
Result<Done> Round::insist(const std::function<Result<Done>()>& step) {
  using namespace std::chrono_literals;
  std::chrono::milliseconds pause = 20ms;
  for (;;) {
    Result<Done> done = step();
    if (done || !info(done.error().code).temporary) return done;
    if (std::chrono::steady_clock::now() + pause >= deadline_) {
      return fail(Errc::unavailable, done.error().detail);
    }
    context_.stats.retries.fetch_add(1, std::memory_order_relaxed);
    std::this_thread::sleep_for(pause);
    pause = std::min<std::chrono::milliseconds>(2 * pause, 500ms);
  }
}

Result<std::vector<Document>> Round::find(std::string_view collection, const Document& filter,
                                          const Document& options) {
  context_.stats.commands.fetch_add(1, std::memory_order_relaxed);
  return lease_.find(collection, filter, options);
}

Result<Written> Round::bulk(std::string_view collection, std::span<const Update> updates) {
  context_.stats.commands.fetch_add(1, std::memory_order_relaxed);
  return lease_.bulk(collection, updates, Order::unordered);
}

void Round::append_all() {
  const auto waits = [this](const Pending& one) {
    return !one.work->answer && !is_contested(one.twin != nullptr ? *one.twin : one);
  };
  while (std::any_of(pending_.begin(), pending_.end(), waits)) {
    Result<Done> done = insist([this] { return insert_some(); });
    if (done && std::chrono::steady_clock::now() >= deadline_)
      done = fail(Errc::unavailable, "other nodes write faster to these conversations");
    if (done) continue;
    failure_ = done.error();
    for (Pending& one : pending_) {
      if (one.work->answer) continue;
      if (one.conversation) doubt(*one.conversation);
      one.answer(done.error());
    }
  }
  if (const auto read = insist([this] { return read_contested(); }); !read) failure_ = read.error();
}

/// Is it left to the next round? Trying it again and again would keep all others waiting.
bool Round::is_contested(const Pending& one) const {
  return one.conversation && contested_.contains(*one.conversation);
}

bool Round::is_open(const Pending& one) const {
  return !one.work->answer && one.twin == nullptr && !is_contested(one);
}

/// What this round has stored in them before is to be recorded all the same.
Result<Done> Round::read_contested() {
  Ids ids;
  for (const chat::ConversationId& id : contested_) {
    if (touched_.contains(id)) ids.push_back(id);
  }
  return load(std::move(ids), Newer::all);
}

/// The head that this round may decide on; nullptr: to be loaded.
CachedHead* Round::head(chat::ConversationId id) {
  if (used_.contains(id)) {
    CachedHead* known = cache_.find_any(id);
    return known != nullptr && !known->is_doubtful ? known : nullptr;
  }
  CachedHead* known = cache_.find(id, started_);
  if (known != nullptr) used_.insert(id);
  return known;
}

void Round::doubt(chat::ConversationId id) {
  cache_.forget(id);
  unplace(id);
}

/// Those that are not known. Where another node was faster, or may have died half-way, `all` finds
/// what the conversation's document does not say.
Result<Done> Round::load(Ids ids, Newer newer) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  bool has_doubts = false;
  std::erase_if(ids, [&](const chat::ConversationId& id) {
    if (head(id) != nullptr) return true;
    const CachedHead* known = cache_.find_any(id);
    has_doubts = has_doubts || (known != nullptr && known->is_doubtful);
    return false;
  });
  if (ids.empty()) return Done{};
  context_.stats.commands.fetch_add(1, std::memory_order_relaxed);
  auto heads = load_heads(lease_, context_, ids);
  if (!heads) return std::move(heads).error();
  HeardOf heard;
  for (const Head& one : *heads) {
    heard.emplace(one.id, heard_of(one.id));
    CachedHead loaded;
    loaded.head = one;
    loaded.recorded = {one.last_seq, one.last_at};
    loaded.loaded = started_;
    cache_.put(std::move(loaded));
    used_.insert(one.id);
  }
  auto read = read_newer(*heads, heard, has_doubts ? Newer::all : newer);
  if (!read) {
    for (const Head& one : *heads) {
      cache_.find_any(one.id)->recorded = {};  // What is young has not been told.
      cache_.forget(one.id);
    }
  }
  return read;
}

Round::Heard Round::heard_of(chat::ConversationId id) {
  const CachedHead* known = cache_.find_any(id);
  if (known == nullptr) return {};
  return {known->recorded.seq, cache_.is_told(*known)};
}

/// Messages that our feed may not have seen, and must before what follows them.
Result<Done> Round::read_newer(const std::vector<Head>& heads, const HeardOf& heard, Newer newer) {
  Array any;
  for (const Head& one : heads) {
    if (newer == Newer::all) {
      Document filter;
      filter.set("conversationId", one.id).set("seq", above(one.last_seq));
      any.add(filter);
    }
    const Heard& known = heard.at(one.id);
    if (one.last_version <= context_.repeat_horizon() || one.last_seq <= known.seq) continue;
    const chat::Seq after = one.last_seq - std::min(one.last_seq, max_repeated);
    Document recent;
    recent.set("conversationId", one.id)
        .set("version", above(context_.repeat_horizon()))
        .set("seq", above(std::max(known.seq, after)));
    if (!known.is_followed) {
      Document young, sent;
      young.set("version", above(context_.horizon()));
      sent.set("status", "sent");
      recent.set("$or", Array().add(young).add(sent));
    }
    any.add(recent);
  }
  if (any.empty()) return Done{};
  Document filter, sort, options;
  filter.set("$or", any);
  sort.set("seq", 1);
  options.set("sort", sort);
  auto documents = find(messages_collection, filter, options);
  if (!documents) return std::move(documents).error();
  std::vector<Update> renewed;
  for (const Document& one : *documents) take_newer(one, heard, renewed);
  return write_renewed(renewed);
}

/// Before a conversation says these versions. Where another node was faster, its ones are to be
/// read.
Result<Done> Round::write_renewed(const std::vector<Update>& renewed) {
  if (renewed.empty()) return Done{};
  auto written = bulk(messages_collection, renewed);
  if (!written) return std::move(written).error();
  if (static_cast<std::size_t>(written->matched) == renewed.size()) return Done{};
  return fail(Errc::unavailable, "another node records the same messages");
}

void Round::take_newer(View document, const HeardOf& heard, std::vector<Update>& renewed) {
  auto found = message_from(document);
  if (!found || found->message.seq == 0) return;
  chat::Message& message = found->message;
  context_.clock.observe(message.version);
  CachedHead* cached = cache_.find_any(message.conversation_id);
  if (cached == nullptr) return;
  Head& head = cached->head;
  const bool is_left_over = message.seq == head.last_seq + 1;
  if (is_left_over) {
    if (message.version <= head.last_version || is_passed_over(message, *cached)) {
      const chat::Version old = std::exchange(message.version, context_.next_version());
      renewed.push_back(version_update(message, old));
    }
    head.follow(message);
    cached->last_text = message.content;
    touched_.insert(head.id);
  }
  const SentCounts sent = found->sent_counts(head);
  cache_.put_location(message.id, {head.id, message.seq, message.sender, sent});
  head.complete(message);
  const bool is_nobodys = is_left_over && !message.delivered_at;
  if (!is_nobodys && !is_untold(message, heard.at(head.id))) return;
  auto unread = head.unread_at(message.seq, sent);
  changes_.push_back(chat::MessageAppended{std::move(message), std::move(unread)});
}

/// May cursors have passed its version, because the conversation did not say it? Those that saw the
/// conversation in use have told of it.
bool Round::is_passed_over(const chat::Message& message, const CachedHead& cached) const {
  return message.version <= context_.horizon() &&
         VersionClock::time_of(message.version) - time_skew >= cached.recorded.at;
}

/// Its writer may have died before it told anybody, or may have nobody to tell because it is cut
/// off from the other nodes, for which a receiver who has not got it speaks, and a follower who has
/// not heard of it.
bool Round::is_untold(const chat::Message& message, const Heard& heard) const {
  if (message.version <= context_.repeat_horizon()) return false;
  if (message.version > context_.horizon()) return true;
  return heard.is_followed || !message.delivered_at;
}

}  // namespace parley::store::mongo
