#include "app/local_ask.hpp"

#include <unistd.h>

#include <iostream>
#include <utility>

#include "app/control.hpp"
#include "app/embedded_stores.hpp"
#include "settings/owner.hpp"

namespace parley::app {

namespace {

/// Only a person at a terminal can say yes.
bool confirm(const std::string& question) {
  if (::isatty(STDIN_FILENO) == 0) return false;
  std::cerr << question << " [y/N] ";
  std::string line;
  std::getline(std::cin, line);
  return line == "y" || line == "Y" || line == "yes";
}

}  // namespace

LocalAsk::LocalAsk(const Settings& settings, Open open)
    : socket_(control_socket(settings.store.data_dir)), open_(std::move(open)) {}

Result<json::object> LocalAsk::operator()(json::object question) {
  if (!opened_) {
    auto answer = ask(socket_, question);
    if (answer || answer.error().code != Errc::not_found) return answer;
    auto opened = open_();
    if (!opened) return opened.error();
    opened_ = std::move(*opened);
  }
  return opened_(std::move(question));
}

Result<std::unique_ptr<store::embedded::Database>> open_stopped(const Settings& settings) {
  const auto config = embedded_config(settings);
  std::error_code error;
  if (!std::filesystem::exists(config.directory, error))
    return fail(Errc::not_found, "there is no data in " + settings.store.data_dir.string());
  if (const auto ours = check_owner(settings.store.data_dir); !ours) return ours.error();
  return store::embedded::Database::open(config);
}

const Terminal& terminal() {
  static const Terminal standard{std::cout, std::cerr, confirm};
  return standard;
}

int refused(const Error& error, ExitCode code) {
  std::cerr << "parley: " << error.detail << '\n';
  return code;
}

}  // namespace parley::app
