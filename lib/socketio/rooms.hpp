#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/string_hash.hpp"

namespace parley::socketio {

class Rooms;

/// Something that can be in rooms; a member of one Rooms. Costs a null vector while it is in none.
class Member {
 public:
  Member() = default;
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;

 protected:
  ~Member() = default;

 private:
  friend class Rooms;
  struct Seat;
  struct Room {
    std::string_view name;  ///< Borrows the key in Rooms.
    std::vector<Seat> seats;
  };
  struct Seat {
    Member* member;
    std::uint32_t index;  ///< Of this room in the member's list.
  };
  struct Membership {
    Room* room;
    std::uint32_t seat;  ///< Of this member in the room's list.
  };
  std::vector<Membership> memberships_;
};

/// The rooms of one shard of a namespace. Joining and leaving cost the same in a room of ten and of
/// a hundred thousand (but for the search in the member's own rooms); a room is gone with its last
/// member.
class Rooms {
 public:
  /// False when it was in already.
  bool join(Member& member, std::string_view room);
  /// False when it was not in.
  bool leave(Member& member, std::string_view room);
  void leave_all(Member& member);

  bool contains(const Member& member, std::string_view room) const;
  bool exists(std::string_view room) const { return rooms_.find(room) != rooms_.end(); }
  std::size_t size() const { return rooms_.size(); }
  /// Sorted.
  std::vector<std::string> rooms_of(const Member& member) const;

  /// Calls `visit(Member&)` for all of a room; it must not join or leave anybody.
  template <class Visit>
  void for_each(std::string_view room, Visit visit) const {
    const auto found = rooms_.find(room);
    if (found == rooms_.end()) return;
    for (const Member::Seat& seat : found->second.seats) visit(*seat.member);
  }

  /// Called with a room's name when it appears (true) and before it is gone (false).
  void watch(std::function<void(std::string_view, bool)> watcher) { watcher_ = std::move(watcher); }

 private:
  void remove(Member& member, std::uint32_t index);

  std::unordered_map<std::string, Member::Room, StringHash, std::equal_to<>> rooms_;
  std::function<void(std::string_view, bool)> watcher_;
};

}  // namespace parley::socketio
