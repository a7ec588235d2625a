#include "app/control.hpp"

#include <sys/stat.h>
#include <sys/un.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <iostream>
#include <optional>

#include "net/timer.hpp"

namespace parley::app {

using local = asio::local::stream_protocol;
using Stream = local::socket;

namespace {

constexpr std::size_t max_question = 64 * 1024;
/// A hundred jobs with their data.
constexpr std::size_t max_answer = 256 * 1024 * 1024;
/// After a failure to accept.
constexpr std::chrono::milliseconds rest{100};
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
  State(net::Shard& its_shard, std::map<std::string, Command> its_commands,
        std::chrono::milliseconds its_patience)
      : shard(its_shard),
        acceptor(its_shard.context()),
        commands(std::move(its_commands)),
        patience(its_patience) {}

  net::Shard& shard;
  local::acceptor acceptor;
  std::map<std::string, Command> commands;
  const std::chrono::milliseconds patience;
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

/// Ends the connection of who keeps us waiting.
struct CutOff {
  CutOff(net::Shard& its_shard, Stream& its_stream)
      : stream(its_stream), timer(net::Timer::calling<&CutOff::end>(its_shard.timers(), *this)) {}
  void end() {
    boost::system::error_code ignored;
    stream.close(ignored);
  }

  Stream& stream;
  net::Timer timer;
};

Task<void> converse(StatePtr state, Stream stream) {
  CutOff cut_off(state->shard, stream);
  std::string line;
  boost::system::error_code failed;
  auto quietly = asio::redirect_error(token, failed);
  auto buffer = asio::dynamic_buffer(line, max_question);
  cut_off.timer.start(state->shard.now() + state->patience);
  co_await asio::async_read_until(stream, buffer, '\n', quietly);
  cut_off.timer.stop();
  if (failed) co_return;
  const json::object answered = co_await answer(state->commands, line);
  const std::string text = json::serialize(answered) + '\n';
  for (std::size_t sent = 0; sent < text.size() && !failed;) {
    cut_off.timer.start(state->shard.now() + state->patience);
    const auto rest_of_it = asio::buffer(text) + sent;
    sent += co_await stream.async_write_some(rest_of_it, quietly);
  }
}

Task<void> accept(StatePtr state) {
  boost::system::error_code failed;
  auto quietly = asio::redirect_error(token, failed);
  while (true) {
    Stream stream(state->shard.context());
    co_await state->acceptor.async_accept(stream, quietly);
    if (failed == asio::error::operation_aborted) co_return;
    if (failed) {  // of descriptors there are none left, mostly: whoever waits there stays
      co_await net::sleep_for(rest);
      continue;
    }
    state->shard.spawn("control connection", converse(state, std::move(stream)));
  }
}

}  // namespace

Control::Control(net::Shard& shard, const std::filesystem::path& socket,
                 std::map<std::string, Command> commands, std::chrono::milliseconds patience)
    : state_(std::make_shared<State>(shard, std::move(commands), patience)) {
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

namespace {

/// What a server answers at once to, when nothing is wrong with it.
constexpr auto patience = std::chrono::seconds(5);

/// A question to the server behind a socket, and what has come back.
class Asking {
 public:
  Asking(const std::filesystem::path& socket, const json::object& question)
      : question_(json::serialize(question) + '\n'), stream_(context_) {
    stream_.async_connect(local::endpoint{socket.string()}, [this](auto error) {
      is_connected_ = !error;
      error ? end(error) : write();
    });
  }

  /// Waits so long; true when it is over.
  bool wait(std::chrono::milliseconds time) {
    context_.restart();
    context_.run_for(time);
    return is_over_;
  }

  bool is_connected() const { return is_connected_; }
  const boost::system::error_code& error() const { return error_; }
  const std::string& answer() const { return answer_; }

 private:
  void write() {
    asio::async_write(stream_, asio::buffer(question_),
                      [this](auto error, std::size_t) { error ? end(error) : read(); });
  }
  void read() {
    asio::async_read_until(stream_, asio::dynamic_buffer(answer_, max_answer), '\n',
                           [this](auto error, std::size_t) { end(error); });
  }
  void end(const boost::system::error_code& error) {
    error_ = error;
    is_over_ = true;
  }

  const std::string question_;
  asio::io_context context_;
  Stream stream_;
  std::string answer_;
  boost::system::error_code error_;
  bool is_connected_ = false;
  bool is_over_ = false;
};

bool is_alive(const std::filesystem::path& socket) {
  Asking probe(socket, {{"command", "alive"}});
  return probe.wait(patience) && !probe.error();
}

Error failure_to_reach(const std::filesystem::path& socket,
                       const boost::system::error_code& error) {
  namespace errc = boost::system::errc;
  if (error == errc::no_such_file_or_directory || error == errc::connection_refused)
    return fail(Errc::not_found, "no server listens on " + socket.string());
  std::string detail = "cannot ask a server on " + socket.string() + ": " + error.message();
  if (error == errc::permission_denied) detail += "; be the user who owns the data";
  return fail(Errc::unavailable, std::move(detail));
}

}  // namespace

Result<json::object> ask(const std::filesystem::path& socket, const json::object& question) {
  if (!endpoint_of(socket)) return fail(Errc::not_found, "no server listens on " + socket.string());
  Asking asking(socket, question);
  while (!asking.wait(patience)) {
    if (!is_alive(socket)) {
      return fail(Errc::unavailable, "the server that listens on " + socket.string() +
                                         " does not answer: it is stopped, or hangs. Its log may "
                                         "say why; a kill loses nothing that was acknowledged");
    }
    std::cerr << "parley: the server is still working on it" << std::endl;
  }
  const auto& error = asking.error();
  if (error && !asking.is_connected()) return failure_to_reach(socket, error);
  if (error) return fail(Errc::unavailable, "the server went away: " + error.message());
  const auto answered = parse_object(asking.answer());
  if (!answered) return answered.error();
  return to_answer(*answered);
}

}  // namespace parley::app
