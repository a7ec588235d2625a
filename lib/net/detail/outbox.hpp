#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/frame.hpp"

namespace parley::net::detail {

/// What a connection has yet to hand to the kernel, in order: shared frames, and copies of small
/// pieces.
class Outbox {
 public:
  /// The frame's bytes from `offset` on; `offset` is less than its size.
  void append(Frame frame, std::size_t offset);
  void append(std::string_view bytes);

  bool empty() const { return size_ == 0; }
  /// Bytes that wait.
  std::size_t size() const { return size_; }

  /// Describes the first bytes for sendmsg. Several pieces of up to `max_small` bytes are copied
  /// together into `scratch`; larger ones, and one alone, are borrowed. Returns how many entries of
  /// `parts` were filled.
  std::size_t gather(std::span<iovec> parts, std::span<char> scratch) const;
  /// The kernel took the first `bytes`.
  void consume(std::size_t bytes);
  /// Forgets everything and keeps a little capacity for the next user.
  void clear();

  static constexpr std::size_t max_small = 2048;

 private:
  struct Piece {
    Frame frame;  ///< nullptr: the bytes lie in copied_.
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  const char* data(const Piece& piece) const {
    return (piece.frame ? piece.frame->data() : copied_.data()) + piece.begin;
  }
  void compact();

  std::vector<Piece> pieces_;
  std::size_t first_ = 0;  ///< Pieces before it have left.
  std::string copied_;
  std::size_t size_ = 0;
};

}  // namespace parley::net::detail
