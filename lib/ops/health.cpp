#include "ops/health.hpp"

#include <exception>
#include <utility>

#include "base/json.hpp"

namespace parley::ops {
namespace {

Health::Outcome run(const std::string& name, const Health::Check& check) {
  try {
    const auto result = check();
    if (result) return {name, true, {}};
    const Error& error = result.error();
    return {name, false, error.detail.empty() ? std::string{info(error.code).code} : error.detail};
  } catch (const std::exception& error) {
    return {name, false, error.what()};
  }
}

}  // namespace

void Health::add(std::string name, Check check) {
  const std::lock_guard lock{mutex_};
  checks_.push_back({std::move(name), std::move(check)});
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
  for (const Named& named : checks) report.checks.push_back(run(named.name, named.check));
  for (const Outcome& outcome : report.checks) report.ready = report.ready && outcome.ok;
  return report;
}

std::string Health::Report::json() const {
  json::array list;
  for (const Outcome& outcome : checks) {
    json::object entry{{"name", outcome.name}, {"ok", outcome.ok}};
    if (!outcome.ok) entry["detail"] = outcome.detail;
    list.push_back(std::move(entry));
  }
  return json::serialize(json::object{{"ready", ready}, {"checks", std::move(list)}});
}

}  // namespace parley::ops
