#include "app/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <ostream>

namespace parley::app {

namespace {
using std::chrono::duration;

constexpr int bar_width = 28;
constexpr auto redraw_interval = std::chrono::milliseconds(200);
constexpr auto line_interval = std::chrono::seconds(5);

/// 1,234,567
std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t i = digits.size(); i > 3;) digits.insert(i -= 3, ",");
  return digits;
}

std::string clock(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::clamp(seconds, 0.0, 359'999.0));
  const auto two = [](std::uint64_t part) { return (part < 10 ? "0" : "") + std::to_string(part); };
  const std::string rest = two(whole / 60 % 60) + ":" + two(whole % 60);
  return whole < 3600 ? rest : std::to_string(whole / 3600) + ":" + rest;
}

std::string bar(double part) {
  const int filled = static_cast<int>(part * bar_width);
  return "[" + std::string(static_cast<std::size_t>(filled), '#') +
         std::string(static_cast<std::size_t>(bar_width - filled), '.') + "]";
}
}  // namespace

ProgressBar::Style ProgressBar::style_of_stderr() {
  return ::isatty(STDERR_FILENO) == 1 ? Style::bar : Style::lines;
}

void ProgressBar::show(std::string_view phase, std::uint64_t done, std::uint64_t total,
                       SteadyTime now) {
  if (style_ == Style::none) return;
  if (phase != phase_) {
    end(now);
    phase_ = phase;
    first_ = done;
    began_ = drawn_ = now;
  }
  done_ = done;
  total_ = total;
  const auto interval = style_ == Style::bar ? std::chrono::milliseconds(redraw_interval)
                                             : std::chrono::milliseconds(line_interval);
  if (now - drawn_ >= interval) draw(now);
}

void ProgressBar::draw(SteadyTime now) {
  drawn_ = now;
  is_drawn_ = true;
  // The bar overwrites itself, and clears what a longer one has left.
  if (style_ == Style::bar) out_ << '\r' << text(now) << "\x1b[K" << std::flush;
  if (style_ == Style::lines) out_ << text(now) << std::endl;
}

void ProgressBar::end(SteadyTime now) {
  if (style_ != Style::bar || !is_drawn_) return;
  draw(now);
  out_ << '\n' << std::flush;
  is_drawn_ = false;
}

std::string ProgressBar::text(SteadyTime now) const {
  const double seconds = std::max(duration<double>(now - began_).count(), 0.001);
  const double rate = static_cast<double>(done_ - std::min(first_, done_)) / seconds;
  std::string text = phase_ + ' ';
  const bool has_total = total_ > 0;
  const double part =
      has_total ? std::min(static_cast<double>(done_) / static_cast<double>(total_), 1.0) : 0;
  if (has_total && style_ == Style::bar) text += bar(part) + ' ';
  if (has_total) text += std::to_string(static_cast<int>(part * 100)) + "%  ";
  text += grouped(done_) + " records, " + grouped(static_cast<std::uint64_t>(rate)) + "/s";
  if (has_total && rate > 0 && done_ < total_)
    text += ", " + clock(static_cast<double>(total_ - done_) / rate) + " left";
  return text;
}

}  // namespace parley::app
