#include "load/contacts.hpp"

#include <algorithm>
#include <cmath>

namespace parley::load {

namespace {
constexpr double skew = 1.2;        ///< How much closer contacts are preferred.
constexpr double far_share = 0.15;  ///< Of contacts that are outside the circle.
constexpr std::size_t most = 256;   ///< Contacts that a user asks for.
constexpr std::size_t circle = 50;  ///< People among whom near contacts are.

/// Half of the mean (the other half is asked for by others), skewed: many have few, few have many.
std::size_t wishes(std::size_t mean, Random& random) {
  std::exponential_distribution<double> distribution{2.0 / static_cast<double>(mean)};
  return std::clamp<std::size_t>(static_cast<std::size_t>(std::lround(distribution(random))), 1,
                                 most);
}

std::uint32_t near(std::size_t user, std::size_t users, Random& random) {
  const std::size_t begin = user / circle * circle;
  const std::size_t end = std::min(begin + circle, users);
  // A last circle of one person borrows from the one before.
  const std::size_t from = end - begin < 2 ? begin - 1 : begin;
  return static_cast<std::uint32_t>(
      std::uniform_int_distribution<std::size_t>{from, end - 1}(random));
}

/// Anybody; the square makes the first users the popular ones.
std::uint32_t far(std::size_t users, Random& random) {
  const double place = std::uniform_real_distribution<double>{0, 1}(random);
  return static_cast<std::uint32_t>(place * place * static_cast<double>(users));
}

using Lists = std::vector<std::vector<std::uint32_t>>;

void meet(Lists& lists, std::uint32_t a, std::uint32_t b) {
  auto& of_a = lists[a];
  if (a == b || std::find(of_a.begin(), of_a.end(), b) != of_a.end()) return;
  of_a.push_back(b);
  lists[b].push_back(a);
}

Lists make_lists(std::size_t users, std::size_t mean, std::uint64_t seed) {
  Random random{seed};
  Lists lists(users);
  for (std::uint32_t user = 0; user < users; ++user) {
    for (std::size_t wish = wishes(mean, random); wish > 0; --wish) {
      const bool is_far = std::uniform_real_distribution<double>{0, 1}(random) < far_share;
      meet(lists, user, is_far ? far(users, random) : near(user, users, random));
    }
    if (lists[user].empty()) meet(lists, user, static_cast<std::uint32_t>((user + 1) % users));
  }
  return lists;
}
}  // namespace

Contacts::Contacts(std::size_t users, std::size_t mean, std::uint64_t seed) {
  std::size_t longest = 0;
  for (const auto& list : make_lists(users, mean, seed)) {
    first_.push_back(all_.size());
    senders_.insert(senders_.end(), list.size(), static_cast<std::uint32_t>(first_.size() - 1));
    all_.insert(all_.end(), list.begin(), list.end());
    longest = std::max(longest, list.size());
  }
  first_.push_back(all_.size());
  double sum = 0;
  for (std::size_t rank = 1; rank <= longest; ++rank)
    weights_.push_back(sum += std::pow(static_cast<double>(rank), -skew));
}

std::size_t Contacts::pick(std::size_t sender, Random& random) const {
  const std::size_t count = of(sender).size();
  const double place = std::uniform_real_distribution<double>{0, weights_[count - 1]}(random);
  const auto end = weights_.begin() + static_cast<std::ptrdiff_t>(count);
  const auto found = std::upper_bound(weights_.begin(), end - 1, place);
  return edge(sender, static_cast<std::size_t>(found - weights_.begin()));
}

}  // namespace parley::load
