#include "store/embedded/files.hpp"

#include <rocksdb/utilities/checkpoint.h>

#include <memory>
#include <system_error>

#include "base/files.hpp"
#include "store/embedded/engine.hpp"

namespace parley::store::embedded {

namespace fs = std::filesystem;

Result<Done> sync_path(const fs::path& path) {
  const auto error = parley::sync_path(path);
  if (error)
    return fail(Errc::unavailable, "cannot sync " + path.string() + ": " + error.message());
  return Done{};
}

fs::path being_restored(const fs::path& directory) { return directory.string() + ".partial"; }

Result<Done> make_checkpoint(Engine& engine, const fs::path& named) {
  // What ends with a slash names a folder, and has no file name.
  const fs::path target = named.has_filename() ? named : named.parent_path();
  std::error_code error;
  if (fs::exists(target, error)) return fail(Errc::conflict, target.string() + " exists already");
  const fs::path staging = target.string() + ".partial";
  fs::remove_all(staging, error);  // what an interrupted attempt left
  if (!error) error = make_private_folder(staging);
  if (error)
    return fail(Errc::unavailable, "cannot make " + staging.string() + ": " + error.message());

  rocksdb::Checkpoint* made = nullptr;
  auto status = rocksdb::Checkpoint::Create(&engine.db(), &made);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  if (status.ok()) status = checkpoint->CreateCheckpoint((staging / "db").string());
  if (!status.ok()) {
    fs::remove_all(staging, error);
    return to_error(status);
  }
  if (auto synced = sync_path(staging); !synced) return synced;
  fs::rename(staging, target, error);
  if (error)
    return fail(Errc::unavailable, "cannot name " + target.string() + ": " + error.message());
  const fs::path parent = fs::absolute(target).parent_path();
  return sync_path(parent);
}

}  // namespace parley::store::embedded
