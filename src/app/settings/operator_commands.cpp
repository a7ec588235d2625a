#include "settings/operator_commands.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "settings/validators.hpp"
#include "settings/verbs.hpp"

namespace parley::app {
namespace {

constexpr auto user_footer = R"(
USER is an e-mail address or an id (24 hex digits).
Which store is meant: MongoDB if MONGO_URI (--mongo-uri) is set, the embedded one in DATA_DIR otherwise;
a server that runs on DATA_DIR is asked, and without one the store is opened.

Examples:
  parley user list --search ann
  parley user create ann@example.org --username ann      a password is made, and shown once
  parley user promote ann@example.org           she may send letters to anybody
  parley user promote --revoke ann@example.org  no more
  parley user verify ann@example.org            as if she had followed the link in the mail
  parley user disable ann@example.org           logged out everywhere, until parley user enable
  parley user export ann@example.org ann.jsonl  what is hers: one JSON object a line
  parley user delete ann@example.org            who got her messages keeps them, from "Deleted user"
  parley user delete --texts ann@example.org    and they lose the texts as well)";

constexpr auto message_footer = R"(
Says when the message was stored, how far its receiver has got and whether they are connected, and what
became of the mail about it. Never what it says.

Example:
  parley message trace 507f1f77bcf86cd799439011)";

constexpr auto doctor_footer = R"(
Looks at the settings, the address, the store, Redis, MongoDB, the mail server, the certificate, the limit of
open files, the clock and the disk, changes nothing, and says how to mend what is not right.
Exit codes: 0 nothing is bad, 1 something is, 2 the settings cannot be read.)";

constexpr auto top_footer = R"(
A server that runs on DATA_DIR is asked; without one, or with --host or --port, /metrics there, over plain HTTP.
Rates are a second, between two looks; latencies are the server's own.

Examples:
  parley top
  parley top --once --json                      one look, for a program
  parley top --host 10.0.0.7 --port 8000        another node)";

constexpr std::size_t most_users = 10'000'000;

}  // namespace

void describe_user(CLI::App& command, UserRequest& request) {
  command.require_subcommand(1);
  command.footer(user_footer);
  const auto plain_verb = [&](const std::string& name, const std::string& meaning) {
    return add_verb(command, {request.verb, request.json}, name, meaning);
  };
  const auto verb = [&](const std::string& name, const std::string& meaning) {
    CLI::App* added = plain_verb(name, meaning);
    added->add_option("USER", request.email, "Whose: an address or an id")->required();
    return added;
  };
  auto* list = plain_verb("list", "Show users, those first who came first");
  list->add_option("--search", request.search, "Only those whose username begins so");
  list->add_option("--limit", request.limit, "The most")
      ->check(between(std::size_t{1}, most_users))
      ->capture_default_str();
  verb("show", "Show an account");
  auto* create = plain_verb("create", "Make an account for an e-mail address");
  create->add_option("EMAIL", request.email, "Their address")->required();
  create->add_option("--username", request.username, "The username")->required();
  create->add_flag("--administrator", request.administrator, "As an administrator");
  create->add_flag("--verified", request.verified, "The address counts as verified");
  verb("promote", "Make a user an administrator")
      ->add_flag("--revoke", request.revoke, "An administrator is one no more");
  verb("verify", "Count a user's e-mail address as verified");
  verb("disable", "End all sessions of a user, and allow no new one");
  verb("enable", "Let a disabled user log in again");
  auto* remove = verb("delete", "Delete a user for ever");
  remove->add_flag("--texts", request.remove_texts, "With the texts of messages that they sent");
  remove->add_flag("--yes", request.yes, "Do not ask whether it is meant");
  auto* reset = verb("reset-password", "Give a user a new password, and end their sessions");
  for (auto* with_password : {create, reset}) {
    with_password->add_flag("--password-stdin", request.password_stdin,
                            "Read the password from standard input, a line");
  }
  verb("sessions", "Show where a user is logged in");
  verb("revoke", "End sessions of a user: all, or one")
      ->add_option("--session", request.session, "Only this one");
  verb("export", "Write what is a user's, for them")
      ->add_option("FILE", request.file, "A new file; - is standard output")
      ->capture_default_str();
}

void describe_message(CLI::App& command, MessageRequest& request) {
  command.require_subcommand(1);
  command.footer(message_footer);
  auto* trace = command.add_subcommand("trace", "Say where a message is, and why");
  trace->fallthrough();
  trace->add_option("ID", request.id, "The message's id")->required();
  trace->add_flag("--json", request.json, "Print what was found as JSON");
}

void describe_doctor(CLI::App& command, DoctorRequest& request) {
  command.footer(doctor_footer);
  command.add_flag("--json", request.json, "Print what was found as JSON");
}

void describe_top(CLI::App& command, TopRequest& request) {
  command.footer(top_footer);
  command.add_flag("--once", request.once, "One look, and the end");
  command.add_flag("--json", request.json, "Print a JSON object a look");
  command
      .add_option_function<double>(
          "--interval",
          [&request](double seconds) {
            request.interval = std::chrono::milliseconds{static_cast<int>(seconds * 1000)};
          },
          "Seconds between two looks [default: 2]")
      ->check(between(0.1, 3600.0));
}

}  // namespace parley::app
