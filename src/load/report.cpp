#include "load/report.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <cstdio>

#include "base/json.hpp"

namespace parley::load {

namespace {

constexpr double mebibyte = 1024.0 * 1024.0;

double milliseconds(std::chrono::nanoseconds time) {
  return static_cast<double>(time.count()) / 1e6;
}

std::string fixed(double number, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, number);
  return text;
}

/// Three figures that mean something: 0.123, 1.23, 12.3, 123.
std::string short_number(double number) {
  return fixed(number, number >= 100 ? 0 : number >= 10 ? 1 : number >= 1 ? 2 : 3);
}

std::string right(std::string text, std::size_t width) {
  return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}
std::string left(std::string text, std::size_t width) {
  return text.size() < width ? text + std::string(width - text.size(), ' ') : text;
}

std::string mode(const Plan& plan) {
  if (plan.scenario == Scenario::idle) return "";
  if (plan.rate > 0) return ", open loop at " + short_number(plan.rate) + "/s";
  if (plan.scenario == Scenario::storm) return "";
  return ", closed loop" +
         (plan.think > 0 ? " with " + short_number(plan.think) + " s to think" : std::string{});
}

std::string times_table(const Outcome& outcome) {
  if (outcome.times.empty()) return "";
  std::string text = left("milliseconds", 34);
  for (const auto* head : {"p50", "p99", "p99.9", "max", "mean"}) text += right(head, 10);
  for (const auto& [name, times] : outcome.times) {
    text += "\n" + left("  " + name, 34);
    for (const auto time :
         {times.at(0.5), times.at(0.99), times.at(0.999), times.max(), times.mean()})
      text += right(short_number(milliseconds(time)), 10);
  }
  return text + "\n";
}

double each(double total, double count) { return count > 0 ? total / count : 0; }

/// Seconds that its threads used, the most first, without those that used none.
std::vector<std::pair<std::string, double>> threads_of(const ServerUse& server) {
  std::vector<std::pair<std::string, double>> threads;
  for (const auto& [name, seconds] : server.end.threads) {
    const auto before = server.begin.threads.find(name);
    const double used = seconds - (before == server.begin.threads.end() ? 0 : before->second);
    if (used > 0) threads.emplace_back(name, used);
  }
  std::sort(threads.begin(), threads.end(),
            [](const auto& a, const auto& b) { return a.second > b.second; });
  return threads;
}

std::string thread_line(const Outcome& outcome) {
  std::string text;
  for (const auto& [name, seconds] : threads_of(*outcome.server)) {
    const double part = each(seconds * 1e6, static_cast<double>(outcome.operations));
    text += (text.empty() ? left("  of its threads", 20) : ", ") + name + " " + short_number(part);
  }
  return text.empty() || outcome.operations == 0 ? "" : text + "\n";
}

std::string server_lines(const Outcome& outcome) {
  if (!outcome.server) return "";
  const ServerUse& server = *outcome.server;
  const auto operations = static_cast<double>(outcome.operations);
  const auto connections = static_cast<double>(outcome.connections);
  std::string text = left("server CPU", 20);
  if (outcome.operations > 0) {
    text += short_number(each(server.cpu() * 1e6, operations)) + " µs a " + outcome.operation +
            " (user " +
            short_number(each((server.end.user - server.begin.user) * 1e6, operations)) +
            ", system " +
            short_number(each((server.end.system - server.begin.system) * 1e6, operations)) + "), ";
  }
  text += short_number(100 * each(server.cpu(), outcome.seconds)) + " % of a core\n" +
          thread_line(outcome);
  const auto voluntary = static_cast<double>(server.end.voluntary - server.begin.voluntary);
  const auto forced = static_cast<double>(server.end.forced - server.begin.forced);
  text += left("server switches", 20) + short_number(each(voluntary, outcome.seconds)) +
          "/s voluntary, " + short_number(each(forced, outcome.seconds)) + "/s forced\n";
  text += left("server memory", 20) +
          short_number(static_cast<double>(server.end.resident) / mebibyte) +
          " MiB resident (most: " + short_number(static_cast<double>(server.end.peak) / mebibyte) +
          "), " + short_number(static_cast<double>(server.end.own) / mebibyte) + " MiB private\n";
  if (outcome.connections > 0) {
    text += left("  a connection", 20) + fixed(each(server.own_growth(), connections), 0) +
            " bytes private, " + fixed(each(server.resident_growth(), connections), 0) +
            " resident, since before the first\n";
  }
  return text;
}

json::object times_json(const Outcome& outcome) {
  json::object all;
  for (const auto& [name, times] : outcome.times) {
    all[name] = json::object{{"count", times.count()},
                             {"p50", milliseconds(times.at(0.5))},
                             {"p90", milliseconds(times.at(0.9))},
                             {"p99", milliseconds(times.at(0.99))},
                             {"p999", milliseconds(times.at(0.999))},
                             {"max", milliseconds(times.max())},
                             {"mean", milliseconds(times.mean())}};
  }
  return all;
}

json::object threads_json(const Outcome& outcome) {
  json::object all;
  for (const auto& [name, seconds] : threads_of(*outcome.server))
    all[name] = each(seconds * 1e6, static_cast<double>(outcome.operations));
  return all;
}

json::object server_json(const Outcome& outcome) {
  const ServerUse& server = *outcome.server;
  const auto operations = static_cast<double>(outcome.operations);
  const auto connections = static_cast<double>(outcome.connections);
  return {{"cpuSeconds", server.cpu()},
          {"userSeconds", server.end.user - server.begin.user},
          {"systemSeconds", server.end.system - server.begin.system},
          {"cpuMicrosecondsEach", each(server.cpu() * 1e6, operations)},
          {"threadMicrosecondsEach", threads_json(outcome)},
          {"cores", each(server.cpu(), outcome.seconds)},
          {"voluntarySwitches", server.end.voluntary - server.begin.voluntary},
          {"forcedSwitches", server.end.forced - server.begin.forced},
          {"residentBytes", server.end.resident},
          {"privateBytes", server.end.own},
          {"peakBytes", server.end.peak},
          {"privateBytesAConnection", each(server.own_growth(), connections)},
          {"residentBytesAConnection", each(server.resident_growth(), connections)}};
}

json::array course_json(const Outcome& outcome) {
  json::array course;
  for (const Point& point : outcome.course) {
    course.push_back(json::object{{"second", point.second},
                                  {"rate", point.rate},
                                  {"p50", point.p50},
                                  {"p99", point.p99},
                                  {"cpu", point.cpu},
                                  {"residentMiB", point.resident}});
  }
  return course;
}

}  // namespace

std::string name_of(Scenario scenario) {
  constexpr const char* names[] = {"send", "idle", "storm", "history", "login"};
  return names[static_cast<std::size_t>(scenario)];
}

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t i = digits.size(); i > 3;) digits.insert(i -= 3, ",");
  return digits;
}

std::string table_of(const Plan& plan, const Outcome& outcome) {
  std::string text = name_of(plan.scenario) + " against " + plan.url + ": " + grouped(plan.users) +
                     " users, " + grouped(outcome.connections) + " connections" + mode(plan) +
                     ", " + short_number(outcome.seconds) + " s\n\n";
  for (const auto& [name, count] : outcome.counts) {
    text += left(name, 20) + right(grouped(count), 14);
    if (name == outcome.counts.front().first && outcome.operations == count && count > 0)
      text += right(grouped(static_cast<std::uint64_t>(std::lround(outcome.rate()))), 14) + "/s";
    text += '\n';
  }
  text += '\n' + times_table(outcome) + (outcome.times.empty() ? "" : "\n") + server_lines(outcome);
  text += left("this generator", 20) + short_number(100 * each(outcome.own_cpu, outcome.seconds)) +
          " % of a core";
  if (outcome.operations > 0)
    text += ", " +
            short_number(each(outcome.own_cpu * 1e6, static_cast<double>(outcome.operations))) +
            " µs a " + outcome.operation;
  text += '\n';
  if (!outcome.checked.empty()) text += "\nchecked: " + outcome.checked + '\n';
  for (const auto& problem : outcome.problems) text += "FAILED: " + problem + '\n';
  return text;
}

std::string json_of(const Plan& plan, const Outcome& outcome) {
  json::object counts;
  for (const auto& [name, count] : outcome.counts) counts[name] = count;
  json::array problems;
  for (const auto& problem : outcome.problems) problems.emplace_back(problem);
  json::object all{{"scenario", name_of(plan.scenario)},
                   {"url", plan.url},
                   {"users", plan.users},
                   {"devices", plan.devices},
                   {"connections", outcome.connections},
                   {"seconds", outcome.seconds},
                   {"offeredRate", plan.rate},
                   {"operations", outcome.operations},
                   {"rate", outcome.rate()},
                   {"counts", std::move(counts)},
                   {"milliseconds", times_json(outcome)},
                   {"generatorCores", each(outcome.own_cpu, outcome.seconds)},
                   {"course", course_json(outcome)},
                   {"passed", outcome.problems.empty()},
                   {"problems", std::move(problems)}};
  if (outcome.server) all["server"] = server_json(outcome);
  return boost::json::serialize(all) + '\n';
}

}  // namespace parley::load
