#include "store/mongo/survey.hpp"

#include <algorithm>
#include <functional>

#include "chat/ports/account_store.hpp"
#include "store/mongo/documents.hpp"
#include "store/mongo/users.hpp"

namespace parley::store::mongo {

namespace {
/// Who would have a key, by its hash: two keys of one hash are rarer than broken memory.
struct Claim {
  std::size_t key = 0;
  Contender contender;

  friend auto operator<=>(const Claim&, const Claim&) = default;
};

class Survey {
 public:
  Survey(Lease& lease, const MigrateOptions& options) : lease_(lease), options_(options) {}

  Result<Migrated> run() {
    const auto missing = missing_indexes(lease_);
    if (!missing) return missing.error();
    result_.indexes = missing->size();
    for (const auto step : {&Survey::look_at_users, &Survey::look_at_conversations}) {
      if (auto done = (this->*step)(); !done) return std::move(done).error();
    }
    const Document absent(Document().set("$exists", false));
    const auto messages =
        lease_.count(messages_collection, Document(Document().set("seq", absent)));
    if (!messages) return messages.error();
    result_.messages = *messages;
    return result_;
  }

 private:
  template <class Visit>
  Result<Done> each(Step step, std::string_view collection, Visit visit) {
    const auto total = lease_.count(collection);
    if (!total) return total.error();
    std::uint64_t seen = 0;
    return lease_.each(collection, {}, {}, [&](View document) {
      visit(document);
      if (++seen % 100 == 0 && options_.progress) options_.progress({step, seen, *total});
      return true;
    });
  }

  Result<Done> look_at_users() {
    auto done = each(Step::users, users_collection, [this](View user) {
      const auto id = user.at("_id").object_id();
      const auto address = user.text("email");
      result_.unreadable += !id || !address || !user.text("username");
      if (!id) return;
      result_.users += !is_complete(user);
      if (!address) return;
      // Of users the first one keeps its address: the order is turned round.
      Contender contender{user.has("emailKey"), {}, *id};
      for (std::uint8_t& byte : contender.id) byte = static_cast<std::uint8_t>(~byte);
      claim(chat::fold_email(*address), contender);
    });
    tell_clashes(Step::users);
    return done;
  }

  Result<Done> look_at_conversations() {
    auto done = each(Step::conversations, conversations_collection, [this](View conversation) {
      const auto pair = pair_of(conversation);
      result_.unreadable += !pair;
      if (!pair) return;
      const Contender contender = contender_of(conversation);
      result_.conversations += !contender.has_key;
      claim(pair->key, contender);
    });
    tell_clashes(Step::conversations);
    return done;
  }

  void claim(const std::string& key, const Contender& contender) {
    claims_.push_back({std::hash<std::string>{}(key), contender});
  }

  void tell_clashes(Step step) {
    std::sort(claims_.begin(), claims_.end(), std::greater<>());
    const Claim* kept = nullptr;
    for (const Claim& one : claims_) {
      if (!kept || kept->key != one.key) {
        kept = &one;
        continue;
      }
      ++result_.clashes;
      (step == Step::users ? result_.users : result_.conversations) -= 1;
      if (result_.listed.size() < Migrated::max_listed)
        result_.listed.push_back({step, id_of(step, *kept), id_of(step, one)});
    }
    claims_.clear();
  }

  static std::string id_of(Step step, const Claim& claim) {
    ObjectId id = claim.contender.id;
    if (step == Step::users) {
      for (std::uint8_t& byte : id) byte = static_cast<std::uint8_t>(~byte);
    }
    return to_hex(id);
  }

  Lease& lease_;
  const MigrateOptions& options_;
  std::vector<Claim> claims_;
  Migrated result_;
};
}  // namespace

std::optional<Pair> pair_of(View conversation) {
  const auto participants = conversation.document("participants");
  if (!participants || !conversation.at("_id").object_id()) return std::nullopt;
  std::vector<chat::UserId> users;
  std::size_t count = 0;
  participants->each([&](std::string_view, const Value& one) {
    ++count;
    if (const auto user = one.id<chat::UserId>()) users.push_back(*user);
  });
  if (count != 2 || users.size() != 2) return std::nullopt;
  return Pair{Array(users), pair_key(users[0], users[1])};
}

Contender contender_of(View conversation) {
  return {conversation.has("pair"), conversation.time("lastMessageAt").value_or(Time{}),
          conversation.at("_id").object_id().value_or(ObjectId{})};
}

Result<Migrated> survey(Lease& lease, const MigrateOptions& options) {
  return Survey(lease, options).run();
}

}  // namespace parley::store::mongo
