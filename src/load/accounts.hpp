#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "load/loop.hpp"
#include "load/plan.hpp"

namespace parley::load {

struct Account {
  std::string id;
  std::string token;
  Time expires;  ///< Of the token.

  friend bool operator==(const Account&, const Account&) = default;
};

/// Who is registered at a server, by number; `tag` is a part of all their names.
struct Accounts {
  std::string tag;
  std::vector<Account> all;

  friend bool operator==(const Accounts&, const Accounts&) = default;
};
std::string email_of(const std::string& tag, std::size_t number);
/// Of POST /api/auth/login.
std::string login_body(const std::string& tag, std::size_t number);

/// When a JSON Web Token ends (`exp`); far away for one that does not say.
Time expiry_of(std::string_view token);

/// A file of accounts: a line with the tag, then a line each. What is no such file gives no
/// accounts.
Accounts read_accounts(std::istream& in);
void write_accounts(std::ostream& out, const Accounts& accounts);
/// plan.accounts, or a file in the user's cache that is named after the server.
std::filesystem::path accounts_file(const Plan& plan, const Address& address);

using ShowProgress = std::function<void(std::string_view phase, std::size_t done, std::size_t of)>;
/// The plan's users with tokens that last for the run: from the file where the server still knows
/// them, by registering and logging in where not. Errors say what the server answered.
Result<Accounts> provide_accounts(const Plan& plan, const Address& address,
                                  const ShowProgress& progress);

}  // namespace parley::load
