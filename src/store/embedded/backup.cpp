#include "store/embedded/backup.hpp"

#include "store/embedded/engine.hpp"
#include "store/embedded/files.hpp"

namespace parley::store::embedded {

namespace fs = std::filesystem;

namespace {
Result<std::unique_ptr<Engine>> open_existing(const fs::path& root, Access access) {
  Config config;
  config.directory = root / "db";
  return Engine::open_existing(config, access);
}

/// Nobody has the store in the way open, and it may go.
Result<Done> check_target(const fs::path& data, Existing existing) {
  std::error_code error;
  if (!fs::exists(data / "db", error) || fs::is_empty(data / "db", error)) return Done{};
  if (existing == Existing::refuse)
    return fail(Errc::conflict, "there is a store in " + data.string() + " already");
  const auto held = open_existing(data, Access::write);
  if (!held && held.error().code == Errc::conflict) return held.error();
  return Done{};
}

Result<Done> copy_durably(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::remove_all(to, error);
  if (!error) fs::copy(from, to, fs::copy_options::recursive, error);
  if (error)
    return fail(Errc::unavailable, "cannot copy to " + to.string() + ": " + error.message());
  for (const auto& entry : fs::directory_iterator(to, error)) {
    if (auto synced = sync_path(entry.path()); !synced) return synced;
  }
  return sync_path(to);
}

Result<Done> exchange(const fs::path& fresh, const fs::path& place) {
  std::error_code error;
  const fs::path old = place.string() + ".replaced";
  fs::remove_all(old, error);
  if (!error && fs::exists(place, error)) fs::rename(place, old, error);
  if (!error) fs::rename(fresh, place, error);
  if (error)
    return fail(Errc::unavailable, "cannot name " + place.string() + ": " + error.message());
  if (auto synced = sync_path(place.parent_path()); !synced) return synced;
  fs::remove_all(old, error);
  return Done{};
}
}  // namespace

Result<Done> backup_stopped(const fs::path& data, const fs::path& target) {
  auto engine = open_existing(data, Access::write);
  if (!engine) return engine.error();
  return make_checkpoint(**engine, target);
}

Result<Done> restore(const fs::path& backup, const fs::path& data, Existing existing) {
  if (auto readable = open_existing(backup, Access::read_only); !readable) return readable.error();
  if (auto free = check_target(data, existing); !free) return free;
  if (const auto error = make_private_folder(data))
    return fail(Errc::unavailable, "cannot make " + data.string() + ": " + error.message());
  if (auto copied = copy_durably(backup / "db", data / "db.partial"); !copied) return copied;
  return exchange(data / "db.partial", data / "db");
}

}  // namespace parley::store::embedded
