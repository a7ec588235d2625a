#pragma once

#include <string>

#include "http/message.hpp"

namespace parley::http::detail {

/// True for what concerns one connection only. Source: RFC 9110, section 7.6.1.
bool is_hop_by_hop(std::string_view name);

/// The request as it goes on to another server: with X-Forwarded-For, X-Forwarded-Proto and Via,
/// without what concerned the connection it came by. `upgrades`: the connection is to change its
/// protocol; else it is to be closed behind the answer.
std::string upstream_request(const Request& request, bool upgrades);

/// True for fields of an answer that pass a relay; the others this server says for itself.
bool passes_back(std::string_view name);

}  // namespace parley::http::detail
