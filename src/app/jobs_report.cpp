#include "app/jobs_report.hpp"

#include <algorithm>
#include <array>
#include <ostream>

#include "app/jobs_desk.hpp"
#include "app/table.hpp"

namespace parley::app {

namespace {

constexpr std::size_t widest = 60;

Row row_of(const json::object& job) {
  return {text_of(job, "state"),
          printable(text_of(job, "id"), widest),
          printable(text_of(job, "name"), widest),
          text_of(job, "attemptsMade") + "/" + text_of(job, "attempts"),
          clock_of(text_of(job, "createdAt")),
          printable(text_of(job, "failedReason"), widest)};
}

void print_details(std::ostream& out, const json::object& answer) {
  const json::object& job = answer.at("job").as_object();
  std::vector<Row> rows;
  for (const auto& [key, value] : job) {
    if (key == "stacktrace") continue;
    rows.push_back({std::string{key}, printable(text_of(job, key), 1000)});
  }
  print_table(out, rows);
  for (const char* list : {"stacktrace", "log"}) {
    const json::value* lines =
        std::string_view{list} == "log" ? answer.if_contains(list) : job.if_contains(list);
    if (lines == nullptr || lines->as_array().empty()) continue;
    out << list << ":\n";
    for (const json::value& line : lines->as_array())
      out << "  " << printable(std::string_view{line.as_string()}, 1000) << '\n';
  }
}

/// One run of `parley jobs`.
class Report {
 public:
  Report(const JobsRequest& request, const Ask& ask, const Terminal& terminal)
      : request_(request), ask_(ask), terminal_(terminal) {}

  int run() {
    if (request_.verb == "list") return list();
    if (request_.verb == "show") return show();
    if (request_.verb == "counts") return counts();
    if (request_.verb == "retry" || request_.verb == "remove") return change();
    return control();
  }

 private:
  json::object question() const {
    return {{"command", "jobs"}, {"verb", request_.verb}, {"queue", request_.queue}};
  }

  int failed(const Error& error) {
    terminal_.err << "parley: "
                  << printable(error.detail.empty() ? info(error.code).message
                                                    : std::string_view{error.detail},
                               500)
                  << '\n';
    return exit_failed;
  }

  int say(const json::object& machine, const std::string& sentence) {
    terminal_.out << (request_.json ? json::serialize(machine) : sentence) << '\n';
    return exit_ok;
  }

  bool is_meant(const std::string& what) {
    if (request_.yes || terminal_.confirm(what)) return true;
    terminal_.err << "Nothing was done: answer yes, or give --yes.\n";
    return false;
  }

  int list() {
    std::vector<std::string> states{request_.state};
    if (request_.state.empty())
      states = {"active", "prioritized", "waiting", "delayed", "failed", "waiting-children"};
    json::array jobs;
    for (const std::string& state : states) {
      if (const auto listed = list_state(state, jobs); !listed) return failed(listed.error());
    }
    if (request_.json) return say({{"queue", request_.queue}, {"jobs", std::move(jobs)}}, "");
    if (jobs.empty()) return say({}, "no jobs");
    std::vector<Row> rows{{"STATE", "ID", "NAME", "RUNS", "ADDED (UTC)", "WHY IT FAILED"}};
    for (const json::value& job : jobs) rows.push_back(row_of(job.as_object()));
    print_table(terminal_.out, rows);
    return exit_ok;
  }

  Result<Done> list_state(const std::string& state, json::array& out) {
    std::size_t found = 0;
    while (found < request_.limit) {
      const std::size_t limit = std::min(request_.limit - found, JobsDesk::max_page);
      json::object wanted = question();
      wanted["state"] = state;
      wanted["offset"] = found;
      wanted["limit"] = limit;
      auto answer = ask_(std::move(wanted));
      if (!answer) return answer.error();
      json::array& page = answer->at("jobs").as_array();
      found += page.size();
      const bool is_last = page.size() < limit;
      std::move(page.begin(), page.end(), std::back_inserter(out));
      if (is_last) break;
    }
    return Done{};
  }

  int show() {
    json::array shown;
    for (const std::string& id : request_.ids) {
      json::object wanted = question();
      wanted["id"] = id;
      const auto answer = ask_(std::move(wanted));
      if (!answer) return failed(named(id, answer.error()));
      if (request_.json) {
        json::object job = answer->at("job").as_object();
        job["log"] = answer->at("log");
        shown.push_back(std::move(job));
      } else {
        if (id != request_.ids.front()) terminal_.out << '\n';
        print_details(terminal_.out, *answer);
      }
    }
    if (request_.json) return say({{"queue", request_.queue}, {"jobs", std::move(shown)}}, "");
    return exit_ok;
  }

  int counts() {
    auto answer = ask_(question());
    if (!answer) return failed(answer.error());
    answer->erase("ok");
    if (request_.json) {
      (*answer)["queue"] = request_.queue;
      return say(*answer, "");
    }
    std::vector<Row> rows;
    for (const auto& [key, value] : *answer) {
      if (key != "paused") rows.push_back({std::string{key}, json::serialize(value)});
    }
    print_table(terminal_.out, rows);
    const json::value* paused = answer->if_contains("paused");
    if (paused != nullptr && paused->is_bool() && paused->get_bool())
      terminal_.out << "The queue is paused: parley jobs resume\n";
    return exit_ok;
  }

  int change() {
    const bool removes = request_.verb == "remove";
    const std::string what = request_.all ? "every " + request_.state + " job"
                                          : std::to_string(request_.ids.size()) + " jobs";
    if (removes && request_.all && !is_meant("Remove " + what + " of " + request_.queue + "?"))
      return exit_failed;
    std::uint64_t done = 0;
    json::array refused;
    for (json::object& wanted : wanted_changes()) {
      const std::string id = text_of(wanted, "id");
      const auto answer = ask_(std::move(wanted));
      if (answer) {
        done += answer->at("done").to_number<std::uint64_t>();
        continue;
      }
      const Error error = request_.all ? answer.error() : named(id, answer.error());
      failed(error);
      refused.push_back(json::object{{"id", id}, {"reason", error.detail}});
    }
    const bool is_good = refused.empty();
    say({{"done", done}, {"refused", std::move(refused)}},
        std::to_string(done) + (done == 1 ? " job is " : " jobs are ") +
            (removes ? "removed" : "waiting again"));
    return is_good ? exit_ok : exit_failed;
  }

  std::vector<json::object> wanted_changes() const {
    std::vector<json::object> out;
    json::object wanted = question();
    if (request_.all) {
      wanted["all"] = true;
      wanted["state"] = request_.state;
      return {std::move(wanted)};
    }
    for (const std::string& id : request_.ids) {
      wanted["id"] = id;
      out.push_back(wanted);
    }
    return out;
  }

  int control() {
    json::object wanted = question();
    wanted["delayed"] = request_.delayed;
    const bool drains = request_.verb == "drain";
    if (drains && !is_meant("Remove everything that waits in " + request_.queue + "?"))
      return exit_failed;
    const auto answer = ask_(std::move(wanted));
    if (!answer) return failed(answer.error());
    const std::string done = drains ? "drained" : request_.verb == "pause" ? "paused" : "resumed";
    return say({{"queue", request_.queue}, {"done", done}}, request_.queue + " is " + done);
  }

  static Error named(const std::string& id, Error error) {
    error.detail = id + ": " +
                   std::string{error.detail.empty() ? info(error.code).message
                                                    : std::string_view{error.detail}};
    return error;
  }

  const JobsRequest& request_;
  const Ask& ask_;
  const Terminal& terminal_;
};

}  // namespace

int report_jobs(const JobsRequest& request, const Ask& ask, const Terminal& terminal) {
  return Report(request, ask, terminal).run();
}

}  // namespace parley::app
