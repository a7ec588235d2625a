#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "base/object_id.hpp"
#include "base/time.hpp"
#include "chat/message.hpp"
#include "chat/ports/feed.hpp"

namespace parley::api {

/// The messages that a device was told of lately. Where what is stored and what is published may
/// overlap (chat::no_cut), it keeps a device from getting one of them twice, or one that the store
/// had left out, because another connection has had it, behind a later one; or that a message was
/// delivered, behind its being read. Lives on one shard.
class Told {
 public:
  /// What is older can come from one side only. Longer than messages are repeated, because ids are
  /// made by other machines' clocks.
  static constexpr std::chrono::seconds memory = chat::repeats_for + std::chrono::minutes{1};
  static constexpr std::size_t small = 32;

  /// A message out of the store, in the order of its conversation. False when the device was told
  /// before.
  bool add_stored(const chat::Message& message, Time now) {
    const auto place = place_of(message);
    if (place == places_.end()) {
      if (places_.size() >= limit_) forget(now);
      places_.push_back({message.conversation_id, message.sender, message.seq, message.id, 0,
                         message.delivered_at, message.read_at});
    } else if (place->seq < message.seq) {
      place->seq = message.seq;
      place->id = message.id;
      place->delivered_at = message.delivered_at;
      place->read_at = message.read_at;
    }
    return add(message.id, now);
  }
  /// One that was published. False when the device was told before, or has got a later one out of
  /// the store.
  bool add_published(const chat::Message& message, Time now) {
    const auto place = place_of(message);
    if (place != places_.end() && message.seq <= place->seq) return false;
    return add(message.id, now);
  }
  /// The conversation's end out of the store, of which messages were told.
  void add_summary(const chat::Message& last) {
    for (Place& place : places_) {
      if (place.conversation == last.conversation_id)
        place.summed_up = std::max(place.summed_up, last.seq);
    }
  }
  /// What the message makes of its conversation was told, or something later.
  bool is_summed_up(const chat::Message& message) {
    const auto place = place_of(message);
    return place != places_.end() && message.seq <= place->summed_up;
  }
  /// Gives a published message the status in which the store has told of it.
  void complete(chat::Message& message) {
    const auto place = place_of(message);
    if (place == places_.end() || place->id != message.id) return;
    if (!message.delivered_at) message.delivered_at = place->delivered_at;
    if (!message.read_at) message.read_at = place->read_at;
  }
  /// The store told that `reader` has read up to a message.
  void add_read(chat::UserId reader, const chat::Message& message, Time now) {
    const auto known = reading_of(message.conversation_id, reader);
    if (known == readings_.end()) {
      if (readings_.size() >= limit_) forget(now);
      readings_.push_back({message.conversation_id, reader, message.seq, message.id});
    } else if (known->seq < message.seq) {
      known->seq = message.seq;
      known->id = message.id;
    }
  }
  /// Whether it has told that they have read so far.
  bool is_read(chat::ConversationId conversation, chat::UserId reader, chat::Seq seq) {
    const auto known = reading_of(conversation, reader);
    return known != readings_.end() && seq <= known->seq;
  }
  std::size_t size() const { return ids_.size() + places_.size() + readings_.size(); }

  /// While the device caught up, changes behind this one may have been missed.
  std::optional<chat::Version> missed_since;

 private:
  /// How far the store has told of one person's messages in a conversation.
  struct Place {
    chat::ConversationId conversation;
    chat::UserId sender;
    chat::Seq seq = 0;
    chat::MessageId id;
    chat::Seq summed_up = 0;
    std::optional<Time> delivered_at, read_at;  ///< Of the message there.
  };

  /// How far the store has told that somebody has read.
  struct Reading {
    chat::ConversationId conversation;
    chat::UserId reader;
    chat::Seq seq = 0;
    chat::MessageId id;
  };

  std::vector<Reading>::iterator reading_of(chat::ConversationId conversation,
                                            chat::UserId reader) {
    return std::find_if(readings_.begin(), readings_.end(), [&](const Reading& one) {
      return one.conversation == conversation && one.reader == reader;
    });
  }
  std::vector<Place>::iterator place_of(const chat::Message& message) {
    return std::find_if(places_.begin(), places_.end(), [&](const Place& place) {
      return place.conversation == message.conversation_id && place.sender == message.sender;
    });
  }
  bool add(chat::MessageId id, Time now) {
    if (std::find(ids_.begin(), ids_.end(), id) != ids_.end()) return false;
    if (ids_.size() >= limit_) forget(now);
    ids_.push_back(id);
    return true;
  }
  /// Drops the old ones; where all are young, there is room for as many again.
  void forget(Time now) {
    const auto is_old = [now](chat::MessageId id) { return made_at(id.bytes) + memory < now; };
    std::erase_if(ids_, is_old);
    std::erase_if(places_, [&](const Place& place) { return is_old(place.id); });
    std::erase_if(readings_, [&](const Reading& one) { return is_old(one.id); });
    limit_ = std::max(small, 2 * std::max({ids_.size(), places_.size(), readings_.size()}));
  }

  std::vector<chat::MessageId> ids_;
  std::vector<Place> places_;
  std::vector<Reading> readings_;
  std::size_t limit_ = small;
};

}  // namespace parley::api
