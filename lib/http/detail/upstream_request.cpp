#include "http/detail/upstream_request.hpp"

#include <algorithm>
#include <array>

#include "http/relay.hpp"

namespace parley::http::detail {

namespace {

template <std::size_t size>
bool is_one_of(std::string_view name, const std::array<std::string_view, size>& names) {
  return std::any_of(names.begin(), names.end(),
                     [name](std::string_view one) { return same_name(name, one); });
}

void append(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

bool is_hop_by_hop(std::string_view name) {
  static constexpr std::array<std::string_view, 10> names{"connection",
                                                          "expect",
                                                          "keep-alive",
                                                          "proxy-authenticate",
                                                          "proxy-authorization",
                                                          "te",
                                                          "transfer-encoding",
                                                          "trailer",
                                                          "upgrade",
                                                          "content-length"};
  return is_one_of(name, names);
}

bool passes_back(std::string_view name) {
  static constexpr std::array<std::string_view, 7> names{"content-type",
                                                         "cache-control",
                                                         "set-cookie",
                                                         "vary",
                                                         "access-control-allow-origin",
                                                         "access-control-allow-credentials",
                                                         "access-control-expose-headers"};
  return is_one_of(name, names);
}

std::string upstream_request(const Request& request, bool upgrades) {
  std::string out{to_string(request.method)};
  out.append(" ").append(request.target).append(" HTTP/1.1\r\n");
  for (const auto& [name, value] : request.headers.all()) {
    if (is_hop_by_hop(name) || same_name(name, "x-forwarded-for") ||
        same_name(name, "x-forwarded-proto"))
      continue;
    append(out, name, value);
  }
  append(out, "X-Forwarded-For", request.client);
  append(out, "X-Forwarded-Proto", request.secure ? "https" : "http");
  append(out, "Via", "1.1 " + std::string{relay_name});
  if (upgrades) {
    append(out, "Connection", "Upgrade");
    append(out, "Upgrade", request.headers.joined("upgrade"));
  } else {
    append(out, "Connection", "close");
    if (!request.body.empty() || request.method == Method::post)
      append(out, "Content-Length", std::to_string(request.body.size()));
  }
  return out.append("\r\n").append(request.body);
}

}  // namespace parley::http::detail
