#pragma once

#include <cstddef>
#include <vector>

#include "chat/message.hpp"
#include "store/embedded/rows.hpp"

namespace parley::store::embedded {

/// Where the merge begins in one conversation.
struct Strand {
  const Head* head;
  chat::Seq next;  ///< Seq of the first message to take, at most head->last_seq.
};

/// What a merge has found.
struct Merged {
  std::vector<chat::Message> messages;  ///< By version, without delivery and read times.
  bool cut = false;                     ///< There was another one.
};

/// The seq of the conversation's first message above `since`; head.last_seq + 1 when there is none.
/// Reads about 2 log2 of the messages above `since`, wherever they are: new messages are at the
/// end.
chat::Seq first_above(View& view, const Head& head, chat::Version since);

/// At most `limit` messages of all strands, in the order of their versions, none above `up_to`.
/// Messages that `skip` names as sender are passed over. Reads one row a message, and one a strand.
Merged merge(View& view, const std::vector<Strand>& strands, chat::Version up_to, std::size_t limit,
             const chat::UserId* skip);

}  // namespace parley::store::embedded
