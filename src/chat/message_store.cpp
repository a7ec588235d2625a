#include "chat/ports/message_store.hpp"

#include <boost/asio/co_spawn.hpp>
#include <exception>

namespace parley::chat {

namespace {
Task<void> append_and_tell(MessageStore& store, NewMessage draft,
                           std::unique_ptr<AppendWaiter> waiter) {
  auto appended = co_await store.append(std::move(draft));
  waiter->on_appended(std::move(appended));
}
}  // namespace

// What a store does that has no shorter way.
void MessageStore::append_for(NewMessage draft, std::unique_ptr<AppendWaiter> waiter) {
  const Executor executor = waiter->executor();
  asio::co_spawn(executor, append_and_tell(*this, std::move(draft), std::move(waiter)),
                 [](std::exception_ptr escaped) {
                   if (escaped) std::rethrow_exception(escaped);
                 });
}

}  // namespace parley::chat
