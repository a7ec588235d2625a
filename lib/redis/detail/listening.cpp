#include "redis/detail/listening.hpp"

#include <algorithm>
#include <array>

namespace parley::redis {

namespace {

/// The words of one kind, as they are sent and as the server writes them.
struct Words {
  std::string subscribe, unsubscribe;
  std::string_view subscribed, unsubscribed;
};
const std::array<Words, 3> words{{{"SUBSCRIBE", "UNSUBSCRIBE", "subscribe", "unsubscribe"},
                                  {"PSUBSCRIBE", "PUNSUBSCRIBE", "psubscribe", "punsubscribe"},
                                  {"SSUBSCRIBE", "SUNSUBSCRIBE", "ssubscribe", "sunsubscribe"}}};
const Words& words_of(Kind kind) { return words[static_cast<std::size_t>(kind)]; }

std::string_view text_of(const Reply& reply) {
  return reply.text() != nullptr ? std::string_view{*reply.text()} : std::string_view{};
}

/// Channels that were refused, asked for again at a time; all of them once one of these is heard.
constexpr std::size_t refused_at_once = 100;

Error out_of_step() { return fail(Errc::corrupt, "a reply that nobody asked for"); }

}  // namespace

Result<Done> Subscriber::Link::add(Kind kind, std::string name, Handler handler) {
  const auto [place, is_new] = entries(kind).try_emplace(std::move(name));
  if (!is_new) return fail(Errc::conflict, "subscribed already");
  Entry& entry = place->second;
  entry.id = ++last_id_;
  entry.handler = std::make_shared<const Handler>(std::move(handler));
  if (is_open()) ask_for(kind, place->first, entry);
  return Done{};
}

void Subscriber::Link::remove(Kind kind, std::string_view name) {
  const auto place = entries(kind).find(name);
  if (place == entries(kind).end()) return;
  Entry entry = std::move(place->second);
  entries(kind).erase(place);
  refused_.erase(entry.turn);
  if (entry.refused) set_refused(refusals_.channels - 1, nullptr);
  settle(entry, fail(Errc::closed, "unsubscribed"));
  if (!entry.asked) return;
  note_answered(entry);
  ask({Asked::What::unsubscribe, kind, std::string{name}});
}

void Subscriber::Link::wait(Kind kind, const std::string& name, std::unique_ptr<Waiter> waiter) {
  if (!is_open()) {
    const Errc code = is_closed() ? Errc::closed : Errc::unavailable;
    return waiter->complete(fail(code, "no connection to Redis: " + last_error()));
  }
  entries(kind).find(name)->second.waiter = std::move(waiter);
}

void Subscriber::Link::settle(Entry& entry, Result<Done> result) {
  if (const auto waiter = std::exchange(entry.waiter, nullptr)) waiter->complete(std::move(result));
}

void Subscriber::Link::ask_for(Kind kind, const std::string& name, Entry& entry) {
  entry.asked = true;
  const bool is_again = entry.refused.has_value();
  if (is_again) ++again_;
  ask({Asked::What::subscribe, kind, name, entry.id, is_again});
}

void Subscriber::Link::ask(Asked asked) {
  std::vector<std::string> command{"PING"};
  if (asked.what != Asked::What::ping) {
    const Words& known = words_of(asked.kind);
    command = {asked.what == Asked::What::subscribe ? known.subscribe : known.unsubscribe,
               asked.name};
  }
  asked.deadline = home().now() + config().command_timeout;
  asked_.push_back(std::move(asked));
  std::string bytes;
  detail::append_command(bytes, command);
  unwritten_ += bytes.size();
  send(bytes);
}

void Subscriber::Link::ask_for_all() {
  for (const Kind kind : {Kind::channel, Kind::pattern, Kind::shard_channel}) {
    for (auto& [name, entry] : entries(kind)) {
      if (!entry.asked) ask_for(kind, name, entry);
    }
  }
}

void Subscriber::Link::on_open() {
  last_id_before_ = last_id_;
  unconfirmed_before_ = entries_[0].size() + entries_[1].size() + entries_[2].size();
  if (unconfirmed_before_ == 0) set_ready();
  ask_for_all();
}

/// One of those that were there before has its answer: the last one makes the subscriber ready.
void Subscriber::Link::note_answered(Entry& entry) {
  if (std::exchange(entry.answered, true) || entry.id > last_id_before_) return;
  if (unconfirmed_before_ == 0 || --unconfirmed_before_ > 0) return;
  set_ready();
  tell_opened();
}

void Subscriber::Link::on_idle() {
  // What the server refused may be allowed by now.
  if (again_ == 0) ask_again(refused_at_once);
  if (asked_.empty()) ask({});
}

void Subscriber::Link::ask_again(std::size_t most) {
  for (; most > 0 && !refused_.empty(); --most) {
    const Asked first = std::move(refused_.extract(refused_.begin()).mapped());
    Entry& entry = *find(first);
    entry.turn = 0;
    ask_for(first.kind, first.name, entry);
  }
}

/// Behind the last of those that were asked for again: whether others may be heard by now, too, and
/// what those who listen have missed.
void Subscriber::Link::note_answer(const Asked& asked) {
  if (!asked.is_again || --again_ > 0) return;
  if (std::exchange(is_opening_, false) && !refused_.empty()) return ask_again(refused_.size());
  tell_opened();
}

void Subscriber::Link::tell_opened() {
  if (again_ > 0 || !is_ready()) return;
  const auto since = std::exchange(opened_since_, std::nullopt);
  if (since && opened_) opened_(*since);
}

void Subscriber::Link::note_refused(const Asked& asked, Entry& entry, const std::string& text) {
  entry.asked = false;
  const bool is_new = !entry.refused;
  if (is_new) entry.refused = home().now();
  set_refused(refusals_.channels + (is_new ? 1 : 0), &text);
  entry.turn = ++turns_;
  refused_.emplace(entry.turn, asked);
}

void Subscriber::Link::note_heard(Entry& entry) {
  if (!entry.refused) return;
  is_opening_ = true;
  opened_since_ = std::min(opened_since_.value_or(*entry.refused), *entry.refused);
  entry.refused.reset();
  set_refused(refusals_.channels - 1, nullptr);
}

/// Other threads read it, this one alone writes.
void Subscriber::Link::set_refused(std::size_t count, const std::string* text) {
  const std::lock_guard lock{refusals_mutex_};
  refusals_.channels = count;
  if (text != nullptr) refusals_.reason = *text;
  if (count == 0) refusals_.reason.clear();
}

Refusals Subscriber::Link::refusals() const {
  const std::lock_guard lock{refusals_mutex_};
  return refusals_;
}

Standing Subscriber::Link::standing(Kind kind, std::string_view name) const {
  const auto place = entries(kind).find(name);
  if (place == entries(kind).end()) return Standing::unknown;
  if (place->second.confirmed) return Standing::heard;
  return place->second.refused ? Standing::refused : Standing::unknown;
}

void Subscriber::Link::on_lost(const Error& reason) {
  asked_.clear();
  refused_.clear();
  again_ = 0;
  unconfirmed_before_ = 0;
  const Errc code = reason.code == Errc::closed ? Errc::closed : Errc::unavailable;
  for (Entries& some : entries_) {
    for (auto& [name, entry] : some) {
      entry.asked = entry.answered = entry.confirmed = false;
      entry.turn = 0;
      settle(entry, fail(code, "not subscribed yet: " + reason.detail));
    }
    // What handlers own goes with the subscriber, not with its last coroutine.
    if (is_closed()) some.clear();
  }
}

SteadyTime Subscriber::Link::oldest_deadline() const {
  return asked_.empty() ? SteadyTime::max() : asked_.front().deadline;
}

Result<Done> Subscriber::Link::on_reply(detail::SizedReply sized) {
  if (const auto* push = sized.reply.array()) return on_push(*push);
  if (const auto* error = sized.reply.error()) return on_refusal(error->text);
  // PONG is a status while nothing is subscribed.
  return on_answer(Asked::What::ping, {});
}

Result<Done> Subscriber::Link::on_push(const Reply::Array& push) {
  if (push.size() < 2) return out_of_step();
  const std::string_view what = text_of(push[0]), name = text_of(push[1]);
  if (what == "pmessage" && push.size() == 4) {
    deliver(Kind::pattern, name, push[2], push[3]);
  } else if (what == "message" && push.size() == 3) {
    deliver(Kind::channel, name, push[1], push[2]);
  } else if (what == "smessage" && push.size() == 3) {
    deliver(Kind::shard_channel, name, push[1], push[2]);
  } else if (asked_.empty()) {
    return out_of_step();
  } else if (what == words_of(asked_.front().kind).subscribed) {
    return on_answer(Asked::What::subscribe, name);
  } else if (what == words_of(asked_.front().kind).unsubscribed) {
    return on_answer(Asked::What::unsubscribe, name);
  } else if (what == "pong") {
    return on_answer(Asked::What::ping, {});
  } else {
    return out_of_step();
  }
  return Done{};
}

void Subscriber::Link::deliver(Kind kind, std::string_view name, const Reply& channel,
                               const Reply& message) {
  const auto place = entries(kind).find(name);
  if (place == entries(kind).end()) return;
  // It may unsubscribe itself.
  const auto handler = place->second.handler;
  (*handler)(text_of(channel), text_of(message));
}

Subscriber::Link::Entry* Subscriber::Link::find(const Asked& asked) {
  const auto place = entries(asked.kind).find(asked.name);
  if (place == entries(asked.kind).end() || place->second.id != asked.id) return nullptr;
  return &place->second;
}

/// The server is at work: the next answer has all its time again, however many there are.
Subscriber::Link::Asked Subscriber::Link::take_asked() {
  Asked asked = std::move(asked_.front());
  asked_.pop_front();
  if (!asked_.empty()) asked_.front().deadline = home().now() + config().command_timeout;
  return asked;
}

/// Anything but the answer that is due next means that we no longer know what is subscribed.
Result<Done> Subscriber::Link::on_answer(Asked::What what, std::string_view name) {
  if (asked_.empty() || asked_.front().what != what || asked_.front().name != name) {
    return out_of_step();
  }
  const Asked asked = take_asked();
  if (Entry* entry = what == Asked::What::subscribe ? find(asked) : nullptr) {
    entry->confirmed = true;
    note_heard(*entry);
    settle(*entry, Done{});
    note_answered(*entry);
  }
  note_answer(asked);
  return Done{};
}

Result<Done> Subscriber::Link::on_refusal(const std::string& text) {
  if (asked_.empty()) return out_of_step();
  const Asked asked = take_asked();
  if (Entry* entry = asked.what == Asked::What::subscribe ? find(asked) : nullptr) {
    note_refused(asked, *entry, text);
    settle(*entry, fail(Errc::bad_request, text));
    note_answered(*entry);
  }
  note_answer(asked);
  return Done{};
}

}  // namespace parley::redis
