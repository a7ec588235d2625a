#include "api/html.hpp"

#include "base/escape_html.hpp"

namespace parley::api {

namespace {

/// Every text's contrast is above 4.5 in both schemes.
constexpr std::string_view style = R"(
:root{color-scheme:light dark;--ink:#1b1f24;--paper:#fff;--line:#6b7280;--accent:#1d4ed8;--on-accent:#fff;--bad:#b00020}
@media (prefers-color-scheme:dark){:root{--ink:#e6e8eb;--paper:#15181c;--line:#8b94a1;--accent:#8ab4ff;--on-accent:#0b1220;--bad:#ff9aa2}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
main{max-width:26rem;margin:0 auto;padding:3rem 1.25rem}
h1{margin:0 0 1rem;font-size:1.5rem;line-height:1.25}
label{display:block;margin:1rem 0 .25rem;font-weight:600}
input,button{width:100%;padding:.7rem .8rem;border-radius:.5rem;font:inherit}
input{border:1px solid var(--line);background:var(--paper);color:var(--ink)}
input[aria-invalid=true]{border-color:var(--bad)}
button{margin-top:1.5rem;border:0;background:var(--accent);color:var(--on-accent);font-weight:600;cursor:pointer}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
[role=alert]{color:var(--bad);font-weight:600}
)";

/// The hash is that of `style`, and no other style sheet applies. A test compares them.
constexpr std::string_view policy =
    "default-src 'none';style-src 'sha256-X9X0gtasS1J1awCxbcX5dxXRtj94vEBiUnEJBZ5jq6Q=';"
    "form-action 'self';base-uri 'none';frame-ancestors 'none'";

}  // namespace

http::Response html_page(int status, std::string_view title, std::string_view content) {
  const std::string heading = escape_html(title);
  std::string body = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  body += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  body += "<meta name=\"robots\" content=\"noindex\">\n";
  body += "<title>" + heading + "</title>\n<style>";
  body += style;
  body += "</style>\n</head>\n<body>\n<main>\n<h1>" + heading + "</h1>\n";
  body += content;
  body += "</main>\n</body>\n</html>\n";
  auto response = http::Response::text(status, std::move(body), "text/html; charset=utf-8");
  response.headers.set("Content-Security-Policy", std::string{policy});
  response.headers.set("Referrer-Policy", "no-referrer");
  response.headers.set("Cache-Control", "no-store");
  response.headers.set("X-Frame-Options", "DENY");
  return response;
}

}  // namespace parley::api
