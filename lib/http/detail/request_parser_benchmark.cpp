// A browser's polling request, and a small POST with its body.
#include "http/detail/request_parser.hpp"

#include "base/benchmarking.hpp"

namespace parley::http::detail {
namespace {

constexpr std::string_view poll =
    "GET /socket.io/?EIO=4&transport=polling&t=OxYz123&sid=AAAAAAAAAAAAAAAAAAAB HTTP/1.1\r\n"
    "Host: localhost:8000\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: */*\r\nAccept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\n"
    "Origin: https://app.example.org\r\nConnection: keep-alive\r\nCookie: theme=dark\r\n\r\n";
constexpr std::string_view post =
    "POST /api/items HTTP/1.1\r\nHost: localhost:8000\r\nContent-Type: application/json\r\n"
    "Authorization: Bearer aaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbb.cccccccccc\r\n"
    "Content-Length: 36\r\n\r\n"
    R"({"name":"something","count":1234567})";

void parse(benchmark::State& state, std::string_view bytes) {
  for (auto _ : state) {
    RequestParser parser;
    Request request;
    const HeadScan head = scan_head(bytes, 0);
    if (parser.read_head(bytes.substr(0, head.size), request)) {
      return state.SkipWithError("refused");
    }
    if (parser.has_body()) parser.read_body(bytes.substr(head.size), request.body, 1'000);
    benchmark::DoNotOptimize(request);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}
BENCHMARK_CAPTURE(parse, poll, poll)->Name("request_parse_poll")->Apply(counted<>);
BENCHMARK_CAPTURE(parse, post, post)->Name("request_parse_post")->Apply(counted<>);

}  // namespace
}  // namespace parley::http::detail
