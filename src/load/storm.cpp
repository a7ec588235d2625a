// All but a few lose their connections and come back at once. Those who stay have a thread, a loop
// and an epoll set of their own, so that what is measured of them is the server's doing.
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "load/report.hpp"
#include "load/stage.hpp"
#include "load/traffic.hpp"

namespace parley::load {

namespace {
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto longest_storm = seconds{120};
constexpr double default_rate = 500;  ///< Messages a second among those who stay.

enum class Phase { before, storm, over };

/// Those who stay, and what was measured of them before and during the storm.
class Stayers {
 public:
  Stayers(const Plan& plan, const Stage& stage)
      : plan_(plan),
        crowd_(loop_, stage.address, stage.accounts, {0, plan.stay, plan.devices}),
        traffic_(plan_, crowd_, new_run()) {}

  Loop& loop() { return loop_; }
  Crowd& crowd() { return crowd_; }
  const Traffic& traffic() const { return traffic_; }

  /// The thread's body.
  void live(const std::atomic<Phase>& phase) {
    Drive drive{loop_, &crowd_, &traffic_};
    traffic_.begin(Clock::now());
    live_through(drive, phase, Phase::before);
    before = traffic_.tally();
    traffic_.tally() = {};
    live_through(drive, phase, Phase::storm);
    during = traffic_.tally();
    settle(plan_, drive, traffic_);
  }

  Tally before, during;

 private:
  void live_through(Drive& drive, const std::atomic<Phase>& phase, Phase which) {
    while (phase.load() == which) drive.turn(Clock::now() + milliseconds{20});
  }

  const Plan plan_;
  Loop loop_;
  Crowd crowd_;
  Traffic traffic_;
};

Plan plan_of_stayers(Plan plan) {
  if (plan.rate <= 0) plan.rate = default_rate;
  return plan;
}

/// This thread yields to the one of those who stay, where both have one core: what those measure is
/// not to be this end's work.
void yield_to_others() { ::setpriority(PRIO_PROCESS, 0, 10); }

/// Breaks the crowd's connections, and waits until all are back.
double storm(Stage& stage, Loop& loop, Crowd& crowd) {
  Drive drive{loop, &crowd, nullptr};
  crowd.come_back();
  crowd.scatter();
  const SteadyTime begin = Clock::now();
  crowd.gather(crowd.size(), begin);
  while (!crowd.is_complete() && Clock::now() - begin < longest_storm) {
    drive.turn(Clock::now() + milliseconds{100});
    stage.progress.show("back: " + grouped(crowd.joined()) + " of " + grouped(crowd.size()),
                        Clock::now());
  }
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

void hold(Stage& stage, Loop& loop, Crowd& crowd) {
  Drive drive{loop, &crowd, nullptr};
  const SteadyTime end =
      Clock::now() +
      milliseconds{static_cast<int>(1000 * (stage.plan.warm_up + stage.plan.seconds))};
  for (SteadyTime now = Clock::now(); now < end; now = Clock::now()) {
    drive.turn(std::min(end, now + milliseconds{100}));
    stage.progress.show("before the storm", now);
  }
}

void add_findings(Outcome& outcome, const Stayers& stayers, const Crowd& others) {
  outcome.counts = {{"came back", others.joined()},
                    {"tries that failed", others.losses()},
                    {"sent before", stayers.before.answered},
                    {"sent during", stayers.during.answered}};
  outcome.times = {{"storm to back again", others.times()},
                   {"stayers, to receipt, before", stayers.before.deliveries},
                   {"stayers, to receipt, during", stayers.during.deliveries},
                   {"stayers, to answer, before", stayers.before.answers},
                   {"stayers, to answer, during", stayers.during.answers}};
  if (!others.is_complete())
    outcome.problems.push_back(
        grouped(others.size() - others.joined()) +
        " connections did not come back within 120 s; the first loss: " + others.first_loss());
}

}  // namespace

Result<Outcome> run_storm(Stage& stage) {
  const Plan& plan = stage.plan;
  if (plan.stay >= plan.users)
    return fail(Errc::bad_request, "Of --users, --stay stay: it must be less");
  Stayers stayers{plan_of_stayers(plan), stage};
  if (auto joined = bring_in(stage, stayers.loop(), stayers.crowd()); !joined)
    return joined.error();
  Loop loop;
  Crowd others{
      loop, stage.address, stage.accounts, {plan.stay, plan.users - plan.stay, plan.devices}};
  if (auto joined = bring_in(stage, loop, others); !joined) return joined.error();

  std::atomic phase = Phase::before;
  std::thread thread{[&] { stayers.live(phase); }};
  hold(stage, loop, others);
  Outcome outcome;
  outcome.operation = "connection";
  outcome.connections = others.size() + stayers.crowd().size();
  const auto server = look_at_server(plan);
  const double own = look_at_self().cpu();
  yield_to_others();
  phase = Phase::storm;
  outcome.seconds = storm(stage, loop, others);
  const auto after = look_at_server(plan);
  outcome.own_cpu = look_at_self().cpu() - own;
  phase = Phase::over;
  thread.join();

  outcome.operations = others.joined();
  if (server && after) outcome.server = ServerUse{stage.before.value_or(*server), *server, *after};
  add_findings(outcome, stayers, others);
  judge(stayers.traffic(), stayers.crowd(), outcome);
  return outcome;
}

}  // namespace parley::load
