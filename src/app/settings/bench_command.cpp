#include "settings/bench_command.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <map>
#include <string>

#include "settings/validators.hpp"

namespace parley::app {
namespace {

using load::Answer;
using load::Plan;
using load::Scenario;

constexpr auto footer = R"(
Scenarios:
  send      every user writes to contacts: stored, delivered, acknowledged; each message is checked
  idle      connections are held and say nothing: memory
  storm     --stay users write to each other; all others lose their connections and come back at once
  history   pages of history and lists of conversations over REST
  login     logins over REST

Users are registered at the first run and kept, with their tokens, in --accounts. The server must let them: start
Parley with RATE_LIMIT_AUTH=0 RATE_LIMIT_API=0, and with HASH_COST=4 where many users shall be registered soon.
For more than 1,000 connections raise the limit of open files (ulimit -n) of the server; this end does it itself.

Times run from when a call was meant to begin (no coordinated omission). Exit code 1: something that was sent was
lost, doubled, reordered, refused or never answered, or a connection broke.

Examples:
  parley bench send --users 1000 --seconds 10 --server-pid $(pidof parley)
  parley bench send --rate 5000 --report send.html      open loop: 5,000 messages a second, whatever comes back
  parley bench send --users 200 --think 2 --devices 3 --reads 0.5 --typing 0.2
  parley bench idle --users 10000 --server-pid $(pidof parley)
  parley bench storm --users 5000 --stay 100 --rate 500
  parley bench send --answer echo --url http://127.0.0.1:10000     a server that acknowledges nothing)";

template <class Number>
CLI::Option* number(CLI::App& command, const char* flag, Number& value, const char* meaning) {
  return command.add_option(flag, value, meaning)->capture_default_str();
}

/// One of these words; help and errors name the words alone.
template <class Value>
CLI::Option* one_of(CLI::App& command, const char* name, Value& value, const char* meaning,
                    const std::map<std::string, Value>& words) {
  const auto set = [&value, words](const std::string& word) { value = words.at(word); };
  std::vector<std::string> names;
  for (const auto& [word, meant] : words) names.push_back(word);
  return command.add_option_function<std::string>(name, set, meaning)
      ->type_name("")
      ->check(one_of_words(std::move(names)));
}

void describe_users(CLI::App& command, Plan& plan) {
  constexpr auto group = "Users";
  number(command, "--users", plan.users, "Users")
      ->check(between(std::size_t{2}, 1'000'000))
      ->group(group);
  number(command, "--devices", plan.devices, "Connections of each user")
      ->check(between(std::size_t{1}, 100))
      ->group(group);
  number(command, "--contacts", plan.contacts,
         "People whom a user writes to, on average; close ones more often")
      ->check(between(std::size_t{1}, 100))
      ->group(group);
  number(command, "--stay", plan.stay, "storm: users who stay and are measured")
      ->check(between(std::size_t{2}, 100'000))
      ->group(group);
  command
      .add_option("--accounts", plan.accounts,
                  "The file of users and tokens [~/.cache/parley-bench/HOST_PORT]")
      ->type_name("FILE")
      ->group(group);
}

void describe_load(CLI::App& command, Plan& plan) {
  constexpr auto group = "Load";
  number(command, "--seconds", plan.seconds, "Seconds that are measured")
      ->check(between(0.1, 86'400.0))
      ->group(group);
  number(command, "--warm-up", plan.warm_up, "Seconds before that")
      ->check(between(0.0, 3'600.0))
      ->group(group);
  number(command, "--settle", plan.settle,
         "Seconds without news at the end, after which what is missing counts as lost")
      ->check(between(0.1, 600.0))
      ->group(group);
  number(command, "--rate", plan.rate, "Calls a second, open loop; 0: closed loop")
      ->check(between(0.0, 1e7))
      ->group(group);
  number(command, "--in-flight", plan.in_flight,
         "Closed loop: messages of a user that are under way at once")
      ->check(between(std::size_t{1}, 1'000))
      ->group(group);
  number(command, "--think", plan.think,
         "Closed loop: mean seconds between an answer and the next message")
      ->check(between(0.0, 3'600.0))
      ->group(group);
  number(command, "--reads", plan.reads, "Share of received messages that are marked as read")
      ->check(between(0.0, 1.0))
      ->group(group);
  number(command, "--typing", plan.typing, "Share of messages that typing announces")
      ->check(between(0.0, 1.0))
      ->group(group);
  number(command, "--content", plan.content, "Bytes of a message's text (45 at least)")
      ->check(between(std::size_t{1}, 4'096))
      ->group(group);
  command.add_flag("--client-ids", plan.client_ids, "Give each message a clientId")->group(group);
  number(command, "--parallel", plan.parallel, "REST connections")
      ->check(between(std::size_t{1}, 10'000))
      ->group(group);
  number(command, "--depth", plan.depth,
         "history: messages that each user writes before; 0: what is there is enough")
      ->check(between(std::size_t{0}, 1'000'000))
      ->group(group);
  number(command, "--seed", plan.seed, "Of everything that is random")->group(group);
}

void describe_ends(CLI::App& command, Plan& plan) {
  constexpr auto group = "Server and results";
  command.add_option("--url", plan.url, "The server")->capture_default_str()->group(group);
  one_of<Answer>(command, "--answer", plan.answer,
                 "What a sender waits for: ack, or echo of servers that acknowledge nothing",
                 {{"ack", Answer::ack}, {"echo", Answer::echo}})
      ->group(group);
  command
      .add_option("--server-pid", plan.server_pid,
                  "The server's process: its CPU time, switches and memory are measured")
      ->check(between(std::size_t{1}, 4'194'304))
      ->group(group);
  command.add_flag("--json", plan.json, "Print the results as one JSON object")->group(group);
  command.add_option("--report", plan.report, "Write a page with plots")
      ->type_name("FILE.html")
      ->group(group);
  command.add_flag("--quiet", plan.quiet, "Say nothing while it goes on")->group(group);
}

}  // namespace

void describe_bench(CLI::App& command, Plan& plan) {
  command.get_formatter()->column_width(34);
  command.footer(footer);
  one_of<Scenario>(command, "SCENARIO", plan.scenario, "What to do, see below",
                   {{"send", Scenario::send},
                    {"idle", Scenario::idle},
                    {"storm", Scenario::storm},
                    {"history", Scenario::history},
                    {"login", Scenario::login}})
      ->required();
  describe_users(command, plan);
  describe_load(command, plan);
  describe_ends(command, plan);
}

}  // namespace parley::app
