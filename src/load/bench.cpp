#include "load/bench.hpp"

#include <fstream>
#include <ostream>

#include "load/page.hpp"
#include "load/report.hpp"
#include "load/stage.hpp"

namespace parley::load {

namespace {

constexpr std::size_t other_files = 200;

std::size_t files_for(const Plan& plan) {
  const bool connects = plan.scenario != Scenario::login;
  return (connects ? plan.users * plan.devices : 0) + plan.parallel + other_files;
}

Result<Outcome> run_scenario(Stage& stage) {
  switch (stage.plan.scenario) {
    case Scenario::send:
      return run_send(stage);
    case Scenario::idle:
      return run_idle(stage);
    case Scenario::storm:
      return run_storm(stage);
    case Scenario::history:
      return run_history(stage);
    case Scenario::login:
      return run_login(stage);
  }
  return fail(Errc::bad_request, "no such scenario");
}

Result<Outcome> perform(const Plan& plan, const Address& address, ProgressLine& progress) {
  if (auto allowed = allow_files(files_for(plan)); !allowed) return allowed.error();
  if (plan.server_pid > 0 && !look_at_process(plan.server_pid))
    return fail(Errc::not_found, "There is no process " + std::to_string(plan.server_pid));
  const ShowProgress show = [&](std::string_view phase, std::size_t done, std::size_t of) {
    progress.show(std::string{phase} + ": " + grouped(done) + " of " + grouped(of),
                  std::chrono::steady_clock::now());
  };
  auto accounts = provide_accounts(plan, address, show);
  if (!accounts) return accounts.error();
  Stage stage{plan, address, std::move(*accounts), progress, look_at_server(plan)};
  return run_scenario(stage);
}

bool write_page(const Plan& plan, const Outcome& outcome) {
  std::ofstream file{plan.report, std::ios::trunc};
  file << page_of(plan, outcome);
  return static_cast<bool>(file.flush());
}

}  // namespace

bool run(const Plan& plan, std::ostream& out, std::ostream& err) {
  const auto address = resolve(plan.url);
  if (!address) {
    err << address.error().detail << '\n';
    return false;
  }
  ProgressLine progress{err, plan.quiet};
  const auto outcome = perform(plan, *address, progress);
  progress.end();
  if (!outcome) {
    err << outcome.error().detail << '\n';
    return false;
  }
  out << (plan.json ? json_of(plan, *outcome) : table_of(plan, *outcome)) << std::flush;
  if (!plan.report.empty() && !write_page(plan, *outcome)) {
    err << "The report cannot be written to " << plan.report.string() << '\n';
    return false;
  }
  return outcome->problems.empty();
}

}  // namespace parley::load
