// What operators ask of a server that runs: the commands on its control socket, and what users
// share with them.
#include "app/embedded_stores.hpp"
#include "app/program.hpp"
#include "mail/forgetting.hpp"

namespace parley::app {

namespace {

Task<Result<json::object>> ask_user_desk(const UserServices& services, json::object question) {
  UserDesk desk(services);
  const Time now = wall_now();
  co_return co_await desk.answer(std::move(question), now);
}

/// Whoever is disabled by now, or whose logins have ended, is refused and has left when this comes
/// back.
Task<void> see_out(Bouncer& bouncer, api::Gateway& gateway) {
  co_await bouncer.look();
  co_await gateway.settle();
}

Task<Result<json::object>> ask_message_desk(const MessageServices& services,
                                            json::object question) {
  MessageDesk desk(services);
  co_return co_await desk.answer(std::move(question));
}

Task<Result<json::object>> show_metrics(const ops::Metrics& metrics) {
  co_return json::object{{"text", metrics.expose()}};
}

Task<Result<json::object>> say_alive() { co_return json::object{}; }

}  // namespace

void Program::listen_for_commands() {
  // Whoever holds the lock of an embedded store owns DATA_DIR, and the socket in it.
  std::map<std::string, Control::Command> commands;
  if (mail_room_.is_private()) {
    commands["jobs"] = [this](json::object question) {
      return mail_room_.answer(std::move(question));
    };
  }
  if (auto* embedded = dynamic_cast<EmbeddedStores*>(stores_.get())) {
    commands["backup"] = [this, &database = embedded->database()](json::object arguments) {
      return backup(database, std::move(arguments));
    };
  }
  if (commands.empty()) return;
  commands["user"] = [this](json::object question) {
    return ask_user_desk(user_services_, std::move(question));
  };
  commands["message"] = [this](json::object question) {
    return ask_message_desk(message_services_, std::move(question));
  };
  commands["metrics"] = [this](json::object) { return show_metrics(metrics_); };
  commands["alive"] = [](json::object) { return say_alive(); };
  control_ = std::make_unique<Control>(shards_[0], control_socket(settings_.store.data_dir),
                                       std::move(commands));
}

UserServices Program::user_services() {
  return {stores_->accounts(),
          stores_->operators(),
          stores_->sessions(),
          stores_->conversations(),
          stores_->messages(),
          domain_.accounts,
          domain_.logins,
          domain_.hasher,
          domain_.limits,
          services_.close_sockets,
          [this] { return see_out(bouncer_, gateway_); },
          [this](chat::Account account) { return forget(std::move(account)); }};
}

Task<Result<Done>> Program::erase(chat::UserId user) {
  json::object question{{"verb", "delete"}, {"user", user.hex()}};
  const auto erased = co_await ask_user_desk(user_services_, std::move(question));
  if (!erased) co_return erased.error();
  co_return Done{};
}

Task<Result<std::size_t>> Program::forget(chat::Account account) {
  if (neighbourhood_) {
    const chat::UserId user = account.id;
    const auto forgotten = co_await neighbourhood_->forget(user);
    if (!forgotten) co_return forgotten.error();
  }
  co_return co_await mail::remove_mails_of(mail_room_.queue(), std::move(account));
}

Task<Result<json::object>> Program::backup(store::embedded::Database& database,
                                           json::object arguments) {
  const auto folder = json::string_member(arguments, "folder");
  if (!folder) co_return fail(Errc::bad_request, "backup wants a folder");
  auto work = [&database, target = std::filesystem::path{*folder}] {
    return database.checkpoint(target);
  };
  const auto made = co_await chores_.run(std::move(work));
  if (!made) co_return made.error();
  co_return json::object{};
}

}  // namespace parley::app
