#include "settings/secrets.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <tuple>

#include "base/base64.hpp"
#include "base/descriptor.hpp"
#include "base/files.hpp"
#include "settings/assignments.hpp"

namespace parley::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t least_bytes = 16;
constexpr std::size_t good_bytes = 32;
constexpr auto access_name = "ACCESS_TOKEN_SECRET";
constexpr auto refresh_name = "REFRESH_TOKEN_SECRET";

Error system_failure(const std::string& what, const fs::path& path,
                     std::error_code error = last_system_error()) {
  return fail(Errc::unavailable, what + " " + path.string() + ": " + error.message() + ".");
}

void check_one(SecretFindings& findings, const std::string& name, const std::string& secret,
               bool production) {
  if (secret.empty()) {
    if (production) {
      findings.problems.push_back(
          name + " is not set: in production it must be, to a random text of at least 32 bytes " +
          "(for example the output of: openssl rand -base64 48).");
    }
    return;
  }
  const auto need = production ? good_bytes : least_bytes;
  const auto have = name + " has " + std::to_string(secret.size()) + " bytes";
  if (secret.size() < need) {
    findings.problems.push_back(have + ": it must have at least " + std::to_string(need) +
                                (production ? " in production." : "."));
  } else if (secret.size() < good_bytes) {
    findings.warnings.push_back(have + ": production refuses fewer than 32.");
  }
}

/// 32 random bytes as 43 characters.
Result<std::string> random_secret() {
  std::array<unsigned char, 32> bytes;
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    return fail(Errc::unavailable, "The system gives no random bytes.");
  }
  return to_base64url({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

Result<Done> write_durably(int fd, std::string_view text, const fs::path& path) {
  if (const auto error = write_all(fd, text)) return system_failure("Cannot write", path, error);
  if (::fsync(fd) != 0) return system_failure("Cannot write", path);
  return Done{};
}

Result<std::string> file_content() {
  const auto access = random_secret();
  if (!access) return access.error();
  const auto refresh = random_secret();
  if (!refresh) return refresh.error();
  return "# Made by parley at its first start. Keep it: without it every session is lost.\n" +
         std::string{access_name} + "=" + *access + "\n" + refresh_name + "=" + *refresh + "\n";
}

/// Writes a complete file beside `path` and gives it that name unless the name is taken: whoever is
/// first wins, and nobody ever sees half a file.
Result<Done> create_file(const fs::path& path) {
  const auto content = file_content();
  if (!content) return content.error();
  std::string draft = path.string() + ".XXXXXX";
  const Descriptor file{::mkostemp(draft.data(), O_CLOEXEC)};  // Mode 0600.
  if (!file) return system_failure("Cannot make", draft);
  auto written = write_durably(file.get(), *content, draft);
  const bool linked = written && (::link(draft.c_str(), path.c_str()) == 0 || errno == EEXIST);
  if (written && !linked) written = system_failure("Cannot make", path);
  ::unlink(draft.c_str());
  if (!linked) return written;
  static_cast<void>(sync_path(path.parent_path()));  // the file is there, if perhaps not for good
  return Done{};
}

Result<std::string> read_file(const fs::path& path) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC)};
  if (!file) return system_failure("Cannot read", path);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return system_failure("Cannot read", path);
  if (!S_ISREG(status.st_mode)) return fail(Errc::forbidden, path.string() + " is not a file.");
  if ((status.st_mode & 077) != 0) {
    return fail(Errc::forbidden, path.string() +
                                     " can be read or changed by others: run chmod 600 " +
                                     path.string() + ", or delete it to have new secrets made.");
  }
  std::array<char, 4096> buffer;
  const auto size = ::read(file.get(), buffer.data(), buffer.size());
  if (size < 0) return system_failure("Cannot read", path);
  return std::string(buffer.data(), static_cast<std::size_t>(size));
}

struct Kept {
  std::string access;
  std::string refresh;
};

Result<Kept> parse_kept(std::string_view text, const fs::path& path) {
  Kept kept;
  const auto lines = read_assignments(text);
  if (lines) {
    for (const auto& line : *lines) {
      if (line.key == access_name) kept.access = line.value;
      if (line.key == refresh_name) kept.refresh = line.value;
    }
  }
  if (kept.access.size() < least_bytes || kept.refresh.size() < least_bytes) {
    return fail(Errc::corrupt, path.string() +
                                   " does not hold both secrets: restore it, or delete " +
                                   "it to have new ones made (which signs everybody out).");
  }
  return kept;
}

}  // namespace

SecretFindings check_secrets(const Settings& settings) {
  SecretFindings findings;
  const auto& [access, refresh] =
      std::tie(settings.auth.access_token_secret, settings.auth.refresh_token_secret);
  const bool production = settings.server.mode == Mode::production;
  check_one(findings, access_name, access, production);
  check_one(findings, refresh_name, refresh, production);
  if (!access.empty() && access == refresh) {
    const std::string sentence =
        "ACCESS_TOKEN_SECRET and REFRESH_TOKEN_SECRET are equal: they must differ, or one kind of "
        "token could pass for the other.";
    (production ? findings.problems : findings.warnings).push_back(sentence);
  }
  return findings;
}

Result<Done> provide_secrets(Settings& settings) {
  auto& auth = settings.auth;
  if (!auth.access_token_secret.empty() && !auth.refresh_token_secret.empty()) return Done{};
  if (settings.server.mode == Mode::production) {
    return fail(Errc::forbidden, "In production secrets are set, never made.");
  }
  const auto& folder = settings.store.data_dir;
  if (const auto error = make_private_folder(folder))
    return system_failure("Cannot make the folder", folder, error);
  const fs::path path = folder / "secrets";
  std::error_code error;
  if (!fs::exists(fs::symlink_status(path, error))) {
    if (auto created = create_file(path); !created) return created.error();
  }
  const auto text = read_file(path);
  if (!text) return text.error();
  auto kept = parse_kept(*text, path);
  if (!kept) return kept.error();
  if (auth.access_token_secret.empty()) auth.access_token_secret = std::move(kept->access);
  if (auth.refresh_token_secret.empty()) auth.refresh_token_secret = std::move(kept->refresh);
  return Done{};
}

}  // namespace parley::app
