// The scripts of a producer and of a worker. Each local function before a script is one step of it.
#include <string>

#include "jobs/detail/lua.hpp"
#include "jobs/detail/lua_pieces.hpp"

namespace parley::jobs::detail::lua {

namespace {

constexpr char add_body[] = R"lua(
-- The owner that stands in the way, or nil.
local function claim(id, name, ttl, flags)
  local key = P .. 'de:' .. name
  local owner = call('GET', key)
  local function own()
    if ttl ~= '' then call('SET', key, id, 'PX', ttl) else call('SET', key, id) end
  end
  local parked = P .. 'dn:' .. name
  if owner and call('PTTL', key) == -1 and call('EXISTS', P .. owner) == 0 then
    call('DEL', parked)
    owner = false
  end
  if not owner then return own() end
  local extends = ttl ~= '' and string.find(flags, 'e', 1, true)
  if string.find(flags, 'r', 1, true) and call('ZREM', P .. 'delayed', owner) == 1 then
    remove_keys(owner)
    call('DEL', parked)
    emit('removed', 'jobId', owner, 'prev', 'delayed')
    emit('deduplicated', 'jobId', id, 'deduplicationId', name, 'deduplicatedJobId', owner)
    if ttl ~= '' and not extends then call('SET', key, id, 'KEEPTTL') else own() end
    return nil
  end
  if extends then call('PEXPIRE', key, ttl) end
  emit('deduplicated', 'jobId', owner, 'deduplicationId', name, 'deduplicatedJobId', id)
  return owner
end
local function add(custom, name, data, opts, timestamp, delay, priority, lifo, deduplication, ttl,
    flags)
  local id = int(call('INCR', P .. 'id'))
  if custom ~= '' then
    id = custom
    if call('EXISTS', P .. id) == 1 then
      emit('duplicated', 'jobId', id)
      return {id, 0}
    end
  end
  if deduplication ~= '' then
    local owner = claim(id, deduplication, ttl, flags)
    if owner then return {owner, 0} end
  end
  store(id, name, data, opts, tonumber(timestamp), tonumber(delay), tonumber(priority), lifo == '1')
  if deduplication ~= '' then call('HSET', P .. id, 'deid', deduplication) end
  return {id, 1}
end
local added = {}
for i = 3, #ARGV, 11 do
  added[#added + 1] = add(unpack(ARGV, i, i + 10))
end
return added
)lua";

constexpr char take_body[] = R"lua(
return take(tonumber(ARGV[3]), unpack(ARGV, 4, 8))
)lua";

constexpr char finish_piece[] = R"lua(
local function trim(set, keep_count, keep_age, keep_limit, now)
  local gone = {}
  if keep_age ~= '' then
    gone = call('ZREVRANGEBYSCORE', P .. set, int(now - tonumber(keep_age) * 1000), '-inf', 'LIMIT',
      0, keep_limit)
    for _, id in ipairs(gone) do
      tell_parent(id, 'removed')
      remove_keys(id)
      call('ZREM', P .. set, id)
    end
  end
  if keep_count ~= '' then
    gone = call('ZREVRANGE', P .. set, keep_count, -1)
    for _, id in ipairs(gone) do
      tell_parent(id, 'removed')
      remove_keys(id)
    end
    if gone[1] then call('ZREMRANGEBYRANK', P .. set, 0, -(tonumber(keep_count) + 1)) end
  end
end
-- The job that a producer parked until this one ends (keepLastIfActive).
local function add_parked(deduplication, now)
  local key = P .. 'dn:' .. deduplication
  if call('EXISTS', key) == 0 then return end
  local parked = call('HMGET', key, 'name', 'data', 'opts', 'jid', 'pk', 'pd', 'pdk', 'rjk')
  call('DEL', key)
  local id = int(call('INCR', P .. 'id'))
  if parked[4] and parked[4] ~= '' then id = parked[4] end
  local opts = options_of(parked[3])
  store(id, parked[1] or '', parked[2] or '{}', parked[3] or '{}', now, tonumber(opts.delay) or 0,
    tonumber(opts.priority) or 0, opts.lifo)
  call('HSET', P .. id, 'deid', deduplication)
  if parked[8] then call('HSET', P .. id, 'rjk', parked[8]) end
  if parked[5] and parked[5] ~= '' then
    call('HSET', P .. id, 'parentKey', parked[5], 'parent', parked[6] or '{}')
    if parked[7] and parked[7] ~= '' then call('SADD', parked[7], P .. id) end
  end
  call('SET', P .. 'de:' .. deduplication, id)
end
)lua";

constexpr char settle_body[] = R"lua(
local id, token, now, kind, text, stacktrace = unpack(ARGV, 3, 8)
local delay, attempts, keep_count, keep_age, keep_limit = unpack(ARGV, 9, 13)
now = tonumber(now)
local J = P .. id
if call('EXISTS', J) == 0 then return {-1} end
local held = call('GET', J .. ':lock')
if not held then return {-2} end
if held ~= token then return {-6} end
if kind == 'completed' then
  if call('SCARD', J .. ':dependencies') ~= 0 then return {-4} end
  if call('ZCARD', J .. ':unsuccessful') ~= 0 then return {-9} end
end
if call('LREM', P .. 'active', -1, id) < 1 then return {-3} end
call('DEL', J .. ':lock')
call('SREM', P .. 'stalled', id)

local function give_back()
  local priority = number_of(id, 'priority')
  if priority > 0 then
    call('ZADD', P .. 'prioritized', int(priority * 4294967296), id)
  else
    call('RPUSH', wait_key(), id)
  end
  mark()
  emit('waiting', 'jobId', id, 'prev', 'active')
end
local function retry()
  call('HSET', J, 'failedReason', text, 'stacktrace', stacktrace)
  count(J, 'atm')
  if tonumber(delay) > 0 then
    call('HSET', J, 'delay', delay)
    put_delayed(id, now + tonumber(delay))
    return
  end
  promote_due(now)
  local lifo = options_of(call('HGET', J, 'opts')).lifo
  enqueue(id, number_of(id, 'priority'), lifo and 'RPUSH' or 'LPUSH')
  emit('waiting', 'jobId', id, 'prev', 'active')
end
local function finish()
  local failed = kind == 'failed'
  local deduplication = disown(id, true)
  if deduplication then add_parked(deduplication, now) end
  tell_parent(id, kind, text, now)
  local made = count(J, 'atm')
  if keep_count == '0' then
    tell_parent(id, 'removed')
    remove_keys(id)
  else
    call('ZADD', P .. kind, int(now), id)
    if failed then
      call('HSET', J, 'failedReason', text, 'stacktrace', stacktrace, 'finishedOn', int(now))
      call('HDEL', J, 'defa')
    else
      call('HSET', J, 'returnvalue', text, 'finishedOn', int(now))
    end
    if keep_count ~= '' or keep_age ~= '' then
      trim(kind, keep_count, keep_age, keep_limit, now)
    end
  end
  emit(kind, 'jobId', id, failed and 'failedReason' or 'returnvalue', text, 'prev', 'active')
  if failed and made >= tonumber(attempts) then
    emit('retries-exhausted', 'jobId', id, 'attemptsMade', int(made))
  end
end

if kind == 'give_back' then give_back() elseif kind == 'retry' then retry() else finish() end
local taken = {0, ''}
if ARGV[14] == '1' then taken = take(now, unpack(ARGV, 15, 19)) end
if taken[1] == 0 then
  local left = call('LLEN', P .. 'wait') + call('ZCARD', P .. 'prioritized')
  if left > 0 then
    mark()
  elseif kind ~= 'give_back' and call('LLEN', P .. 'active') == 0 then
    emit('drained')
  end
end
return {0, taken}
)lua";

constexpr char extend_body[] = R"lua(
local P, lost = ARGV[1], {}
for i = 4, #ARGV, 2 do
  local lock = P .. ARGV[i] .. ':lock'
  if redis.call('GET', lock) == ARGV[i + 1] then
    redis.call('SET', lock, ARGV[i + 1], 'PX', ARGV[3])
    redis.call('SREM', P .. 'stalled', ARGV[i])
  else
    lost[#lost + 1] = ARGV[i + 1]
  end
end
return lost
)lua";

constexpr char rescue_body[] = R"lua(
local now, most, interval = ARGV[3], tonumber(ARGV[4]), ARGV[5]
if call('EXISTS', P .. 'stalled-check') == 1 then return {} end
call('SET', P .. 'stalled-check', now, 'PX', interval)
call('XTRIM', P .. 'events', 'MAXLEN', '~', max_events)
local rescued = {}
for _, id in ipairs(call('SMEMBERS', P .. 'stalled')) do
  local J = P .. id
  if call('EXISTS', J .. ':lock') == 0 and call('LREM', P .. 'active', 1, id) > 0 then
    local stalls = count(J, 'stc')
    local scheduler = call('HGET', J, 'rjk')
    -- A schedule that cannot be read counts as one that lives; an error here would lose the job.
    local is_live = scheduler and redis.pcall('ZSCORE', P .. 'repeat', scheduler)
    if stalls > most and not is_live then
      call('HSET', J, 'defa', 'job stalled more than allowable limit')
    end
    call('RPUSH', wait_key(), id)
    mark()
    emit('waiting', 'jobId', id, 'prev', 'active')
    emit('stalled', 'jobId', id)
    rescued[#rescued + 1] = id
  end
end
call('DEL', P .. 'stalled')
local active = call('LRANGE', P .. 'active', 0, -1)
for i = 1, #active, 5000 do
  call('SADD', P .. 'stalled', unpack(active, i, math.min(i + 4999, #active)))
end
return rescued
)lua";

constexpr char next_run_body[] = R"lua(
local id, scheduler, now = ARGV[3], ARGV[4], tonumber(ARGV[5])
local due = tonumber(call('ZSCORE', P .. 'repeat', scheduler))
if not due or id ~= 'repeat:' .. scheduler .. ':' .. int(due) then return {0} end
local key = P .. 'repeat:' .. scheduler
local plan = call('HMGET', key, 'every', 'offset', 'endDate', 'limit', 'name', 'data', 'opts', 'ic')
local every = tonumber(plan[1])
if not every or every < 1 then return {-1} end
local made = tonumber(plan[8]) or 0
if plan[4] and tonumber(plan[4]) and made >= tonumber(plan[4]) then return {0} end
local following = due + every
if following < now then
  following = math.floor(now / every) * every + (tonumber(plan[2]) or 0)
  if following <= now then following = following + every end
end
if plan[3] and tonumber(plan[3]) and following > tonumber(plan[3]) then return {0} end
local next_id = 'repeat:' .. scheduler .. ':' .. int(following)
if call('EXISTS', P .. next_id) == 1 then
  emit('duplicated', 'jobId', next_id)
  return {0}
end
local opts = options_of(call('HGET', P .. id, 'opts'))
local delay = math.max(0, following - now)
opts.jobId, opts.delay, opts.timestamp, opts.prevMillis = next_id, delay, now, following
if type(opts['repeat']) ~= 'table' then opts['repeat'] = {every = every} end
opts['repeat'].count = (tonumber(opts['repeat'].count) or 0) + 1
local priority = tonumber(opts.priority) or 0
call('ZADD', P .. 'repeat', int(following), scheduler)
count(key, 'ic')
call('INCR', P .. 'id')
store(next_id, plan[5] or call('HGET', P .. id, 'name') or '', plan[6] or '{}', cjson.encode(opts),
  now, delay, priority)
call('HSET', P .. next_id, 'rjk', scheduler)
return {0}
)lua";

constexpr char survey_body[] = R"lua(
local P, call = ARGV[1], redis.call
local old = call('EXISTS', P .. 'priority')
for _, id in ipairs(call('LRANGE', P .. 'wait', -100, -1)) do
  if string.sub(id, 1, 2) == '0:' then old = 1 end
end
local patterns = 0
for _, id in ipairs(call('ZRANGE', P .. 'repeat', 0, 999)) do
  local plan = call('HMGET', P .. 'repeat:' .. id, 'every', 'pattern')
  if plan[2] and not plan[1] then patterns = patterns + 1 end
end
return {call('HGET', P .. 'meta', 'version') or '', old, patterns}
)lua";

}  // namespace

const redis::Script add{
    put_together({queue_piece, line_piece, birth_piece, removal_piece, add_body})};
const redis::Script take{put_together({queue_piece, line_piece, take_piece, take_body})};
const redis::Script settle{put_together({queue_piece, line_piece, birth_piece, removal_piece,
                                         flow_piece, take_piece, finish_piece, settle_body})};
const redis::Script extend{extend_body};
const redis::Script rescue{put_together({queue_piece, line_piece, rescue_body})};
const redis::Script next_run{put_together({queue_piece, line_piece, birth_piece, next_run_body})};
const redis::Script survey{survey_body};

}  // namespace parley::jobs::detail::lua
