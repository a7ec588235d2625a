#include "load/stage.hpp"

#include <unistd.h>

#include <algorithm>
#include <ostream>
#include <random>

#include "load/report.hpp"
#include "load/traffic.hpp"

namespace parley::load {

namespace {
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t opening_at_once = 256;
constexpr auto patience = seconds{20};  ///< Without any progress.

SteadyTime::duration steady(double count) {
  return std::chrono::duration_cast<SteadyTime::duration>(std::chrono::duration<double>{count});
}

double in_milliseconds(std::chrono::nanoseconds time) {
  return static_cast<double>(time.count()) / 1e6;
}

/// Looks at a work once a second.
class Course {
 public:
  Course(Stage& stage, Work& work, SteadyTime begin)
      : stage_(stage),
        work_(work),
        begin_(begin),
        last_(begin),
        before_(look_at_server(stage.plan)) {}

  void look(SteadyTime now, std::vector<Point>& course) {
    if (now - last_ < seconds{1}) return;
    const double passed = std::chrono::duration<double>(now - last_).count();
    Tally& tally = work_.tally();
    Point point{.second = std::chrono::duration<double>(now - begin_).count(),
                .rate = static_cast<double>(tally.recent.count()) / passed,
                .p50 = in_milliseconds(tally.recent.at(0.5)),
                .p99 = in_milliseconds(tally.recent.at(0.99))};
    tally.recent = {};
    if (const auto use = look_at_server(stage_.plan); use && before_) {
      point.cpu = (use->cpu() - before_->cpu()) / passed;
      point.resident = static_cast<double>(use->resident) / 1024 / 1024;
      before_ = use;
    }
    last_ = now;
    show(point, now);
    course.push_back(point);
  }

 private:
  void show(const Point& point, SteadyTime now) {
    const auto whole = [](double number) { return grouped(static_cast<std::uint64_t>(number)); };
    char times[64];
    std::snprintf(times, sizeof times, "p50 %.2f ms, p99 %.2f ms", point.p50, point.p99);
    std::string text = whole(point.second) + " s: " + whole(point.rate) + "/s, " + times;
    if (before_) text += ", server " + whole(point.cpu * 100) + " % of a core";
    stage_.progress.show(text, now);
  }

  Stage& stage_;
  Work& work_;
  SteadyTime begin_;
  SteadyTime last_;
  std::optional<ProcessUse> before_;
};

void drive_until(Drive& drive, SteadyTime end) {
  while (Clock::now() < end) drive.turn(end);
}

}  // namespace

ProgressLine::ProgressLine(std::ostream& err, bool quiet)
    : err_(err), quiet_(quiet), is_terminal_(::isatty(STDERR_FILENO) == 1), shown_(Clock::now()) {}

void ProgressLine::show(const std::string& text, SteadyTime now) {
  if (quiet_) return;
  text_ = text;
  const auto interval = is_terminal_ ? milliseconds{200} : milliseconds{5000};
  if (now - shown_ < interval) return;
  shown_ = now;
  if (is_terminal_) err_ << '\r' << text << "\x1b[K" << std::flush;
  if (!is_terminal_) err_ << text << std::endl;
}

void ProgressLine::end() {
  if (is_terminal_ && !text_.empty()) err_ << "\r\x1b[K" << std::flush;
  text_.clear();
}

void Drive::turn(SteadyTime deadline) {
  const SteadyTime now = Clock::now();
  if (crowd_ != nullptr) deadline = std::min(deadline, crowd_->tick(now));
  if (work_ != nullptr) deadline = std::min(deadline, work_->tick(now));
  loop_.turn(deadline);
}

std::optional<ProcessUse> look_at_server(const Plan& plan) {
  if (plan.server_pid <= 0) return std::nullopt;
  return look_at_process(plan.server_pid);
}

Result<Done> bring_in(Stage& stage, Loop& loop, Crowd& crowd) {
  Drive drive{loop, &crowd, nullptr};
  SteadyTime progress = Clock::now();
  std::size_t seen = crowd.joined();
  crowd.gather(opening_at_once, progress);
  while (!crowd.is_complete()) {
    drive.turn(SteadyTime::max());
    const SteadyTime now = Clock::now();
    if (crowd.joined() != seen) progress = now;
    seen = crowd.joined();
    stage.progress.show("connecting: " + grouped(seen) + " of " + grouped(crowd.size()), now);
    const bool is_late = now - progress > patience;
    if (crowd.losses() == 0 && !is_late) continue;
    return fail(Errc::unavailable,
                grouped(seen) + " of " + grouped(crowd.size()) + " connections were made; then: " +
                    (crowd.losses() > 0 ? crowd.first_loss() : "nothing for 20 s"));
  }
  return Done{};
}

void measure(Stage& stage, Drive& drive, Work& work, Outcome& outcome) {
  drive_until(drive, Clock::now() + steady(stage.plan.warm_up));
  work.tally() = {};
  const auto server = look_at_server(stage.plan);
  const double own = look_at_self().cpu();
  const SteadyTime begin = Clock::now();
  const SteadyTime end = begin + steady(stage.plan.seconds);
  Course course{stage, work, begin};
  for (SteadyTime now = begin; now < end; now = Clock::now()) {
    drive.turn(std::min(end, now + milliseconds{100}));
    course.look(Clock::now(), outcome.course);
  }
  outcome.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  outcome.own_cpu = look_at_self().cpu() - own;
  if (const auto after = look_at_server(stage.plan); after && server)
    outcome.server = ServerUse{stage.before.value_or(*server), *server, *after};
}

void settle(const Plan& plan, Drive& drive, Traffic& traffic) {
  const auto settling = steady(plan.settle);
  traffic.stop();
  SteadyTime progress = Clock::now();
  auto seen = traffic.ledger().received() + traffic.open();
  while (!traffic.is_settled() && Clock::now() - progress < settling) {
    drive.turn(Clock::now() + milliseconds{100});
    const auto now = traffic.ledger().received() + traffic.open();
    if (now != seen) progress = Clock::now();
    seen = now;
  }
}

void judge(const Traffic& traffic, const Crowd& crowd, Outcome& outcome) {
  const auto findings = traffic.ledger().findings();
  const auto add = [&](std::uint64_t count, const std::string& what) {
    if (count > 0) outcome.problems.push_back(grouped(count) + " " + what);
  };
  add(findings.lost, "copies of messages were lost");
  add(findings.doubled, "copies of messages came more than once");
  add(findings.reordered, "copies of messages came after a later one");
  add(findings.unsent, "messages came to somebody to whom nobody had sent them");
  add(traffic.open(), "messages were never answered");
  add(crowd.losses(), "connections broke; the first: " + crowd.first_loss());
  add(traffic.ledger().refused(), "messages were refused; the first: " + traffic.first_refusal());
  if (traffic.ledger().sent() == 0) outcome.problems.emplace_back("nothing was sent");
  if (!outcome.problems.empty()) return;
  outcome.checked =
      "all " + grouped(traffic.ledger().sent()) +
      " messages, warm-up included, came once and in order to every device of both sides (" +
      grouped(traffic.ledger().received()) + " copies)";
}

std::uint32_t new_run() { return std::random_device{}(); }

}  // namespace parley::load
