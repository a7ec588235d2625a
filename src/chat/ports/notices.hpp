#pragma once

#include "chat/message.hpp"

namespace parley::chat {

/// Who hears by e-mail of messages that reach nobody. Any shard; neither call ever waits.
class Notices {
 public:
  virtual ~Notices() = default;

  /// True: nobody is there to get what `receiver` is sent, and the store commits the mail's job
  /// together with the message (NewMessage::mail).
  virtual bool joins(const UserId& receiver) const = 0;
  /// A message is durable and no mail went with it. Called for repeated sends, too. What takes
  /// longer happens afterwards.
  virtual void sent(const Message& message) = 0;
};

}  // namespace parley::chat
