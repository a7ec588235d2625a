#pragma once

#include <span>
#include <string>
#include <string_view>

#include "http/router.hpp"
#include "site/file.hpp"

namespace parley::site {

enum class Coding { plain, gzip, brotli };

/// The best coding of `file` that an Accept-Encoding field allows; "": there is no such field. A
/// coding that is refused (`;q=0`) is not taken. Source: RFC 9110, section 12.5.3.
Coding negotiate(std::string_view accept_encoding, const File& file);

/// True when an `If-None-Match` field names `etag`, or is `*`.
bool matches(std::string_view if_none_match, std::string_view etag);

/// The web client's Content-Security-Policy: everything from this server, scripts and styles from
/// files alone, connections to this server alone. `host` is the request's Host; one that could not
/// be a host is left out.
std::string content_security_policy(std::string_view host);

/// The web client under `/app`: its files, and `index.html` for each address that the client shows
/// by itself (`/app/chat/…`). A name that has a dot and is no file is a 404. Files with a hash in
/// their name may be kept for ever, others are asked for again with their ETag. The files of the
/// folder `docs` describe the interfaces, and are under `/docs` as well. `files` outlive the
/// router; where there are none, a page says so.
void add_routes(http::Router& router, std::span<const File> files);

}  // namespace parley::site
