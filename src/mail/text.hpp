#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

/// Text of strangers, made fit for mails.
namespace parley::mail {

/// True when `text` has C0 or C1 controls, DEL, line or paragraph separators. Of valid UTF-8.
bool has_controls(std::string_view text);

/// At most `most` code points, on one line: blanks and line ends become one space, other controls
/// and marks that turn the direction of writing go; `…` ends what was cut. What is not UTF-8 is
/// dropped.
std::string one_line(std::string_view text, std::size_t most);

/// At most `most` code points of valid UTF-8, as they are; `…` is the last of what was cut.
std::string beginning(std::string_view text, std::size_t most);

/// The same lines, ended by `\n`; controls except tab go, and what is not UTF-8.
std::string clean_lines(std::string_view text);

/// The first `bytes` of the text's SHA-256, two hex digits each; 32 at most.
std::string sha256_hex(std::string_view text, std::size_t bytes);

/// `1 hour`, `90 minutes`, `2 days`: in the largest unit that needs no fraction.
std::string in_words(std::chrono::seconds duration);

}  // namespace parley::mail
