#include "socketio/sharded_adapter.hpp"

namespace parley::socketio {
namespace {

/// Adds up what the shards say, on the shard that asked.
struct AckJoin {
  AckSink sink;
  net::Shard& home;
  std::size_t missing;  ///< Shards that have not said how many clients they asked.
  AskedClients asked{};
  std::vector<Payload> early;  ///< Answers that came before the count.

  void on_clients(AskedClients more) {
    asked.count += more.count;
    if (--missing > 0) return;
    sink.on_clients(asked);
    for (Payload& answer : early) sink.on_ack(std::move(answer));
    early.clear();
  }
  void on_ack(Payload answer) {
    missing > 0 ? early.push_back(std::move(answer)) : sink.on_ack(std::move(answer));
  }
};

/// Runs `work` on `shard`, now if that is here.
template <class Work>
void run_there(net::Shard& shard, Work work) {
  shard.is_current() ? work() : shard.post(std::move(work));
}

}  // namespace

ShardedAdapter::ShardedAdapter(Namespace& nsp, net::Shards& shards,
                               const RecoveryConfig& recovery) {
  for (const auto& shard : shards)
    locals_.push_back(std::make_unique<LocalAdapter>(nsp, *shard, recovery));
}

LocalAdapter* ShardedAdapter::home() {
  const net::Shard* const here = net::Shard::current();
  return here == nullptr ? nullptr : locals_[here->index()].get();
}

template <class Work>
void ShardedAdapter::everywhere(Work work) {
  if (home() == nullptr) return locals_[0]->shard().post([this, work] { everywhere(work); });
  for (const auto& local : locals_) {
    if (!local->shard().is_current())
      local->shard().post([work, there = local.get()] { work(*there); });
  }
  work(*home());
}

void ShardedAdapter::broadcast(const Selection& selection, const SharedEvent& event) {
  LocalAdapter* const here = home();
  if (here == nullptr) {
    return locals_[0]->shard().post([this, selection, event] { broadcast(selection, event); });
  }
  if (here->recovery() != nullptr && !selection.is_volatile)
    return broadcast_stamped(*here, selection, event);
  if (locals_.size() == 1) return here->broadcast(selection, event);
  everywhere([shared = std::make_shared<const Selection>(selection), event](LocalAdapter& local) {
    local.broadcast(*shared, event);
  });
}

void ShardedAdapter::broadcast_stamped(LocalAdapter& here, const Selection& selection,
                                       const SharedEvent& event) {
  const Stamp stamp = here.recovery()->stamp(true);
  auto stamped = std::make_shared<const EncodedEvent>(event->with_argument(stamp.offset()));
  everywhere([shared = std::make_shared<const Selection>(selection), stamped = std::move(stamped),
              stamp](LocalAdapter& local) { local.broadcast(*shared, stamped, stamp); });
}

void ShardedAdapter::broadcast_with_ack(const Selection& selection,
                                        std::shared_ptr<const AskedEvent> event, AckSink sink) {
  LocalAdapter* const here = home();
  if (here == nullptr) {
    return locals_[0]->shard().post(
        [this, selection, event = std::move(event), sink = std::move(sink)] {
          broadcast_with_ack(selection, event, sink);
        });
  }
  auto join =
      std::make_shared<AckJoin>(AckJoin{std::move(sink), here->shard(), locals_.size(), {}, {}});
  AckSink back{[join](AskedClients asked) {
                 run_there(join->home, [join, asked] { join->on_clients(asked); });
               },
               [join](Payload answer) {
                 run_there(join->home, [join, answer = std::move(answer)]() mutable {
                   join->on_ack(std::move(answer));
                 });
               }};
  everywhere([selection, event = std::move(event), back = std::move(back)](LocalAdapter& local) {
    local.broadcast_with_ack(selection, event, back);
  });
}

void ShardedAdapter::join(const Selection& selection, const std::vector<std::string>& rooms) {
  everywhere([selection, rooms](LocalAdapter& local) { local.join(selection, rooms); });
}

void ShardedAdapter::leave(const Selection& selection, const std::vector<std::string>& rooms) {
  everywhere([selection, rooms](LocalAdapter& local) { local.leave(selection, rooms); });
}

void ShardedAdapter::disconnect(const Selection& selection, bool close_engine) {
  everywhere([selection, close_engine](LocalAdapter& local) {
    local.disconnect(selection, close_engine);
  });
}

Task<FetchedSockets> ShardedAdapter::fetch_sockets(Selection selection) {
  FetchedSockets all;
  for (const auto& local : locals_) {
    auto describe = [&selection, there = local.get()] { return there->describe(selection); };
    std::vector<SocketInfo> some = co_await net::run_on(local->shard(), describe);
    for (SocketInfo& info : some) all.sockets.push_back(std::move(info));
  }
  co_return all;
}

void ShardedAdapter::server_side_emit(std::string_view, const Payload&) {}

Task<ServerAnswers> ShardedAdapter::server_side_emit_with_ack(std::string, Payload) {
  co_return ServerAnswers{};
}

void ShardedAdapter::watch_rooms(RoomWatcher watcher, OwnRooms own_rooms) {
  for (const auto& local : locals_) local->watch_rooms(watcher, own_rooms);
}

Task<bool> ShardedAdapter::reachable(std::string) { co_return true; }

}  // namespace parley::socketio
