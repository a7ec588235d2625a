/**
 * An adapter for bench/chat_servers/drive.mjs whose server is nothing but this process, and does one thing wrong once it has done right
 * for a while. PARLEY_TEST_FAULT names it.
 */
const goodBefore = 20;

/** What reaches the hearers of a message instead of what should; called once. */
const faults = {
  'loses a message': ({ sender, number }) => sender.acknowledged(number),
  'doubles a message': ({ sender, receiver, text, number }) => {
    receiver.received(text);
    receiver.received(text);
    sender.delivered(1);
    sender.acknowledged(number);
  },
  'shortens a message': ({ sender, receiver, text, number }) => {
    receiver.received(text.slice(0, -1));
    sender.delivered(1);
    sender.acknowledged(number);
  },
  'marks a message twice': ({ sender, receiver, text, number }) => {
    receiver.received(text);
    sender.delivered(2);
    sender.acknowledged(number);
  },
  'acknowledges nothing any more': ({ sender, receiver, text }) => {
    receiver.received(text);
    sender.delivered(1);
  },
  'refuses a message': ({ sender }) => sender.failed('refused: overloaded'),
};

function deliver({ sender, receiver, text, number }) {
  receiver.received(text);
  sender.delivered(1);
  sender.acknowledged(number);
}

/** Two messages that reach their receiver in the wrong order: the first one waits for the next. */
class Swap {
  take(message) {
    if (!this.first) {
      this.first = message;
      message.sender.acknowledged(message.number);
    } else if (!this.isDone && message.sender === this.first.sender) {
      this.isDone = true;
      deliver(message);
      message.receiver.received(this.first.text);
    } else {
      deliver(message);
    }
  }
}

export function start() {
  const fault = process.env.PARLEY_TEST_FAULT;
  const hearers = new Map();
  const swap = new Swap();
  let count = 0;
  const handle = (message) => {
    count += 1;
    if (fault === 'swaps messages' && count >= goodBefore) swap.take(message);
    else if (count === goodBefore && faults[fault]) faults[fault](message);
    else deliver(message);
  };
  return {
    makeUsers: (total) => Array.from({ length: total }, (_, index) => `user ${index}`),
    connect: (user, hears) => {
      hearers.set(user, hears);
      return {
        meet() {},
        send: (to, text, number) => setTimeout(() => handle({ sender: hears, receiver: hearers.get(to), text, number }), 1),
        close() {},
      };
    },
    pids: () => [process.pid],
    databasePids: () => [],
    restart() {},
    stop() {},
    stored: () => (fault === 'stores nothing' ? 0 : Infinity),
  };
}
