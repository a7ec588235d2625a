#pragma once

#include "archive/lines.hpp"
#include "archive/output.hpp"
#include "archive/rules.hpp"

namespace parley::archive {

/// Writes an archive, with its checksums; refuses records that break the rules. One thread.
class Writer {
 public:
  /// What is known between two conversations, and enough to go on later.
  struct State {
    chat::ArchiveTotals totals;
    chat::Version newest = 0;
    Digest digest{};
  };

  /// `output` outlives it. It has what was written up to `state`.
  explicit Writer(Output& output) : output_(output) {}
  Writer(Output& output, const State& state);

  Result<Done> begin(const Header& header);
  Result<Done> write(const chat::ArchiveRecord& record);
  /// The open conversation is complete: what follows is not of it. Nothing happens without one.
  Result<Done> end();
  /// The last line. `newest`: what the source says; at least that of its records.
  Result<Done> finish(chat::Version newest);

  State state() const { return {rules_.totals(), rules_.newest(), whole_.digest()}; }

 private:
  Result<Done> put(std::string line);

  Output& output_;
  Rules rules_;
  Chain whole_;
  Chain conversation_;
  std::uint64_t messages_ = 0;
};

}  // namespace parley::archive
