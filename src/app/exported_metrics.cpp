#include "app/exported_metrics.hpp"

#include "ops/process_metrics.hpp"
#include "settings/build_info.hpp"

namespace parley::app {

namespace {

void export_http(ops::Metrics& metrics, const http::Server& http) {
  const auto gauge = [&](std::string_view name, std::string_view help, auto member) {
    metrics.gauge_from(name, help,
                       [&http, member] { return static_cast<double>(http.counts().*member); });
  };
  const auto counter = [&](std::string_view name, std::string_view help, auto member) {
    metrics.counter_from(name, help,
                         [&http, member] { return static_cast<double>(http.counts().*member); });
  };
  using Counts = net::Listener::Counts;
  gauge("parley_connections", "Open TCP connections, also those to nodes that answer for this one.",
        &Counts::open);
  counter("parley_connections_accepted_total", "TCP connections accepted.", &Counts::accepted);
  counter("parley_connections_refused_total", "TCP connections for which there was no room.",
          &Counts::refused);
  counter("parley_connections_displaced_total",
          "TCP connections of strangers closed to make room for new ones.", &Counts::displaced);
  counter("parley_slow_consumers_total", "Connections closed because the peer did not read.",
          &Counts::slow_consumers);
  counter("parley_received_bytes_total", "Bytes from clients.", &Counts::bytes_in);
  counter("parley_sent_bytes_total", "Bytes to clients.", &Counts::bytes_out);
  counter("parley_socket_sends_total", "System calls that sent.", &Counts::sends);
  counter("parley_socket_receives_total", "System calls that received.", &Counts::receives);
  const auto request_counter = [&](std::string_view name, std::string_view help, auto member) {
    metrics.counter_from(
        name, help, [&http, member] { return static_cast<double>(http.request_counts().*member); });
  };
  using Requests = http::Service::Counts;
  request_counter("parley_http_requests_total", "HTTP requests understood.", &Requests::requests);
  request_counter("parley_http_malformed_total", "HTTP requests refused before any route.",
                  &Requests::refused);
  request_counter("parley_http_timeouts_total", "HTTP requests that did not come in time.",
                  &Requests::timeouts);
}

void export_engine(ops::Metrics& metrics, const engineio::Server& engine) {
  const auto sessions = [&](const char* transport, auto member) {
    metrics.gauge_from("parley_sessions", "Open Engine.IO sessions by transport.",
                       [&engine, member] { return static_cast<double>(engine.counts().*member); },
                       {{"transport", transport}});
  };
  using Counts = engineio::Server::Counts;
  sessions("polling", &Counts::polling);
  sessions("websocket", &Counts::websocket);
  const auto counter = [&](std::string_view name, std::string_view help, auto member) {
    metrics.counter_from(
        name, help, [&engine, member] { return static_cast<double>(engine.counts().*member); });
  };
  counter("parley_sessions_opened_total", "Engine.IO sessions opened.", &Counts::opened);
  counter("parley_sessions_upgraded_total", "Sessions upgraded to WebSocket.", &Counts::upgraded);
  counter("parley_sessions_displaced_total",
          "Sessions of strangers ended to make room for new ones.", &Counts::displaced);
  counter("parley_packets_received_total", "Engine.IO packets from clients.", &Counts::packets_in);
  counter("parley_packets_sent_total", "Engine.IO packets to clients.", &Counts::packets_out);
  metrics.counters_from("parley_sessions_closed_total", "Engine.IO sessions closed, by reason.",
                        "reason", [&engine] { return engine.counts().closed; });
  metrics.counters_from("parley_sessions_rejected_total",
                        "Handshakes and requests refused, by cause.", "cause",
                        [&engine] { return engine.counts().rejected; });
}

}  // namespace

void export_counts(ops::Metrics& metrics, const Counted& counted) {
  export_http(metrics, counted.http);
  export_engine(metrics, counted.engine);
  metrics.gauge_from(
      "parley_password_hashes_queued", "Logins and registrations that wait for a hash.",
      [&hashing = counted.hashing] { return static_cast<double>(hashing.queued()); });
  ops::add_build_info(metrics, build_info());
  ops::add_process_metrics(metrics);
}

}  // namespace parley::app
