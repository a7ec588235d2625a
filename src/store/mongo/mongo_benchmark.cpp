// What a message costs against a MongoDB server: messages a second of many senders, each waiting
// for its answer, and whose CPU time it took. The server is the tests' (tests/mongo/server).
// FerretDB looks through all conversations for each update of one: few of them show what is ours.
// Run: store_mongo_benchmark [senders] [seconds] [conversations] [receipts]
#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>

#include "store/mongo/node_testing.hpp"

namespace parley::store::mongo {
namespace {

using chat::contract::at;
using Clock = std::chrono::steady_clock;

double own_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Of the processes that this one has started: the server. 0 for a server that was there before.
double server_seconds() {
  const std::string own = std::to_string(::getpid());
  std::ifstream children("/proc/" + own + "/task/" + own + "/children");
  double ticks = 0;
  for (std::string pid; children >> pid;) {
    std::ifstream stat("/proc/" + pid + "/stat");
    std::string text{std::istreambuf_iterator<char>(stat), {}};
    std::istringstream fields(text.substr(std::min(text.rfind(')') + 1, text.size())));
    std::string skipped;
    for (int i = 0; i < 11; ++i) fields >> skipped;
    double user = 0, system = 0;
    fields >> user >> system;
    ticks += user + system;
  }
  return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

struct Load {
  TestNode& node;
  std::vector<chat::UserId> users;  ///< Each speaks with its neighbour.
  std::size_t senders = 0;
  bool with_receipts = false;
  Clock::time_point end;
  std::uint64_t first_id = 0;  ///< Of the client ids: each run has its own.
  std::uint64_t messages = 0;
  std::uint64_t refused = 0;
  std::vector<double> seconds;
};

Task<void> speak(Load& load, std::size_t self) {
  const std::size_t user = self % load.users.size();
  const chat::UserId from = load.users[user], to = load.users[user ^ 1];
  for (std::uint64_t n = load.first_id; Clock::now() < load.end; ++n) {
    chat::NewMessage draft{from, to, std::string(200, 'x'),
                           std::to_string(self) + "-" + std::to_string(n), wall_now()};
    const auto started = Clock::now();
    const auto sent = co_await load.node.messages().append(std::move(draft));
    load.seconds.push_back(std::chrono::duration<double>(Clock::now() - started).count());
    if (!sent) {
      ++load.refused;
      continue;
    }
    ++load.messages;
    if (!load.with_receipts) continue;
    const auto read = co_await load.node.receipts().mark_read(to, sent->message.id, wall_now());
    if (!read) ++load.refused;
  }
}

std::vector<chat::UserId> make_users(TestDatabase& database, std::size_t count) {
  ObjectIdSource ids;
  std::vector<chat::UserId> users;
  std::vector<Document> documents;
  for (std::size_t i = 0; i < count; ++i) {
    users.push_back(chat::UserId{ids.next(at(0))});
    Document document;
    document.set("_id", users.back()).set("username", "user" + std::to_string(i));
    document.set("email", "user" + std::to_string(i) + "@example.org");
    documents.push_back(std::move(document));
  }
  auto lease = database.lease();
  if (!lease.insert_many("users", documents, Order::unordered))
    throw std::runtime_error("the users cannot be stored");
  return users;
}

void run_for(Load& load, std::chrono::seconds time) {
  load.first_id += 1'000'000;
  load.messages = load.refused = 0;
  load.seconds.clear();
  load.end = Clock::now() + time;
  asio::io_context context{1};
  for (std::size_t i = 0; i < load.senders; ++i)
    asio::co_spawn(context.get_executor(), speak(load, i), asio::detached);
  context.run();
}

void measure(std::size_t senders, std::chrono::seconds time, std::size_t conversations,
             bool with_receipts) {
  TestServer& server = TestServer::shared();
  if (!server.absence().empty()) {
    std::cout << server.absence() << "\n";
    return;
  }
  TestDatabase database(server);
  TestNode node{database.uri()};
  Load load{node, make_users(database, 2 * conversations), senders, with_receipts, {}, 0, 0, 0, {}};
  run_for(load, std::chrono::seconds{2});  // The conversations are made, and known.
  const Stats& stats = node.database->stats();
  const double own = own_seconds(), servers = server_seconds();
  const std::uint64_t commands = stats.commands, rounds = stats.rounds;
  const auto started = Clock::now();
  run_for(load, time);
  const double took = std::chrono::duration<double>(Clock::now() - started).count();
  const auto count = static_cast<double>(std::max<std::uint64_t>(load.messages, 1));
  std::sort(load.seconds.begin(), load.seconds.end());
  const auto percentile = [&](double part) {
    if (load.seconds.empty()) return 0.0;
    const auto last = static_cast<double>(load.seconds.size() - 1);
    return 1e3 * load.seconds[static_cast<std::size_t>(part * last)];
  };
  std::printf(
      "%zu senders in %zu conversations%s: %.0f messages/s, p50 %.1f ms, p99 %.1f ms, %llu "
      "refused\n",
      senders, conversations, with_receipts ? ", each message read" : "", count / took,
      percentile(0.5), percentile(0.99), static_cast<unsigned long long>(load.refused));
  std::printf("  CPU a message: ours %.1f us (%.0f %% of all), the server's %.1f us\n",
              1e6 * (own_seconds() - own) / count,
              100 * (own_seconds() - own) / (own_seconds() - own + server_seconds() - servers),
              1e6 * (server_seconds() - servers) / count);
  std::printf("  %.4f commands a message, %.1f messages a round, %llu conflicts\n",
              static_cast<double>(stats.commands - commands) / count,
              count / static_cast<double>(stats.rounds - rounds),
              static_cast<unsigned long long>(stats.conflicts.load()));
}

}  // namespace
}  // namespace parley::store::mongo

int main(int count, char** arguments) {
  const std::size_t senders = count > 1 ? std::stoul(arguments[1]) : 1'000;
  const std::chrono::seconds time{count > 2 ? std::stol(arguments[2]) : 10};
  const std::size_t conversations = count > 3 ? std::stoul(arguments[3]) : senders / 2;
  const bool with_receipts = count > 4 && std::string(arguments[4]) == "receipts";
  parley::store::mongo::measure(senders, time, conversations, with_receipts);
}
