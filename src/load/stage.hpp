#pragma once

#include <iosfwd>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "load/accounts.hpp"
#include "load/crowd.hpp"
#include "load/outcome.hpp"
#include "load/plan.hpp"
#include "load/tally.hpp"

namespace parley::load {

/// The line that shows what goes on: drawn over itself on a terminal, one every five seconds
/// elsewhere.
class ProgressLine {
 public:
  ProgressLine(std::ostream& err, bool quiet);
  ~ProgressLine() { end(); }
  void show(const std::string& text, SteadyTime now);
  /// The last state of the line stays.
  void end();

 private:
  std::ostream& err_;
  bool quiet_;
  bool is_terminal_;
  SteadyTime shown_;
  std::string text_;
};

/// What scenarios are run with.
struct Stage {
  const Plan& plan;
  const Address& address;
  Accounts accounts;
  ProgressLine& progress;
  std::optional<ProcessUse> before = {};  ///< The server's process, before the first connection.
};

/// Turns the loop until `deadline` or `is_done`, with the crowd and the work going on. Either may
/// be absent.
class Drive {
 public:
  Drive(Loop& loop, Crowd* crowd, Work* work) : loop_(loop), crowd_(crowd), work_(work) {}
  /// One turn, that ends at `deadline` at the latest.
  void turn(SteadyTime deadline);

 private:
  Loop& loop_;
  Crowd* crowd_;
  Work* work_;
};

/// Connects a crowd. An error says why the first connection failed.
Result<Done> bring_in(Stage& stage, Loop& loop, Crowd& crowd);
/// Warms up, then measures for the plan's seconds: fills seconds, course, server and own_cpu of the
/// outcome; tallies begin anew in between.
void measure(Stage& stage, Drive& drive, Work& work, Outcome& outcome);
/// The server's process now, if the plan names it.
std::optional<ProcessUse> look_at_server(const Plan& plan);

// The scenarios; each gives what came out, or why it could not be run.
Result<Outcome> run_send(Stage& stage);
Result<Outcome> run_idle(Stage& stage);
Result<Outcome> run_storm(Stage& stage);
Result<Outcome> run_history(Stage& stage);
Result<Outcome> run_login(Stage& stage);

class Traffic;
/// Waits until everything has come, or nothing does any more; then writes the verdict.
void settle(const Plan& plan, Drive& drive, Traffic& traffic);
void judge(const Traffic& traffic, const Crowd& crowd, Outcome& outcome);
std::uint32_t new_run();

}  // namespace parley::load
