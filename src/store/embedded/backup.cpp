#include "store/embedded/backup.hpp"

#include "base/files.hpp"
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

/// Makes the folder unless it is there.
Result<Done> make_durably(const fs::path& folder) {
  std::error_code error;
  if (fs::exists(folder, error)) return Done{};
  if (error = make_private_folder(folder); error)
    return fail(Errc::unavailable, "cannot make " + folder.string() + ": " + error.message());
  return sync_path(fs::absolute(folder / "").parent_path().parent_path());
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

/// Where there is nothing yet, or an empty folder.
Result<Done> put_in_place(const fs::path& fresh, const fs::path& place) {
  std::error_code error;
  fs::rename(fresh, place, error);
  if (error)
    return fail(Errc::unavailable, "cannot name " + place.string() + ": " + error.message());
  return sync_path(place.parent_path());
}
}  // namespace

Result<Done> backup_stopped(const fs::path& data, const fs::path& target) {
  auto engine = open_existing(data, Access::write);
  if (!engine) return engine.error();
  return make_checkpoint(**engine, target);
}

Result<Done> restore(const fs::path& backup, const fs::path& data) {
  const auto held = open_existing(backup, Access::read_only);  // Until it has been copied.
  if (!held) return held.error();
  const fs::path place = data / "db", fresh = being_restored(place);
  std::error_code error;
  if (fs::exists(place, error) && !fs::is_empty(place, error))
    return fail(Errc::conflict, "there is a store in " + data.string() + " already: move " +
                                    place.string() + " away first");
  if (auto made = make_durably(data); !made) return made;
  if (auto copied = copy_durably(backup / "db", fresh); !copied) return copied;
  return put_in_place(fresh, place);
}

}  // namespace parley::store::embedded
