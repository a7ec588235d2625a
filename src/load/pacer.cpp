#include "load/pacer.hpp"

namespace parley::load {

Pacer::Pacer(double rate, SteadyTime begin, std::uint64_t seed)
    : random_(seed), gap_(rate), next_(begin) {
  advance();
}

void Pacer::advance() {
  const std::chrono::duration<double> gap{gap_(random_)};
  next_ += std::chrono::duration_cast<SteadyTime::duration>(gap);
}

std::optional<SteadyTime> Pacer::take(SteadyTime now) {
  if (next_ > now) return std::nullopt;
  const SteadyTime intended = next_;
  advance();
  return intended;
}

std::optional<Turns::Turn> Turns::take(SteadyTime now) {
  if (next() > now) return std::nullopt;
  const Turn turn = queue_.top();
  queue_.pop();
  return turn;
}

}  // namespace parley::load
