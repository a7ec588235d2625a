#include "store/embedded/torn_manifest.hpp"

#include <fstream>
#include <iterator>
#include <string>

#include "base/files.hpp"
#include "ops/log.hpp"

namespace parley::store::embedded {

namespace fs = std::filesystem;

namespace {

std::string content_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Empty where there is none.
fs::path manifest_of(const fs::path& directory) {
  const std::string name = content_of(directory / "CURRENT");
  return name.ends_with('\n') ? directory / name.substr(0, name.size() - 1) : fs::path{};
}

std::error_code cut(const fs::path& path, std::uintmax_t size) {
  std::error_code error;
  fs::resize_file(path, size, error);
  return error ? error : sync_path(path);
}

}  // namespace

rocksdb::Status open_with_torn_manifest(const fs::path& directory,
                                        const std::function<rocksdb::Status()>& open) {
  auto status = open();
  if (!status.IsCorruption()) return status;
  const fs::path manifest = manifest_of(directory);
  const bool is_its = status.ToString().find(manifest.filename().string()) != std::string::npos;
  if (manifest.empty() || !is_its) return status;
  const std::string content = content_of(manifest);
  const std::size_t end = content.find_last_not_of('\0') + 1;
  if (end == 0 || end == content.size() || cut(manifest, end)) return status;
  auto again = open();
  if (again.ok()) {
    ops::log().warn("the power was cut while the store's manifest was written: its end is left out",
                    {{"file", manifest.string()}, {"bytes", content.size() - end}});
    return again;
  }
  // It was not that. What is missing at the end of a file that is made longer is zeros.
  (void)cut(manifest, content.size());
  return status;
}

}  // namespace parley::store::embedded
