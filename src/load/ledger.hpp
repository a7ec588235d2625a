#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace parley::load {

/// Checks what arrives: of each edge (a sender and a receiver) each copy (a device that is owed the
/// message) gets the numbers 0, 1, 2 … that were sent, each once and in order.
class Ledger {
 public:
  Ledger(std::size_t edges, std::size_t copies);

  /// The number of the edge's next message.
  std::uint32_t send(std::size_t edge);
  /// The server has said that it does not take this message: nobody is owed it.
  void refuse(std::size_t edge, std::uint32_t number);
  /// True when it was in its place: neither doubled, nor late, nor never sent.
  bool receive(std::size_t edge, std::size_t copy, std::uint32_t number);

  std::uint64_t sent() const { return sent_; }
  std::uint64_t refused() const { return refused_; }
  std::uint64_t received() const { return received_; }
  /// Everything that was sent and not refused has come, at each copy.
  bool is_complete() const { return received_ == (sent_ - refused_) * copies_; }

  struct Findings {
    std::uint64_t lost = 0;       ///< Copies that have not come.
    std::uint64_t doubled = 0;    ///< Copies that came again.
    std::uint64_t reordered = 0;  ///< Copies that came after a later one.
    std::uint64_t unsent = 0;     ///< Copies of what nobody has sent, or the server had refused.

    friend bool operator==(const Findings&, const Findings&) = default;
  };
  Findings findings() const;

 private:
  std::size_t index(std::size_t edge, std::size_t copy) const { return edge * copies_ + copy; }
  bool is_refused(std::size_t edge, std::uint32_t number) const;

  std::size_t copies_;
  std::vector<std::uint32_t> next_to_send_;     ///< By edge.
  std::vector<std::uint32_t> next_to_receive_;  ///< By edge and copy.
  /// What was jumped over and has not come yet; by edge and copy, mostly empty.
  std::unordered_map<std::size_t, std::set<std::uint32_t>> holes_;
  std::unordered_map<std::size_t, std::set<std::uint32_t>> refusals_;  ///< By edge.
  std::uint64_t sent_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t received_ = 0;  ///< Each copy once.
  Findings seen_;               ///< All but `lost`.
};

}  // namespace parley::load
