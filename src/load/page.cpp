#include "load/page.hpp"

#include <cmath>

#include "base/escape_html.hpp"
#include "load/plot.hpp"
#include "load/report.hpp"

namespace parley::load {

namespace {

constexpr auto head = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>parley bench</title>
<style>
body{font:15px/1.5 system-ui,sans-serif;max-width:760px;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
pre{background:#f6f6f6;padding:1rem;overflow:auto;border-radius:6px;font-size:13px}
svg{width:100%;height:auto;margin:.5rem 0;font:12px system-ui,sans-serif;fill:#444}
.title{font-weight:600}
.failed{color:#b91c1c}.passed{color:#047857}
</style></head><body>
<h1>parley bench</h1>
)";

/// Shares of calls from the fastest on; every mark is ten times rarer than the one before.
std::string percentiles(const Outcome& outcome) {
  Axes axes{"Latency by percentile",
            "ms",
            {{0, "0"}, {1, "90 %"}, {2, "99 %"}, {3, "99.9 %"}, {4, "99.99 %"}}};
  std::vector<Curve> curves;
  for (const auto& [name, times] : outcome.times) {
    if (times.count() == 0 || curves.size() == 5) continue;
    Curve curve{escape_html(name), {}};
    for (int step = 0; step <= 80; ++step) {
      const double nines = step / 20.0;
      const double share = 1 - std::pow(10, -nines);
      // What is rarer than one call says nothing.
      if (static_cast<double>(times.count()) * (1 - share) < 1) break;
      curve.points.emplace_back(nines, static_cast<double>(times.at(share).count()) / 1e6);
    }
    curves.push_back(std::move(curve));
  }
  return curves.empty() ? "" : plot(axes, curves);
}

Curve curve_of(const Outcome& outcome, const char* name, double Point::*member) {
  Curve curve{name, {}};
  for (const Point& point : outcome.course) curve.points.emplace_back(point.second, point.*member);
  return curve;
}

}  // namespace

std::string page_of(const Plan& plan, const Outcome& outcome) {
  const bool passed = outcome.problems.empty();
  std::string page = head;
  page += std::string{"<p class=\""} + (passed ? "passed\">passed" : "failed\">failed") + "</p>\n";
  page += "<pre>" + escape_html(table_of(plan, outcome)) + "</pre>\n";
  page += percentiles(outcome);
  if (!outcome.course.empty()) {
    page += plot({"Answers", "a second"}, {curve_of(outcome, "", &Point::rate)});
    page += plot({"Latency over time (seconds)", "ms"},
                 {curve_of(outcome, "p99", &Point::p99), curve_of(outcome, "p50", &Point::p50)});
  }
  if (outcome.server && !outcome.course.empty()) {
    page += plot({"Server CPU", "cores"}, {curve_of(outcome, "", &Point::cpu)});
    page += plot({"Server memory", "MiB resident"}, {curve_of(outcome, "", &Point::resident)});
  }
  return page + "</body></html>\n";
}

}  // namespace parley::load
