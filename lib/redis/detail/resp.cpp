#include "redis/detail/resp.hpp"

#include <hiredis/read.h>

#include <charconv>
#include <new>

namespace parley::redis::detail {

namespace {

/// Longer lines are no statuses, numbers or errors that a Redis sends.
constexpr std::size_t most_line = 64 << 10;

void append_length(std::string& out, char type, std::size_t length) {
  char digits[20];
  const auto written = std::to_chars(digits, digits + sizeof digits, length);
  out += type;
  out.append(digits, written.ptr).append("\r\n");
}

/// Makes a Reply of what hiredis reads. An array takes its whole share of the budget when it is
/// announced, so a length that lies costs no more than a reply that is long.
class Builder {
 public:
  explicit Builder(std::size_t budget) : budget_(budget), left_(budget) {}

  void* text(const redisReadTask* task, char* bytes, std::size_t size) {
    if (!take(size)) return nullptr;
    Reply& reply = place(task);
    if (task->type == REDIS_REPLY_ERROR) {
      reply.value = ErrorReply{std::string(bytes, size)};
    } else {
      reply.value.emplace<std::string>(bytes, size);
    }
    return &reply;
  }

  void* array(const redisReadTask* task, int elements) {
    const auto count = static_cast<std::size_t>(elements);
    if (elements < 0 || count > left_ / sizeof(Reply) || !take(count * sizeof(Reply))) {
      over_ = true;
      return nullptr;
    }
    Reply& reply = place(task);
    reply.value.emplace<Reply::Array>().reserve(count);
    return &reply;
  }

  void* integer(const redisReadTask* task, long long value) {
    Reply& reply = place(task);
    reply.value.emplace<std::int64_t>(value);
    return &reply;
  }

  void* nil(const redisReadTask* task) { return &place(task); }

  SizedReply finish() {
    SizedReply sized{std::move(root_), sizeof(Reply) + budget_ - left_};
    root_ = {};
    left_ = budget_;
    return sized;
  }

  bool is_over() const { return over_; }

 private:
  bool take(std::size_t bytes) {
    if (bytes > left_) {
      over_ = true;
      return false;
    }
    left_ -= bytes;
    return true;
  }

  /// Elements come in order, and the arrays were given their room: no element moves.
  Reply& place(const redisReadTask* task) {
    if (task->parent == nullptr) return root_;
    auto& array = *std::get_if<Reply::Array>(&static_cast<Reply*>(task->parent->obj)->value);
    return array.emplace_back();
  }

  std::size_t budget_, left_;
  bool over_ = false;
  Reply root_;
};

Builder& builder(const redisReadTask* task) { return *static_cast<Builder*>(task->privdata); }

redisReplyObjectFunctions functions{
    [](const redisReadTask* task, char* bytes, size_t size) noexcept {
      return builder(task).text(task, bytes, size);
    },
    [](const redisReadTask* task, int elements) noexcept {
      return builder(task).array(task, elements);
    },
    [](const redisReadTask* task, long long value) noexcept {
      return builder(task).integer(task, value);
    },
    [](const redisReadTask* task) noexcept { return builder(task).nil(task); },
    // All of a reply is the builder's.
    [](void*) noexcept {},
};

struct FreeReader {
  void operator()(redisReader* reader) const { redisReaderFree(reader); }
};

}  // namespace

void append_command(std::string& out, std::span<const std::string> command) {
  append_length(out, '*', command.size());
  for (const std::string& argument : command) {
    append_length(out, '$', argument.size());
    out.append(argument).append("\r\n");
  }
}

struct ReplyReader::State {
  explicit State(std::size_t max)
      : max_reply(max), builder(max), reader(redisReaderCreateWithFunctions(&functions)) {
    if (reader == nullptr) throw std::bad_alloc{};
    reader->privdata = &builder;
  }

  std::string_view unread() const { return {reader->buf + reader->pos, reader->len - reader->pos}; }

  /// What hiredis would go on waiting for.
  Result<Done> check_unread() const {
    const std::string_view rest = unread();
    if (rest.size() > max_reply) return fail(Errc::corrupt, "a reply is over the limit");
    if (rest.size() > most_line && rest.substr(0, most_line).find("\r\n") == rest.npos) {
      return fail(Errc::corrupt, "a line of a reply does not end");
    }
    return Done{};
  }

  std::size_t max_reply;
  Builder builder;
  std::unique_ptr<redisReader, FreeReader> reader;
};

ReplyReader::ReplyReader(std::size_t max_reply) : state_(std::make_unique<State>(max_reply)) {}
ReplyReader::~ReplyReader() = default;

Result<Done> ReplyReader::feed(std::string_view bytes) {
  if (redisReaderFeed(state_->reader.get(), bytes.data(), bytes.size()) != 0) {
    return fail(Errc::corrupt, state_->reader->errstr);
  }
  return Done{};
}

Result<std::optional<SizedReply>> ReplyReader::next() {
  void* reply = nullptr;
  if (redisReaderGetReply(state_->reader.get(), &reply) != 0) {
    if (state_->builder.is_over()) return fail(Errc::corrupt, "a reply is over the limit");
    return fail(Errc::corrupt, state_->reader->errstr);
  }
  if (reply != nullptr) return std::optional{state_->builder.finish()};
  if (const auto sound = state_->check_unread(); !sound) return sound.error();
  return std::optional<SizedReply>{};
}

}  // namespace parley::redis::detail
