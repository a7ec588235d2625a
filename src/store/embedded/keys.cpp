#include "store/embedded/keys.hpp"

#include <algorithm>
#include <bit>

namespace parley::store::embedded::keys {

namespace {
Bytes begin(char tag) {
  Bytes out;
  out.u8(static_cast<std::uint8_t>(tag));
  return out;
}
Key people(Bytes& out) { return {Table::people, std::move(out)}; }
Key chat(Bytes& out) { return {Table::chat, std::move(out)}; }
}  // namespace

Key meta(std::string_view name) { return people(begin(meta_tag).raw(name)); }
Key account(UserId id) { return people(begin(account_tag).id(id)); }
Key email(std::string_view folded) { return people(begin(email_tag).raw(folded)); }
Key username(std::string_view folded, UserId id) {
  return people(begin(username_tag).raw(folded).u8(0).id(id));
}
Key username_prefix(std::string_view folded) { return people(begin(username_tag).raw(folded)); }
Key family(FamilyId id) { return people(begin(family_tag).id(id)); }
Key user_family(UserId user, FamilyId id) { return people(begin(user_family_tag).id(user).id(id)); }
Key user_families(UserId user) { return people(begin(user_family_tag).id(user)); }
Key ended(Time at, FamilyId id) {
  return people(begin(ended_tag).be64(~static_cast<std::uint64_t>(to_unix_ms(at))).id(id));
}
Key online(UserId user) { return people(begin(online_tag).id(user)); }
Key last_seen(UserId user) { return people(begin(last_seen_tag).id(user)); }
Key bar(UserId user) { return people(begin(bar_tag).id(user)); }
Key job(std::string_view id) { return people(begin(job_tag).raw(id)); }
Key job_owner(std::string_view deduplication_id) {
  return people(begin(job_owner_tag).raw(deduplication_id));
}
Key job_log(std::string_view id) { return people(begin(job_log_tag).raw(id)); }

Key message(ConversationId conversation, Seq seq) {
  return chat(begin(message_tag).id(conversation).be64(seq));
}
Key message_id(MessageId id) { return chat(begin(message_id_tag).id(id)); }
Key head(ConversationId conversation) { return chat(begin(head_tag).id(conversation)); }
Key watermark(ConversationId conversation, std::size_t participant, Mark mark, Seq seq) {
  return chat(begin(watermark_tag)
                  .id(conversation)
                  .u8(static_cast<std::uint8_t>(participant))
                  .u8(static_cast<std::uint8_t>(mark))
                  .be64(seq));
}
Key pair(UserId one, UserId other) {
  return chat(begin(pair_tag).id(std::min(one, other)).id(std::max(one, other)));
}
Key membership(UserId user, ConversationId conversation) {
  return chat(begin(membership_tag).id(user).id(conversation));
}
Key memberships(UserId user) { return chat(begin(membership_tag).id(user)); }
Key client_id(UserId sender, std::string_view client_id) {
  return chat(begin(client_id_tag).id(sender).raw(client_id));
}

Key all(Table table, char tag) { return {table, begin(tag)}; }

std::size_t chat_group(const rocksdb::Slice& key) {
  constexpr std::size_t tag = 1, id = 12, mark = 2;
  switch (key.empty() ? '\0' : key[0]) {
    case message_tag:
    case membership_tag:
      return std::min(tag + id, key.size());
    case watermark_tag:
      return std::min(tag + id + mark, key.size());
    case message_id_tag:
      return tag;
    default:
      return key.size();
  }
}

Grouping groups(Table table, std::size_t memtable) {
  constexpr std::size_t bytes_per_group = 256;
  if (table == Table::people) return {[](const rocksdb::Slice&) { return std::size_t{0}; }, 1};
  return {&chat_group, std::bit_ceil(memtable / bytes_per_group)};
}

}  // namespace parley::store::embedded::keys
