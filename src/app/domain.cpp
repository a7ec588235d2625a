#include "app/domain.hpp"

#include <chrono>

namespace parley::app {

namespace {

using std::chrono::seconds;

chat::SessionSettings session_settings(const Settings::Auth& auth) {
  return {std::chrono::ceil<seconds>(auth.access_token_expire),
          std::chrono::ceil<seconds>(auth.refresh_token_expire),
          std::chrono::ceil<seconds>(auth.refresh_leeway)};
}

chat::RecoverySettings recovery_settings(const Settings::Mail& mail) {
  return {std::chrono::ceil<seconds>(mail.reset_link_expire),
          std::chrono::ceil<seconds>(mail.verify_link_expire)};
}

}  // namespace

chat::Limits chat_limits(const Settings::Limits& limits) {
  chat::Limits out;
  out.content_max = limits.max_content;
  out.username_min = limits.min_username;
  out.username_max = limits.max_username;
  out.email_max = limits.max_email;
  out.password_min = limits.min_password;
  out.password_max = limits.max_password;
  return out;
}

LinkDomain::LinkDomain(const Settings& settings, chat::PasswordHasher& hasher, Stores& stores,
                       chat::MailQueue& mails)
    : signer(settings.auth.access_token_secret),
      recovery(stores.accounts(), hasher, stores.sessions(), signer, mails,
               chat_limits(settings.limits), recovery_settings(settings.mail)) {}

Domain::Domain(const Settings& settings, net::Workers& hashing, Stores& stores,
               chat::PresenceStore& presence, chat::MailQueue& mails)
    : limits(chat_limits(settings.limits)),
      hasher(hashing, {settings.auth.hash_cost}),
      signer({settings.auth.access_token_secret, settings.auth.refresh_token_secret}),
      accounts(stores.accounts(), hasher, ids, chat_limits(settings.limits),
               {settings.mail.require_verified_email}),
      sessions(stores.sessions(), signer, ids, session_settings(settings.auth), &bars),
      logins(accounts, {stores.accounts(), stores.sessions(), stores.operators(), hasher}, limits),
      messaging(stores.messages(), stores.receipts(), stores.conversations(),
                chat_limits(settings.limits)),
      presences(presence, stores.accounts(), stores.conversations(), chat_limits(settings.limits)),
      links(settings, hasher, stores, mails) {
  messaging.set_clock(stores.clock());
}

}  // namespace parley::app
