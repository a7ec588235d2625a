#pragma once

#include <optional>
#include <string>
#include <vector>

#include "load/crowd.hpp"
#include "load/ledger.hpp"
#include "load/plan.hpp"
#include "load/tally.hpp"

namespace parley::load {

/// One-to-one messages among the users of a crowd, checked as they come.
class Traffic final : public Work {
 public:
  /// Both outlive it. `run` tells its messages from those of other runs. `of_each`: so many
  /// messages of each user to their closest contact, and no more; 0: as many as time permits, to
  /// all contacts.
  Traffic(const Plan& plan, Crowd& crowd, std::uint32_t run, std::size_t of_each = 0);

  /// Users begin to write.
  void begin(SteadyTime now);
  /// Nobody writes any more.
  void stop();
  SteadyTime tick(SteadyTime now) override;
  Tally& tally() override { return tally_; }

  /// Everything is answered, and every copy has come.
  bool is_settled() const { return open_ == 0 && ledger_.is_complete(); }
  const Ledger& ledger() const { return ledger_; }
  /// Messages that are not answered yet.
  std::uint64_t open() const { return open_; }
  /// Of other runs, or of nobody: not checked.
  std::uint64_t foreign() const { return foreign_; }
  const std::string& first_refusal() const { return first_refusal_; }

 private:
  struct Open {
    std::uint64_t ack;
    SteadyTime intended;
    std::uint32_t edge;
    std::uint32_t number;
  };

  void on_packet(Client& client, const Packet& packet);
  void on_ack(Client& client, const Packet& packet);
  void on_message(Client& client, const Packet& packet);
  void check(Client& client, const Mark& mark);
  void maybe_read(Client& client, const Packet& packet);

  void write(std::uint32_t user, SteadyTime intended);
  void append_draft(std::size_t edge, const Mark& mark);
  /// The message is answered, well or not; its user's next turn comes.
  void finish(Client& client, std::size_t index, bool is_good);
  void next_turn(std::uint32_t user, SteadyTime now);
  bool chance(double share);
  Client& device(std::size_t edge);

  const Plan& plan_;
  Crowd& crowd_;
  const std::uint32_t run_;
  const std::size_t of_each_;
  Contacts contacts_;
  Ledger ledger_;
  Tally tally_;
  Random random_;
  std::optional<Pacer> pacer_;
  Turns turns_;
  std::vector<std::vector<Open>> under_way_;  ///< By device.
  std::vector<std::size_t> left_;             ///< By user, with `of_each`.
  std::uint64_t open_ = 0;
  std::uint64_t foreign_ = 0;
  std::string draft_;
  std::string first_refusal_;
  bool stopped_ = false;
};

}  // namespace parley::load
