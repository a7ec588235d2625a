#pragma once

#include "app/stores.hpp"
#include "base/object_id.hpp"
#include "chat/accounts.hpp"
#include "chat/bars.hpp"
#include "chat/logins.hpp"
#include "chat/messaging.hpp"
#include "chat/ports/mail_queue.hpp"
#include "chat/presences.hpp"
#include "chat/recovery.hpp"
#include "chat/sessions.hpp"
#include "crypto/bcrypt_hasher.hpp"
#include "crypto/jwt_signer.hpp"
#include "crypto/link_signer.hpp"
#include "net/workers.hpp"
#include "settings/settings.hpp"

namespace parley::app {

chat::Limits chat_limits(const Settings::Limits& limits);

/// What links in mails are made of and do.
struct LinkDomain {
  LinkDomain(const Settings& settings, chat::PasswordHasher& hasher, Stores& stores,
             chat::MailQueue& mails);

  crypto::LinkSigner signer;
  chat::Recovery recovery;
};

/// The domain on these stores.
struct Domain {
  Domain(const Settings& settings, net::Workers& hashing, Stores& stores,
         chat::PresenceStore& presence, chat::MailQueue& mails);

  chat::Limits limits;
  chat::Bars bars;  ///< Kept by a Bouncer.
  ObjectIdSource ids;
  crypto::BcryptHasher hasher;
  crypto::JwtSigner signer;
  chat::Accounts accounts;
  chat::Sessions sessions;
  chat::Logins logins;
  chat::Messaging messaging;
  chat::Presences presences;
  LinkDomain links;
};

}  // namespace parley::app
