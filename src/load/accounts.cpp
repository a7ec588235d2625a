#include "load/accounts.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <istream>
#include <ostream>
#include <random>

#include "base/base64.hpp"
#include "load/rest.hpp"
#include "load/wire.hpp"

namespace parley::load {

namespace {

constexpr std::string_view password = "correct horse 42";
constexpr std::string_view heading = "parley-bench-accounts 1 ";
constexpr auto reserve = std::chrono::minutes{2};  ///< That a token outlives the run.
constexpr auto never = std::chrono::hours{24 * 365};

std::string new_tag() {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::random_device device;
  std::string tag;
  for (int i = 0; i < 8; ++i) tag += letters[device() % letters.size()];
  return tag;
}

std::string name_of(const std::string& tag, std::size_t number) {
  return "bench_" + tag + "_" + std::to_string(number);
}

std::string register_body(const std::string& tag, std::size_t number) {
  return "{\"username\":\"" + name_of(tag, number) + "\"," + login_body(tag, number).substr(1);
}

Error explain(std::string_view call, const RestAnswer& answer) {
  std::string text = "The server answered " + std::string{call} + " with " +
                     (answer.status == 0 ? "nothing" : std::to_string(answer.status)) + ": " +
                     answer.body.substr(0, 200);
  if (answer.status == 429)
    text +=
        "\nIts limits are made for people: for a bench, start Parley with RATE_LIMIT_AUTH=0 "
        "and RATE_LIMIT_API=0 (of a Node.js server, switch the rate limiter "
        "off).";
  return fail(Errc::unavailable, std::move(text));
}

/// Brings accounts up to date, so many calls at a time.
class Desk {
 public:
  Desk(const Plan& plan, const Address& address, const ShowProgress& progress)
      : plan_(plan), pool_(loop_, address, plan.parallel), progress_(progress) {}

  /// Forgets everything when the server does not know the first user.
  void check(Accounts& accounts) {
    if (accounts.all.empty()) return;
    bool known = false;
    pool_.call(
        {"POST", "/api/auth/login", "", login_body(accounts.tag, 0), [&](const RestAnswer& answer) {
           known = answer.status == 200 && text_field(answer.body, "\"_id\"") == accounts.all[0].id;
           if (answer.status == 0 || answer.status == 429) note("login", answer);
         }});
    run("checking the accounts", 1);
    if (!known) accounts = {};
  }

  void register_missing(Accounts& accounts) {
    if (accounts.tag.empty()) accounts.tag = new_tag();
    const std::size_t first = accounts.all.size();
    if (first >= plan_.users) return;
    accounts.all.resize(plan_.users);
    for (std::size_t number = first; number < plan_.users; ++number) {
      pool_.call({"POST", "/api/auth/register", "", register_body(accounts.tag, number),
                  [this, &account = accounts.all[number]](const RestAnswer& answer) {
                    account.id = text_field(answer.body, "\"_id\"");
                    if (answer.status != 201 || account.id.empty()) note("a registration", answer);
                  }});
    }
    run("registering users", plan_.users - first);
  }

  void log_in_expired(Accounts& accounts) {
    const auto run_time = std::chrono::seconds{static_cast<int>(plan_.seconds + plan_.warm_up)};
    const Time needed = wall_now() + run_time + reserve;
    std::size_t calls = 0;
    for (std::size_t number = 0; number < plan_.users; ++number) {
      if (accounts.all[number].expires >= needed) continue;
      ++calls;
      pool_.call({"POST", "/api/auth/login", "", login_body(accounts.tag, number),
                  [this, &account = accounts.all[number]](const RestAnswer& answer) {
                    account.token = text_field(answer.body, "\"accessToken\"");
                    account.expires = expiry_of(account.token);
                    if (answer.status != 200 || account.token.empty()) note("a login", answer);
                  }});
    }
    run("logging users in", calls);
  }

  const std::optional<Error>& error() const { return error_; }

 private:
  void run(std::string_view phase, std::size_t calls) {
    while (pool_.open() > 0 && !error_) {
      loop_.turn(SteadyTime::max());
      progress_(phase, calls - pool_.open(), calls);
    }
  }
  void note(std::string_view call, const RestAnswer& answer) {
    if (!error_) error_ = explain(call, answer);
  }

  const Plan& plan_;
  Loop loop_;
  RestPool pool_;
  const ShowProgress& progress_;
  std::optional<Error> error_;
};

/// Only the user may read it.
void save(const std::filesystem::path& file, const Accounts& accounts) {
  std::error_code ignored;
  if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), ignored);
  const mode_t before = ::umask(077);
  std::ofstream out{file, std::ios::trunc};
  write_accounts(out, accounts);
  ::umask(before);
}

}  // namespace

std::string email_of(const std::string& tag, std::size_t number) {
  return name_of(tag, number) + "@example.org";
}

std::string login_body(const std::string& tag, std::size_t number) {
  return "{\"email\":\"" + email_of(tag, number) + "\",\"password\":\"" + std::string{password} +
         "\"}";
}

Time expiry_of(std::string_view token) {
  const Time far = wall_now() + never;
  const auto first = token.find('.');
  if (first == std::string_view::npos) return far;
  const auto claims =
      from_base64url(token.substr(first + 1, token.find('.', first + 1) - first - 1));
  if (!claims) return far;
  const auto at = claims->find("\"exp\":");
  std::int64_t seconds = 0;
  if (at == std::string::npos ||
      std::from_chars(claims->data() + at + 6, claims->data() + claims->size(), seconds).ec !=
          std::errc{})
    return far;
  return Time{std::chrono::seconds{seconds}};
}

Accounts read_accounts(std::istream& in) {
  Accounts accounts;
  std::string line;
  if (!std::getline(in, line) || !line.starts_with(heading)) return {};
  accounts.tag = line.substr(heading.size());
  Account account;
  std::int64_t expires = 0;
  while (in >> account.id >> expires >> account.token) {
    account.expires = from_unix_ms(expires);
    accounts.all.push_back(account);
  }
  return accounts;
}

void write_accounts(std::ostream& out, const Accounts& accounts) {
  out << heading << accounts.tag << '\n';
  for (const auto& account : accounts.all) {
    // Who has not logged in yet has no token, and a place for it all the same.
    out << account.id << ' ' << to_unix_ms(account.expires) << ' '
        << (account.token.empty() ? "-" : account.token) << '\n';
  }
}

std::filesystem::path accounts_file(const Plan& plan, const Address& address) {
  if (!plan.accounts.empty()) return plan.accounts;
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  std::filesystem::path folder = cache != nullptr  ? std::filesystem::path{cache}
                                 : home != nullptr ? std::filesystem::path{home} / ".cache"
                                                   : std::filesystem::temp_directory_path();
  std::string name = address.host;
  std::replace(name.begin(), name.end(), ':', '_');
  return folder / "parley-bench" / name;
}

Result<Accounts> provide_accounts(const Plan& plan, const Address& address,
                                  const ShowProgress& progress) {
  const auto file = accounts_file(plan, address);
  std::ifstream in{file};
  Accounts accounts = read_accounts(in);
  Desk desk{plan, address, progress};
  desk.check(accounts);
  if (!desk.error()) desk.register_missing(accounts);
  if (!desk.error()) desk.log_in_expired(accounts);
  if (desk.error()) return *desk.error();
  save(file, accounts);
  accounts.all.resize(plan.users);
  return accounts;
}

}  // namespace parley::load
