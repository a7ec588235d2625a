/**
 * The chat servers that are compared. Each has an adapter beside this file:
 *
 *   start(wrap, options) → a server on an empty store, at rest; `wrap` is a command that runs another one on a core
 *     makeUsers(count) → as many users, whatever a user is to the adapter
 *     connect(user, hears) → that user's client, ready to receive; `hears` has received(text), acknowledged(number),
 *       delivered(count) and failed(what), which the adapter calls
 *     client.meet(user) → once, before the first message to that user
 *     client.send(user, text, number) → a message; messages to a user are numbered from 1; delivered(n) says that n more are
 *     pids(), databasePids() → the processes whose CPU and memory count, with what they started
 *     restart() → on the same data, before memory is measured
 *     stop()
 *   and where they apply: marks (false: nobody learns that a message was delivered), stored() → how many messages its database has
 *   prepare() → builds what is built here
 * One that is `like` another differs from it by `message` alone.
 */
export const chatServers = {
  parley: {
    adapter: './parley.mjs', users: 400,
    what: 'Parley, one shard, the store inside; `socket.io-client` 4.8 over WebSocket',
    message: '`send_message` with an acknowledgement; stored; `receive_message` and `conversation_updated` to both people, `message_sent`; the receiver confirms by a Socket.IO acknowledgement, which is stored, and the sender gets `message_delivered`',
    acknowledged: 'on disk, by one `fdatasync` for all messages of a turn',
  },
  'parley-unconfirmed': {
    adapter: './parley.mjs', users: 400, options: { receipts: false }, like: 'parley',
    message: 'the receiver\'s client confirms nothing: a message counts as delivered once it has been written to the connection',
  },
  'parley-ram': {
    adapter: './parley.mjs', users: 400, options: { receipts: false, folder: '/dev/shm' }, like: 'parley-unconfirmed',
    message: 'its store is on a RAM disk, which keeps messages no longer than the machine runs',
  },
  centrifugo: {
    adapter: './centrifugo.mjs', users: 400, options: { receipts: false }, needs: 'centrifugo: Go 1.26, which builds it from its module',
    what: 'Centrifugo 6.9.1, memory engine; `centrifuge` 5.8 over WebSocket, with JSON, its default',
    message: 'the sender\'s client publishes into the personal channel of the receiver, who is subscribed with recovery; added to the history of the channel (100 publications, 24 hours), one event to the receiver, a reply to the sender. No delivery marks, no unread counts, no copy for the sender\'s other devices, no backend that would store it: the least that a chat can be',
    acknowledged: 'in the memory of the process; a restart loses the history',
  },
  'centrifugo-receipts': {
    adapter: './centrifugo.mjs', users: 400, like: 'centrifugo',
    message: 'the receiver\'s client publishes a receipt into the personal channel of the sender, whose history keeps it as it keeps a message',
  },
  ejabberd: {
    adapter: './ejabberd.mjs', users: 20, needs: 'ejabberd: apt-get install ejabberd erlang-p1-pgsql postgresql',
    what: 'ejabberd 23.01 of Debian 12 with PostgreSQL 15; `@xmpp/client` 0.14 over TCP, which costs less than WebSocket; only the modules that this needs; no busy waiting in Erlang\'s schedulers',
    message: '`<message>` with a request for a receipt (XEP-0184) and one for an acknowledgement of the stream (XEP-0198); `mod_mam` keeps a copy in the archive of each of the two people; delivered; the receiver\'s client sends a receipt, which goes to the sender',
    acknowledged: 'handled by the sender\'s session, which has then written the sender\'s copy to PostgreSQL with its default, a durable commit; the receiver\'s may still be under way',
  },
  tinode: {
    adapter: './tinode.mjs', users: 20, needs: 'tinode: Go, which builds it from its module, and apt-get install postgresql',
    what: 'Tinode 0.22.13 with PostgreSQL 15 (`pgx`, 50 connections); `tinode-sdk` 0.25 over WebSocket',
    message: '`{pub}` without an echo in the p2p topic of two people who are both attached; the message, the topic and the sender\'s read mark are written to PostgreSQL, `{ctrl}` 202 to the sender, `{data}` to the receiver. What somebody writes marks all before it as read, and the SDK sends other marks (`{note}`) only a tenth of a second after the last message: as both write all the time, marks cost next to nothing here',
    acknowledged: 'in PostgreSQL with its default, a durable commit',
  },
};

const prefix = 'others';
/** What the results of a part are kept under, beside those of bench/compare. */
export const partOf = (part) => `${prefix} ${part}`;
export const isOfOthers = ({ part }) => part.startsWith(`${prefix} `);
