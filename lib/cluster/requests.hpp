#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/string_hash.hpp"
#include "cluster/message.hpp"
#include "net/timer.hpp"
#include "socketio/rooms.hpp"

namespace parley::cluster {

/// What this server has asked others and they have not all answered: bounded in number, in answers
/// and in time. Lives on one shard.
class Requests {
 public:
  struct Limits {
    std::size_t requests;
    std::size_t answers;  ///< To one request.
  };
  struct Asker {
    /// Every answer; true when it was the last that is waited for.
    std::function<bool(Message&)> on_answer;
    /// Once, last: whether all came. Not called when the table dies.
    std::function<void(bool complete)> on_end;
  };

  Requests(net::Timers& timers, Limits limits);
  ~Requests();
  Requests(const Requests&) = delete;
  Requests& operator=(const Requests&) = delete;

  /// Waits for answers to `id` until the deadline. False, and nothing is called, when there are too
  /// many already.
  bool open(const std::string& id, SteadyTime deadline, Asker asker);
  /// An answer; false when nobody waits for it.
  bool on_answer(Message& answer);
  bool is_open(std::string_view id) const { return open_.find(id) != open_.end(); }
  std::size_t size() const { return open_.size(); }

 private:
  struct Request;
  void end(Request& request, bool complete);

  net::Timers& timers_;
  const Limits limits_;
  std::unordered_map<std::string, std::unique_ptr<Request>, StringHash, std::equal_to<>> open_;
};

}  // namespace parley::cluster
