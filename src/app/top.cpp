#include "app/top.hpp"

#include <cmath>
#include <cstdio>

#include "mail/jobs_of.hpp"

namespace parley::app {

namespace {

double rounded(double value) { return std::round(value * 100) / 100; }

/// What happens between two scrapes.
class Between {
 public:
  Between(const ops::Scrape& before, const ops::Scrape& after)
      : before_(before),
        after_(after),
        seconds_(std::chrono::duration<double>(after.at() - before.at()).count()) {}

  double rate(std::string_view counter) const {
    const double more = after_.sum(counter) - before_.sum(counter);
    return seconds_ > 0 && more > 0 ? rounded(more / seconds_) : 0;
  }
  json::object latency(std::string_view histogram) const {
    json::object shown;
    for (const auto& [name, part] : {std::pair{"p50", 0.5}, {"p99", 0.99}}) {
      if (const auto value = ops::quantile(before_, after_, histogram, part))
        shown[name] = rounded(*value * 1000);
    }
    return shown;
  }
  double seconds() const { return rounded(seconds_); }

 private:
  const ops::Scrape& before_;
  const ops::Scrape& after_;
  double seconds_;
};

std::string text_of(const json::value& value) {
  const double number = value.is_number() ? value.to_number<double>() : 0;
  char text[32];
  std::snprintf(text, sizeof text, number == std::floor(number) ? "%.0f" : "%.2f", number);
  return text;
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

/// `name  value  name  value`, four a line.
void add_group(std::string& out, std::string_view title, const json::object& group) {
  std::size_t column = 0;
  for (const auto& [name, value] : group) {
    if (column % 4 == 0) {
      if (column > 0) out += '\n';
      out += padded(column == 0 ? std::string{title} : std::string{}, 13);
    }
    std::string shown;
    if (value.is_object()) {
      for (const auto& [part, ms] : value.get_object())
        shown += std::string{part} + " " + text_of(ms) + " ms ";
      if (shown.empty()) shown = "-";
    } else {
      shown = text_of(value);
    }
    out += padded(std::string{name} + " " + shown, 26);
    ++column;
  }
  out.erase(out.find_last_not_of(' ') + 1);
  out += '\n';
}

}  // namespace

json::object survey(const ops::Scrape& before, const ops::Scrape& after) {
  const Between between(before, after);
  const auto now = [&after](std::string_view family) { return rounded(after.sum(family)); };
  const auto mails = [&after](const std::string& state) {
    const std::string queue{mail::queue_name};
    return after.value("parley_jobs{queue=\"" + queue + "\",state=\"" + state + "\"}");
  };
  json::object connections{{"open", now("parley_connections")},
                           {"devices", now("parley_devices")},
                           {"websocket", after.value("parley_sessions{transport=\"websocket\"}")},
                           {"polling", after.value("parley_sessions{transport=\"polling\"}")}};
  json::object rates{{"messages", between.rate("parley_store_messages_total")},
                     {"requests", between.rate("parley_http_requests_total")},
                     {"accepted", between.rate("parley_connections_accepted_total")},
                     {"bytesIn", between.rate("parley_received_bytes_total")},
                     {"bytesOut", between.rate("parley_sent_bytes_total")},
                     {"slowConsumers", between.rate("parley_slow_consumers_total")},
                     {"mails", between.rate("parley_mails_total")}};
  json::object latencies{{"send", between.latency("parley_send_seconds")},
                         {"delivery", between.latency("parley_delivery_seconds")},
                         {"commit", between.latency("parley_store_commit_seconds")},
                         {"round", between.latency("parley_store_round_seconds")}};
  json::object queues{{"writes", now("parley_store_queued")},
                      {"reads", now("parley_store_queued_reads")},
                      {"passwords", now("parley_password_hashes_queued")},
                      {"handshakes", now("parley_tls_handshakes")},
                      {"mailsWaiting", mails("waiting") + mails("prioritized")},
                      {"mailsDelayed", mails("delayed")},
                      {"mailsFailed", mails("failed")}};
  json::object process{{"cpu", between.rate("process_cpu_seconds_total")},
                       {"memoryBytes", now("process_resident_memory_bytes")},
                       {"openFiles", now("process_open_fds")}};
  return {{"seconds", between.seconds()}, {"connections", std::move(connections)},
          {"rates", std::move(rates)},    {"latencies", std::move(latencies)},
          {"queues", std::move(queues)},  {"process", std::move(process)}};
}

std::string screen(const json::object& survey) {
  std::string out;
  for (const char* group : {"connections", "rates", "latencies", "queues", "process"})
    add_group(out, group, survey.at(group).get_object());
  return out;
}

}  // namespace parley::app
