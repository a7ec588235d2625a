#pragma once

#include "chat/ports/feed.hpp"

namespace parley::store::embedded {

class Database;

/// What the committer has made durable.
class Feed final : public chat::Feed {
 public:
  explicit Feed(Database& database) : database_(database) {}

  chat::Version subscribe(Executor executor, Subscriber subscriber) override;

 private:
  Database& database_;
};

}  // namespace parley::store::embedded
