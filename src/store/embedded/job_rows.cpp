#include "store/embedded/job_rows.hpp"

#include <utility>

#include "jobs/record.hpp"
#include "store/embedded/bytes.hpp"

namespace parley::store::embedded {

namespace {

constexpr std::uint8_t layout = 1;
constexpr std::uint8_t has_until = 1, is_paused = 1;
constexpr std::int64_t highest_turn = std::int64_t{1} << 60;

/// How states are stored: for ever.
constexpr std::pair<jobs::State, std::uint8_t> states[] = {
    {jobs::State::waiting, 'w'}, {jobs::State::prioritized, 'p'}, {jobs::State::active, 'a'},
    {jobs::State::delayed, 'd'}, {jobs::State::completed, 'c'},   {jobs::State::failed, 'f'},
};

std::uint8_t letter_of(jobs::State state) {
  for (const auto& [known, letter] : states) {
    if (known == state) return letter;
  }
  return 0;
}

jobs::State state_of(std::uint8_t letter) {
  for (const auto& [state, known] : states) {
    if (known == letter) return state;
  }
  return jobs::State::none;
}

Bytes begin(std::size_t reserve) {
  Bytes out(reserve);
  out.u8(layout);
  return out;
}

/// With everything absent when it is of another layout.
Parser open(std::string_view value) {
  Parser in(value);
  return in.u8() == layout ? in : Parser(std::string_view{});
}

std::int64_t signed_of(std::uint64_t bits) { return static_cast<std::int64_t>(bits); }

}  // namespace

Bytes encode(const jobs::Placed& placed) {
  const jobs::Fields fields = jobs::to_fields(placed.job);
  std::size_t size = 64 + placed.token.size();
  for (const auto& [name, value] : fields) size += name.size() + value.size() + 8;
  Bytes out = begin(size);
  out.u8(letter_of(placed.job.state))
      .be64(static_cast<std::uint64_t>(placed.place.rank))
      .be64(static_cast<std::uint64_t>(placed.place.turn))
      .text(placed.token)
      .varint(fields.size());
  for (const auto& [name, value] : fields) out.text(name).text(value);
  return out;
}

std::optional<jobs::Placed> decode_job(jobs::JobId id, std::string_view value) {
  Parser in = open(value);
  const jobs::State state = state_of(in.u8());
  jobs::Placed placed;
  placed.place.rank = signed_of(in.be64());
  placed.place.turn = signed_of(in.be64());
  placed.token = in.text();
  jobs::Fields fields;
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
    std::string name{in.text()};
    fields.emplace_back(std::move(name), in.text());
  }
  if (!in.finished() || state == jobs::State::none || placed.place.turn > highest_turn ||
      placed.place.turn < -highest_turn)
    return std::nullopt;
  placed.job = jobs::job_from_fields(std::move(id), fields);
  placed.job.state = state;
  return placed;
}

Bytes encode(const jobs::Owner& owner) {
  Bytes out = begin(16 + owner.job.size());
  out.u8(owner.until ? has_until : 0);
  if (owner.until) out.time(*owner.until);
  out.raw(owner.job);
  return out;
}

std::optional<jobs::Owner> decode_job_owner(std::string_view value) {
  Parser in = open(value);
  const std::uint8_t flags = in.u8();
  jobs::Owner owner;
  if (flags & has_until) owner.until = in.time();
  owner.job = in.rest();
  if (!in.finished() || flags > has_until || owner.job.empty()) return std::nullopt;
  return owner;
}

Bytes encode(const std::deque<std::string>& log) {
  Bytes out = begin(64 * log.size());
  out.varint(log.size());
  for (const std::string& line : log) out.text(line);
  return out;
}

std::optional<std::deque<std::string>> decode_job_log(std::string_view value) {
  Parser in = open(value);
  std::deque<std::string> log;
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) log.emplace_back(in.text());
  if (!in.finished()) return std::nullopt;
  return log;
}

Bytes encode(const jobs::Board::Meta& meta) {
  Bytes out = begin(12);
  out.u8(meta.is_paused ? is_paused : 0).varint(meta.ids);
  return out;
}

std::optional<jobs::Board::Meta> decode_job_meta(std::string_view value) {
  Parser in = open(value);
  const std::uint8_t flags = in.u8();
  jobs::Board::Meta meta{in.varint(), (flags & is_paused) != 0};
  if (!in.finished() || flags > is_paused) return std::nullopt;
  return meta;
}

}  // namespace parley::store::embedded
