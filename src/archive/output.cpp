#include "archive/output.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <system_error>
#include <vector>

#include "base/files.hpp"

namespace parley::archive {

namespace {
namespace fs = std::filesystem;

constexpr std::size_t buffer_size = 256 * 1024;
constexpr int with_gzip_header = 16 + MAX_WBITS;
constexpr mode_t owner_only = 0600;

Error failed(const char* what, const fs::path& path, std::error_code error = last_system_error()) {
  return fail(Errc::unavailable,
              std::string("cannot ") + what + " " + path.string() + ": " + error.message());
}

/// Opens `path` for us alone: conflict while another has it open this way. The descriptor may be
/// set in an error, too.
Result<Done> open_alone(int& file, const fs::path& path, int flags) {
  file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | flags, owner_only);
  if (file < 0) return failed(flags & O_CREAT ? "make" : "open", path);
  // Other failures: a file system that knows no locks.
  bool is_ours = ::flock(file, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
  struct stat opened {};
  struct stat named {};
  // Between open and lock another export may have finished, and given the file its last name.
  is_ours = is_ours && ::fstat(file, &opened) == 0 && ::stat(path.c_str(), &named) == 0 &&
            opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
  return is_ours ? Result<Done>(Done{})
                 : fail(Errc::conflict, path.string() + " is being written by another export");
}

Result<Done> sync_folder_of(const fs::path& file) {
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  const auto error = sync_path(folder);
  return error ? Result<Done>(failed("sync", folder, error)) : Done{};
}
}  // namespace

struct Output::State {
  ~State() {
    if (is_begun) ::deflateEnd(&deflater);
    if (file > STDERR_FILENO) ::close(file);
  }

  Result<Done> flush() {
    const auto error = write_all(file, buffer);
    size += buffer.size();
    buffer.clear();
    return error ? Result<Done>(failed("write", path, error)) : Done{};
  }

  int file = -1;
  fs::path path;
  std::uint64_t size = 0;  ///< Of the file.
  std::string buffer;
  Packing packing = Packing::none;
  z_stream deflater{};
  std::vector<char> packed = std::vector<char>(64 * 1024);
  bool is_begun = false;
  bool in_member = false;
};

Packing packing_of(const fs::path& path) {
  return path.extension() == ".gz" ? Packing::gzip : Packing::none;
}

Output::Output(std::unique_ptr<State> state) : state_(std::move(state)) {}
Output::~Output() = default;

Result<std::unique_ptr<Output>> Output::create(const fs::path& path, Packing packing) {
  auto state = std::make_unique<State>();
  state->path = path;
  state->packing = packing;
  if (path == "-") {
    state->file = STDOUT_FILENO;
  } else {
    if (auto opened = open_alone(state->file, path, O_CREAT); !opened) return opened.error();
    if (::ftruncate(state->file, 0) != 0) return failed("empty", path);
  }
  return std::unique_ptr<Output>(new Output(std::move(state)));
}

Result<std::unique_ptr<Output>> Output::append(const fs::path& path, Packing packing,
                                               std::uint64_t size) {
  auto state = std::make_unique<State>();
  state->path = path;
  state->packing = packing;
  state->size = size;
  if (auto opened = open_alone(state->file, path, 0); !opened) return opened.error();
  struct stat there {};
  if (::fstat(state->file, &there) != 0) return failed("open", path);
  if (static_cast<std::uint64_t>(there.st_size) < size)
    return fail(Errc::corrupt, path.string() + " is shorter than it was");
  const auto offset = static_cast<off_t>(size);
  if (::ftruncate(state->file, offset) != 0 || ::lseek(state->file, offset, SEEK_SET) != offset)
    return failed("cut", path);
  return std::unique_ptr<Output>(new Output(std::move(state)));
}

Result<Done> Output::write(std::string_view bytes) {
  if (state_->packing == Packing::gzip) return pack(bytes, Z_NO_FLUSH);
  state_->buffer.append(bytes);
  return state_->buffer.size() < buffer_size ? Result<Done>(Done{}) : state_->flush();
}

Result<Done> Output::pack(std::string_view bytes, int flush) {
  State& state = *state_;
  z_stream& deflater = state.deflater;
  if (!state.is_begun) {
    const int status = ::deflateInit2(&deflater, Z_DEFAULT_COMPRESSION, Z_DEFLATED,
                                      with_gzip_header, 8, Z_DEFAULT_STRATEGY);
    if (status != Z_OK) return fail(Errc::internal, "zlib cannot begin");
    state.is_begun = true;
  } else if (!state.in_member && ::deflateReset(&deflater) != Z_OK) {
    return fail(Errc::internal, "zlib cannot go on");
  }
  state.in_member = true;
  // zlib does not write there.
  deflater.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  deflater.avail_in = static_cast<uInt>(bytes.size());
  std::vector<char>& out = state.packed;
  int status = Z_OK;
  do {
    deflater.next_out = reinterpret_cast<Bytef*>(out.data());
    deflater.avail_out = static_cast<uInt>(out.size());
    status = ::deflate(&deflater, flush);
    if (status == Z_STREAM_ERROR) return fail(Errc::internal, "zlib cannot go on");
    state.buffer.append(out.data(), out.size() - deflater.avail_out);
  } while (deflater.avail_out == 0);
  if (flush == Z_FINISH) state.in_member = false;
  return state.buffer.size() < buffer_size ? Result<Done>(Done{}) : state.flush();
}

Result<std::uint64_t> Output::settle() {
  State& state = *state_;
  if (state.in_member) {
    if (auto packed = pack({}, Z_FINISH); !packed) return packed.error();
  }
  if (auto flushed = state.flush(); !flushed) return flushed.error();
  // Pipes and terminals cannot be synced, and need not be.
  if (state.path != "-" && ::fsync(state.file) != 0) return failed("sync", state.path);
  return state.size;
}

Result<Done> write_file(const fs::path& path, std::string_view content) {
  const fs::path fresh = path.string() + ".new";
  auto output = Output::create(fresh, Packing::none);
  if (!output) return output.error();
  if (auto written = (*output)->write(content); !written) return written;
  if (auto settled = (*output)->settle(); !settled) return settled.error();
  return rename_file(fresh, path);
}

Result<Done> rename_file(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return failed("name", to);
  return sync_folder_of(to);
}

Result<Done> name_new_file(const fs::path& from, const fs::path& to) {
  int status = ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE);
  if (status != 0 && (errno == EINVAL || errno == ENOSYS)) {  // not on this file system
    std::error_code ignored;
    errno = EEXIST;
    if (!fs::exists(fs::symlink_status(to, ignored))) status = ::rename(from.c_str(), to.c_str());
  }
  if (status == 0) return sync_folder_of(to);
  if (errno != EEXIST) return failed("name", to);
  return fail(Errc::conflict,
              to.string() + " has appeared meanwhile: what was written is in " + from.string());
}

}  // namespace parley::archive
