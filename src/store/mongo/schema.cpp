#include "store/mongo/schema.hpp"

#include <atomic>
#include <set>
#include <thread>

#include "ops/log.hpp"

namespace parley::store::mongo {

namespace {
constexpr const char* by_email[] = {"email"};
constexpr const char* by_email_key[] = {"emailKey"};
constexpr const char* by_username_key[] = {"usernameKey"};
constexpr const char* by_disabled[] = {"disabled"};
constexpr const char* by_participant[] = {"participants", "-lastMessageAt", "-parley.tail.version",
                                          "-_id"};
constexpr const char* by_pair[] = {"pair"};
constexpr const char* by_conversation_time[] = {"conversationId", "-createdAt"};
constexpr const char* by_receiver_status[] = {"receiver", "status"};
constexpr const char* by_seq[] = {"conversationId", "seq"};
constexpr const char* by_client_id[] = {"sender", "clientId"};
constexpr const char* by_version[] = {"conversationId", "version"};
constexpr const char* by_user[] = {"user"};
constexpr const char* by_revocation[] = {"revokedAt"};
constexpr const char* by_expiry[] = {"expiresAt"};

constexpr Index all[] = {
    {"users", "email_1", by_email, true},
    {"users", "emailKey_1", by_email_key, true, "emailKey"},
    {"users", "usernameKey_1", by_username_key},
    {"users", "disabled_1", by_disabled, false, "disabled"},
    {"conversations", "participants_1_lastMessageAt_-1_parley.tail.version_-1__id_-1",
     by_participant},
    {"conversations", "pair_1", by_pair, true, "pair"},
    {"messages", "conversationId_1_createdAt_-1", by_conversation_time},
    {"messages", "receiver_1_status_1", by_receiver_status},
    {"messages", "conversationId_1_seq_1", by_seq, true, "seq"},
    {"messages", "sender_1_clientId_1", by_client_id, true, "clientId"},
    {"messages", "conversationId_1_version_1", by_version},
    {"parley_sessions", "user_1", by_user},
    {"parley_sessions", "revokedAt_1", by_revocation, false, "revokedAt"},
    {"parley_sessions", "expiresAt_1", by_expiry, false, nullptr, true},
};

/// A large collection's index takes longer than a call may; the server goes on with it.
constexpr auto longest_build = std::chrono::hours(6);

enum class Extras { wanted, none };

Document specification(const Index& index, Extras extras) {
  Document key;
  for (const std::string_view member : index.key) {
    const bool is_descending = member.front() == '-';
    key.set(member.substr(is_descending), is_descending ? -1 : 1);
  }
  Document one;
  one.set("key", key).set("name", index.name);
  if (index.is_unique) one.set("unique", true);
  if (extras == Extras::none) return one;
  if (index.exists) {
    const Document exists(Document().set("$exists", true));
    one.set("partialFilterExpression", Document().set(index.exists, exists));
  }
  if (index.expires) one.set("expireAfterSeconds", 0);
  return one;
}

Result<Done> create(Client& client, const Index& index, Extras extras) {
  auto lease = client.lease();
  if (!lease) return std::move(lease).error();
  const Array one(std::vector<Document>{specification(index, extras)});
  const Document command(Document().set("createIndexes", index.collection).set("indexes", one));
  if (auto made = lease->write_command(command); !made) return std::move(made).error();
  return Done{};
}

/// Asks again while the server is busy with it: a second question joins the first build.
Result<Done> create_and_wait(Client& client, const Index& index, Extras extras) {
  const auto deadline = std::chrono::steady_clock::now() + longest_build;
  auto made = create(client, index, extras);
  while (!made && made.error().code == Errc::unavailable && client.ping() &&
         std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(1s);
    made = create(client, index, extras);
  }
  return made;
}

Error refused(const Index& index, const Error& error) {
  const std::string which = std::string(index.collection) + ", index " + std::string(index.name);
  // Not the server's words: they hold the value, which may be an address.
  if (error.code == Errc::conflict)
    return fail(Errc::conflict, "documents that are there already break a unique index: " + which);
  return fail(error.code, which + ": " + error.detail);
}
}  // namespace

std::span<const Index> indexes() { return all; }

Result<Done> ensure_indexes(Client& client,
                            const std::function<void(const IndexProgress&)>& progress) {
  const auto tell = [&progress](std::size_t done, std::string_view next) {
    if (progress) progress({done, std::size(all), next});
  };
  bool is_plain = false;
  for (std::size_t i = 0; i < std::size(all); ++i) {
    tell(i, all[i].name);
    auto made = create_and_wait(client, all[i], Extras::wanted);
    const bool has_extras = all[i].exists || all[i].expires;
    if (!made && made.error().code == Errc::not_supported && has_extras) {
      is_plain = true;
      made = create_and_wait(client, all[i], Extras::none);
    }
    if (!made) return refused(all[i], made.error());
  }
  tell(std::size(all), {});
  static std::atomic<bool> is_said = false;
  if (is_plain && !is_said.exchange(true))
    ops::log().warn("this MongoDB server has no partial and TTL indexes: made without");
  return Done{};
}

Result<std::unique_ptr<Client>> open_with_indexes(Config config) {
  auto client = Client::open(std::move(config));
  if (!client) return client;
  if (auto reached = (*client)->ping(); !reached) return std::move(reached).error();
  if (auto made = ensure_indexes(**client); !made) return std::move(made).error();
  return client;
}

Result<std::vector<std::string_view>> missing_indexes(Lease& lease) {
  std::set<std::string> there;
  for (const std::string_view collection : {users_collection, std::string_view("conversations"),
                                            std::string_view("messages"), sessions_collection}) {
    auto listed = lease.index_names(collection);
    if (!listed) return std::move(listed).error();
    for (const std::string& name : *listed) there.insert(std::string(collection) + "." + name);
  }
  std::vector<std::string_view> missing;
  for (const Index& index : all) {
    if (!there.contains(std::string(index.collection) + "." + std::string(index.name)))
      missing.push_back(index.name);
  }
  return missing;
}

}  // namespace parley::store::mongo
