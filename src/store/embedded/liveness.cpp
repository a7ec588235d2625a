#include "store/embedded/liveness.hpp"

#include <algorithm>

#include "store/embedded/bytes.hpp"

namespace parley::store::embedded {

namespace {
std::optional<Time> time_at(Transaction& transaction, const Key& key) {
  std::string value;
  return transaction.get(key, value) ? decode_time(value) : std::nullopt;
}
}  // namespace

void Liveness::arrived(Transaction& transaction, chat::UserId user, Time now) {
  transaction.put(keys::online(user), encode_time(now));
}

void Liveness::left(Transaction& transaction, chat::UserId user, Time now) {
  transaction.erase(keys::online(user));
  touch(transaction, user, now);
}

void Liveness::left_before(Transaction& transaction, chat::UserId user, Time at) {
  const Key marker = keys::online(user);
  if (const auto since = time_at(transaction, marker); since && *since <= at)
    transaction.erase(marker);
  touch(transaction, user, at);
}

void Liveness::touch(Transaction& transaction, chat::UserId user, Time at) {
  // Devices that leave because the user was deleted bring nothing back.
  const auto deleted_at = time_at(transaction, keys::bar(user));
  if (deleted_at && *deleted_at != Time{}) return;
  const auto known = transaction.last_seen(user);
  if (transaction.error() || (known && *known >= at)) return;
  transaction.put(keys::last_seen(user), encode_time(at));
}

void Liveness::alive(Transaction& transaction, Time now) {
  transaction.put(keys::meta("alive"), encode_time(now));
}

Result<Done> Liveness::recover(Engine& engine, const Config& config) {
  Transaction transaction(engine, config);
  const auto died = time_at(transaction, keys::meta("alive"));
  for (const std::string& key : transaction.keys_with(keys::all(Table::people, keys::online_tag))) {
    const Key marker{Table::people, Bytes(key)};
    const auto since = time_at(transaction, marker);
    Parser in(std::string_view(key).substr(1));
    const auto user = in.id<chat::UserId>();
    if (since && in.finished()) touch(transaction, user, died ? std::max(*died, *since) : *since);
    transaction.erase(marker);
  }
  if (transaction.error()) return *transaction.error();
  transaction.require_sync();
  if (const auto status = transaction.commit(); !status.ok()) return to_error(status);
  return Done{};
}

}  // namespace parley::store::embedded
