#pragma once

#include <span>
#include <string_view>

namespace parley::site {

/// A file of the web client. All views are of literals.
struct File {
  std::string_view path;   ///< Below `/app/`: `index.html`, `assets/main-5XJ2K.js`.
  std::string_view type;   ///< Its Content-Type.
  std::string_view hash;   ///< Of its content: letters and digits.
  bool immutable = false;  ///< Its name has a hash of its content: it never changes.
  std::string_view plain;
  std::string_view gzip;    ///< Empty where it would save nothing.
  std::string_view brotli;  ///< As above.
};

/// What was built into this program; empty when it was built without the client.
std::span<const File> files();

}  // namespace parley::site
