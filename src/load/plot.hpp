#pragma once

#include <string>
#include <utility>
#include <vector>

namespace parley::load {

/// A line of a plot.
struct Curve {
  std::string name;
  std::vector<std::pair<double, double>> points;  ///< Left to right.
};

struct Axes {
  std::string title;
  std::string unit;  ///< Of what goes up.
  /// Marks along the bottom: where, and what is written there. Empty: five of the points' own
  /// range.
  std::vector<std::pair<double, std::string>> marks = {};
};

/// An SVG element with curves, axes and their names; what goes up begins at 0. Names need no
/// escapes.
std::string plot(const Axes& axes, const std::vector<Curve>& curves);

/// The least of 1, 2, 5, 10, 20 … that is not below `value`; 1 for what is not above 0.
double round_up(double value);

}  // namespace parley::load
