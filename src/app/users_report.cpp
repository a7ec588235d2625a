#include "app/users_report.hpp"

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>

#include "app/table.hpp"
#include "base/descriptor.hpp"
#include "base/random_bytes.hpp"

namespace parley::app {

namespace {

constexpr std::size_t widest = 60;

/// An empty file for its owner alone, where there was none. conflict, unavailable.
Result<Done> make_file(const std::string& path) {
  const Descriptor made{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (made) return Done{};
  if (errno == EEXIST) return fail(Errc::conflict, path + " exists already");
  return fail(Errc::unavailable, path + " cannot be written: " + std::strerror(errno));
}

/// 20 characters of 32, which nobody confuses: 100 bits.
std::string new_password() {
  constexpr std::string_view letters = "abcdefghjkmnpqrstuvwxyz23456789-";
  std::array<unsigned char, 20> bytes;
  fill_random(bytes);
  std::string password;
  for (const unsigned char byte : bytes) password += letters[byte % letters.size()];
  return password;
}

std::string flags_of(const json::object& user) {
  std::string flags;
  const auto add = [&](std::string_view key, std::string_view word) {
    if (text_of(user, key) == "true") flags.append(flags.empty() ? "" : ",").append(word);
  };
  add("administrator", "administrator");
  add("emailVerified", "verified");
  add("deleted", "deleted");
  if (text_of(user, "deleted") != "true") add("disabled", "disabled");
  return flags;
}

/// One run of `parley user`.
class Report {
 public:
  Report(const UserRequest& request, const Ask& ask, const Terminal& terminal)
      : request_(request), ask_(ask), terminal_(terminal) {}

  int run() {
    const std::string& verb = request_.verb;
    if (verb == "list") return list();
    if (verb == "export") return export_user();
    if (verb == "sessions") return sessions();
    if (verb == "create" || verb == "reset-password") return with_password();
    if (verb == "delete" && !request_.yes && !is_meant()) return exit_failed;
    auto answer = ask_(question());
    if (!answer) return failed(answer.error());
    return said(*answer, sentence(*answer));
  }

 private:
  json::object question() const {
    json::object asked{{"command", "user"}, {"verb", request_.verb}, {"user", request_.email}};
    if (request_.verb == "promote") asked["revoke"] = request_.revoke;
    if (request_.verb == "delete") asked["texts"] = request_.remove_texts;
    if (request_.verb == "revoke") asked["session"] = request_.session;
    return asked;
  }

  int failed(const Error& error) const {
    const std::string_view why = error.detail;
    terminal_.err << "parley: " << printable(why, 500) << '\n';
    return exit_failed;
  }

  int said(json::object answer, const std::string& text) const {
    answer.erase("ok");
    terminal_.out << (request_.json ? json::serialize(answer) : text) << '\n';
    return exit_ok;
  }

  bool is_meant() const {
    const std::string what = request_.remove_texts
                                 ? " and the texts of all messages that they have sent"
                                 : "; messages that they have sent stay with those who got them";
    if (terminal_.confirm("Delete " + request_.email + what + "? This cannot be undone."))
      return true;
    terminal_.err
        << "parley: nothing was deleted: it was not confirmed. With --yes nobody is asked\n";
    return false;
  }

  std::string sentence(const json::object& answer) const {
    const std::string& verb = request_.verb;
    if (verb == "show") return details(answer);
    if (verb == "delete") return deleted(answer);
    if (verb == "revoke") return text_of(answer, "sessionsEnded") + " sessions ended";
    const std::string name = printable(text_of(answer, "username"), widest);
    if (verb == "verify") return name + " has a verified e-mail address";
    if (verb == "disable") return name + " is disabled: cannot log in, and is disconnected";
    if (verb == "enable") return name + " is enabled, and may log in";
    return name + (request_.revoke ? " is no administrator" : " is an administrator");
  }

  static std::string deleted(const json::object& answer) {
    std::string text = "deleted; what is left is the id " + text_of(answer, "_id") +
                       ". Texts of messages they sent are " + text_of(answer, "texts") + ".";
    if (answer.contains("mails")) text += " Mails removed: " + text_of(answer, "mails") + ".";
    return text;
  }

  static std::string details(const json::object& answer) {
    std::string text;
    for (const auto& [key, value] : answer) {
      if (key == "ok") continue;
      if (!text.empty()) text += '\n';
      std::string name{key};
      name.resize(20, ' ');
      text += name + printable(text_of(answer, key), 200);
    }
    return text;
  }

  /// Calls `take` for every page of what `asked` asks for. The error that ended it.
  std::optional<Error> each_page(json::object asked, std::string_view from,
                                 const std::function<bool(json::object&)>& take) {
    while (true) {
      auto page = ask_(asked);
      if (!page) return page.error();
      if (!take(*page)) return std::nullopt;
      const json::value* next = page->if_contains("next");
      if (next == nullptr) return std::nullopt;
      asked[from] = *next;
    }
  }

  int list() {
    std::vector<Row> rows{{"ID", "USERNAME", "EMAIL", "SINCE (UTC)", "LAST SEEN (UTC)", "FLAGS"}};
    std::size_t left = request_.limit;
    json::object asked{{"command", "user"}, {"verb", "list"}, {"search", request_.search}};
    const auto error = each_page(std::move(asked), "after", [&](json::object& page) {
      for (const json::value& one : page.at("users").as_array()) {
        if (left == 0) return false;
        --left;
        const json::object& user = one.as_object();
        if (request_.json) {
          terminal_.out << json::serialize(user) << '\n';
        } else {
          rows.push_back({text_of(user, "_id"), printable(text_of(user, "username"), 32),
                          printable(text_of(user, "email"), 48),
                          clock_of(text_of(user, "createdAt")), clock_of(text_of(user, "lastSeen")),
                          flags_of(user)});
        }
      }
      return true;
    });
    if (error) return failed(*error);
    if (!request_.json) print_table(terminal_.out, rows);
    return exit_ok;
  }

  int sessions() {
    auto answer = ask_(question());
    if (!answer) return failed(answer.error());
    if (request_.json) return said(*answer, {});
    std::vector<Row> rows{{"SESSION", "SINCE (UTC)", "UNTIL (UTC)", "STATE"}};
    for (const json::value& one : answer->at("sessions").as_array()) {
      const json::object& login = one.as_object();
      rows.push_back({text_of(login, "_id"), clock_of(text_of(login, "createdAt")),
                      clock_of(text_of(login, "expiresAt")),
                      text_of(login, "revoked") == "true" ? "revoked" : "open"});
    }
    print_table(terminal_.out, rows);
    return exit_ok;
  }

  /// A password comes from standard input, or is made and said once.
  int with_password() {
    std::string password;
    if (request_.password_stdin) {
      std::getline(terminal_.in, password);
    } else {
      password = new_password();
    }
    json::object asked = question();
    asked["password"] = password;
    if (request_.verb == "create") {
      asked["email"] = request_.email;
      asked["username"] = request_.username;
      asked["administrator"] = request_.administrator;
      asked["verified"] = request_.verified;
    }
    auto answer = ask_(std::move(asked));
    if (!answer) return failed(answer.error());
    std::string text = printable(text_of(*answer, "username"), widest);
    text += request_.verb == "create"
                ? " (" + text_of(*answer, "_id") + ") is there"
                : " has a new password; " + text_of(*answer, "sessionsEnded") + " sessions ended";
    if (!request_.password_stdin) {
      (*answer)["password"] = password;
      text += ". The password, which is shown this once: " + password;
    }
    return said(std::move(*answer), text);
  }

  /// One JSON object a line: the account, its sessions, its conversations, each followed by its
  /// messages, newest first.
  int export_user() {
    if (request_.file == "-") {
      const auto error = write_all_of_user(terminal_.out);
      return error ? failed(*error) : exit_ok;
    }
    if (const auto made = make_file(request_.file); !made) return failed(made.error());
    std::ofstream file(request_.file, std::ios::binary);
    if (const auto error = write_all_of_user(file)) {
      std::error_code ignored;
      std::filesystem::remove(request_.file, ignored);  // a part of it is of no use
      return failed(*error);
    }
    const json::object done{{"file", request_.file}, {"records", records_}};
    return said(done, std::to_string(records_) + " records are in " + request_.file);
  }

  std::optional<Error> write_all_of_user(std::ostream& out) {
    auto error = write_user(out);
    out.flush();
    if (error || out) return error;
    return fail(Errc::unavailable, request_.file + " cannot be written");
  }

  json::object asked_of(std::string_view verb) const {
    return {{"command", "user"}, {"verb", verb}, {"user", request_.email}};
  }

  void write(std::ostream& out, std::string_view kind, const json::object& record) {
    json::object line{{"kind", kind}};
    line.insert(record.begin(), record.end());
    out << json::serialize(line) << '\n';
    ++records_;
  }

  std::optional<Error> write_user(std::ostream& out) {
    auto account = ask_(asked_of("show"));
    if (!account) return account.error();
    for (const char* counted : {"ok", "sessions", "conversations"}) account->erase(counted);
    write(out, "account", *account);
    const auto sessions = ask_(asked_of("sessions"));
    if (!sessions) return sessions.error();
    for (const json::value& one : sessions->at("sessions").as_array())
      write(out, "session", one.as_object());
    json::object asked = asked_of("export");
    asked["part"] = "conversations";
    std::optional<Error> inner;
    const auto outer = each_page(std::move(asked), "cursor", [&](json::object& page) {
      for (const json::value& one : page.at("records").as_array()) {
        write(out, "conversation", one.as_object());
        inner = write_messages(out, text_of(one.as_object(), "_id"));
        if (inner) return false;
      }
      return true;
    });
    return outer ? outer : inner;
  }

  std::optional<Error> write_messages(std::ostream& out, const std::string& conversation) {
    json::object asked = asked_of("export");
    asked["part"] = "messages";
    asked["conversation"] = conversation;
    return each_page(std::move(asked), "cursor", [&](json::object& page) {
      for (const json::value& one : page.at("records").as_array())
        write(out, "message", one.as_object());
      return true;
    });
  }

  const UserRequest& request_;
  const Ask& ask_;
  const Terminal& terminal_;
  std::size_t records_ = 0;
};

}  // namespace

int report_user(const UserRequest& request, const Ask& ask, const Terminal& terminal) {
  return Report(request, ask, terminal).run();
}

}  // namespace parley::app
