#include "socketio/recovery.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace parley::socketio {
namespace {

bool is_in(const std::vector<std::string>& rooms, const std::vector<std::string>& some) {
  return std::any_of(some.begin(), some.end(), [&rooms](const std::string& room) {
    return std::find(rooms.begin(), rooms.end(), room) != rooms.end();
  });
}

bool concerns(const LoggedEvent& event, const std::vector<std::string>& rooms) {
  return (event.rooms.empty() || is_in(rooms, event.rooms)) && !is_in(rooms, event.except);
}

/// The origin and number of an offset that Stamp::offset wrote.
std::optional<Stamp> parse_offset(std::string_view text) {
  Stamp stamp;
  const char* const end = text.data() + text.size();
  const auto origin = std::from_chars(text.data(), end, stamp.origin);
  if (origin.ec != std::errc{} || origin.ptr == end || *origin.ptr != '-') return std::nullopt;
  const auto number = std::from_chars(origin.ptr + 1, end, stamp.number);
  if (number.ec != std::errc{} || number.ptr != end) return std::nullopt;
  return stamp;
}

auto is_stamped(const Stamp& stamp) {
  return [stamp](const SharedLogged& event) {
    return event->stamp.origin == stamp.origin && event->stamp.number == stamp.number;
  };
}

}  // namespace

Recovery::Recovery(const RecoveryConfig& config, std::size_t shard, std::size_t shards)
    : config_(config), shard_(shard), seen_(shards, 0) {}

Socket* Recovery::find_live(std::string_view pid) const {
  const auto found = live_.find(pid);
  return found == live_.end() ? nullptr : found->second;
}

Stamp Recovery::stamp(bool to_all_shards) {
  return {static_cast<std::uint16_t>(shard_), ++numbers_, to_all_shards ? ++rounds_ : 0};
}

void Recovery::log(const Stamp& stamp, const SharedEvent& event, const Selection& selection,
                   SteadyTime now) {
  if (stamp.round != 0) seen_[stamp.origin] = stamp.round;
  log_.push_back(std::make_shared<const LoggedEvent>(
      LoggedEvent{stamp, event, selection.rooms, selection.except, now}));
  expire(now);
}

bool Recovery::is_recoverable(std::string_view reason) {
  static constexpr std::array<std::string_view, 6> reasons{
      "transport error", "transport close",      "forced close",
      "ping timeout",    "server shutting down", "forced server close"};
  return std::find(reasons.begin(), reasons.end(), reason) != reasons.end();
}

void Recovery::remember(Session session) {
  expire(session.time);
  if (sessions_.size() >= config_.max_sessions) return;
  expiries_.emplace_back(session.time, session.pid);
  std::string pid = session.pid;
  sessions_.insert_or_assign(std::move(pid), std::move(session));
}

std::optional<Restored> Recovery::take(std::string_view pid, std::string_view offset,
                                       SteadyTime now) {
  expire(now);
  const auto found = sessions_.find(pid);
  if (found == sessions_.end()) return std::nullopt;
  Session session = std::move(found->second);
  sessions_.erase(found);
  Restored restored;
  if (!find_missed(restored.missed, session, offset)) return std::nullopt;
  restored.sid = std::move(session.sid);
  restored.pid = std::move(session.pid);
  restored.rooms = std::move(session.rooms);
  restored.data = std::move(session.data);
  restored.seen = seen_;
  return restored;
}

bool Recovery::find_missed(std::vector<SharedLogged>& out, const Session& session,
                           std::string_view offset) const {
  const auto stamp = parse_offset(offset);
  if (!stamp) return false;
  const std::uint64_t joined_at = session.replay ? session.replay->joined_at : 0;
  // From the end: the client's last event is most often among the last.
  const auto logged = std::find_if(log_.rbegin(), log_.rend(), is_stamped(*stamp));
  const auto position =
      first_ + static_cast<std::uint64_t>(log_.rend() - logged);  // behind the one found
  if (logged != log_.rend() && position > joined_at)
    return append_missed(out, session, position), true;
  if (!session.replay || joined_at < first_) return false;
  const auto& replayed = session.replay->events;
  const auto sent = std::find_if(replayed.begin(), replayed.end(), is_stamped(*stamp));
  if (sent == replayed.end()) return false;
  out.assign(sent + 1, replayed.end());
  append_missed(out, session, joined_at);
  return true;
}

void Recovery::append_missed(std::vector<SharedLogged>& out, const Session& session,
                             std::uint64_t from) const {
  for (std::uint64_t i = std::max(from, first_); i < first_ + log_.size(); ++i) {
    const SharedLogged& event = log_[i - first_];
    if (concerns(*event, session.rooms)) out.push_back(event);
  }
}

bool Recovery::has_seen(const std::vector<std::uint64_t>& seen) const {
  return std::equal(seen.begin(), seen.end(), seen_.begin(), seen_.end(),
                    [](std::uint64_t there, std::uint64_t here) { return there <= here; });
}

std::shared_ptr<const Replay> Recovery::complete(Restored& restored) const {
  for (const SharedLogged& event : log_) {
    const Stamp& stamp = event->stamp;
    if (stamp.round > restored.seen[stamp.origin] && concerns(*event, restored.rooms))
      restored.missed.push_back(event);
  }
  return std::make_shared<const Replay>(Replay{restored.missed, first_ + log_.size()});
}

void Recovery::expire(SteadyTime now) {
  const SteadyTime oldest = now - config_.max_disconnection_duration;
  while (log_.size() > config_.max_packets || (!log_.empty() && log_.front()->time < oldest)) {
    log_.pop_front();
    ++first_;
  }
  // Sessions that were taken leave their entry behind.
  const std::size_t most = 2 * config_.max_sessions;
  while (!expiries_.empty() && (expiries_.front().first < oldest || expiries_.size() > most)) {
    const auto found = sessions_.find(expiries_.front().second);
    if (found != sessions_.end() && found->second.time == expiries_.front().first)
      sessions_.erase(found);
    expiries_.pop_front();
  }
}

}  // namespace parley::socketio
