#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "mail/transport.hpp"
#include "net/workers.hpp"

namespace parley::mail {

/// Writes each mail to a file of its own, `20261123T180000.000Z-<number>.eml`, which is whole when
/// it has that name, and synced when send() returns. Keeps the newest `max_files`. One to a folder.
class FolderTransport final : public Transport {
 public:
  /// Makes the folder (mode 0700; its parent exists) and reads what is in it. Throws
  /// std::runtime_error. `workers` outlives it.
  FolderTransport(net::Workers& workers, std::string folder, std::size_t max_files = 10'000);
  ~FolderTransport() override;

  /// unavailable when the file cannot be written.
  Task<Result<Done>> send(Envelope envelope, std::string bytes, Permit permit) override;
  std::string describe() const override;

 private:
  class Shelf;
  net::Workers& workers_;
  std::shared_ptr<Shelf> shelf_;
};

}  // namespace parley::mail
