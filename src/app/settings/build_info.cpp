#include "settings/build_info.hpp"

#include "parley_commit.hpp"  // Written by cmake/Commit.cmake.

namespace parley::app {

ops::BuildInfo build_info() {
#if defined(__clang__)
  const std::string compiler = "Clang " __clang_version__;
#else
  const std::string compiler = "GCC " __VERSION__;
#endif
  return {PARLEY_VERSION, PARLEY_COMMIT, compiler};
}

std::string version_line() {
  const auto build = build_info();
  return "parley " + build.version + " (commit " + build.commit + ", " + build.compiler + ")";
}

}  // namespace parley::app
