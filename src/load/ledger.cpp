#include "load/ledger.hpp"

namespace parley::load {

Ledger::Ledger(std::size_t edges, std::size_t copies)
    : copies_(copies), next_to_send_(edges), next_to_receive_(edges * copies) {}

std::uint32_t Ledger::send(std::size_t edge) {
  ++sent_;
  return next_to_send_[edge]++;
}

void Ledger::refuse(std::size_t edge, std::uint32_t number) {
  if (refusals_[edge].insert(number).second) ++refused_;
}

bool Ledger::is_refused(std::size_t edge, std::uint32_t number) const {
  const auto found = refusals_.find(edge);
  return found != refusals_.end() && found->second.contains(number);
}

bool Ledger::receive(std::size_t edge, std::size_t copy, std::uint32_t number) {
  if (edge >= next_to_send_.size() || copy >= copies_ || number >= next_to_send_[edge] ||
      is_refused(edge, number)) {
    ++seen_.unsent;
    return false;
  }
  std::uint32_t& expected = next_to_receive_[index(edge, copy)];
  if (number == expected) {
    ++expected;
    ++received_;
    return true;
  }
  if (number > expected) {
    auto& holes = holes_[index(edge, copy)];
    for (; expected < number; ++expected) holes.insert(expected);
    ++expected;
    ++received_;
    return true;
  }
  const auto found = holes_.find(index(edge, copy));
  const bool is_late = found != holes_.end() && found->second.erase(number) > 0;
  ++(is_late ? seen_.reordered : seen_.doubled);
  received_ += is_late ? 1 : 0;
  return false;
}

Ledger::Findings Ledger::findings() const {
  Findings findings = seen_;
  const std::uint64_t owed = (sent_ - refused_) * copies_;
  findings.lost = owed > received_ ? owed - received_ : 0;
  return findings;
}

}  // namespace parley::load
