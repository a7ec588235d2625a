#include "jobs/bullmq_config.hpp"

#include "base/base64.hpp"
#include "jobs/options.hpp"

namespace parley::jobs {

Result<Done> check(const BullmqConfig& config) {
  if (config.prefix.empty() || config.prefix.size() > max_name_bytes)
    return fail(Errc::bad_request, "the queue's prefix is empty or too long");
  return check_queue_name(config.name);
}

std::string connection_name(const BullmqConfig& config, const std::string& worker) {
  std::string name = config.prefix + ":" + to_base64(config.name);
  if (!worker.empty()) name += ":w:" + worker;
  return name;
}

}  // namespace parley::jobs
