#include "load/plot.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace parley::load {

namespace {

constexpr double width = 720, height = 260, edge_left = 64, edge_right = 14, edge_top = 34,
                 edge_bottom = 34;
constexpr std::array colours{"#2563eb", "#dc2626", "#059669", "#d97706", "#7c3aed"};

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", std::round(value * 1000) / 1000);
  return text;
}

std::string label(double x, double y, const char* anchor, const std::string& text) {
  return "<text x='" + number(x) + "' y='" + number(y) + "' text-anchor='" + anchor + "'>" + text +
         "</text>";
}

std::string line(double x1, double y1, double x2, double y2) {
  return "<line x1='" + number(x1) + "' y1='" + number(y1) + "' x2='" + number(x2) + "' y2='" +
         number(y2) + "' stroke='#ddd'/>";
}

/// Values to places in the picture.
struct Scale {
  double first = 0, last = 1, top = 1;

  double x(double value) const {
    return edge_left + (value - first) / (last - first) * (width - edge_left - edge_right);
  }
  double y(double value) const {
    return height - edge_bottom - value / top * (height - edge_top - edge_bottom);
  }
};

Scale scale_of(const Axes& axes, const std::vector<Curve>& curves) {
  Scale scale{INFINITY, -INFINITY, 0};
  const auto widen = [&](double x) {
    scale.first = std::min(scale.first, x);
    scale.last = std::max(scale.last, x);
  };
  for (const auto& curve : curves) {
    for (const auto& [x, y] : curve.points) {
      widen(x);
      scale.top = std::max(scale.top, y);
    }
  }
  for (const auto& mark : axes.marks) widen(mark.first);
  if (!(scale.first < scale.last)) {
    scale.first = std::isfinite(scale.first) ? scale.first : 0;
    scale.last = scale.first + 1;
  }
  scale.top = round_up(scale.top);
  return scale;
}

std::string grid(const Axes& axes, const Scale& scale) {
  std::string svg;
  for (int i = 0; i <= 4; ++i) {
    const double value = scale.top * i / 4;
    svg += line(edge_left, scale.y(value), width - edge_right, scale.y(value));
    svg += label(edge_left - 6, scale.y(value) + 4, "end", number(value));
  }
  auto marks = axes.marks;
  for (int i = 0; marks.size() < 5 && axes.marks.empty(); ++i) {
    const double at = scale.first + (scale.last - scale.first) * i / 4;
    marks.emplace_back(at, number(std::round(at * 10) / 10));
  }
  for (const auto& [at, text] : marks) {
    svg += line(scale.x(at), edge_top, scale.x(at), height - edge_bottom);
    svg += label(scale.x(at), height - edge_bottom + 16, "middle", text);
  }
  return svg;
}

}  // namespace

double round_up(double value) {
  if (!(value > 0)) return 1;
  const double power = std::pow(10, std::floor(std::log10(value)));
  for (const double step : {1.0, 2.0, 5.0}) {
    if (value <= step * power * (1 + 1e-9)) return step * power;
  }
  return 10 * power;
}

std::string plot(const Axes& axes, const std::vector<Curve>& curves) {
  const Scale scale = scale_of(axes, curves);
  std::string svg = "<svg viewBox='0 0 " + number(width) + " " + number(height) +
                    "' role='img' xmlns='http://www.w3.org/2000/svg'>";
  svg +=
      "<g class='title'>" + label(edge_left, 18, "start", axes.title + ", " + axes.unit) + "</g>";
  svg += grid(axes, scale);
  double legend = width - edge_right;
  for (std::size_t i = 0; i < curves.size(); ++i) {
    const std::string colour = colours[i % colours.size()];
    svg += "<polyline fill='none' stroke-width='2' stroke='" + colour + "' points='";
    for (const auto& [x, y] : curves[i].points)
      svg += number(scale.x(x)) + "," + number(scale.y(y)) + " ";
    svg += "'/><g fill='" + colour + "'>" + label(legend, 18, "end", curves[i].name) + "</g>";
    legend -= 8.0 * static_cast<double>(curves[i].name.size()) + 12;
  }
  return svg + "</svg>\n";
}

}  // namespace parley::load
