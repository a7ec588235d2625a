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

  /// True: new, and known from now on. False: told before, or overtaken by what was. A new message
  /// whose receipt came before it, by another node's word, has the status of that, and no more
  /// unread than is behind it.
  bool take(chat::Change& change, SteadyTime now);
  std::size_t size() const { return places_.size(); }

 private:
  struct Watermark {
    chat::Seq seq = 0;
    Time at{};
  };
  struct Watermarks {
    chat::UserId user;
    Watermark delivered, read;
  };
  struct Place {
    chat::Seq seq = 0;
    std::vector<Watermarks> watermarks;
    SteadyTime touched;
  };

  static bool advance(Place& place, chat::Change& change);
  static bool raise(Watermark& watermark, chat::Seq to, Time at);
  static void complete(chat::MessageAppended& appended, const Place& place);
  static Watermarks& watermarks_of(Place& place, chat::UserId user);

  const std::chrono::steady_clock::duration keep_;
  const std::size_t capacity_;
  Lru<chat::ConversationId, Place> places_;
};

}  // namespace parley::store::mongo
