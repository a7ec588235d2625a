#include "ops/health.hpp"

#include <exception>
#include <utility>

#include "base/json.hpp"

namespace parley::ops {
namespace {

/// What is wrong; empty when nothing is.
std::string trouble_of(const Health::Check& check) {
  try {
    const auto result = check();
    if (result) return {};
    const Error& error = result.error();
    return error.detail.empty() ? std::string{info(error.code).code} : error.detail;
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace

void Health::add(std::string name, Check check, Weight weight) {
  const std::lock_guard lock{mutex_};
  checks_.push_back({std::move(name), std::move(check), weight});
}

void Health::start_draining() {
  const std::lock_guard lock{mutex_};
  draining_ = true;
}

Health::Report Health::report() const {
  std::vector<Named> checks;
  Report report;
  {
    const std::lock_guard lock{mutex_};
    checks = checks_;
    if (draining_) report.checks.push_back({"shutdown", false, "draining"});
  }
  for (const Named& named : checks) {
    std::string trouble = trouble_of(named.check);
    report.checks.push_back({named.name, trouble.empty(), std::move(trouble), named.weight});
  }
  for (const Outcome& outcome : report.checks) {
    if (!outcome.ok && outcome.weight == Weight::required) report.ready = false;
    if (!outcome.ok && outcome.weight == Weight::helpful) report.degraded = true;
  }
  report.degraded = report.degraded && report.ready;
  return report;
}

std::string Health::Report::json() const {
  json::array list;
  for (const Outcome& outcome : checks) {
    json::object entry{{"name", outcome.name}, {"ok", outcome.ok}};
    if (!outcome.ok) entry["detail"] = outcome.detail;
    list.push_back(std::move(entry));
  }
  json::object report{{"ready", ready}};
  if (degraded) report["degraded"] = true;
  report["checks"] = std::move(list);
  return json::serialize(report);
}

}  // namespace parley::ops
