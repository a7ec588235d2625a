#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace parley::app {

/// Shows how far a long command is: a bar that is drawn over itself on a terminal, a line every
/// five seconds elsewhere. `now` is an argument; one thread.
class ProgressBar {
 public:
  enum class Style { none, lines, bar };

  /// `out` outlives it.
  ProgressBar(std::ostream& out, Style style) : out_(out), style_(style) {}
  /// A bar where standard error is a terminal.
  static Style style_of_stderr();

  /// `total`: 0 when nobody knows. A new phase begins its own bar. Cheap when it is too early.
  void show(std::string_view phase, std::uint64_t done, std::uint64_t total, SteadyTime now);
  /// Ends the line of the bar.
  void end(SteadyTime now);

 private:
  void draw(SteadyTime now);
  std::string text(SteadyTime now) const;

  std::ostream& out_;
  const Style style_;
  std::string phase_;
  std::uint64_t done_ = 0;
  std::uint64_t total_ = 0;
  std::uint64_t first_ = 0;  ///< Where the phase began: behind what an earlier run has done.
  SteadyTime began_;
  SteadyTime drawn_;
  bool is_drawn_ = false;
};

}  // namespace parley::app
