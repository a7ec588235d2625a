#include "archive/input.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "archive/lines.hpp"

namespace parley::archive {

namespace {
constexpr std::size_t buffer_size = 256 * 1024;
constexpr int with_gzip_header = 16 + MAX_WBITS;
}  // namespace

struct Input::State {
  ~State() {
    if (is_packed) ::inflateEnd(&inflater);
    if (file > 0) ::close(file);
  }

  /// More bytes as they are in the file into `packed`; 0 at the end.
  Result<std::size_t> read() {
    if (file < 0) {
      const std::size_t size = std::min(packed.size(), memory.size() - taken);
      std::memcpy(packed.data(), memory.data() + taken, size);
      taken += size;
      return size;
    }
    for (;;) {
      const ssize_t size = ::read(file, packed.data(), packed.size());
      if (size >= 0) return static_cast<std::size_t>(size);
      if (errno != EINTR)
        return fail(Errc::unavailable, std::string("cannot read: ") + std::strerror(errno));
    }
  }

  int file = -1;  ///< -1: `memory`.
  std::string memory;
  std::size_t taken = 0;

  std::vector<unsigned char> packed = std::vector<unsigned char>(buffer_size);
  std::vector<unsigned char> plain = std::vector<unsigned char>(buffer_size);
  std::size_t begin = 0, end = 0;  ///< What of `plain` has not been given yet.
  std::uint64_t bytes_read = 0;

  bool is_begun = false;
  bool is_packed = false;
  bool is_over = false;
  z_stream inflater{};
  bool in_member = false;  ///< Gzip: several members may follow each other.
};

Input::Input(std::unique_ptr<State> state) : state_(std::move(state)) {}
Input::~Input() = default;

Result<std::unique_ptr<Input>> Input::open(const std::filesystem::path& path) {
  auto state = std::make_unique<State>();
  if (path == "-") {
    state->file = STDIN_FILENO;
  } else {
    state->file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (state->file < 0) {
      return fail(errno == ENOENT ? Errc::not_found : Errc::unavailable,
                  "cannot open " + path.string() + ": " + std::strerror(errno));
    }
  }
  return std::unique_ptr<Input>(new Input(std::move(state)));
}

std::unique_ptr<Input> Input::of(std::string bytes) {
  auto state = std::make_unique<State>();
  state->memory = std::move(bytes);
  return std::unique_ptr<Input>(new Input(std::move(state)));
}

std::uint64_t Input::bytes_read() const { return state_->bytes_read; }

Result<bool> Input::line(std::string& into) {
  into.clear();
  State& state = *state_;
  for (;;) {
    const auto* from = state.plain.data() + state.begin;
    const std::size_t size = state.end - state.begin;
    const void* newline = size > 0 ? std::memchr(from, '\n', size) : nullptr;
    const std::size_t take =
        newline ? static_cast<std::size_t>(static_cast<const unsigned char*>(newline) - from)
                : size;
    if (into.size() + take > max_line) return fail(Errc::corrupt, "the line is too long");
    into.append(reinterpret_cast<const char*>(from), take);
    state.begin += take + (newline ? 1 : 0);
    if (newline) return true;
    auto more = fill();
    if (!more) return more;
    if (*more) continue;
    if (into.empty()) return false;
    return fail(Errc::corrupt, "the file ends in the middle of a line");
  }
}

/// More into `plain`; false: there is no more.
Result<bool> Input::fill() {
  State& state = *state_;
  state.begin = state.end = 0;
  if (state.is_packed) return unpack();
  if (state.is_over) return false;
  const auto size = state.read();
  if (!size) return size.error();
  state.bytes_read += *size;
  state.is_over = *size == 0;
  const bool is_gzip =
      !state.is_begun && *size >= 2 && state.packed[0] == 0x1f && state.packed[1] == 0x8b;
  state.is_begun = true;
  if (!is_gzip) {
    std::swap(state.plain, state.packed);
    state.end = *size;
    return *size > 0;
  }
  if (::inflateInit2(&state.inflater, with_gzip_header) != Z_OK)
    return fail(Errc::internal, "zlib cannot begin");
  state.is_packed = state.in_member = true;
  state.inflater.next_in = state.packed.data();
  state.inflater.avail_in = static_cast<uInt>(*size);
  return unpack();
}

Result<bool> Input::unpack() {
  State& state = *state_;
  z_stream& inflater = state.inflater;
  inflater.next_out = state.plain.data();
  inflater.avail_out = static_cast<uInt>(state.plain.size());
  while (inflater.avail_out == state.plain.size()) {
    if (inflater.avail_in == 0) {
      const auto size = state.read();
      if (!size) return size.error();
      state.bytes_read += *size;
      if (*size == 0 && state.in_member)
        return fail(Errc::corrupt, "the file ends in the middle of packed data");
      if (*size == 0) return false;
      inflater.next_in = state.packed.data();
      inflater.avail_in = static_cast<uInt>(*size);
    }
    if (!state.in_member && ::inflateReset(&inflater) != Z_OK)
      return fail(Errc::internal, "zlib cannot go on");
    state.in_member = true;
    const int status = ::inflate(&inflater, Z_NO_FLUSH);
    if (status == Z_STREAM_END) {
      state.in_member = false;
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      return fail(Errc::corrupt, "the packed data is damaged");
    }
  }
  state.end = state.plain.size() - inflater.avail_out;
  return true;
}

}  // namespace parley::archive
