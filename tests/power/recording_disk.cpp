// A disk that writes down what happens to it: a FUSE file system with one file, for a loop device.
//   recording_disk IMAGE RECORD FOLDER FLUSH_MICROSECONDS
// FOLDER/disk is IMAGE, which stays as it is: changes are in memory, and gone in the end. Each is
// appended to RECORD, when it is done and before anybody hears of it. Says "ready" once FOLDER is
// mounted; ends when it is unmounted.
#define FUSE_USE_VERSION 31
#include <fcntl.h>
#include <fuse3/fuse.h>
#include <linux/falloc.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace {

enum Kind : std::uint32_t { wrote = 1, zeroed = 2, flushed = 3 };

/// In front of each change in the record, which its bytes follow if it is `wrote`.
struct Change {
  std::uint64_t time;  ///< Nanoseconds of CLOCK_MONOTONIC.
  std::uint64_t offset;
  std::uint32_t size;
  Kind kind;
};

constexpr const char* file = "/disk";
int image = -1, record = -1;
char* content = nullptr;
std::size_t content_size = 0;
useconds_t flush_takes = 0;

std::uint64_t now() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(time.tv_nsec);
}

/// 0, or a negative errno.
int note(Kind kind, off_t offset, std::size_t size, const char* bytes = nullptr) {
  Change change{now(), static_cast<std::uint64_t>(offset), static_cast<std::uint32_t>(size), kind};
  const iovec parts[] = {{&change, sizeof change},
                         {const_cast<char*>(bytes), bytes != nullptr ? size : 0}};
  const auto all = static_cast<ssize_t>(parts[0].iov_len + parts[1].iov_len);
  return ::writev(record, parts, 2) == all ? 0 : -EIO;
}

int attributes(const char* path, struct stat* out, fuse_file_info*) {
  *out = {};
  if (std::strcmp(path, "/") == 0) {
    out->st_mode = S_IFDIR | 0700;
    out->st_nlink = 2;
    return 0;
  }
  if (std::strcmp(path, file) != 0) return -ENOENT;
  return ::fstat(image, out) == 0 ? 0 : -errno;
}

int open_file(const char* path, fuse_file_info* info) {
  info->direct_io = 1;  // The kernel keeps nothing back: each write of the loop device comes here.
  return std::strcmp(path, file) == 0 ? 0 : -ENOENT;
}

/// How many of so many bytes there are.
std::size_t within(off_t offset, std::size_t size) {
  const auto begin = std::min(static_cast<std::size_t>(offset), content_size);
  return std::min(size, content_size - begin);
}

int read_file(const char*, char* out, std::size_t size, off_t offset, fuse_file_info*) {
  size = within(offset, size);
  std::memcpy(out, content + offset, size);
  return static_cast<int>(size);
}

int write_file(const char*, const char* bytes, std::size_t size, off_t offset, fuse_file_info*) {
  if (within(offset, size) != size) return -ENOSPC;
  std::memcpy(content + offset, bytes, size);
  const int failed = note(wrote, offset, size, bytes);
  return failed != 0 ? failed : static_cast<int>(size);
}

/// Discarded blocks read as zeros.
int discard(const char*, int mode, off_t offset, off_t length, fuse_file_info*) {
  const auto size = static_cast<std::size_t>(length);
  if ((mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) == 0) return -EOPNOTSUPP;
  if (within(offset, size) != size) return -ENOSPC;
  std::memset(content + offset, 0, size);
  return note(zeroed, offset, size);
}

/// Nothing else happens meanwhile: this is a loop with one thread.
int flush(const char*, int, fuse_file_info*) {
  ::usleep(flush_takes);
  return note(flushed, 0, 0);
}

void* begin(fuse_conn_info*, fuse_config*) {
  std::puts("ready");
  std::fflush(stdout);
  return nullptr;
}

/// False: errno says why.
bool load(const char* path) {
  image = ::open(path, O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (image < 0 || ::fstat(image, &status) != 0) return false;
  content_size = static_cast<std::size_t>(status.st_size);
  void* mapped =
      ::mmap(nullptr, content_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, image, 0);
  content = static_cast<char*>(mapped);
  return mapped != MAP_FAILED;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 5) return 2;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  record = ::open(arguments[2], O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  flush_takes = static_cast<useconds_t>(std::atoi(arguments[4]));
  if (record < 0 || !load(arguments[1])) return std::perror("recording_disk"), 1;
  fuse_operations operations{};
  operations.init = begin;
  operations.getattr = attributes;
  operations.open = open_file;
  operations.read = read_file;
  operations.write = write_file;
  operations.fsync = flush;
  operations.fallocate = discard;
  char foreground[] = "-f", alone[] = "-s";
  char* options[] = {arguments[0], foreground, alone, arguments[3], nullptr};
  return fuse_main(4, options, &operations, nullptr);
}
