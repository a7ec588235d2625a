#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engineio/answer.hpp"
#include "engineio/message.hpp"
#include "engineio/packet.hpp"
#include "engineio/payload.hpp"
#include "engineio/session.hpp"
#include "http/exchange.hpp"

namespace parley::engineio {

/// HTTP long-polling of one session: what waits for the client's next GET, that GET while it is
/// held open, and the POST that is being read. Lives on the session's shard, owned by it until the
/// upgrade or the end. Packets of one loop turn leave in one answer. Source: Engine.IO protocol v4,
/// "HTTP long-polling".
class Polling : public std::enable_shared_from_this<Polling> {
 public:
  /// The session, as its polling transport sees it.
  class Owner {
   public:
    virtual ~Owner() = default;
    /// A text packet of a POST; then true while the rest of it is still to be read.
    virtual bool on_packet(const Packet& packet) = 0;
    virtual bool on_binary_packet(std::string_view bytes) = 0;
    /// All that was queued has left in an answer.
    virtual void on_polling_drained() = 0;
    /// The client broke the rules of this transport, or went away.
    virtual void on_polling_end(CloseReason reason) = 0;
  };

  Polling(Owner& owner, net::Shard& shard, const Answers& answers)
      : owner_(owner), shard_(shard), answers_(answers) {}

  /// A GET: answered at once with what is queued, else held. A second one while one is held is
  /// refused and ends the session.
  void poll(std::shared_ptr<http::Exchange> exchange);
  /// The head of a POST. A second one while one is being read is refused and ends the session.
  void begin_post(std::shared_ptr<http::Exchange> exchange);
  /// The body of that POST: its packets go to the owner, a share of them each turn, and it is
  /// answered behind the last one.
  void post(const std::shared_ptr<http::Exchange>& exchange);
  /// The POST's body was over the limit: 413, and the session lives on.
  void refuse_post(http::Exchange& exchange);

  void send(std::span<const Message> messages);
  bool is_writable() const { return poll_ && queue_.empty(); }
  /// Of memory: many small packets take more of it than they have bytes.
  std::size_t queued_bytes() const { return queued_bytes_ + queue_.size() * packet_overhead; }

  /// While the client probes another transport, a GET that finds nothing queued gets a noop at
  /// once, so that the client stops polling. One noop would not do: it may arrive before the client
  /// knows of the probe.
  void set_hurrying(bool hurrying);

  /// What net::Connection::set_expendable says of the connection of a held GET.
  void set_expendable(bool expendable);

  /// Ends this transport: gives a held GET its last answer (what is queued and a close packet, or a
  /// noop alone), answers a POST whose packets are being read, and drops one whose body is. True
  /// when there was a GET.
  enum class LastWord { close, noop };
  bool finish(LastWord last);
  /// A GET that came after the end. Node gives it a noop before the close packet.
  void answer_late(http::Exchange& exchange, LastWord last);
  /// For the upgrade: what is queued now belongs to the other transport.
  std::vector<Message> take_queue();

 private:
  /// What a packet that waits takes beside its bytes: its place here, and a string that is shared.
  static constexpr std::size_t packet_overhead = sizeof(Message) + 96;

  /// A POST whose body is complete. A million bytes may be a million packets: others have their
  /// turn meanwhile.
  struct Reading {
    std::shared_ptr<http::Exchange> exchange;
    PayloadReader reader;  ///< Of its body.
  };

  void watch(const std::shared_ptr<http::Exchange>& exchange);
  void on_abort(const http::Exchange* exchange);
  void read_share();
  /// Answers it; what has not been read is dropped.
  void end_reading();
  void schedule_flush();
  void flush();
  std::string encode_queue();

  Owner& owner_;
  net::Shard& shard_;
  const Answers& answers_;
  std::vector<Message> queue_;
  std::size_t queued_bytes_ = 0;
  std::shared_ptr<http::Exchange> poll_;
  std::shared_ptr<http::Exchange> post_;  ///< Its body is not complete.
  std::optional<Reading> reading_;
  bool flush_scheduled_ = false;
  bool hurrying_ = false;
  bool expendable_ = true;
};

}  // namespace parley::engineio
