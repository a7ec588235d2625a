#include "cluster/requests.hpp"

namespace parley::cluster {

struct Requests::Request {
  Request(Requests& table, std::string number, Asker who)
      : owner(table),
        id(std::move(number)),
        asker(std::move(who)),
        timer(net::Timer::calling<&Request::expire>(table.timers_, *this)) {}

  /// Frees itself: nothing of it may be touched behind this call.
  void expire() { owner.end(*this, false); }

  Requests& owner;
  const std::string id;
  const Asker asker;
  std::size_t answers = 0;
  net::Timer timer;
};

Requests::Requests(net::Timers& timers, Limits limits) : timers_(timers), limits_(limits) {}

Requests::~Requests() = default;

bool Requests::open(const std::string& id, SteadyTime deadline, Asker asker) {
  if (open_.size() >= limits_.requests) return false;
  const auto [at, is_new] = open_.try_emplace(id, nullptr);
  if (!is_new) return false;
  at->second = std::make_unique<Request>(*this, id, std::move(asker));
  at->second->timer.start(deadline);
  return true;
}

bool Requests::on_answer(Message& answer) {
  const auto found = open_.find(answer.request);
  if (found == open_.end()) return false;
  Request& request = *found->second;
  const bool is_last = request.asker.on_answer(answer);
  if (is_last) {
    end(request, true);
  } else if (++request.answers >= limits_.answers) {
    end(request, false);
  }
  return true;
}

void Requests::end(Request& request, bool complete) {
  const auto on_end = request.asker.on_end;
  open_.erase(open_.find(request.id));
  on_end(complete);
}

}  // namespace parley::cluster
