#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace parley::load {

using Random = std::mt19937_64;

/// Who writes to whom. A user has a handful of contacts, some users many more; most contacts are
/// near (of the same circle), a few are anywhere, and those who have many are chosen more often.
/// The first contacts of a user are close ones and get most of what the user writes: the nth gets
/// a share of 1/n^1.2. Contacts are mutual. The same numbers and seed make the same graph.
class Contacts {
 public:
  /// `users` is at least 2, `mean` at least 1.
  Contacts(std::size_t users, std::size_t mean, std::uint64_t seed);

  std::size_t users() const { return first_.size() - 1; }
  /// A user's contacts, closest first; at least one, each once, never the user.
  std::span<const std::uint32_t> of(std::size_t user) const {
    return {all_.data() + first_[user], first_[user + 1] - first_[user]};
  }

  // An edge is a sender with one of their contacts: 0 … edges()-1.
  std::size_t edges() const { return all_.size(); }
  std::size_t edge(std::size_t sender, std::size_t rank) const { return first_[sender] + rank; }
  std::uint32_t receiver(std::size_t edge) const { return all_[edge]; }
  std::uint32_t sender(std::size_t edge) const { return senders_[edge]; }

  /// An edge of the sender, close contacts more often.
  std::size_t pick(std::size_t sender, Random& random) const;

 private:
  std::vector<std::size_t> first_;  ///< Where a user's contacts begin; one more than users.
  std::vector<std::uint32_t> all_;
  std::vector<std::uint32_t> senders_;
  std::vector<double> weights_;  ///< Of ranks, added up.
};

}  // namespace parley::load
