#include "http/detail/request_parser.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <limits>

#include "http/detail/target.hpp"

namespace parley::http::detail {

namespace beast = boost::beast;
namespace bhttp = boost::beast::http;

namespace {
std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

Method method_of(bhttp::verb verb) {
  switch (verb) {
    case bhttp::verb::get:
      return Method::get;
    case bhttp::verb::head:
      return Method::head;
    case bhttp::verb::post:
      return Method::post;
    case bhttp::verb::put:
      return Method::put;
    case bhttp::verb::patch:
      return Method::patch;
    case bhttp::verb::delete_:
      return Method::del;
    case bhttp::verb::options:
      return Method::options;
    default:
      return Method::other;
  }
}

bool is_method_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-';
}
}  // namespace

HeadScan scan_head(std::string_view bytes, std::size_t from) {
  HeadScan scan;
  if (!bytes.empty() && !is_method_letter(bytes.front())) {
    scan.malformed = true;
    return scan;
  }
  // The last bytes seen before may have been half of what we look for.
  std::size_t at = from > 4 ? from - 4 : 0;
  while ((at = bytes.find('\n', at)) != std::string_view::npos) {
    const bool folded = at + 1 < bytes.size() && (bytes[at + 1] == ' ' || bytes[at + 1] == '\t');
    if (at == 0 || bytes[at - 1] != '\r' || folded) {
      scan.malformed = true;
      return scan;
    }
    ++at;
    if (at >= 4 && bytes.substr(at - 4, 4) == "\r\n\r\n") {
      scan.size = at;
      return scan;
    }
  }
  return scan;
}

/// Takes Beast's callbacks down into a Request.
class RequestParser::Beast final : public bhttp::basic_parser<true> {
 public:
  Beast() {
    body_limit(boost::none);  // ours counts, per route
    header_limit(std::numeric_limits<std::uint32_t>::max());
    eager(false);
  }

  std::optional<Refusal> check_head() const {
    if (fields > max_fields) return Refusal{431, "Too many header fields"};
    if (!target_ok) return Refusal{400, "Malformed request target"};
    if (hosts > 1 || (hosts == 0 && version == 11)) return Refusal{400, "Host must be given once"};
    if (lengths > 1 || encodings > 1 || (lengths > 0 && encodings > 0)) {
      return Refusal{400, "Ambiguous body length"};
    }
    if (encodings > 0 && (version == 10 || !chunked_only)) {
      return Refusal{501, "Transfer-Encoding is not supported"};
    }
    return std::nullopt;
  }

  Request* request = nullptr;
  std::string* body = nullptr;
  std::size_t limit = 0;
  int version = 11;
  unsigned fields = 0, hosts = 0, lengths = 0, encodings = 0;
  bool target_ok = true, chunked_only = false, in_body = false, too_large = false;
  Expectation expectation = Expectation::none;

 private:
  using Status = beast::error_code;

  void on_request_impl(bhttp::verb method, beast::string_view, beast::string_view target,
                       int its_version, Status&) override {
    version = its_version;
    request->method = method_of(method);
    target_ok = parley::http::detail::parse_target(view(target), *request);
  }
  void on_response_impl(int, beast::string_view, int, Status&) override {}
  void on_field_impl(bhttp::field name, beast::string_view name_text, beast::string_view value,
                     Status&) override {
    if (in_body) return;  // a trailer
    if (name == bhttp::field::host) ++hosts;
    if (name == bhttp::field::content_length) {
      // A list of equal lengths counts as ambiguous too, though Beast takes it.
      lengths += view(value).find_first_not_of("0123456789") == std::string_view::npos ? 1 : 2;
    }
    if (name == bhttp::field::transfer_encoding) {
      ++encodings;
      chunked_only = same_name(view(value), "chunked");
    }
    if (name == bhttp::field::expect) {
      expectation =
          same_name(view(value), "100-continue") ? Expectation::continue_100 : Expectation::unknown;
    }
    if (++fields <= max_fields) request->headers.add(view(name_text), std::string{view(value)});
  }
  void on_header_impl(Status&) override { in_body = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Status&) override {}
  std::size_t on_body_impl(beast::string_view bytes, Status& status) override {
    return take(view(bytes), status);
  }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, Status&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes, Status& status) override {
    return take(view(bytes), status);
  }
  void on_finish_impl(Status&) override {}

  std::size_t take(std::string_view bytes, Status& status) {
    if (bytes.size() > limit - body->size()) {
      too_large = true;
      status = bhttp::make_error_code(bhttp::error::body_limit);
      return 0;
    }
    body->append(bytes);
    return bytes.size();
  }
};

RequestParser::RequestParser() : beast_(std::make_unique<Beast>()) {}
RequestParser::~RequestParser() = default;

std::optional<Refusal> RequestParser::read_head(std::string_view head, Request& request) {
  beast_->request = &request;
  beast::error_code error;
  beast_->put(boost::asio::const_buffer{head.data(), head.size()}, error);
  beast_->request = nullptr;
  // Ours first: they say better what is wrong with a head that Beast refuses too.
  if (auto refused = beast_->check_head();
      refused && (!error || refused->status != 400 || !beast_->target_ok)) {
    return refused;
  }
  if (error == bhttp::error::bad_version) return Refusal{505, "HTTP version not supported"};
  if (error || !beast_->is_header_done()) return Refusal{400, "Malformed request"};
  return std::nullopt;
}

bool RequestParser::has_body() const { return !beast_->is_done(); }

std::optional<std::uint64_t> RequestParser::content_length() const {
  const auto length = beast_->content_length();
  return length ? std::optional<std::uint64_t>{*length} : std::nullopt;
}

bool RequestParser::keep_alive() const { return beast_->keep_alive(); }
bool RequestParser::is_http_1_0() const { return beast_->version == 10; }
RequestParser::Expectation RequestParser::expectation() const { return beast_->expectation; }

RequestParser::Step RequestParser::read_body(std::string_view bytes, std::string& body,
                                             std::size_t limit) {
  beast_->body = &body;
  beast_->limit = limit;
  Step step;
  // Chunked bodies end in five bytes at least, and Beast asserts that it sees them together.
  const std::size_t least = beast_->chunked() ? 5 : 1;
  while (!beast_->is_done() && step.used + least <= bytes.size()) {
    beast::error_code error;
    const auto rest = bytes.substr(step.used);
    step.used += beast_->put(boost::asio::const_buffer{rest.data(), rest.size()}, error);
    if (error == bhttp::error::need_more) break;
    if (beast_->too_large) {
      step.state = Body::too_large;
      return step;
    }
    if (error) {
      step.state = Body::malformed;
      return step;
    }
  }
  if (beast_->is_done()) step.state = Body::complete;
  return step;
}

}  // namespace parley::http::detail
