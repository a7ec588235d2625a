#include "base/errc.hpp"

#include <array>
#include <cassert>

namespace parley {

namespace {
constexpr std::array<ErrcInfo, 14> infos{{
    {"bad_request", 400, false, "Bad request"},
    {"unauthorized", 401, false, "Not authorized"},
    {"forbidden", 403, false, "Forbidden"},
    {"not_found", 404, false, "Not found"},
    {"conflict", 409, false, "Already exists"},
    {"too_large", 413, false, "Too large"},
    {"rate_limited", 429, true, "Too many requests. Please slow down."},
    {"not_supported", 501, false, "Not supported"},
    {"overloaded", 503, true, "The server is busy. Please try again."},
    {"timeout", 504, true, "The server took too long. Please try again."},
    {"unavailable", 503, true, "The server cannot do this right now. Please try again."},
    {"closed", 503, true, "The server is shutting down. Please try again."},
    {"corrupt", 500, false, "Internal server error"},
    {"internal", 500, false, "Internal server error"},
}};
}  // namespace

const ErrcInfo& info(Errc code) {
  const auto index = static_cast<std::size_t>(code);
  assert(index < infos.size());
  return infos[index];
}

std::string_view public_message(const Error& error) {
  const ErrcInfo& known = info(error.code);
  return known.http_status < 500 && !error.detail.empty() ? std::string_view{error.detail}
                                                          : known.message;
}

}  // namespace parley
