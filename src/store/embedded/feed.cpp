#include "store/embedded/feed.hpp"

#include "store/embedded/database.hpp"
#include "store/embedded/internals.hpp"

namespace parley::store::embedded {

chat::Version Feed::subscribe(Executor executor, Subscriber subscriber) {
  return database_.internals().committer.subscribe(executor, std::move(subscriber));
}

}  // namespace parley::store::embedded
