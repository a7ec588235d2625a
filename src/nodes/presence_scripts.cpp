#include "nodes/presence_scripts.hpp"

#include <string>
#include <string_view>

namespace parley::nodes {

namespace {

/// What all scripts begin with. Time is the server's, so that all nodes mean the same.
constexpr std::string_view prelude = R"lua(
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local ends = {}
local function lease_end(node)
  if ends[node] == nil then
    ends[node] = tonumber(redis.call('ZSCORE', 'parley:nodes', node) or 0)
  end
  return ends[node]
end
local function lives(node) return lease_end(node) > now end
local function node_of(field) return string.match(field, '^[^:]*') end
local function devices_of(user) return 'parley:presence:' .. user end
local function users_of(node) return 'parley:node:' .. node .. ':users' end
local function online_of(user) return 'user:' .. user .. ':online' end
local function seen_of(user) return 'user:' .. user .. ':lastSeen' end
local function to_time(text)
  local is_good = type(text) == 'string' and #text <= 15 and string.match(text, '^%d+$')
  return is_good and tonumber(text) or 0
end
-- A key that somebody has put to another use does not stop the others.
local function fields_of(user)
  local fields = redis.pcall('HKEYS', devices_of(user))
  return fields.err and {} or fields
end
local function set_seen(user, time)
  if time > to_time(redis.pcall('GET', seen_of(user))) then
    redis.call('SET', seen_of(user), string.format('%.0f', time))
  end
end
local function any_lives(fields)
  for _, field in ipairs(fields) do
    if lives(node_of(field)) then return true end
  end
  return false
end
-- Takes out what is registered under some names; gives how many devices that were, and the others.
local function take_out(user, names)
  local mine, others = {}, {}
  for _, field in ipairs(fields_of(user)) do
    if names[node_of(field)] then mine[#mine + 1] = field else others[#others + 1] = field end
  end
  for _, field in ipairs(mine) do redis.call('HDEL', devices_of(user), field) end
  if #mine > 0 then
    for name in pairs(names) do redis.call('SREM', users_of(name), user) end
  end
  return #mine, others
end
local function goes_offline(user)
  redis.call('DEL', devices_of(user), online_of(user))
end
)lua";

constexpr std::string_view join = R"lua(
redis.call('ZADD', 'parley:nodes', now + ARGV[2], ARGV[1])
return now
)lua";

constexpr std::string_view renew = R"lua(
if not lives(ARGV[1]) then return false end
redis.call('ZADD', 'parley:nodes', 'XX', now + ARGV[2], ARGV[1])
local reply = {now, -1}
local soon = redis.call('ZRANGEBYSCORE', 'parley:nodes', '(' .. now, '+inf', 'WITHSCORES',
                        'LIMIT', 0, 1)
if soon[1] and soon[1] ~= ARGV[1] then reply[2] = math.ceil(tonumber(soon[2])) - now end
for _, dead in ipairs(redis.call('ZRANGEBYSCORE', 'parley:nodes', '-inf', now, 'LIMIT', 0, 16)) do
  reply[#reply + 1] = dead
end
return reply
)lua";

constexpr std::string_view arrive = R"lua(
local node, user = ARGV[1], ARGV[2]
if not lives(node) then return 2 end
local fields = fields_of(user)
local present = any_lives(fields)
-- Devices of dead nodes only: the key is what these left. None at all: a Node.js server's.
local was_online = present or (#fields == 0 and redis.call('GET', online_of(user)) == '1')
if not present and #fields > 0 then redis.call('DEL', devices_of(user)) end
redis.call('HSET', devices_of(user), node .. ':' .. ARGV[3], 1)
redis.call('SADD', users_of(node), user)
redis.call('SET', online_of(user), '1')
return was_online and 0 or 1
)lua";

constexpr std::string_view leave = R"lua(
local user = ARGV[1]
local lost = lives(ARGV[4]) and 0 or 2
local removed = 0
for i = 4, #ARGV do
  removed = removed + redis.call('HDEL', devices_of(user), ARGV[i] .. ':' .. ARGV[2])
end
local fields, stays = fields_of(user), {}
for _, field in ipairs(fields) do stays[node_of(field)] = true end
for i = 4, #ARGV do
  if not stays[ARGV[i]] then redis.call('SREM', users_of(ARGV[i]), user) end
end
if removed == 0 or any_lives(fields) then return lost end
goes_offline(user)
set_seen(user, tonumber(ARGV[3]))
return lost + 1
)lua";

/// Several names, from ARGV[3] on: ARGV[2] says how many.
constexpr std::string_view names = R"lua(
local names, at = {}, 3 + ARGV[2]
for i = 3, at - 1 do names[ARGV[i]] = true end
)lua";

constexpr std::string_view restore = R"lua(
local node = ARGV[1]
if not lives(node) then return false end
local since, news = tonumber(ARGV[at]), {}
at = at + 1
while at <= #ARGV do
  local user, is_new, count = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2])
  local known, others = take_out(user, names)
  local present = any_lives(others)
  if not present and #others > 0 then redis.call('DEL', devices_of(user)) end
  for i = at + 3, at + 2 + count do
    redis.call('HSET', devices_of(user), node .. ':' .. ARGV[i], 1)
  end
  redis.call('SADD', users_of(node), user)
  redis.call('SET', online_of(user), '1')
  -- Others were told that they went: by whoever reaped our old name. Or never that they came.
  local reaped = known == 0 and to_time(redis.pcall('GET', seen_of(user))) >= since
  if not present and (is_new == '1' or reaped) then news[#news + 1] = user end
  at = at + 3 + count
end
return news
)lua";

constexpr std::string_view depart = R"lua(
if not lives(ARGV[1]) then return false end
names[ARGV[1]] = true
local news = {}
while at <= #ARGV do
  local user = ARGV[at]
  local _, others = take_out(user, names)
  if any_lives(others) then
    news[#news + 1] = 1
  else
    goes_offline(user)
    set_seen(user, tonumber(ARGV[at + 1]))
    news[#news + 1] = 0
  end
  at = at + 2
end
return news
)lua";

constexpr std::string_view everywhere = "local names, at = {}, 1";
const std::string elsewhere = std::string{names}.append("names[ARGV[1]] = true");

/// From ARGV[at] on users; devices under `names` do not count.
constexpr std::string_view status = R"lua(
local users, keys, reply = {unpack(ARGV, at)}, {}, {}
for i, user in ipairs(users) do
  keys[2 * i - 1] = online_of(user)
  keys[2 * i] = seen_of(user)
end
local values = redis.call('MGET', unpack(keys))
for i, user in ipairs(users) do
  local fields = fields_of(user)
  local online, lapsed = #fields == 0 and values[2 * i - 1] == '1', 0
  for _, field in ipairs(fields) do
    local node = node_of(field)
    if not names[node] then
      online = online or lives(node)
      lapsed = math.max(lapsed, lease_end(node))
    end
  end
  local seen = to_time(values[2 * i])
  if not online and lapsed > seen then seen = lapsed end
  reply[2 * i - 1] = online and 1 or 0
  reply[2 * i] = seen
end
return reply
)lua";

constexpr std::string_view end = R"lua(
if not lives(ARGV[1]) then return 0 end
return redis.call('ZADD', 'parley:nodes', 'XX', now, ARGV[1])
)lua";

constexpr std::string_view reap = R"lua(
local node = ARGV[1]
local ended = lease_end(node)
if ended == 0 or lives(node) then return {0} end
local names, reply = {[node] = true}, {0}
for _, user in ipairs(redis.call('SPOP', users_of(node), ARGV[2])) do
  local removed, others = take_out(user, names)
  -- Where devices of another dead node are left, its reaper says that the user is offline.
  if removed > 0 and #others == 0 then
    goes_offline(user)
    set_seen(user, ended)
    reply[#reply + 1] = user
  end
end
reply[1] = redis.call('SCARD', users_of(node))
if reply[1] == 0 then redis.call('ZREM', 'parley:nodes', node) end
return reply
)lua";

redis::Script script(std::string_view body) {
  return redis::Script{std::string{prelude}.append(body)};
}

redis::Script script_of_status(std::string_view first) {
  return redis::Script{std::string{prelude}.append(first).append(status)};
}

redis::Script script_with_names(std::string_view body) {
  return redis::Script{std::string{prelude}.append(names).append(body)};
}

}  // namespace

const PresenceScripts& presence_scripts() {
  static const PresenceScripts scripts{script(join),
                                       script(renew),
                                       script(arrive),
                                       script(leave),
                                       script_with_names(restore),
                                       script_with_names(depart),
                                       script_of_status(everywhere),
                                       script_of_status(elsewhere),
                                       script(end),
                                       script(reap)};
  return scripts;
}

}  // namespace parley::nodes
