#pragma once

#include <string>
#include <string_view>

#include "http/message.hpp"

namespace parley::api {

/// A small page that a link in a mail leads to: light or dark as the reader has it, and without
/// scripts, pictures or anything from elsewhere. Its Content-Security-Policy allows one style
/// sheet, its own, and forms to this server. No cache keeps it, it may not be framed, and no other
/// site learns of its address, which may hold a token.
///
/// `title` is text; `content` is HTML that follows the heading.
http::Response html_page(int status, std::string_view title, std::string_view content);

}  // namespace parley::api
