#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <iostream>
#include <iterator>
#include <thread>

#include "app/commands.hpp"
#include "app/control.hpp"
#include "app/local_ask.hpp"
#include "app/top.hpp"

namespace parley::app {

namespace {

constexpr auto patience = std::chrono::seconds(5);

/// Where the server of these settings is reached over HTTP: what it listens on, or this machine.
std::string host_of(const Settings& settings) {
  const std::string& host = settings.server.host;
  return host == "0.0.0.0" || host == "::" ? "127.0.0.1" : host;
}

/// One GET, without TLS: a server with TLS is asked by its socket.
Result<std::string> get_metrics(const Settings& settings, const TopRequest& request) {
  const std::string port = std::to_string(settings.server.port);
  const std::string where = host_of(settings) + " port " + port;
  asio::ip::tcp::iostream stream;
  stream.expires_after(patience);
  stream.connect(host_of(settings), port);
  if (!stream)
    return fail(Errc::unavailable,
                "no server answers on " + where +
                    (request.over_http ? "" : " or in " + settings.store.data_dir.string()) + ": " +
                    stream.error().message());
  stream << "GET /metrics HTTP/1.0\r\nHost: " << where << "\r\n\r\n" << std::flush;
  const std::string answer{std::istreambuf_iterator<char>{stream}, {}};
  const auto body = answer.find("\r\n\r\n");
  const bool is_good = answer.starts_with("HTTP/1.1 200") || answer.starts_with("HTTP/1.0 200");
  if (!is_good || body == std::string::npos) {
    const std::string said = answer.empty() ? stream.error().message() : answer;
    return fail(Errc::unavailable,
                where + " does not show /metrics: " + said.substr(0, said.find('\r')));
  }
  return answer.substr(body + 4);
}

Result<ops::Scrape> scrape(const Settings& settings, const TopRequest& request) {
  const auto answered =
      request.over_http ? Result<json::object>{fail(Errc::not_found, "not asked")}
                        : ask(control_socket(settings.store.data_dir), {{"command", "metrics"}});
  if (answered) {
    const auto text = json::string_member(*answered, "text");
    return ops::Scrape(text.value_or(""), SteadyTime::clock::now());
  }
  const auto text = get_metrics(settings, request);
  if (!text) return text.error();
  return ops::Scrape(*text, SteadyTime::clock::now());
}

}  // namespace

int top(const Settings& settings, const TopRequest& request) {
  const bool repaints = !request.once && !request.json && ::isatty(STDOUT_FILENO) != 0;
  auto before = scrape(settings, request);
  while (true) {
    if (!before) return refused(before.error());
    std::this_thread::sleep_for(request.interval);
    auto after = scrape(settings, request);
    if (!after) return refused(after.error());
    const json::object shown = survey(*before, *after);
    if (repaints)
      std::cout << "\x1b[H\x1b[2Jparley top, every " << request.interval.count() / 1000.0
                << " s (Ctrl-C ends)\n\n";
    std::cout << (request.json ? json::serialize(shown) + "\n" : screen(shown));
    if (!repaints && !request.json && !request.once) std::cout << '\n';
    std::cout.flush();
    if (request.once || !std::cout) return exit_ok;
    before = std::move(after);
  }
}

}  // namespace parley::app
