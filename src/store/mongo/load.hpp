#pragma once

#include <span>

#include "store/mongo/context.hpp"
#include "store/mongo/documents.hpp"

namespace parley::store::mongo {

/// How far the clocks of Node servers may be behind: a sync looks at the conversations whose last
/// message is older than its cursor by less.
inline constexpr std::chrono::minutes time_skew{1};

/// Conversations, and how many documents they were among: some cannot be read.
struct LoadedHeads {
  std::vector<Head> heads;
  std::size_t documents = 0;
};

/// The conversations that match, those adopted first that a Node server has touched. In the order
/// of `options`. Versions seen are observed by the clock.
Result<LoadedHeads> load_page(Lease& lease, Context& context, const Document& filter,
                              const Document& options);
Result<std::vector<Head>> load_heads(Lease& lease, Context& context, const Document& filter);
Result<std::vector<Head>> load_heads(Lease& lease, Context& context,
                                     std::span<const chat::ConversationId> ids);
/// not_found: none such, or `viewer` takes no part.
Result<Head> load_head(Lease& lease, Context& context, chat::ConversationId id,
                       chat::UserId viewer);

/// `{$in: [ids]}`, or the id itself when it is one.
template <class AnyId>
void match_any(Document& filter, std::string_view name, std::span<const AnyId> ids) {
  if (ids.size() == 1) {
    filter.set(name, ids.front());
    return;
  }
  Array all;
  for (const AnyId& id : ids) all.add(id);
  Document any;
  any.set("$in", all);
  filter.set(name, any);
}

}  // namespace parley::store::mongo
