#include "app/doctor.hpp"

#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <ostream>

#include "app/open_files.hpp"
#include "app/table.hpp"
#include "base/authority.hpp"
#include "base/json.hpp"

namespace parley::app {

using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t mebibyte = 1ull << 20;
/// Below it a commit may fail soon; RocksDB needs room to compact.
constexpr std::uint64_t least_free = 512 * mebibyte;
/// What the listener asks for.
constexpr std::size_t wanted_backlog = 4'096;
constexpr auto large_offset = 2s;
constexpr auto short_validity = 14 * 24h;

std::string in_mebibytes(std::uint64_t bytes) { return std::to_string(bytes / mebibyte) + " MiB"; }

std::string in_days(Time end, Time now) {
  return std::to_string(std::chrono::duration_cast<std::chrono::hours>(end - now).count() / 24) +
         " days";
}

std::string_view word(Verdict verdict) {
  return verdict == Verdict::good ? "ok" : verdict == Verdict::doubtful ? "warn" : "bad";
}

std::optional<std::size_t> number_in(const char* file) {
  std::ifstream in{file};
  std::size_t number = 0;
  return in >> number ? std::optional{number} : std::nullopt;
}

/// The nearest folder above that is there.
std::filesystem::path existing(std::filesystem::path path) {
  std::error_code ignored;
  path = std::filesystem::absolute(path, ignored).lexically_normal();
  while (!path.empty() && path != path.root_path() && !std::filesystem::exists(path, ignored))
    path = path.parent_path();
  return path;
}

bool is_open_to_all(const std::filesystem::path& folder) {
  using std::filesystem::perms;
  std::error_code ignored;
  const auto status = std::filesystem::status(folder, ignored);
  return std::filesystem::is_directory(status) &&
         (status.permissions() & perms::others_exec) != perms::none;
}

bool is_of_this_machine(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

}  // namespace

Finding judge_address(const Settings& settings) {
  const auto& server = settings.server;
  const std::string place = authority_of(server.host, server.port);
  if (is_of_this_machine(server.host))
    return {
        "address",
        Verdict::good,
        "only this machine reaches " + place + "; others by a proxy on it, or when HOST is 0.0.0.0",
        {}};
  // What a proxy in front hides and encrypts cannot be seen from here.
  if (server.mode != Mode::production || !server.trusted_proxies.empty())
    return {"address", Verdict::good, place, {}};
  if (!settings.has_tls())
    return {"address", Verdict::doubtful, place + " takes passwords in plain HTTP",
            "TLS_CERT and TLS_KEY; or HOST=127.0.0.1 and a proxy with TLS on this machine; or "
            "TRUSTED_PROXIES, where the proxy is another machine"};
  if (server.metrics)
    return {"address", Verdict::doubtful, place + " shows /metrics to everybody",
            "METRICS=off (parley top does without), or a proxy that hides it"};
  return {"address", Verdict::good, place, {}};
}

Finding judge_listening(const Error& error) {
  std::string mend = "HOST: " + std::string{expected_host};
  if (error.code == Errc::conflict)
    mend = "end the program that listens there (ss -ltnp), or set another PORT";
  if (error.code == Errc::forbidden)
    mend =
        "PORT of 1024 or more; or the right: AmbientCapabilities=CAP_NET_BIND_SERVICE in the "
        "systemd unit, setcap cap_net_bind_service=+ep on the program";
  return {"address", Verdict::bad, error.detail, mend};
}

Finding judge_open_files(const Machine& machine, std::size_t max_connections) {
  const std::string seen = std::to_string(machine.open_files) + " open files are allowed" +
                           (machine.is_served ? " to the server" : "");
  if (machine.open_files >= max_connections + other_files)
    return {"open files", Verdict::good, seen, {}};
  const bool are_few = machine.open_files < few_open_files;
  return {"open files", are_few ? Verdict::doubtful : Verdict::good,
          seen + "; MAX_CONNECTIONS is " + std::to_string(max_connections),
          are_few ? "a connection is an open file: set LimitNOFILE=1048576 in the systemd unit, or "
                    "ulimit -Hn before the start"
                  : ""};
}

Finding judge_disk(const Machine& machine, const std::string& data_dir) {
  if (machine.data_dir_is_there && !machine.data_dir_is_writable) {
    return {"disk", Verdict::bad, data_dir + " cannot be written",
            "be the user that runs parley, or give it to that user: chown -R parley " + data_dir};
  }
  if (!machine.data_dir_is_there && !machine.closed_parent.empty()) {
    return {"disk", Verdict::bad,
            data_dir + " cannot be made: " + machine.closed_parent + " cannot be written",
            "set DATA_DIR to a folder of the user that runs parley, or make it for that user"};
  }
  const std::string seen = in_mebibytes(machine.disk_free) + " of " +
                           in_mebibytes(machine.disk_size) + " free for " + data_dir;
  const bool no_inodes = machine.inodes > 0 && machine.inodes_free < 1'000;
  if (machine.disk_free < least_free || no_inodes) {
    return {"disk", Verdict::bad, no_inodes ? seen + ", and no inodes" : seen,
            "free some, or move DATA_DIR: writes fail when the disk is full, and nothing is "
            "acknowledged"};
  }
  if (machine.store_is_open_to_all)
    return {"disk", Verdict::doubtful, "every user of this machine may read " + data_dir,
            "chmod 700 " + data_dir};
  if (machine.disk_free < machine.disk_size / 10)
    return {"disk", Verdict::doubtful, seen, "less than a tenth is free: make room in time"};
  return {"disk", Verdict::good, seen, {}};
}

Finding judge_clock(const Machine& machine) {
  if (!machine.clock_synchronized.has_value())
    return {"clock", Verdict::doubtful, "the system does not say whether it is synchronized", {}};
  if (*machine.clock_synchronized) return {"clock", Verdict::good, "synchronized", {}};
  return {"clock", Verdict::doubtful, "not synchronized by this system",
          "run chrony or systemd-timesyncd (in a container: on its host): tokens, mails and jobs "
          "depend on it, and times of messages where there is no MongoDB"};
}

Finding judge_backlog(const Machine& machine) {
  const std::string seen = std::to_string(machine.backlog) + " connections may wait";
  if (machine.backlog >= wanted_backlog) return {"backlog", Verdict::good, seen, {}};
  return {"backlog", Verdict::doubtful, seen,
          "sysctl -w net.core.somaxconn=4096: more are turned away when everybody comes back at "
          "once"};
}

Finding judge_offset(const std::string& subject, std::chrono::milliseconds offset,
                     std::chrono::milliseconds error) {
  const auto distance = std::max(0ms, std::chrono::abs(offset) - error);
  const std::string seen = "its clock differs by " + std::to_string(offset.count()) + " ms";
  if (distance < large_offset) return {subject, Verdict::good, seen, {}};
  return {subject, Verdict::bad, seen, "synchronize the clocks of both machines (chrony)"};
}

Finding judge_message_clock(std::chrono::milliseconds offset, std::chrono::milliseconds error) {
  Finding finding = judge_offset("MongoDB", offset, error);
  if (finding.verdict == Verdict::good) return finding;
  finding.verdict = Verdict::doubtful;
  finding.mend =
      "synchronize both machines (chrony): messages go by MongoDB's clock on every node, "
      "but tokens, mails, jobs and logs by this machine's";
  return finding;
}

Finding judge_certificate(Time end, Time now) {
  const std::string seen = "the certificate ends " + to_iso8601(end);
  const std::string mend = "renew it, then kill -HUP the server (systemctl reload parley)";
  if (end < now) return {"TLS", Verdict::bad, "the certificate ended " + to_iso8601(end), mend};
  if (end < now + short_validity)
    return {"TLS", Verdict::doubtful, seen + ", in " + in_days(end, now), mend};
  return {"TLS", Verdict::good, seen + ", in " + in_days(end, now), {}};
}

Machine examine_machine(const std::filesystem::path& data_dir) {
  Machine machine;
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) machine.open_files = files.rlim_max;
  struct statvfs disk {};
  if (::statvfs(existing(data_dir).c_str(), &disk) == 0) {
    machine.disk_size = std::uint64_t{disk.f_blocks} * disk.f_frsize;
    machine.disk_free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
    machine.inodes = disk.f_files;
    machine.inodes_free = disk.f_favail;
  }
  timex clock{};
  if (const int state = ::adjtimex(&clock); state >= 0)
    machine.clock_synchronized = state != TIME_ERROR && (clock.status & STA_UNSYNC) == 0;
  machine.backlog = number_in("/proc/sys/net/core/somaxconn").value_or(0);
  std::error_code ignored;
  machine.data_dir_is_there = std::filesystem::is_directory(data_dir, ignored);
  machine.data_dir_is_writable = ::access(data_dir.c_str(), W_OK | X_OK) == 0;
  if (const auto parent = existing(data_dir); ::access(parent.c_str(), W_OK | X_OK) != 0)
    machine.closed_parent = parent.string();
  machine.store_is_open_to_all = is_open_to_all(data_dir) && is_open_to_all(data_dir / "db");
  return machine;
}

int report_findings(const std::vector<Finding>& findings, Format format, std::ostream& out) {
  const bool is_bad = std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.verdict == Verdict::bad;
  });
  json::array list;
  for (const Finding& finding : findings) {
    if (format == Format::json) {
      list.push_back(json::object{{"subject", finding.subject},
                                  {"verdict", word(finding.verdict)},
                                  {"what", finding.what},
                                  {"mend", finding.mend}});
      continue;
    }
    std::string subject = finding.subject, verdict{word(finding.verdict)};
    subject.resize(std::max<std::size_t>(subject.size(), 14), ' ');
    verdict.resize(6, ' ');
    out << verdict << subject << printable(finding.what, 400) << '\n';
    if (!finding.mend.empty())
      out << "      " << std::string(14, ' ') << "-> " << printable(finding.mend, 400) << '\n';
  }
  if (format == Format::json) {
    const json::object all{{"good", !is_bad}, {"findings", std::move(list)}};
    out << json::serialize(all) << '\n';
  }
  return is_bad ? exit_failed : exit_ok;
}

}  // namespace parley::app
