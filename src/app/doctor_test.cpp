#include "app/doctor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "app/open_files.hpp"

namespace parley::app {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr std::uint64_t gibibyte = 1ull << 30;

Machine healthy() {
  Machine machine;
  machine.open_files = 2'000'000;
  machine.disk_size = 100 * gibibyte;
  machine.disk_free = 50 * gibibyte;
  machine.inodes = machine.inodes_free = 1'000'000;
  machine.clock_synchronized = true;
  machine.backlog = 4096;
  machine.data_dir_is_there = machine.data_dir_is_writable = true;
  return machine;
}

TEST(Doctor, finds_nothing_to_mend_in_a_healthy_machine) {
  const Machine machine = healthy();
  for (const Finding& finding :
       {judge_open_files(machine, 1'000'000), judge_disk(machine, "/data"), judge_clock(machine),
        judge_backlog(machine), judge_offset("MongoDB", 300ms, 10ms)}) {
    EXPECT_EQ(finding.verdict, Verdict::good) << finding.subject;
    EXPECT_EQ(finding.mend, "") << finding.subject;
  }
}

Finding address_with(
    const std::string& host, void (*change)(Settings&) = [](Settings&) {}) {
  Settings settings;
  settings.server.mode = Mode::production;
  settings.server.host = host;
  change(settings);
  return judge_address(settings);
}

void with_tls(Settings& settings) {
  settings.tls.certificate = "/c.pem";
  settings.tls.key = "/k.pem";
}

TEST(Doctor, says_who_reaches_the_server) {
  for (const char* host : {"127.0.0.1", "127.1.2.3", "localhost", "::1"}) {
    const Finding finding = address_with(host);
    EXPECT_EQ(finding.verdict, Verdict::good) << host;
    EXPECT_THAT(finding.what, HasSubstr("only this machine reaches ")) << host;
  }
  EXPECT_THAT(address_with("::1").what, HasSubstr("[::1]:8000"));
}

TEST(Doctor, warns_of_passwords_in_plain_http) {
  for (const char* host : {"0.0.0.0", "::", "10.0.0.7"}) {
    const Finding finding = address_with(host);
    EXPECT_EQ(finding.verdict, Verdict::doubtful) << host;
    EXPECT_THAT(finding.mend, HasSubstr("TLS_CERT")) << host;
  }
  const auto behind_proxy = [](Settings& settings) {
    settings.server.trusted_proxies = {"10.0.0.1"};
  };
  EXPECT_EQ(address_with("0.0.0.0", behind_proxy).verdict, Verdict::good);
  const auto tried_out = [](Settings& settings) { settings.server.mode = Mode::development; };
  EXPECT_EQ(address_with("0.0.0.0", tried_out).verdict, Verdict::good);
}

TEST(Doctor, warns_of_metrics_for_everybody) {
  EXPECT_THAT(address_with("0.0.0.0", with_tls).what, HasSubstr("shows /metrics to everybody"));
  const auto without = [](Settings& settings) {
    with_tls(settings);
    settings.server.metrics = false;
  };
  EXPECT_EQ(address_with("0.0.0.0", without).verdict, Verdict::good);
}

TEST(Doctor, says_why_nobody_can_listen_there) {
  const Finding taken = judge_listening(fail(Errc::conflict, "cannot listen on a port 80"));
  EXPECT_EQ(taken.verdict, Verdict::bad);
  EXPECT_EQ(taken.what, "cannot listen on a port 80");
  EXPECT_THAT(taken.mend, HasSubstr("another PORT"));
  EXPECT_THAT(judge_listening(fail(Errc::forbidden)).mend, HasSubstr("CAP_NET_BIND_SERVICE"));
  EXPECT_THAT(judge_listening(fail(Errc::bad_request)).mend, HasSubstr("HOST: an address of"));
}

TEST(Doctor, says_how_more_files_are_allowed) {
  Machine machine = healthy();
  machine.open_files = 1024;
  const Finding finding = judge_open_files(machine, 1'000'000);
  EXPECT_EQ(finding.verdict, Verdict::doubtful);
  EXPECT_THAT(finding.what, HasSubstr("1024 open files"));
  EXPECT_THAT(finding.mend, HasSubstr("LimitNOFILE"));
  machine.open_files = 2'000;
  EXPECT_EQ(judge_open_files(machine, 500).verdict, Verdict::good);
}

TEST(OpenFiles, are_not_all_for_connections) {
  EXPECT_EQ(connections_within(1'048'576, 1'000'000), 1'000'000u);
  EXPECT_EQ(connections_within(20'000, 1'000'000), 19'300u);
  EXPECT_EQ(connections_within(20'000, 5'000), 5'000u);
  EXPECT_EQ(connections_within(300, 1'000'000), 150u);
}

TEST(OpenFiles, are_too_few_only_for_who_said_how_many_connections_are_wanted) {
  EXPECT_TRUE(is_worth_a_warning(20'000, 50'000));
  EXPECT_FALSE(is_worth_a_warning(20'000, Settings{}.limits.max_connections));
  EXPECT_FALSE(is_worth_a_warning(few_open_files, 2'000'000));
}

TEST(Doctor, judges_the_disk_by_what_is_left) {
  Machine machine = healthy();
  machine.disk_free = 5 * gibibyte;
  EXPECT_EQ(judge_disk(machine, "/data").verdict, Verdict::doubtful);
  machine.disk_free = gibibyte / 4;
  EXPECT_EQ(judge_disk(machine, "/data").verdict, Verdict::bad);
  machine = healthy();
  machine.inodes_free = 3;
  EXPECT_EQ(judge_disk(machine, "/data").verdict, Verdict::bad);
  machine = healthy();
  machine.data_dir_is_writable = false;
  EXPECT_THAT(judge_disk(machine, "/data").what, HasSubstr("/data cannot be written"));
  machine.data_dir_is_there = false;
  EXPECT_EQ(judge_disk(machine, "/data").verdict, Verdict::good);
  machine.closed_parent = "/srv";
  EXPECT_THAT(judge_disk(machine, "/srv/data").what,
              HasSubstr("/srv/data cannot be made: /srv cannot be written"));
  machine.closed_parent.clear();
  machine.store_is_open_to_all = true;
  EXPECT_EQ(judge_disk(machine, "/data").mend, "chmod 700 /data");
}

TEST(Doctor, judges_clocks) {
  Machine machine = healthy();
  machine.clock_synchronized = false;
  EXPECT_EQ(judge_clock(machine).verdict, Verdict::doubtful);
  machine.clock_synchronized = std::nullopt;
  EXPECT_EQ(judge_clock(machine).verdict, Verdict::doubtful);
  EXPECT_EQ(judge_offset("Redis", -5s, 100ms).verdict, Verdict::bad);
  EXPECT_EQ(judge_offset("Redis", 5s, 4s).verdict, Verdict::good);
  EXPECT_EQ(judge_message_clock(1s, 5ms).verdict, Verdict::good);
  EXPECT_EQ(judge_message_clock(60s, 5ms).verdict, Verdict::doubtful);
  EXPECT_THAT(judge_message_clock(-60s, 5ms).mend, HasSubstr("tokens"));
}

TEST(Doctor, judges_a_certificate_by_its_end) {
  const Time now = from_unix_ms(1'764'000'000'000);
  EXPECT_EQ(judge_certificate(now + 24h * 60, now).verdict, Verdict::good);
  EXPECT_EQ(judge_certificate(now + 24h * 5, now).verdict, Verdict::doubtful);
  EXPECT_THAT(judge_certificate(now + 24h * 5, now).what, HasSubstr("in 5 days"));
  EXPECT_EQ(judge_certificate(now - 1s, now).verdict, Verdict::bad);
}

TEST(Doctor, looks_at_this_machine) {
  const Machine machine = examine_machine("/nowhere/at/all");
  EXPECT_GT(machine.open_files, 0U);
  EXPECT_GT(machine.disk_size, 0U);
  EXPECT_GT(machine.backlog, 0U);
  EXPECT_FALSE(machine.data_dir_is_there);
}

TEST(Doctor, reports_to_people_and_to_programs) {
  const std::vector<Finding> findings{{"clock", Verdict::good, "synchronized", ""},
                                      {"disk", Verdict::bad, "full", "make room"}};
  std::ostringstream text, json;
  EXPECT_EQ(report_findings(findings, Format::text, text), exit_failed);
  EXPECT_EQ(text.str(),
            "ok    clock         synchronized\n"
            "bad   disk          full\n"
            "                    -> make room\n");
  EXPECT_EQ(report_findings({findings[0]}, Format::json, json), exit_ok);
  EXPECT_EQ(json.str(), R"({"good":true,"findings":[{"subject":"clock","verdict":"ok",)"
                        R"("what":"synchronized","mend":""}]})"
                        "\n");
}

}  // namespace
}  // namespace parley::app
