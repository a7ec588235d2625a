#pragma once

#include <atomic>

#include "base/id.hpp"
#include "base/time.hpp"

namespace parley {

/// Makes ObjectIds: seconds, five random bytes of this process, a counter. Any thread may call it.
/// Source: BSON specification, "ObjectId".
class ObjectIdSource {
 public:
  /// Throws as fill_random.
  ObjectIdSource();
  /// Unique in this process for 2^24 ids a second.
  ObjectId next(Time now);

 private:
  std::array<std::uint8_t, 5> process_{};
  std::atomic<std::uint32_t> counter_;
};

/// The second in which it was made: its first four bytes.
Time made_at(const ObjectId& id);

}  // namespace parley
