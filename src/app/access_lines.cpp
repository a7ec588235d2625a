#include "app/access_lines.hpp"

namespace parley::app {

bool is_operations_route(std::string_view route) {
  return route == "/healthz" || route == "/readyz" || route == "/metrics";
}

ops::Level level_of(const http::AccessRecord& record) {
  const bool is_free = record.status == 429 || record.method == http::Method::options ||
                       record.route == "unmatched" || is_operations_route(record.route);
  return is_free ? ops::Level::debug : ops::Level::info;
}

void log_access(const http::AccessRecord& record) {
  ops::log().write(level_of(record), "request",
                   {{"method", http::to_string(record.method)},
                    {"route", record.route},
                    {"status", record.status},
                    {"microseconds", record.duration.count()},
                    {"bytes_in", record.bytes_in},
                    {"bytes_out", record.bytes_out}});
}

}  // namespace parley::app
