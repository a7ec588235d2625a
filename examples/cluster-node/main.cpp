// One server of a cluster by Redis, driven by its clients: README.md lists their events. What the
// whole cluster can be asked to do is here once, so tests and benchmarks need no other program.
#include <CLI/CLI.hpp>
#include <mutex>

#include "cluster/cluster.hpp"
#include "socketio/app.hpp"
#include "socketio/json_scan.hpp"

using namespace parley;
using socketio::Event;
using socketio::Payload;
using Socket = std::shared_ptr<socketio::Socket>;

namespace {

/// The arguments behind the first, and that one as a value.
struct Split {
  json::value first;
  Payload rest;
};

Split split(const Payload& args) {
  const auto scan = socketio::scan_json(args.json, {32, args.attachments.size()});
  Payload rest{"[", args.attachments};
  if (scan) rest.json.append(scan->rest);
  rest.json += ']';
  const json::array first =
      Payload{std::string{"["}.append(scan ? scan->first : "") + "]", {}}.parse();
  return {first.empty() ? json::value{} : first[0], std::move(rest)};
}

std::string text(const json::value& value) {
  return value.is_string() ? std::string{value.get_string()} : std::string{};
}

/// One room, or an array of them.
std::vector<std::string> texts(const json::value* value) {
  if (value == nullptr) return {};
  if (!value->is_array()) return {text(*value)};
  std::vector<std::string> all;
  for (const json::value& one : value->get_array()) all.push_back(text(one));
  return all;
}

/// {"rooms":[…],"except":[…],"volatile":false,"local":false,"timeout":5000}: whom something is for.
struct Target {
  explicit Target(const json::value& value)
      : options(value.is_object() ? value.get_object() : json::object{}) {}

  socketio::Broadcast of(const socketio::Namespace& nsp) const {
    socketio::Broadcast whom = nsp.everyone();
    for (const std::string& room : texts(options.if_contains("rooms"))) whom = whom.to(room);
    for (const std::string& room : texts(options.if_contains("except"))) whom = whom.except(room);
    if (is("volatile")) whom = whom.volatile_();
    return is("local") ? whom.local() : whom;
  }
  bool is(std::string_view flag) const {
    const json::value* const value = options.if_contains(flag);
    return value != nullptr && value->is_bool() && value->get_bool();
  }
  std::chrono::milliseconds timeout() const {
    const json::value* const value = options.if_contains("timeout");
    return std::chrono::milliseconds{value != nullptr && value->is_int64() ? value->get_int64()
                                                                           : 5000};
  }

  json::object options;
};

/// {failed, answers}, the answers' attachments numbered anew.
Payload report(bool complete, const std::vector<Payload>& answers) {
  Payload all;
  all.json = complete ? R"([{"failed":false,"answers":[)" : R"([{"failed":true,"answers":[)";
  for (const Payload& answer : answers) {
    json::array values = answer.parse();
    json::value value = values.empty() ? json::value{} : std::move(values[0]);
    const auto renumber = [&](const auto& self, json::value& at) -> void {
      if (at.is_array()) {
        for (json::value& one : at.get_array()) self(self, one);
      } else if (at.is_object()) {
        json::object& object = at.get_object();
        if (!answer.attachments.empty() && object.contains("_placeholder")) {
          const auto k = object["num"].to_number<std::size_t>();
          object = Payload::placeholder(all.attachments.size());
          all.attachments.push_back(answer.attachments.at(k));
        } else {
          for (auto& member : object) self(self, member.value());
        }
      }
    };
    renumber(renumber, value);
    if (all.json.back() != '[') all.json += ',';
    all.json += json::serialize(value);
  }
  all.json += "]}]";
  return all;
}

Task<void> join(Socket socket, std::vector<std::string> rooms, socketio::Ack ack) {
  for (const std::string& room : rooms) socket->join(room);
  socketio::Namespace& nsp = socket->nsp();
  for (const std::string& room : rooms) co_await nsp.adapter().reachable(room);
  ack({});
}

Task<void> emit_with_ack(socketio::Broadcast whom, std::string event, Payload args,
                         std::chrono::milliseconds timeout, socketio::Ack ack) {
  const auto acks = co_await whom.emit_with_ack(std::move(event), std::move(args), timeout);
  ack(report(acks.complete, acks.answers));
}

Task<void> fetch(socketio::Broadcast whom, socketio::Ack ack) {
  const auto found = co_await whom.fetch_sockets();
  json::array sockets;
  for (const socketio::SocketInfo& one : found.sockets) {
    sockets.push_back(json::object{{"id", one.id},
                                   {"rooms", json::array(one.rooms.begin(), one.rooms.end())},
                                   {"data", one.data},
                                   {"handshake", one.handshake}});
  }
  ack(Payload::of({json::object{{"failed", !found.complete}, {"sockets", sockets}}}));
}

Task<void> ask_servers(const socketio::Namespace* nsp, std::string event, Payload args,
                       socketio::Ack ack) {
  const auto answers = co_await nsp->server_side_emit_with_ack(std::move(event), std::move(args));
  ack(report(answers.complete, answers.answers));
}

/// Small steps of a second, so that a rate is kept: {prefix, users, rate, seconds, bytes}.
Task<void> flood(socketio::Namespace* nsp, json::object options, socketio::Ack ack) {
  const auto number = [&options](std::string_view name) {
    return options.at(name).to_number<std::size_t>();
  };
  const std::string prefix = text(options.at("prefix"));
  const std::size_t total = number("rate") * number("seconds");
  const Payload args = Payload::of({std::string(number("bytes"), 'x')});
  const auto start = std::chrono::steady_clock::now();
  std::size_t sent = 0;
  while (sent < total) {
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
    const auto due = static_cast<std::size_t>(passed.count() * static_cast<double>(number("rate")));
    for (; sent < std::min(due, total); ++sent)
      nsp->to(prefix + std::to_string(sent % number("users"))).emit("flood", args);
    const std::chrono::milliseconds pause{2};
    co_await net::sleep_for(pause);
  }
  ack(Payload::of({sent}));
}

/// What other servers have said to this one, by "namespace event".
class Heard {
 public:
  void add(const std::string& key, std::string args) {
    const std::lock_guard lock{mutex_};
    args_[key].push_back(std::move(args));
  }
  Payload all(const std::string& key) {
    const std::lock_guard lock{mutex_};
    Payload list;
    list.json = "[[";
    for (const std::string& args : args_[key])
      list.json += (list.json.size() > 2 ? "," : "") + args;
    list.json += "]]";
    return list;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::vector<std::string>> args_;
};

/// The settings, and what the handlers share.
struct Node {
  std::string redis = "redis://127.0.0.1:6379", adapter = "classic", name = "Parley";
  int requests_timeout_ms = 5000;
  Heard heard;
  const socketio::App* app = nullptr;
  cluster::Cluster* cluster = nullptr;
};

struct Link {
  Link(net::Shards& shards, const redis::Config& redis, const cluster::Config& config)
      : client(shards[0], redis, "cluster"),
        subscriber(shards[0], redis, "cluster"),
        cluster(shards[0], client, subscriber, config) {}

  redis::Client client;
  redis::Subscriber subscriber;
  cluster::Cluster cluster;
};

Payload counts(const cluster::Counts& counts) {
  return Payload::of({json::object{{"published", counts.published},
                                   {"dropped", counts.dropped},
                                   {"received", counts.received},
                                   {"own", counts.own},
                                   {"not_held", counts.not_held},
                                   {"undecodable", counts.undecodable}}});
}

/// What a client does for itself.
void serve_rooms(socketio::Namespace& nsp) {
  nsp.on_connection([](const Socket& socket) {
    const json::object& auth = socket->handshake().auth;
    for (const std::string& room : texts(auth.if_contains("rooms"))) socket->join(room);
    if (const auto name = json::string_member(auth, "name"))
      socket->show({{"name", std::string{*name}}});
  });
  nsp.on("join", [](const Socket& socket, Event& event) {
    const json::array& args = event.args();
    socket->shard().spawn("join",
                          join(socket, texts(args.empty() ? nullptr : &args[0]), event.ack()));
  });
  nsp.on("leave", [](const Socket& socket, Event& event) {
    const json::array& args = event.args();
    for (const std::string& room : texts(args.empty() ? nullptr : &args[0])) socket->leave(room);
    event.ack()({});
  });
  nsp.on("tell", [](const Socket& socket, Event& event) {
    const Split args = split(event.payload());
    socket->to(text(args.first)).emit("told", args.rest);
  });
}

/// What it has the server do to clients of all servers.
void serve_broadcasts(socketio::Namespace& nsp) {
  const auto emit = [](const socketio::Broadcast& whom, const Payload& args, const Event& event) {
    const Split split_args = split(args);
    whom.emit(text(split_args.first), split_args.rest);
    event.ack()({});
  };
  nsp.on("emit", [emit](const Socket& socket, Event& event) {
    const Split args = split(event.payload());
    emit(Target{args.first}.of(socket->nsp()), args.rest, event);
  });
  nsp.on("emit_to", [emit](const Socket& socket, Event& event) {
    const Split args = split(event.payload());
    emit(socket->nsp().to(text(args.first)), args.rest, event);
  });
  nsp.on("broadcast", [emit](const Socket& socket, Event& event) {
    emit(socket->nsp().everyone(), event.payload(), event);
  });
  nsp.on("emit_with_ack", [](const Socket& socket, Event& event) {
    const Split args = split(event.payload());
    const Target target{args.first};
    Split named = split(args.rest);
    socket->shard().spawn("emit_with_ack",
                          emit_with_ack(target.of(socket->nsp()), text(named.first),
                                        std::move(named.rest), target.timeout(), event.ack()));
  });
  nsp.on("fetch", [](const Socket& socket, Event& event) {
    const Target target{split(event.payload()).first};
    socket->shard().spawn("fetch", fetch(target.of(socket->nsp()), event.ack()));
  });
}

/// Load, for benchmarks: a bad call is reported by the shard, and not answered.
void serve_flood(socketio::Namespace& nsp) {
  nsp.on("flood", [](const Socket& socket, Event& event) {
    json::object options = event.args().at(0).as_object();
    socket->shard().spawn("flood", flood(&socket->nsp(), std::move(options), event.ack()));
  });
}

void serve_moves(socketio::Namespace& nsp) {
  const auto move = [](auto act) {
    return [act](const Socket& socket, Event& event) {
      const json::array& args = event.args();
      if (args.size() == 2) act(Target{args[0]}.of(socket->nsp()), args[1]);
      event.ack()({});
    };
  };
  nsp.on("sockets_join", move([](const auto& whom, const json::value& rooms) {
           for (const std::string& room : texts(&rooms)) whom.join(room);
         }));
  nsp.on("sockets_leave", move([](const auto& whom, const json::value& rooms) {
           for (const std::string& room : texts(&rooms)) whom.leave(room);
         }));
  nsp.on("disconnect_sockets", move([](const auto& whom, const json::value& close_engine) {
           whom.disconnect(close_engine.is_bool() && close_engine.get_bool());
         }));
}

/// What servers say to each other. Which namespace a handler hears is told by the event's key.
void serve_servers(socketio::Namespace& nsp, Node& node) {
  nsp.on("server_side_emit", [](const Socket& socket, Event& event) {
    const Split args = split(event.payload());
    socket->nsp().server_side_emit(text(args.first), args.rest);
    event.ack()({});
  });
  nsp.on("server_side_emit_with_ack", [](const Socket& socket, Event& event) {
    Split args = split(event.payload());
    socket->shard().spawn("ask_servers", ask_servers(&socket->nsp(), text(args.first),
                                                     std::move(args.rest), event.ack()));
  });
  nsp.on("heard", [&node](const Socket&, Event& event) {
    event.ack()(node.heard.all(text(split(event.payload()).first)));
  });
  nsp.on("counts",
         [&node](const Socket&, Event& event) { event.ack()(counts(node.cluster->counts())); });
  nsp.on_server_side_emit([&node](std::string_view name, const Payload& args, const auto& ack) {
    node.heard.add(std::string{name}, args.json);
    if (!ack) return;
    if (name == "ping") return ack(Payload::of({"pong from " + std::to_string(node.app->port())}));
    const json::array got = args.parse();
    ack(Payload::of({json::object{{"from", node.name}, {"got", got}}}));
  });
}

void serve(socketio::Namespace& nsp, Node& node) {
  serve_rooms(nsp);
  serve_broadcasts(nsp);
  serve_flood(nsp);
  serve_moves(nsp);
  serve_servers(nsp, node);
}

/// `/dyn-` and digits.
bool is_dynamic(std::string_view name, const json::object&) {
  return name.starts_with("/dyn-") && name.size() < 32 &&
         name.find_first_not_of("0123456789", 5) == std::string_view::npos;
}

int run(Node& node, socketio::AppConfig config) {
  const auto redis = redis::parse_url(node.redis);
  if (!redis) throw std::invalid_argument(redis.error().detail);
  config.prepare = [&node, &redis](net::Shards& shards, socketio::Config& socketio) {
    cluster::Config cluster;
    if (node.adapter == "sharded") cluster.protocol = cluster::Protocol::sharded;
    cluster.requests_timeout = std::chrono::milliseconds{node.requests_timeout_ms};
    auto link = std::make_shared<Link>(shards, *redis, cluster);
    node.cluster = &link->cluster;
    socketio.adapter = link->cluster.wrapper();
    return link;
  };
  socketio::App app{std::move(config)};
  node.app = &app;
  serve(app.of("/"), node);
  serve(app.io().dynamic(is_dynamic), node);
  return app.run();
}

}  // namespace

int main(int argc, char** argv) {
  Node node;
  socketio::AppConfig config;
  CLI::App cli{"A Socket.IO server of a cluster, driven by its clients"};
  cli.add_option("--host", config.host, "Address; empty: all");
  cli.add_option("--port", config.port, "0 lets the system choose")->capture_default_str();
  cli.add_option("--shards", config.shards, "Threads; 0: one a core")->capture_default_str();
  cli.add_option("--redis", node.redis, "redis://[[user]:password@]host[:port][/database]")
      ->capture_default_str();
  cli.add_option("--adapter", node.adapter, "classic or sharded")
      ->check(CLI::IsMember({"classic", "sharded"}))
      ->capture_default_str();
  cli.add_option("--name", node.name, "What it calls itself to other servers")
      ->capture_default_str();
  cli.add_option("--requests-timeout", node.requests_timeout_ms,
                 "Milliseconds for other servers' answers")
      ->capture_default_str();
  CLI11_PARSE(cli, argc, argv);
  return run(node, std::move(config));
}
