#include "settings/owner.hpp"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

namespace parley::app {

Result<Done> check_owner(const std::filesystem::path& data) {
  struct stat folder {};
  if (::geteuid() != 0 || ::stat(data.c_str(), &folder) != 0 || folder.st_uid == 0) return Done{};
  const passwd* owner = ::getpwuid(folder.st_uid);
  const std::string name = owner ? owner->pw_name : '#' + std::to_string(folder.st_uid);
  return fail(Errc::forbidden, data.string() + " belongs to " + name + ": be that user (sudo -u " +
                                   name + " parley …, with the Debian package sudo parleyctl …)");
}

}  // namespace parley::app
