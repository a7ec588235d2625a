#include "socketio/rooms.hpp"

#include <algorithm>

namespace parley::socketio {

bool Rooms::contains(const Member& member, std::string_view room) const {
  return std::any_of(member.memberships_.begin(), member.memberships_.end(),
                     [room](const Member::Membership& in) { return in.room->name == room; });
}

bool Rooms::join(Member& member, std::string_view room) {
  if (contains(member, room)) return false;
  auto found = rooms_.find(room);
  const bool is_new = found == rooms_.end();
  if (is_new) {
    found = rooms_.try_emplace(std::string{room}).first;
    found->second.name = found->first;
  }
  Member::Room& target = found->second;
  target.seats.push_back({&member, static_cast<std::uint32_t>(member.memberships_.size())});
  member.memberships_.push_back({&target, static_cast<std::uint32_t>(target.seats.size() - 1)});
  if (is_new && watcher_) watcher_(room, true);
  return true;
}

bool Rooms::leave(Member& member, std::string_view room) {
  for (std::uint32_t i = 0; i < member.memberships_.size(); ++i) {
    if (member.memberships_[i].room->name == room) return remove(member, i), true;
  }
  return false;
}

void Rooms::leave_all(Member& member) {
  while (!member.memberships_.empty())
    remove(member, static_cast<std::uint32_t>(member.memberships_.size() - 1));
  member.memberships_.shrink_to_fit();
}

void Rooms::remove(Member& member, std::uint32_t index) {
  const Member::Membership gone = member.memberships_[index];
  Member::Room& room = *gone.room;
  // The last one takes the empty place, in the room's list and in the member's.
  room.seats[gone.seat] = room.seats.back();
  room.seats.pop_back();
  if (gone.seat < room.seats.size()) {
    const Member::Seat& moved = room.seats[gone.seat];
    moved.member->memberships_[moved.index].seat = gone.seat;
  }
  member.memberships_[index] = member.memberships_.back();
  member.memberships_.pop_back();
  if (index < member.memberships_.size()) {
    const Member::Membership& moved = member.memberships_[index];
    moved.room->seats[moved.seat].index = index;
  }
  if (!room.seats.empty()) return;
  const std::string name{room.name};
  rooms_.erase(name);
  if (watcher_) watcher_(name, false);
}

std::vector<std::string> Rooms::rooms_of(const Member& member) const {
  std::vector<std::string> names;
  names.reserve(member.memberships_.size() + 1);
  for (const Member::Membership& in : member.memberships_) names.emplace_back(in.room->name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace parley::socketio
