#include "load/traffic.hpp"

#include <algorithm>

namespace parley::load {

namespace {
using Clock = std::chrono::steady_clock;

SteadyTime time_of(const Mark& mark) { return SteadyTime{std::chrono::nanoseconds{mark.intended}}; }
}  // namespace

Traffic::Traffic(const Plan& plan, Crowd& crowd, std::uint32_t run, std::size_t of_each)
    : plan_(plan),
      crowd_(crowd),
      run_(run),
      of_each_(of_each),
      contacts_(crowd.size() / plan.devices, plan.contacts, plan.seed),
      ledger_(contacts_.edges(), 2 * plan.devices),
      random_(plan.seed),
      under_way_(crowd.size()),
      left_(contacts_.users(), of_each) {
  crowd.on_packet_of = [this](Client& client, const Packet& packet) { on_packet(client, packet); };
}

void Traffic::begin(SteadyTime now) {
  if (plan_.rate > 0 && of_each_ == 0) {
    pacer_.emplace(plan_.rate, now, plan_.seed);
    return;
  }
  for (std::uint32_t user = 0; user < contacts_.users(); ++user) {
    for (std::size_t i = 0; i < plan_.in_flight; ++i) next_turn(user, now);
  }
}

void Traffic::stop() {
  stopped_ = true;
  turns_ = {};
}

SteadyTime Traffic::tick(SteadyTime now) {
  if (stopped_) return SteadyTime::max();
  if (pacer_) {
    std::uniform_int_distribution<std::uint32_t> anybody{
        0, static_cast<std::uint32_t>(contacts_.users() - 1)};
    while (const auto intended = pacer_->take(now)) write(anybody(random_), *intended);
    return pacer_->next();
  }
  while (const auto turn = turns_.take(now)) write(turn->who, turn->when);
  return turns_.next();
}

bool Traffic::chance(double share) {
  return share > 0 && std::uniform_real_distribution<double>{0, 1}(random_) < share;
}

void Traffic::next_turn(std::uint32_t user, SteadyTime now) {
  if (stopped_ || pacer_) return;
  if (of_each_ > 0) {
    if (left_[user] == 0) return;
    --left_[user];
  }
  if (plan_.think > 0 && of_each_ == 0) {
    const std::chrono::duration<double> pause{
        std::exponential_distribution<double>{1 / plan_.think}(random_)};
    now += std::chrono::duration_cast<SteadyTime::duration>(pause);
  }
  turns_.add(now, user);
}

/// An edge's messages all go by one device: the order of two devices is nobody's promise.
Client& Traffic::device(std::size_t edge) {
  return crowd_.client(contacts_.sender(edge), edge % plan_.devices);
}

void Traffic::append_draft(std::size_t edge, const Mark& mark) {
  draft_ += "[\"send_message\",{\"receiverId\":\"";
  draft_ += crowd_.id_of(contacts_.receiver(edge));
  draft_ += "\",\"content\":\"";
  append_content(draft_, mark, plan_.content);
  draft_ += '"';
  if (plan_.client_ids) {
    draft_ += ",\"clientId\":\"";
    append_content(draft_, mark, 0);
    draft_ += '"';
  }
  draft_ += "}]";
}

void Traffic::write(std::uint32_t user, SteadyTime intended) {
  const std::size_t edge = of_each_ > 0 ? contacts_.edge(user, 0) : contacts_.pick(user, random_);
  Client& client = device(edge);
  if (!client.is_joined()) return;  // The lost connection is reported for itself.
  if (chance(plan_.typing))
    client.send("42[\"typing\",{\"receiverId\":\"" + crowd_.id_of(contacts_.receiver(edge)) +
                "\"}]");
  const std::uint32_t number = ledger_.send(edge);
  const Mark mark{run_, static_cast<std::uint32_t>(edge), number,
                  intended.time_since_epoch().count()};
  const std::uint64_t ack = client.next_ack();
  draft_ = "42";
  if (plan_.answer == Answer::ack) draft_ += std::to_string(ack);
  append_draft(edge, mark);
  client.send(draft_);
  const std::size_t index = user * plan_.devices + edge % plan_.devices;
  under_way_[index].push_back({ack, intended, mark.edge, number});
  ++open_;
}

void Traffic::on_packet(Client& client, const Packet& packet) {
  if (packet.kind == PacketKind::ack) return on_ack(client, packet);
  ++tally_.events;
  if (packet.name == "receive_message") return on_message(client, packet);
  if (packet.name == "message_error" && first_refusal_.empty())
    first_refusal_ = packet.payload.substr(0, 200);
}

void Traffic::on_ack(Client& client, const Packet& packet) {
  const auto& open = under_way_[crowd_.user_of(client) * plan_.devices + crowd_.device_of(client)];
  const auto found =
      std::find_if(open.begin(), open.end(), [&](const Open& one) { return one.ack == packet.id; });
  if (found == open.end()) return;
  const bool is_good = packet.payload.starts_with("[{\"ok\":true");
  if (!is_good && first_refusal_.empty()) first_refusal_ = packet.payload.substr(0, 200);
  finish(client, static_cast<std::size_t>(found - open.begin()), is_good);
}

void Traffic::finish(Client& client, std::size_t index, bool is_good) {
  const std::size_t user = crowd_.user_of(client);
  auto& open = under_way_[user * plan_.devices + crowd_.device_of(client)];
  const Open one = open[index];
  open.erase(open.begin() + static_cast<std::ptrdiff_t>(index));
  --open_;
  const SteadyTime now = Clock::now();
  if (is_good) {
    ++tally_.answered;
    tally_.answers.add(now - one.intended);
    tally_.recent.add(now - one.intended);
  } else {
    ++tally_.refused;
    ledger_.refuse(one.edge, one.number);
  }
  next_turn(static_cast<std::uint32_t>(user), now);
}

void Traffic::on_message(Client& client, const Packet& packet) {
  const auto mark = read_mark(text_field(packet.payload, "\"content\""));
  if (!mark || mark->run != run_) {
    ++foreign_;
    return;
  }
  check(client, *mark);
  maybe_read(client, packet);
}

/// The copies of an edge: the receiver's devices, then the sender's.
void Traffic::check(Client& client, const Mark& mark) {
  const std::size_t user = crowd_.user_of(client);
  const std::size_t number = crowd_.device_of(client);
  const bool is_known = mark.edge < contacts_.edges();
  const bool is_receiver = is_known && contacts_.receiver(mark.edge) == user;
  const bool is_sender = is_known && contacts_.sender(mark.edge) == user;
  // Somebody else's message is one that nobody has sent to this user.
  const std::size_t copy = is_receiver ? number
                           : is_sender ? plan_.devices + number
                                       : 2 * plan_.devices;
  const bool is_good = ledger_.receive(mark.edge, copy, mark.number);
  if (is_receiver && number == 0 && is_good) {
    ++tally_.delivered;
    tally_.deliveries.add(Clock::now() - time_of(mark));
  }
  if (!is_sender || plan_.answer != Answer::echo) return;
  const auto& open = under_way_[user * plan_.devices + number];
  const auto found = std::find_if(open.begin(), open.end(), [&](const Open& one) {
    return one.edge == mark.edge && one.number == mark.number;
  });
  if (found != open.end()) finish(client, static_cast<std::size_t>(found - open.begin()), true);
}

void Traffic::maybe_read(Client& client, const Packet& packet) {
  if (plan_.reads <= 0 || crowd_.device_of(client) != 0) return;
  // Only a receiver may; the sender's own copies are passed over.
  if (text_field(packet.payload, "\"receiver\"") != crowd_.id_of(crowd_.user_of(client))) return;
  if (!chance(plan_.reads)) return;
  client.send("42[\"message_read\",{\"messageId\":\"" +
              std::string{text_field(packet.payload, "\"_id\"")} + "\"}]");
}

}  // namespace parley::load
