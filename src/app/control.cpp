#include "app/control.hpp"

#include <sys/stat.h>
#include <sys/un.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <optional>

namespace parley::app {

using local = asio::local::stream_protocol;
using Stream = local::socket;

namespace {

constexpr std::size_t max_question = 64 * 1024;
/// A hundred jobs with their data.
constexpr std::size_t max_answer = 256 * 1024 * 1024;
constexpr auto token = asio::use_awaitable_t<Executor>{};

/// nullopt: no socket can have so long a path.
std::optional<local::endpoint> endpoint_of(const std::filesystem::path& socket) {
  if (socket.native().size() >= sizeof(sockaddr_un::sun_path)) return std::nullopt;
  return local::endpoint{socket.native()};
}

json::object failure(const Error& error) {
  json::object answer;
  answer["ok"] = false;
  answer["code"] = info(error.code).code;
  answer["message"] =
      error.detail.empty() ? info(error.code).message : std::string_view{error.detail};
  return answer;
}

Result<json::object> parse_object(std::string_view line) {
  auto parsed = json::parse(line);
  if (!parsed) return parsed.error();
  if (!parsed->is_object()) return fail(Errc::bad_request, "a JSON object is expected");
  return std::move(parsed->as_object());
}

Result<json::object> to_answer(const json::object& answer) {
  const json::value* ok = answer.if_contains("ok");
  if (ok != nullptr && ok->is_bool() && ok->get_bool()) return answer;
  return fail(Errc::unavailable,
              std::string{json::string_member(answer, "message").value_or("no answer")});
}

}  // namespace

struct Control::State {
  State(net::Shard& its_shard, std::map<std::string, Command> its_commands)
      : shard(its_shard), acceptor(its_shard.context()), commands(std::move(its_commands)) {}

  net::Shard& shard;
  local::acceptor acceptor;
  std::map<std::string, Command> commands;
  std::filesystem::path path;
};

namespace {

using StatePtr = std::shared_ptr<Control::State>;

Task<json::object> answer(const std::map<std::string, Control::Command>& commands,
                          std::string line) {
  auto question = parse_object(line);
  if (!question) co_return failure(question.error());
  const auto name = json::string_member(*question, "command").value_or("");
  const auto command = commands.find(std::string{name});
  if (command == commands.end()) co_return failure(fail(Errc::bad_request, "no such command"));
  auto result = co_await command->second(std::move(*question));
  if (!result) co_return failure(result.error());
  (*result)["ok"] = true;
  co_return std::move(*result);
}

Task<void> converse(StatePtr state, Stream stream) {
  std::string line;
  boost::system::error_code failed;
  auto quietly = asio::redirect_error(token, failed);
  auto buffer = asio::dynamic_buffer(line, max_question);
  co_await asio::async_read_until(stream, buffer, '\n', quietly);
  if (failed) co_return;
  const json::object answered = co_await answer(state->commands, line);
  const std::string text = json::serialize(answered) + '\n';
  const auto bytes = asio::buffer(text);
  co_await asio::async_write(stream, bytes, quietly);
}

Task<void> accept(StatePtr state) {
  boost::system::error_code failed;
  auto quietly = asio::redirect_error(token, failed);
  while (true) {
    Stream stream(state->shard.context());
    co_await state->acceptor.async_accept(stream, quietly);
    if (failed) co_return;
    state->shard.spawn("control connection", converse(state, std::move(stream)));
  }
}

}  // namespace

Control::Control(net::Shard& shard, const std::filesystem::path& socket,
                 std::map<std::string, Command> commands)
    : state_(std::make_shared<State>(shard, std::move(commands))) {
  const auto endpoint = endpoint_of(socket);
  if (!endpoint) {
    throw std::system_error(std::make_error_code(std::errc::filename_too_long),
                            "name a shorter DATA_DIR: " + socket.string());
  }
  std::filesystem::remove(socket);
  state_->path = socket;
  state_->acceptor.open();
  const mode_t mask = ::umask(0177);
  boost::system::error_code error;
  state_->acceptor.bind(*endpoint, error);
  ::umask(mask);
  if (error) throw std::system_error(error, "control socket " + socket.string());
  state_->acceptor.listen();
  shard.spawn("control socket", accept(state_));
}

Control::~Control() {
  std::error_code ignored;
  std::filesystem::remove(state_->path, ignored);
}

std::filesystem::path control_socket(const std::filesystem::path& data_dir) {
  return data_dir / "control.sock";
}

Result<json::object> ask(const std::filesystem::path& socket, const json::object& question) {
  asio::io_context context;
  Stream stream(context);
  boost::system::error_code error = asio::error::name_too_long;
  if (const auto endpoint = endpoint_of(socket)) stream.connect(*endpoint, error);
  if (error) return fail(Errc::not_found, "no server listens on " + socket.string());
  asio::write(stream, asio::buffer(json::serialize(question) + '\n'), error);
  std::string line;
  auto buffer = asio::dynamic_buffer(line, max_answer);
  if (!error) asio::read_until(stream, buffer, '\n', error);
  if (error) return fail(Errc::unavailable, "the server went away: " + error.message());
  const auto answered = parse_object(line);
  if (!answered) return answered.error();
  return to_answer(*answered);
}

}  // namespace parley::app
