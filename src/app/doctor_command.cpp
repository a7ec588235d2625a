#include <iostream>
#include <thread>

#include "app/certificate.hpp"
#include "app/commands.hpp"
#include "app/control.hpp"
#include "app/doctor.hpp"
#include "app/embedded_stores.hpp"
#include "app/errand.hpp"
#include "app/mongo_stores.hpp"
#include "app/neighbourhood.hpp"
#include "mail/smtp_transport.hpp"
#include "net/listener.hpp"
#include "nodes/permissions.hpp"
#include "ops/scrape.hpp"
#include "redis/client.hpp"
#include "store/embedded/verify.hpp"
#include "store/mongo/client.hpp"
#include "store/mongo/schema.hpp"

namespace parley::app {

using namespace std::chrono_literals;

namespace {

constexpr auto patience = 5s;

std::chrono::milliseconds since(SteadyTime begin) {
  return std::chrono::ceil<std::chrono::milliseconds>(SteadyTime::clock::now() - begin);
}

/// One run of `parley doctor`.
class Doctor {
 public:
  Doctor(const Settings& settings, const DoctorRequest& request)
      : settings_(settings), request_(request) {}

  std::vector<Finding> examine() {
    was_asked_ = settings_.store.mongo_uri.empty() || !settings_.has_redis();
    if (was_asked_)
      server_ = ask(control_socket(settings_.store.data_dir), {{"command", "metrics"}});
    look_at_settings();
    look_at_address();
    look_at_machine();
    if (settings_.has_tls()) look_at_certificate();
    if (settings_.store.mongo_uri.empty()) {
      look_at_data_dir();
    } else {
      look_at_mongo();
    }
    if (settings_.has_redis()) look_at_redis();
    look_at_mail();
    return std::move(findings_);
  }

 private:
  void add(Finding finding) { findings_.push_back(std::move(finding)); }

  void look_at_settings() {
    for (const std::string& problem : request_.problems)
      add({"settings", Verdict::bad, problem, "a start is refused until it is mended"});
    for (const std::string& warning : request_.warnings)
      add({"settings", Verdict::doubtful, warning,
           "parley show-config says where values come from"});
    if (request_.problems.empty() && request_.warnings.empty())
      add({"settings", Verdict::good, "nothing to say", {}});
  }

  void look_at_address() {
    // Where a server runs, or may, the port is its own.
    const bool is_ours = server_ || server_.error().code != Errc::not_found;
    const auto usable =
        net::may_listen_at(settings_.server.host, is_ours ? 0 : settings_.server.port);
    if (usable) return add(judge_address(settings_));
    Finding finding = judge_listening(usable.error());
    // Nodes on MongoDB and Redis cannot be asked.
    if (was_asked_ || usable.error().code != Errc::conflict) return add(std::move(finding));
    add(judge_address(settings_));
    finding.verdict = Verdict::doubtful;
    finding.mend = "nothing, where it is parley serve; otherwise " + finding.mend;
    add(std::move(finding));
  }

  void look_at_machine() {
    Machine machine = examine_machine(settings_.store.data_dir);
    if (!settings_.store.mongo_uri.empty()) machine.closed_parent.clear();  // needs no such folder
    if (server_) {
      const ops::Scrape said(json::string_member(*server_, "text").value_or(""), {});
      machine.open_files = static_cast<std::uint64_t>(said.sum("process_max_fds"));
      machine.is_served = true;
    }
    add(judge_open_files(machine, settings_.limits.max_connections));
    add(judge_backlog(machine));
    add(judge_clock(machine));
    add(judge_disk(machine, settings_.store.data_dir.string()));
  }

  void look_at_certificate() {
    const auto identity = load_identity(settings_);
    if (!identity) {
      add({"TLS", Verdict::bad, identity.error().detail, "mend TLS_CERT and TLS_KEY"});
      return;
    }
    add(judge_certificate((*identity)->not_after(), wall_now()));
  }

  void look_at_data_dir() {
    const std::string place = settings_.store.data_dir.string();
    if (server_) return add({"store", Verdict::good, "a server runs on " + place, {}});
    if (server_.error().code != Errc::not_found)
      return add({"store", Verdict::bad, server_.error().detail, {}});
    const auto opened = store::embedded::try_stopped(settings_.store.data_dir);
    if (opened) {
      add({"store", Verdict::good, "opens; parley verify-store checks every rule of it", {}});
    } else if (opened.error().code == Errc::not_found) {
      add({"store", Verdict::good, "nothing is in " + place + " yet; parley serve makes it", {}});
    } else {
      add({"store", Verdict::bad, opened.error().detail,
           opened.error().code == Errc::corrupt ? "parley restore, from a backup"
                                                : "see that no other program uses it"});
    }
  }

  void look_at_mongo() {
    constexpr std::string_view mend =
        "see that it runs and that MONGO_URI is right: host, user, password, replicaSet, tls";
    auto client = store::mongo::Client::open(mongo_config(settings_).connection);
    if (!client) return add({"MongoDB", Verdict::bad, client.error().detail, std::string{mend}});
    auto begin = SteadyTime::clock::now();
    const auto answered = (*client)->ping();
    if (!answered) {
      const bool is_there = answered.error().code == Errc::not_supported;
      return add({"MongoDB", Verdict::bad, answered.error().detail,
                  std::string{is_there ? "a start is refused until then" : mend}});
    }
    add({"MongoDB",
         Verdict::good,
         "answers in " + std::to_string(since(begin).count()) + " ms; database " +
             (*client)->database(),
         {}});
    // The first time a connection had to be made.
    begin = SteadyTime::clock::now();
    if ((*client)->ping()) add(judge_message_clock((*client)->now() - wall_now(), since(begin)));
    auto lease = (*client)->lease();
    if (!lease) return add({"MongoDB", Verdict::bad, lease.error().detail, {}});
    look_at_indexes(*lease);
  }

  void look_at_indexes(store::mongo::Lease& lease) {
    const auto missing = store::mongo::missing_indexes(lease);
    if (!missing) return add({"MongoDB", Verdict::bad, missing.error().detail, {}});
    if (missing->empty()) return add({"MongoDB", Verdict::good, "has all indexes", {}});
    std::string names;
    for (const std::string_view name : *missing)
      names.append(names.empty() ? "" : ", ").append(name);
    add({"MongoDB", Verdict::doubtful, "indexes are missing: " + names,
         "parley migrate makes them; so does the next start"});
  }

  void look_at_redis() {
    const auto config = redis_config(settings_);
    if (!config) {
      add({"Redis", Verdict::bad, config.error().detail, "mend REDIS_URL"});
      return;
    }
    Errand errand;
    {
      redis::Client client(errand.home(), **config, "doctor");
      errand.start();
      for (const auto end = SteadyTime::clock::now() + patience;
           !client.is_connected() && SteadyTime::clock::now() < end;)
        std::this_thread::sleep_for(5ms);
      if (client.is_connected()) {
        ask_redis(errand, client);
      } else {
        add({"Redis", Verdict::bad, client.last_error(),
             "see that it runs and that REDIS_URL is right: host, password, rediss:// for TLS"});
      }
      errand.stop();
    }
  }

  void ask_redis(Errand& errand, redis::Client& client) {
    const auto begin = SteadyTime::clock::now();
    const Time asked = wall_now();
    const auto time = errand.run(client.call({"TIME"}));
    if (!time) return add({"Redis", Verdict::bad, time.error().detail, "see the server's log"});
    const auto took = since(begin);
    add({"Redis", Verdict::good, "answers in " + std::to_string(took.count()) + " ms", {}});
    const auto* parts = time->array();
    if (parts != nullptr && parts->size() == 2 && (*parts)[0].text() && (*parts)[1].text()) {
      const std::int64_t seconds = std::stoll(*(*parts)[0].text());
      const std::int64_t micros = std::stoll(*(*parts)[1].text());
      add(judge_offset("Redis", from_unix_ms(seconds * 1000 + micros / 1000) - asked, took));
    }
    ask_about_writes(errand, client);
    ask_about_channels(errand, client);
    // Not every account may ask.
    const auto policy = errand.run(client.call({"CONFIG", "GET", "maxmemory-policy"}));
    const auto* pair = policy ? policy->array() : nullptr;
    if (pair == nullptr || pair->size() != 2 || (*pair)[1].text() == nullptr) return;
    const std::string& name = *(*pair)[1].text();
    if (name == "noeviction") return;
    add({"Redis", Verdict::doubtful, "maxmemory-policy is " + name,
         "CONFIG SET maxmemory-policy noeviction: or jobs are lost when memory is short"});
  }

  void ask_about_writes(Errand& errand, redis::Client& client) {
    const auto taken = errand.run(client.call(redis::harmless_write()));
    if (taken || !redis::refuses_writes(taken.error().detail)) return;
    add({"Redis", Verdict::bad, "refuses writes: " + taken.error().detail,
         "OOM: give it memory (maxmemory); MISCONF: let it save, see its log; NOREPLICAS: mend its "
         "replicas; READONLY: name the master in REDIS_URL"});
  }

  void ask_about_channels(Errand& errand, redis::Client& client) {
    const auto look = [&](std::string_view what, std::vector<redis::Command> commands) {
      const auto permitted = errand.run(nodes::try_commands(client, std::move(commands)));
      if (permitted || permitted.error().code != Errc::bad_request) return;
      add({"Redis", Verdict::bad, std::string{what} + permitted.error().detail,
           "permit its account the channels that docs/guide/deploying.md names"});
    };
    look("refuses to let channels be heard: ", channels_heard(settings_));
    look("refuses what is told on channels: ", channels_told(settings_));
  }

  void look_at_mail() {
    if (settings_.mail.smtp_url.empty()) {
      const bool is_production = settings_.server.mode == Mode::production;
      return add({"mail", is_production ? Verdict::doubtful : Verdict::good,
                  "no SMTP_URL: mails are files in DATA_DIR/mail",
                  is_production ? "set SMTP_URL, or nobody gets a mail" : ""});
    }
    const auto config = mail::smtp_config_from(settings_.mail.smtp_url);
    const auto reached = config ? mail::check_smtp(*config) : Result<Done>{config.error()};
    if (reached) {
      add({"mail", Verdict::good, config->describe() + " takes our login", {}});
    } else {
      add({"mail", Verdict::bad, reached.error().detail,
           "mend SMTP_URL: host, port, user and password (percent-encoded), tls"});
    }
  }

  const Settings& settings_;
  const DoctorRequest& request_;
  bool was_asked_ = false;
  /// What the server on DATA_DIR said.
  Result<json::object> server_ = fail(Errc::not_found, "nobody was asked");
  std::vector<Finding> findings_;
};

}  // namespace

int doctor(const Settings& settings, const DoctorRequest& request) {
  const auto findings = Doctor(settings, request).examine();
  return report_findings(findings, request.json ? Format::json : Format::text, std::cout);
}

}  // namespace parley::app
