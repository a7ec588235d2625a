#include "load/rest.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace parley::load {

namespace {

constexpr std::size_t most_head = 64 << 10;
constexpr std::size_t most_body = 64 << 20;

std::string lower(std::string_view text) {
  std::string low{text};
  std::transform(low.begin(), low.end(), low.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return low;
}

std::optional<std::size_t> content_length(std::string_view head) {
  constexpr std::string_view name = "\r\ncontent-length:";
  const std::string low = lower(head);
  const auto at = low.find(name);
  if (at == std::string::npos) return std::nullopt;
  std::string_view value = std::string_view{low}.substr(at + name.size());
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  std::size_t length = 0;
  if (std::from_chars(value.data(), value.data() + value.size(), length).ec != std::errc{})
    return std::nullopt;
  return length;
}

}  // namespace

std::optional<RestAnswer> ResponseReader::take(std::string_view bytes) {
  text_.append(bytes);
  const auto head = text_.find("\r\n\r\n");
  if (head == std::string::npos && text_.size() <= most_head) return std::nullopt;
  if (head > most_head) return RestAnswer{0, "an answer with a head of more than 64 KiB"};
  RestAnswer answer;
  if (text_.starts_with("HTTP/1.1 ") && text_.size() >= 12)
    std::from_chars(text_.data() + 9, text_.data() + 12, answer.status);
  const auto length = answer.status == 204 ? 0 : content_length(text_.substr(0, head + 2));
  if (!length) return RestAnswer{0, "an answer without Content-Length"};
  if (*length > most_body) return RestAnswer{0, "an answer of more than 64 MiB"};
  if (text_.size() - head - 4 < *length) return std::nullopt;
  answer.body = text_.substr(head + 4, *length);
  text_.erase(0, head + 4 + *length);
  return answer;
}

std::string request_of(const RestCall& call, std::string_view host) {
  std::string text = call.method + " " + call.path + " HTTP/1.1\r\nHost: ";
  text.append(host);
  if (!call.token.empty()) text += "\r\nAuthorization: Bearer " + call.token;
  if (!call.body.empty())
    text +=
        "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(call.body.size());
  text += "\r\n\r\n" + call.body;
  return text;
}

/// One connection, with one call at a time. A kept connection that the server has closed meanwhile
/// is made again, once.
class RestPool::Line final : private StreamHandler {
 public:
  Line(RestPool& pool, std::size_t number)
      : pool_(pool), stream_(pool.loop_, *this), number_(number) {}

  void begin(RestCall call) {
    call_ = std::move(call);
    retried_ = stream_.is_closed();
    send();
  }

 private:
  void send() {
    if (stream_.is_closed()) {
      reader_ = {};
      stream_.connect(pool_.address_, number_);
    } else {
      on_open();
    }
  }
  void on_open() override {
    if (call_) stream_.out() += request_of(*call_, pool_.address_.host);
  }
  void on_bytes(std::string_view bytes) override {
    if (auto answer = reader_.take(bytes)) finish(*answer);
  }
  void on_end(std::string_view why) override {
    if (!call_) return;
    if (retried_) return finish({0, std::string{why}});
    retried_ = true;
    send();
  }
  void finish(const RestAnswer& answer) {
    if (answer.status == 0) stream_.close();
    const RestCall call = std::move(*std::exchange(call_, std::nullopt));
    --pool_.open_;
    call.done(answer);
    pool_.next(*this);
  }

  RestPool& pool_;
  Stream stream_;
  std::size_t number_;
  ResponseReader reader_;
  std::optional<RestCall> call_;
  bool retried_ = false;
};

RestPool::RestPool(Loop& loop, const Address& address, std::size_t connections)
    : loop_(loop), address_(address) {
  for (std::size_t i = 0; i < connections; ++i) {
    lines_.push_back(std::make_unique<Line>(*this, i));
    free_.push_back(lines_.back().get());
  }
}

RestPool::~RestPool() = default;

void RestPool::call(RestCall call) {
  ++open_;
  if (free_.empty()) return waiting_.push_back(std::move(call));
  Line* line = free_.back();
  free_.pop_back();
  line->begin(std::move(call));
}

void RestPool::next(Line& line) {
  if (waiting_.empty()) return free_.push_back(&line);
  RestCall call = std::move(waiting_.front());
  waiting_.pop_front();
  line.begin(std::move(call));
}

}  // namespace parley::load
