#include <iostream>

#include "app/commands.hpp"
#include "app/embedded_stores.hpp"
#include "app/local_ask.hpp"
#include "app/mongo_stores.hpp"
#include "app/neighbourhood.hpp"
#include "app/operator_room.hpp"
#include "app/table.hpp"
#include "app/users_report.hpp"

namespace parley::app {

namespace {

int report_message(const MessageRequest& request, const Ask& ask) {
  auto answer = ask({{"command", "message"}, {"verb", "trace"}, {"id", request.id}});
  if (!answer) {
    const std::string_view why = answer.error().detail;
    std::cerr << "parley: " << printable(why, 500) << '\n';
    return exit_failed;
  }
  answer->erase("ok");
  std::cout << (request.json ? json::serialize(*answer) : story(*answer)) << '\n';
  return exit_ok;
}

/// The server of the data directory is asked where there is one; else the store is opened.
int with_ask(const Settings& settings, const std::function<int(const Ask&)>& report) {
  const auto redis = redis_config(settings);
  if (!redis) return refused(redis.error(), exit_usage);
  OperatorRoom room(settings, *redis);
  LocalAsk asked(settings, [&]() -> Result<Ask> {
    if (!settings.store.mongo_uri.empty()) {
      auto database = store::mongo::Database::open(mongo_config(settings));
      if (!database) return database.error();
      return room.open(std::make_unique<MongoStores>(std::move(*database)));
    }
    auto database = open_stopped(settings);
    if (!database) return database.error();
    return room.open(std::make_unique<EmbeddedStores>(std::move(*database)));
  });
  return report(std::ref(asked));
}

}  // namespace

int user_command(const Settings& settings, const UserRequest& request) {
  return with_ask(settings, [&](const Ask& ask) { return report_user(request, ask, terminal()); });
}

int message_command(const Settings& settings, const MessageRequest& request) {
  return with_ask(settings, [&](const Ask& ask) { return report_message(request, ask); });
}

}  // namespace parley::app
