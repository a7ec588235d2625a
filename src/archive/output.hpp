#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "base/result.hpp"

namespace parley::archive {

enum class Packing { none, gzip };
/// By the end of its name.
Packing packing_of(const std::filesystem::path& path);

/// Bytes into a file that only its owner may read, or to standard output. One thread.
class Output {
 public:
  /// Empties the file, which is this object's alone while it lives; `-` is standard output.
  /// unavailable; conflict: another output has it.
  static Result<std::unique_ptr<Output>> create(const std::filesystem::path& path, Packing packing);
  /// Goes on behind the first `size` bytes; what follows them is cut off. As create; corrupt:
  /// it is shorter.
  static Result<std::unique_ptr<Output>> append(const std::filesystem::path& path, Packing packing,
                                                std::uint64_t size);
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  Result<Done> write(std::string_view bytes);
  /// All of it durable: the size that `append` may be given. Gzip: ends a member.
  Result<std::uint64_t> settle();

 private:
  struct State;
  explicit Output(std::unique_ptr<State> state);
  Result<Done> pack(std::string_view bytes, int flush);

  std::unique_ptr<State> state_;
};

/// Replaces a file, durably, by one that only its owner may read. unavailable.
Result<Done> write_file(const std::filesystem::path& path, std::string_view content);
/// Gives `from` the name `to`, durably, and replaces what has it. unavailable.
Result<Done> rename_file(const std::filesystem::path& from, const std::filesystem::path& to);
/// The same where nothing has that name. unavailable; conflict: something has.
Result<Done> name_new_file(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace parley::archive
