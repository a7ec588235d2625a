#pragma once

#include "chat/fakes/memory_accounts.hpp"
#include "chat/fakes/memory_messages.hpp"
#include "chat/fakes/memory_operators.hpp"
#include "chat/fakes/memory_sessions.hpp"

namespace parley::chat::fakes {

/// All storage ports in memory.
struct MemoryStores {
  MemoryAccounts accounts;
  MemorySessions sessions;
  MemoryMessages messages{accounts};
  MemoryOperators operators{accounts, sessions, messages};
};

}  // namespace parley::chat::fakes
