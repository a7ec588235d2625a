#include <iostream>

#include "app/commands.hpp"
#include "app/control.hpp"
#include "settings/cli.hpp"
#include "settings/owner.hpp"
#include "store/embedded/backup.hpp"
#include "store/embedded/verify.hpp"

namespace parley::app {

namespace embedded = store::embedded;
using std::filesystem::path;

namespace {

int failed(std::string_view what, const Error& error) {
  std::cerr << "parley: " << what << ": " << error.detail << '\n';
  return exit_failed;
}

/// A server under systemd has a /tmp of its own, and may write in few places.
constexpr auto where_a_server_writes =
    " (the running server makes it: name a folder that its user and its unit may write to, such as "
    "one in /var/backups/parley)";

/// Also by another name, where links can be followed.
bool is_within(const path& folder, const path& outer) {
  const auto whole = [](const path& one) {
    std::error_code unreadable;
    path known = std::filesystem::weakly_canonical(one, unreadable);
    return unreadable ? one.lexically_normal() : known;
  };
  const path relative = whole(folder).lexically_relative(whole(outer));
  return !relative.empty() && *relative.begin() != "..";
}

/// By the server, if one runs on this data; else by ourselves.
Result<Done> make_backup(const path& data, const path& named) {
  if (named.empty()) return fail(Errc::bad_request, "DIR is empty: name a folder");
  const path folder = std::filesystem::absolute(named);
  if (is_within(folder, std::filesystem::absolute(data / "db")))
    return fail(Errc::bad_request,
                folder.string() + " is inside the store: name a folder elsewhere");
  const json::object question{{"command", "backup"}, {"folder", folder.string()}};
  const auto answered = ask(control_socket(data), question);
  std::error_code ignored;
  if (answered && std::filesystem::exists(folder, ignored)) return Done{};
  if (answered)
    return fail(Errc::unavailable, "what the server made in " + folder.string() +
                                       " cannot be seen from here" + where_a_server_writes);
  if (answered.error().code == Errc::not_found) {
    const auto ours = check_owner(data);
    return ours ? embedded::backup_stopped(data, named) : ours;
  }
  const std::string& detail = answered.error().detail;
  return fail(answered.error().code,
              detail.starts_with("cannot make ") ? detail + where_a_server_writes : detail);
}

}  // namespace

int backup(const Settings& settings, const path& folder) {
  if (!settings.store.mongo_uri.empty()) {
    std::cerr
        << "parley: the messages are in MongoDB (MONGO_URI): back it up with its own tools, or use "
           "parley export\n";
    return exit_usage;
  }
  const auto made = make_backup(settings.store.data_dir, folder);
  if (!made) return failed("the backup was not made", made.error());
  std::cout << "backup of " << settings.store.data_dir.string() << " is in " << folder.string()
            << '\n';
  return exit_ok;
}

int restore(const Settings& settings, const path& folder) {
  const path& data = settings.store.data_dir;
  if (const auto ours = check_owner(data); !ours)
    return failed("nothing was restored", ours.error());
  const auto restored = embedded::restore(folder, data);
  if (!restored) return failed("nothing was restored", restored.error());
  std::cout << "restored " << folder.string() << " to " << data.string() << '\n';
  return exit_ok;
}

int verify_store(const Settings& settings) {
  const auto findings = embedded::verify_stopped(settings.store.data_dir);
  if (!findings) {
    const int code = failed("the store was not checked", findings.error());
    if (findings.error().code == Errc::conflict)
      std::cerr << "parley: while a server runs, check a copy: parley backup COPY, then parley "
                   "verify-store --data-dir COPY\n";
    return code;
  }
  for (const std::string& rule : findings->broken) std::cout << rule << '\n';
  std::cout << findings->accounts << " accounts, " << findings->conversations << " conversations, "
            << findings->messages << " messages: " << findings->broken.size() << " rules broken\n";
  return findings->broken.empty() ? exit_ok : exit_failed;
}

}  // namespace parley::app
