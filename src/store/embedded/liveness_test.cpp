#include "store/embedded/liveness.hpp"

#include <gtest/gtest.h>

#include <latch>
#include <thread>

#include "store/embedded/faulty_disk.hpp"
#include "store/embedded/internals.hpp"
#include "store/embedded/presence.hpp"
#include "store/embedded/submit.hpp"
#include "store/embedded/testing.hpp"

namespace parley::store::embedded {
namespace {

using chat::contract::at;

class LivenessTest : public ::testing::Test {
 protected:
  Config config(Time now) const {
    Config made = small_config(directory_.path());
    made.clock = [now] { return now; };
    return made;
  }
  /// One life of the program: it opens the store, does `work`, and ends with nobody saying goodbye.
  template <class Work>
  void live(Time now, Work work) {
    net::Shards shards(2);
    OpenStore store(config(now));
    Presence presence(shards, *store.database);
    shards.start();
    work(store, presence);
    shards.stop();
  }
  chat::Presence status(Presence& presence, chat::UserId user) {
    return caller_.good(presence.status({user})).at(0);
  }

  TemporaryDirectory directory_;
  Caller caller_;
};

TEST_F(LivenessTest, takes_those_offline_who_were_online_when_the_program_died) {
  chat::UserId alice, bob;
  live(at(5'000), [&](OpenStore& store, Presence& presence) {
    alice = caller_.user(store, "alice");
    bob = caller_.user(store, "bob");
    caller_.good(presence.arrive(alice, "phone", at(1'000)));
    caller_.good(presence.arrive(bob, "phone", at(1'000)));
    caller_.good(presence.leave(bob, "phone", at(2'000)));
    EXPECT_TRUE(status(presence, alice).online);
  });
  live(at(90'000), [&](OpenStore& store, Presence& presence) {
    EXPECT_EQ(status(presence, alice), (chat::Presence{alice, false, at(5'000)}))
        << "the last alive row";
    EXPECT_EQ(status(presence, bob), (chat::Presence{bob, false, at(2'000)}));
    EXPECT_EQ(caller_.good(store.accounts().find(alice)).last_seen, at(5'000));
  });
  live(at(95'000), [&](OpenStore&, Presence& presence) {
    EXPECT_EQ(status(presence, alice).last_seen, at(5'000)) << "the marker is gone";
  });
}

TEST_F(LivenessTest, never_says_that_somebody_was_last_seen_before_they_came) {
  chat::UserId alice;
  live(at(1'000), [&](OpenStore& store, Presence& presence) {
    alice = caller_.user(store, "alice");
    caller_.good(presence.arrive(alice, "phone", at(3'000)));
  });
  live(at(9'000), [&](OpenStore&, Presence& presence) {
    EXPECT_EQ(status(presence, alice).last_seen, at(3'000));
  });
}

TEST_F(LivenessTest, forgets_the_marker_of_who_left) {
  const Config settings = config(at(0));
  OpenStore store(settings);
  net::Shards shards(1);
  Presence presence(shards, *store.database);
  shards.start();
  const auto alice = caller_.user(store, "alice");
  std::string ignored;
  Engine& engine = *store.database->internals().engine;
  const auto has_marker = [&] { return View(engine).get(keys::online(alice), ignored); };
  caller_.good(presence.arrive(alice, "phone", at(1)));
  caller_.good(presence.arrive(alice, "laptop", at(2)));
  caller_.good(presence.leave(alice, "phone", at(3)));
  caller_.user(store, "bob");  // Written behind the marker, which nobody waits for.
  EXPECT_TRUE(has_marker());
  EXPECT_EQ(store.database->internals().liveness.online, 1);
  caller_.good(presence.leave(alice, "laptop", at(4)));
  EXPECT_FALSE(has_marker());
  EXPECT_EQ(store.database->internals().liveness.online, 0);
  shards.stop();
}

TEST_F(LivenessTest, knows_at_once_who_is_online) {
  live(at(1'000), [&](OpenStore& store, Presence& presence) {
    const chat::UserId alice = caller_.user(store, "alice");
    EXPECT_FALSE(presence.is_online(alice));
    caller_.good(presence.arrive(alice, "phone", at(1'000)));
    caller_.good(presence.arrive(alice, "laptop", at(1'000)));
    caller_.good(presence.leave(alice, "phone", at(2'000)));
    EXPECT_TRUE(presence.is_online(alice));
    caller_.good(presence.leave(alice, "laptop", at(2'000)));
    EXPECT_FALSE(presence.is_online(alice));
  });
}

TEST_F(LivenessTest, says_when_somebody_was_last_seen_as_soon_as_they_are_gone) {
  live(at(1'000), [&](OpenStore& store, Presence& presence) {
    const chat::UserId alice = caller_.user(store, "alice");
    caller_.good(presence.arrive(alice, "phone", at(1'000)));
    std::latch can_write{1};
    submit_errand(store.database->internals().committer,
                  [&can_write](Transaction&) { can_write.wait(); });
    std::thread leaving([&] { Caller().good(presence.leave(alice, "phone", at(2'000))); });
    while (presence.is_online(alice)) std::this_thread::yield();
    EXPECT_EQ(status(presence, alice), (chat::Presence{alice, false, at(2'000)}));
    can_write.count_down();
    leaving.join();
    EXPECT_EQ(status(presence, alice), (chat::Presence{alice, false, at(2'000)}));
  });
}

TEST_F(LivenessTest, remembers_when_somebody_left_while_the_disk_was_full) {
  FaultyDisk disk;
  Config settings = config(at(1'000));
  settings.env = disk.env();
  settings.alive_interval = 20ms;  // A write that finds out when there is space again.
  chat::UserId alice, bob;
  {
    net::Shards shards(2);
    OpenStore store(settings);
    Presence presence(shards, *store.database);
    shards.start();
    alice = caller_.user(store, "alice");
    bob = caller_.user(store, "bob");
    for (const chat::UserId user : {alice, bob})
      caller_.good(presence.arrive(user, "phone", at(1'000)));
    disk.set(FaultyDisk::Fault::log_full);
    for (const chat::UserId user : {alice, bob})
      EXPECT_TRUE(caller_.good(presence.leave(user, "phone", at(2'000))));
    caller_.good(presence.arrive(bob, "phone", at(2'500)));
    EXPECT_EQ(status(presence, alice), (chat::Presence{alice, false, at(2'000)}));
    disk.set(FaultyDisk::Fault::none);
    Engine& engine = *store.database->internals().engine;
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (View(engine).last_seen(alice) != at(2'000)) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
      std::this_thread::yield();
    }
    std::string ignored;
    EXPECT_FALSE(View(engine).get(keys::online(alice), ignored));
    EXPECT_EQ(status(presence, alice), (chat::Presence{alice, false, at(2'000)}));
    EXPECT_TRUE(status(presence, bob).online);
    shards.stop();
  }
  live(at(90'000), [&](OpenStore&, Presence& presence) {
    EXPECT_EQ(status(presence, alice).last_seen, at(2'000));
  });
}

TEST_F(LivenessTest, costs_no_sync) {
  live(at(0), [&](OpenStore& store, Presence& presence) {
    const auto alice = caller_.user(store, "alice");
    const auto synced = store.database->stats().synced_commits.load();
    caller_.good(presence.arrive(alice, "phone", at(1)));
    caller_.good(presence.leave(alice, "phone", at(2)));
    EXPECT_EQ(store.database->stats().synced_commits, synced);
  });
}

class RetentionTest : public LivenessTest {
 protected:
  void compact(OpenStore& store) {
    Engine& engine = *store.database->internals().engine;
    rocksdb::CompactRangeOptions options;
    options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    for (const Table table : {Table::people, Table::chat}) {
      ASSERT_TRUE(engine.db().CompactRange(options, engine.table(table), nullptr, nullptr).ok());
    }
  }
};

TEST_F(RetentionTest, remembers_client_ids_as_long_as_promised_and_not_much_longer) {
  chat::UserId alice, bob;
  {
    OpenStore store(config(at(0) + 47h));
    alice = caller_.user(store, "alice");
    bob = caller_.user(store, "bob");
    caller_.say(store, alice, bob, "once", "c-1");
    compact(store);
    EXPECT_TRUE(
        caller_.good(store.messages().append({alice, bob, "once", "c-1", at(0)})).duplicate);
  }
  OpenStore store(config(at(0) + 49h));
  compact(store);
  EXPECT_FALSE(
      caller_.good(store.messages().append({alice, bob, "once", "c-1", at(0) + 49h})).duplicate);
  EXPECT_EQ(broken_rules(*store.database), "");
}

TEST_F(RetentionTest, forgets_sessions_after_they_expired_and_nothing_else) {
  OpenStore store(config(at(0) + 10h));
  const auto alice = caller_.user(store, "alice");
  const chat::Family old{{}, alice, "t", at(0) + 8h};
  chat::Family fresh = old;
  fresh.id.bytes[0] = 1;
  fresh.expires_at = at(0) + 11h;
  caller_.good(store.sessions().open(old));
  caller_.good(store.sessions().open(fresh));
  caller_.good(store.accounts().touch_last_seen(alice, at(0)));
  compact(store);
  {
    View view(*store.database->internals().engine);
    EXPECT_FALSE(view.family(old.id));
    EXPECT_TRUE(view.family(fresh.id));
    EXPECT_TRUE(view.last_seen(alice));
  }
  EXPECT_EQ(caller_.good(store.sessions().revoke_all(alice, std::nullopt)),
            (std::vector{fresh.id}));
}

TEST_F(RetentionTest, forgets_the_ends_of_logins_when_these_have_expired) {
  const chat::UserId alice{};
  {
    OpenStore store(config(at(0)));
    for (const auto hours : {8h, 20h}) {
      chat::Family family{{}, alice, "t", at(0) + hours};
      family.id.bytes[0] = static_cast<std::uint8_t>(hours.count());
      caller_.good(store.sessions().open(family));
      caller_.good(store.sessions().revoke(family.id));
    }
    compact(store);
    EXPECT_EQ(caller_.good(store.operators().ended(Time{}, 10)).size(), 2u);
    EXPECT_EQ(broken_rules(*store.database), "");
  }
  OpenStore store(config(at(0) + 10h));
  compact(store);
  const auto left = caller_.good(store.operators().ended(Time{}, 10));
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].family->bytes[0], 20);
  EXPECT_EQ(left[0].at, at(0));
  EXPECT_EQ(broken_rules(*store.database), "");
}

}  // namespace
}  // namespace parley::store::embedded
