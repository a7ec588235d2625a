#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace parley::nodes {

/// Which of the other nodes have died. A node holds a subscription under its name, which ends with
/// its process, long before its lease does; while that is away the node says that it lives. Each
/// node looks at the ones whose names follow its own, so that the effort for all grows as their
/// number does. Plain values: who asks Redis is Presence.
class FailureDetector {
 public:
  /// At how many nodes one looks, and by how many one is looked at.
  static constexpr std::size_t max_watched = 8;
  /// In a row, that find no subscription. One that is made anew after a loss may be found missing
  /// once.
  static constexpr int looks = 3;

  /// The names of the nodes whose lease runs. What is known of those that stay is kept.
  void choose(std::vector<std::string> living, std::string_view own);
  std::vector<std::string> watched() const;
  /// One look at a node. True: it is dead, and is not watched any more. A name that was never seen
  /// with a sign of life may belong to a node that has no subscription: its lease has to tell.
  bool observe(std::string_view name, std::int64_t signs);
  /// Redis was away: who is not back yet may live.
  void forget() { watched_.clear(); }

 private:
  struct Watched {
    std::string name;
    bool was_seen = false;
    int missed = 0;
  };

  std::vector<Watched>::iterator find(std::string_view name);

  std::vector<Watched> watched_;
};

}  // namespace parley::nodes
