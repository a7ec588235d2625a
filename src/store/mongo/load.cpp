#include "store/mongo/load.hpp"

#include "store/mongo/adopt.hpp"

namespace parley::store::mongo {

namespace {
struct FoundHeads {
  std::vector<FoundHead> heads;
  std::size_t documents = 0;
};

Result<FoundHeads> find_heads(Lease& lease, const Document& filter, const Document& options) {
  FoundHeads all;
  auto done = lease.each(conversations_collection, filter, options, [&](View document) {
    ++all.documents;
    if (auto found = head_from(document)) all.heads.push_back(std::move(*found));
    return true;
  });
  if (!done) return std::move(done).error();
  return all;
}

Result<bool> adopt_stale(Lease& lease, Context& context, const std::vector<FoundHead>& all) {
  bool adopted = false;
  for (const FoundHead& one : all) {
    if (!one.is_stale) continue;
    if (auto done = adopt(lease, context, one.head.id); !done) return std::move(done).error();
    adopted = true;
  }
  return adopted;
}
}  // namespace

Result<LoadedHeads> load_page(Lease& lease, Context& context, const Document& filter,
                              const Document& options) {
  auto found = find_heads(lease, filter, options);
  if (!found) return std::move(found).error();
  auto adopted = adopt_stale(lease, context, found->heads);
  if (!adopted) return std::move(adopted).error();
  if (*adopted) found = find_heads(lease, filter, options);
  if (!found) return std::move(found).error();
  LoadedHeads loaded{{}, found->documents};
  loaded.heads.reserve(found->heads.size());
  for (FoundHead& one : found->heads) {
    context.clock.observe(one.head.changed());
    loaded.heads.push_back(std::move(one.head));
  }
  return loaded;
}

Result<std::vector<Head>> load_heads(Lease& lease, Context& context, const Document& filter) {
  const Document options;
  auto loaded = load_page(lease, context, filter, options);
  if (!loaded) return std::move(loaded).error();
  return std::move(loaded->heads);
}

Result<std::vector<Head>> load_heads(Lease& lease, Context& context,
                                     std::span<const chat::ConversationId> ids) {
  if (ids.empty()) return std::vector<Head>{};
  Document filter;
  match_any(filter, "_id", ids);
  return load_heads(lease, context, filter);
}

Result<Head> load_head(Lease& lease, Context& context, chat::ConversationId id,
                       chat::UserId viewer) {
  auto heads = load_heads(lease, context, std::span(&id, 1));
  if (!heads) return std::move(heads).error();
  if (heads->empty() || !heads->front().member(viewer))
    return fail(Errc::not_found, "Conversation not found");
  return std::move(heads->front());
}

}  // namespace parley::store::mongo
