#include "load/crowd.hpp"

#include <algorithm>

namespace parley::load {

namespace {
using std::chrono::milliseconds;
constexpr std::size_t connects_a_turn = 64;  ///< More would keep what has arrived waiting.

/// As socket.io-client: 1 s, 2 s, 4 s, 5 s …, ± 50 %.
milliseconds pause_before(std::uint8_t tries, Random& random) {
  const auto whole =
      std::min(milliseconds{1000} * (1 << std::min<int>(tries, 3)), milliseconds{5000});
  const double part = std::uniform_real_distribution<double>{0.5, 1.5}(random);
  return milliseconds{static_cast<int>(static_cast<double>(whole.count()) * part)};
}
}  // namespace

Crowd::Crowd(Loop& loop, const Address& address, const Accounts& accounts, Users users)
    : address_(address),
      accounts_(accounts),
      users_(users),
      offset_(users.first * users.devices),
      tries_(users.count * users.devices),
      is_in_(users.count * users.devices) {
  ClientHandler& handler = *this;
  for (std::size_t i = 0; i < users.count * users.devices; ++i)
    clients_.push_back(std::make_unique<Client>(loop, handler, offset_ + i));
}

void Crowd::gather(std::size_t at_once, SteadyTime now) {
  gathered_ = now;
  at_once_ = at_once;
  times_ = {};
  for (std::uint32_t i = 0; i < clients_.size(); ++i) {
    tries_[i] = 0;
    if (!clients_[i]->is_joined()) turns_.add(now, i);
  }
}

void Crowd::scatter() {
  for (auto& client : clients_) client->leave();
  is_in_.assign(clients_.size(), false);
  joined_ = opening_ = 0;
}

SteadyTime Crowd::tick(SteadyTime now) {
  for (std::size_t i = 0; i < connects_a_turn && opening_ < at_once_; ++i) {
    const auto turn = turns_.take(now);
    if (!turn) break;
    ++opening_;
    clients_[turn->who]->join(address_,
                              accounts_.all[users_.first + turn->who / users_.devices].token);
  }
  return opening_ < at_once_ ? turns_.next() : SteadyTime::max();
}

void Crowd::on_joined(Client& client) {
  --opening_;
  ++joined_;
  is_in_[index_of(client)] = true;
  tries_[index_of(client)] = 0;
  times_.add(std::chrono::steady_clock::now() - gathered_);
}

void Crowd::on_lost(Client& client, std::string_view why) {
  const std::size_t index = index_of(client);
  ++losses_;
  if (first_loss_.empty()) first_loss_ = why;
  --(is_in_[index] ? joined_ : opening_);
  is_in_[index] = false;
  if (!comes_back_) return;
  turns_.add(std::chrono::steady_clock::now() + pause_before(tries_[index], random_),
             static_cast<std::uint32_t>(index));
  tries_[index] = static_cast<std::uint8_t>(std::min(tries_[index] + 1, 10));
}

}  // namespace parley::load
