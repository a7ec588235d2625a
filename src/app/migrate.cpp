#include "store/mongo/migrate.hpp"

#include <iostream>

#include "app/commands.hpp"
#include "app/mongo_stores.hpp"
#include "app/progress.hpp"
#include "base/json.hpp"

namespace parley::app {

namespace {

using store::mongo::Migrated;

json::object summary_of(const Migrated& done, bool dry_run) {
  json::array clashes;
  for (const store::mongo::Clash& one : done.listed) {
    clashes.push_back(json::object{
        {"step", store::mongo::to_string(one.step)}, {"kept", one.kept}, {"other", one.other}});
  }
  return {{"dryRun", dry_run},           {"indexes", done.indexes},
          {"users", done.users},         {"conversations", done.conversations},
          {"messages", done.messages},   {"unreadable", done.unreadable},
          {"unplaced", done.unplaced},   {"clashes", done.clashes},
          {"listed", std::move(clashes)}};
}

void tell(const Migrated& done, bool dry_run) {
  std::cout << (dry_run ? "to do: " : "done: ") << done.indexes << " indexes, " << done.users
            << " users, " << done.conversations << " conversations, " << done.messages
            << " messages\n";
  if (done.unreadable + done.unplaced > 0) {
    std::cout << done.unreadable << " documents cannot be read and " << done.unplaced
              << " messages belong to no conversation: left as they are\n";
  }
  for (const store::mongo::Clash& one : done.listed) {
    std::cout << store::mongo::to_string(one.step) << ": " << one.other
              << " would have the same key as " << one.kept << ", which keeps it\n";
  }
  if (done.clashes > done.listed.size())
    std::cout << "and " << done.clashes - done.listed.size() << " more of these\n";
}

}  // namespace

int migrate(const Settings& settings, const MigrateRequest& request) {
  if (settings.store.mongo_uri.empty()) {
    std::cerr << "parley: there is nothing to migrate without MONGO_URI\n";
    return exit_usage;
  }
  ProgressBar bar(std::cerr,
                  request.quiet ? ProgressBar::Style::none : ProgressBar::style_of_stderr());
  store::mongo::MigrateOptions options;
  options.dry_run = request.dry_run;
  options.progress = [&bar](const store::mongo::MigrateProgress& now) {
    bar.show(store::mongo::to_string(now.step), now.done, now.total,
             std::chrono::steady_clock::now());
  };
  const auto done = store::mongo::migrate(mongo_config(settings), options);
  bar.end(std::chrono::steady_clock::now());
  if (!done) {
    std::cerr << "parley: the migration did not finish: " << done.error().detail << '\n';
    return exit_failed;
  }
  if (request.json) {
    std::cout << json::serialize(summary_of(*done, request.dry_run)) << '\n';
  } else {
    tell(*done, request.dry_run);
  }
  return exit_ok;
}

}  // namespace parley::app
