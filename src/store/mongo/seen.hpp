#pragma once

#include <cstddef>
#include <vector>

#include "base/lru.hpp"
#include "base/time.hpp"
#include "chat/change.hpp"

namespace parley::store::mongo {

/// What of each conversation was told already: the last seq and the watermarks. It makes one stream
/// of what several nodes tell, perhaps twice. One thread at a time.
class Seen {
 public:
  /// Remembers a conversation for at least `keep`, unless more than `capacity` others have come
  /// since.
  Seen(std::size_t capacity, std::chrono::steady_clock::duration keep)
      : keep_(keep), capacity_(capacity), places_(capacity) {}

  /// True: new, and known from now on. False: told before, or overtaken by what was.
  bool take(const chat::Change& change, SteadyTime now);
  std::size_t size() const { return places_.size(); }

 private:
  struct Watermarks {
    chat::UserId user;
    chat::Seq delivered = 0;
    chat::Seq read = 0;
  };
  struct Place {
    chat::Seq seq = 0;
    std::vector<Watermarks> watermarks;
    SteadyTime touched;
  };

  static bool advance(Place& place, const chat::Change& change);
  static Watermarks& watermarks_of(Place& place, chat::UserId user);

  const std::chrono::steady_clock::duration keep_;
  const std::size_t capacity_;
  Lru<chat::ConversationId, Place> places_;
};

}  // namespace parley::store::mongo
