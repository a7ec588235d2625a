#include "api/delivery_marks.hpp"

#include <algorithm>
#include <iterator>

#include "chat/messaging.hpp"

namespace parley::api {

using namespace std::chrono_literals;

namespace {
constexpr std::size_t most_reserved = 1'000;
}

void DeliveryMarks::add(chat::DeliveryMark mark) {
  if (waiting_.size() >= max_waiting) return;
  waiting_.push_back(mark);
  schedule();
}

void DeliveryMarks::add(std::span<const chat::DeliveryMark> marks) {
  for (const chat::DeliveryMark& mark : marks) add(mark);
}

void DeliveryMarks::schedule() {
  if (is_storing_) return;
  is_storing_ = true;
  // Behind what is queued, so that one call takes the marks of the whole turn.
  shard_.post([this] { shard_.spawn("store delivery marks", store()); });
}

Task<void> DeliveryMarks::store() {
  while (!waiting_.empty()) {
    std::vector<chat::DeliveryMark> marks = std::exchange(waiting_, {});
    waiting_.reserve(std::min(marks.size(), most_reserved));  // the next turn's are about as many
    const Time now = messaging_.now();
    auto stored = co_await messaging_.mark_delivered(marks, now);
    if (!stored && info(stored.error().code).temporary) {
      marks.insert(marks.end(), std::make_move_iterator(waiting_.begin()),
                   std::make_move_iterator(waiting_.end()));
      waiting_ = std::move(marks);
      co_await net::sleep_for(1000ms);
    }
  }
  is_storing_ = false;
}

}  // namespace parley::api
