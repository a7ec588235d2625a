#include "net/detail/outbox.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace parley::net::detail {

namespace {
constexpr std::size_t kept_pieces = 64;
constexpr std::size_t kept_bytes = 16 * 1024;
/// Bytes of copies that have left and are still held.
constexpr std::size_t compact_from = 64 * 1024;
}  // namespace

void Outbox::append(Frame frame, std::size_t offset) {
  const std::size_t end = frame->size();
  size_ += end - offset;
  pieces_.push_back({std::move(frame), offset, end});
}

void Outbox::append(std::string_view bytes) {
  const std::size_t begin = copied_.size();
  copied_.append(bytes);
  size_ += bytes.size();
  if (pieces_.size() > first_ && !pieces_.back().frame && pieces_.back().end == begin) {
    pieces_.back().end = copied_.size();
  } else {
    pieces_.push_back({nullptr, begin, copied_.size()});
  }
}

std::size_t Outbox::gather(std::span<iovec> parts, std::span<char> scratch) const {
  if (pieces_.size() - first_ == 1) {  // as nearly always: nothing to put together
    const Piece& only = pieces_.back();
    parts[0] = {const_cast<char*>(data(only)), only.end - only.begin};  // sendmsg only reads
    return 1;
  }
  std::size_t count = 0, used = 0;
  bool extends = false;  // the last part ends where the scratch's free space begins
  for (auto piece = pieces_.begin() + static_cast<std::ptrdiff_t>(first_); piece != pieces_.end();
       ++piece) {
    const std::size_t length = piece->end - piece->begin;
    const bool small = length <= max_small && length <= scratch.size() - used;
    if (!(small && extends) && count == parts.size()) break;
    if (!small) {
      parts[count++] = {const_cast<char*>(data(*piece)), length};
      extends = false;
      continue;
    }
    std::memcpy(scratch.data() + used, data(*piece), length);
    if (extends) {
      parts[count - 1].iov_len += length;
    } else {
      parts[count++] = {scratch.data() + used, length};
    }
    used += length;
    extends = true;
  }
  return count;
}

void Outbox::consume(std::size_t bytes) {
  size_ -= bytes;
  if (size_ == 0) {
    clear();
    return;
  }
  while (bytes > 0) {
    Piece& piece = pieces_[first_];
    const std::size_t length = std::min(bytes, piece.end - piece.begin);
    piece.begin += length;
    bytes -= length;
    if (piece.begin == piece.end) {
      piece.frame = nullptr;
      ++first_;
    }
  }
  compact();
}

void Outbox::compact() {
  if (first_ >= kept_pieces && first_ * 2 >= pieces_.size()) {
    pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
  const auto copy = std::find_if(pieces_.begin() + static_cast<std::ptrdiff_t>(first_),
                                 pieces_.end(), [](const Piece& piece) { return !piece.frame; });
  const std::size_t gone = copy == pieces_.end() ? copied_.size() : copy->begin;
  if (gone < compact_from || gone * 2 < copied_.size()) return;
  copied_.erase(0, gone);
  for (auto piece = copy; piece != pieces_.end(); ++piece) {
    if (piece->frame) continue;
    piece->begin -= gone;
    piece->end -= gone;
  }
}

void Outbox::clear() {
  pieces_.clear();
  first_ = 0;
  copied_.clear();
  size_ = 0;
  if (pieces_.capacity() > kept_pieces) pieces_.shrink_to_fit();
  if (copied_.capacity() > kept_bytes) copied_.shrink_to_fit();
}

}  // namespace parley::net::detail
