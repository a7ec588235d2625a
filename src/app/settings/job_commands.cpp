#include "settings/job_commands.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "settings/validators.hpp"
#include "settings/verbs.hpp"

namespace parley::app {
namespace {

constexpr auto jobs_footer = R"(
Where the jobs are: in Redis if REDIS_URL (--redis-url) is set, in DATA_DIR otherwise; there a running
server is asked, and without one the store is opened.

Examples:
  parley jobs counts
  parley jobs list --state failed               what could not be done, and why
  parley jobs show 507f1f77bcf86cd799439011-507f191e810c19729de860ea
  parley jobs retry --all                       everything that failed waits again
  parley jobs remove --all --state completed
  parley jobs pause                             no job is begun until parley jobs resume)";

const std::vector<std::string> states{"waiting",   "prioritized", "active",          "delayed",
                                      "completed", "failed",      "waiting-children"};
const std::vector<std::string> removable_states{"waiting", "prioritized", "delayed", "completed",
                                                "failed"};
constexpr std::size_t most_jobs = 10'000;

void add_ids(CLI::App& verb, JobsRequest& request, const std::string& meaning) {
  auto* ids = verb.add_option("ID", request.ids, "The jobs' ids");
  auto* all = verb.add_flag("--all", request.all, meaning);
  ids->excludes(all);
  // In place of add_verb's, of which CLI11 keeps one.
  verb.final_callback([&request, name = verb.get_name()] {
    request.verb = name;
    if (request.ids.empty() && !request.all) throw CLI::RequiredError("ID or --all");
  });
}

}  // namespace

void describe_jobs(CLI::App& command, JobsRequest& request) {
  command.require_subcommand(1);
  command.footer(jobs_footer);
  const auto verb = [&](const std::string& name, const std::string& meaning) {
    CLI::App* added = add_verb(command, {request.verb, request.json}, name, meaning);
    added->add_option("--queue", request.queue, "The queue's name")->capture_default_str();
    return added;
  };
  auto* list = verb("list", "Show jobs, those that run next first");
  list->add_option("--state", request.state, "Only these; otherwise all that have not completed")
      ->check(one_of_words(states));
  list->add_option("--limit", request.limit, "The most of each state")
      ->check(between(std::size_t{1}, most_jobs))
      ->capture_default_str();
  verb("show", "Show everything about jobs")
      ->add_option("ID", request.ids, "The jobs' ids")
      ->required();
  add_ids(*verb("retry", "Let failed jobs wait again"), request, "Every job that failed");
  auto* remove = verb("remove", "Remove jobs; they are gone");
  add_ids(*remove, request, "Every job in the state --state");
  auto* state = remove->add_option("--state", request.state, "With --all: which jobs")
                    ->check(one_of_words(removable_states));
  remove->get_option("--all")->needs(state);
  state->needs(remove->get_option("--all"));
  auto* drain = verb("drain", "Remove everything that waits");
  drain->add_flag("--delayed", request.delayed, "Delayed jobs, too");
  for (auto* destructive : {remove, drain})
    destructive->add_flag("--yes", request.yes, "Do not ask whether it is meant");
  verb("pause", "Begin no more jobs, in any process");
  verb("resume", "Begin jobs again");
  verb("counts", "How many jobs are in which state");
}

}  // namespace parley::app
