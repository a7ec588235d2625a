#include "net/detail/lobby_share.hpp"

namespace parley::net::detail {

bool LobbyShare::is_due(const Look& look) {
  if (!look.is_full) return look.saw_lobby;
  return look.left <= look.found / 2;
}

bool LobbyShare::goes_on(std::size_t found, SteadyTime now) const {
  return found >= config_.handful && now < end_;
}

bool LobbyShare::takes_rest(SteadyTime now) {
  if (now < rested_ + config_.wakefulness) return false;
  rested_ = now;
  return true;
}

}  // namespace parley::net::detail
