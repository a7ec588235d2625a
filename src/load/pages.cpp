// The scenarios over REST: logins, and pages of history with lists of conversations.
#include <algorithm>
#include <deque>

#include "load/report.hpp"
#include "load/rest.hpp"
#include "load/stage.hpp"
#include "load/traffic.hpp"

namespace parley::load {

namespace {
using Clock = std::chrono::steady_clock;
constexpr double list_share = 0.25;  ///< Of the calls of `history`.

/// REST calls, one after another on each connection, or at a rate: then they wait for a free one,
/// and the time that they wait counts.
class Calls : public Work {
 public:
  Calls(const Plan& plan, Loop& loop, const Address& address)
      : plan_(plan), pool_(loop, address, plan.parallel), random_(plan.seed) {}

  void begin(SteadyTime now) {
    if (plan_.rate > 0) pacer_.emplace(plan_.rate, now, plan_.seed);
    for (std::uint32_t i = 0; plan_.rate <= 0 && i < plan_.parallel; ++i) turns_.add(now, i);
  }
  SteadyTime tick(SteadyTime now) override {
    if (stopped_) return SteadyTime::max();
    if (pacer_) {
      while (const auto intended = pacer_->take(now)) call(*intended);
      return pacer_->next();
    }
    while (const auto turn = turns_.take(now)) call(turn->when);
    return turns_.next();
  }
  Tally& tally() override { return tally_; }

  void stop() { stopped_ = true; }
  std::size_t open() const { return pool_.open(); }
  const std::string& first_refusal() const { return first_refusal_; }

 protected:
  struct Call {
    RestCall rest;
    Histogram* times = nullptr;  ///< Besides the tally's, so that kinds of calls can be told apart.
  };
  virtual Call next_call(std::size_t user) = 0;
  std::size_t random_user() {
    return std::uniform_int_distribution<std::size_t>{0, plan_.users - 1}(random_);
  }
  bool chance(double share) {
    return std::uniform_real_distribution<double>{0, 1}(random_) < share;
  }

  const Plan& plan_;

 private:
  void call(SteadyTime intended) {
    Call next = next_call(random_user());
    auto done = std::move(next.rest.done);
    next.rest.done = [this, intended, times = next.times, done](const RestAnswer& answer) {
      finish(intended, times, answer);
      if (answer.status == 200) done(answer);
    };
    pool_.call(std::move(next.rest));
  }
  void finish(SteadyTime intended, Histogram* times, const RestAnswer& answer) {
    const SteadyTime now = Clock::now();
    if (answer.status == 200) {
      ++tally_.answered;
      tally_.answers.add(now - intended);
      tally_.recent.add(now - intended);
      times->add(now - intended);
    } else {
      ++tally_.refused;
      if (first_refusal_.empty())
        first_refusal_ = std::to_string(answer.status) + " " + answer.body.substr(0, 200);
    }
    if (!stopped_ && !pacer_) turns_.add(now, 0);
  }

  RestPool pool_;
  Random random_;
  std::optional<Pacer> pacer_;
  Turns turns_;
  Tally tally_;
  std::string first_refusal_;
  bool stopped_ = false;
};

class Logins final : public Calls {
 public:
  Logins(Stage& stage, Loop& loop) : Calls(stage.plan, loop, stage.address), stage_(stage) {}
  Histogram times;

 private:
  Call next_call(std::size_t user) override {
    return {{"POST", "/api/auth/login", "", login_body(stage_.accounts.tag, user),
             [](const RestAnswer&) {}},
            &times};
  }
  Stage& stage_;
};

/// Users look at their list of conversations, and page back through one of them.
class Pages final : public Calls {
 public:
  Pages(Stage& stage, Loop& loop)
      : Calls(stage.plan, loop, stage.address), stage_(stage), readers_(stage.plan.users) {}
  Histogram lists, pages;
  std::uint64_t messages = 0;

 private:
  struct Reader {
    std::string conversation;
    std::string cursor;  ///< Empty: the newest page is next.
  };

  Call next_call(std::size_t user) override {
    Reader& reader = readers_[user];
    const std::string& token = stage_.accounts.all[user].token;
    if (reader.conversation.empty() || chance(list_share)) {
      return {{"GET", "/api/conversations/list", token, "",
               [&reader](const RestAnswer& answer) {
                 reader.conversation = text_field(answer.body, "\"conversationId\"");
               }},
              &lists};
    }
    std::string path = "/api/conversations/" + reader.conversation + "/messages?limit=20";
    if (!reader.cursor.empty()) path += "&before=" + reader.cursor;
    return {{"GET", std::move(path), token, "",
             [this, &reader](const RestAnswer& answer) {
               reader.cursor = text_field(answer.body, "\"nextCursor\"");
               count_messages(answer.body);
             }},
            &pages};
  }
  void count_messages(std::string_view body) {
    constexpr std::string_view member = "\"content\":\"";
    for (auto at = body.find(member); at != std::string_view::npos; at = body.find(member, at + 1))
      ++messages;
  }

  Stage& stage_;
  std::vector<Reader> readers_;
};

/// Measures calls; `clear` begins what they time beside their tally anew.
void run_calls(Stage& stage, Loop& loop, Calls& calls, Outcome& outcome) {
  Drive drive{loop, nullptr, &calls};
  calls.begin(Clock::now());
  measure(stage, drive, calls, outcome);
  const Tally tally = calls.tally();
  calls.stop();
  const SteadyTime end = Clock::now() + std::chrono::seconds{20};
  while (calls.open() > 0 && Clock::now() < end) drive.turn(end);
  outcome.operation = "call";
  outcome.operations = tally.answered;
  outcome.counts = {{"answered", tally.answered}, {"refused", tally.refused}};
  outcome.times = {{"to the answer", tally.answers}};
  if (calls.tally().refused > 0)
    outcome.problems.push_back(grouped(calls.tally().refused) +
                               " calls were refused; the first: " + calls.first_refusal());
  if (calls.open() > 0)
    outcome.problems.push_back(grouped(calls.open()) + " calls were never answered");
  if (tally.answered == 0) outcome.problems.emplace_back("nothing was answered");
}

/// Everybody writes something to their closest contact, so that there is something to read.
Result<Done> write_history(Stage& stage) {
  if (stage.plan.depth == 0) return Done{};
  Plan plan = stage.plan;
  plan.devices = 1;
  plan.think = plan.reads = plan.typing = 0;
  Loop loop;
  Crowd crowd{loop, stage.address, stage.accounts, {0, plan.users, 1}};
  if (auto joined = bring_in(stage, loop, crowd); !joined) return joined.error();
  Traffic traffic{plan, crowd, new_run(), plan.depth};
  Drive drive{loop, &crowd, &traffic};
  traffic.begin(Clock::now());
  const std::uint64_t wanted = plan.users * plan.depth;
  SteadyTime progress = Clock::now();
  std::uint64_t seen = 0;
  while (traffic.tally().answered < wanted && traffic.tally().refused == 0 && crowd.losses() == 0) {
    drive.turn(Clock::now() + std::chrono::milliseconds{100});
    const SteadyTime now = Clock::now();
    if (seen != traffic.tally().answered) progress = now;
    seen = traffic.tally().answered;
    if (now - progress > std::chrono::seconds{20}) break;
    stage.progress.show("writing: " + grouped(seen) + " of " + grouped(wanted), now);
  }
  settle(stage.plan, drive, traffic);
  Outcome outcome;
  judge(traffic, crowd, outcome);
  if (!outcome.problems.empty())
    return fail(Errc::unavailable, "While history was written: " + outcome.problems.front());
  return Done{};
}

}  // namespace

Result<Outcome> run_login(Stage& stage) {
  Loop loop;
  Logins logins{stage, loop};
  Outcome outcome;
  outcome.connections = stage.plan.parallel;
  run_calls(stage, loop, logins, outcome);
  if (outcome.problems.empty()) outcome.checked = "every login was answered with 200";
  return outcome;
}

Result<Outcome> run_history(Stage& stage) {
  if (auto written = write_history(stage); !written) return written.error();
  Loop loop;
  Pages pages{stage, loop};
  Outcome outcome;
  outcome.connections = stage.plan.parallel;
  run_calls(stage, loop, pages, outcome);
  outcome.counts.emplace_back("messages, with warm-up", pages.messages);
  outcome.times.emplace_back("list, with warm-up", pages.lists);
  outcome.times.emplace_back("page, with warm-up", pages.pages);
  if (pages.messages == 0) outcome.problems.emplace_back("no page had a message");
  if (outcome.problems.empty())
    outcome.checked = "every call was answered with 200, and pages had messages";
  return outcome;
}

}  // namespace parley::load
