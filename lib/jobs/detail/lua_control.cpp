// The scripts of whoever looks at a queue or changes it.
#include <string>

#include "jobs/detail/lua.hpp"
#include "jobs/detail/lua_pieces.hpp"

namespace parley::jobs::detail::lua {

namespace {

constexpr char counts_body[] = R"lua(
local P, call = ARGV[1], redis.call
return {call('LLEN', P .. 'wait') + call('LLEN', P .. 'paused'), call('ZCARD', P .. 'prioritized'),
  call('LLEN', P .. 'active'), call('ZCARD', P .. 'delayed'), call('ZCARD', P .. 'completed'),
  call('ZCARD', P .. 'failed'), call('ZCARD', P .. 'waiting-children'),
  call('HEXISTS', P .. 'meta', 'paused')}
)lua";

constexpr char list_body[] = R"lua(
local P, call, state = ARGV[1], redis.call, ARGV[3]
local offset, limit = tonumber(ARGV[4]), tonumber(ARGV[5])
-- From the right end of a list, where the next one or the oldest is.
local function from_the_right(key, skip, most)
  local ids = call('LRANGE', P .. key, -(skip + most), -(skip + 1))
  local turned = {}
  for i = #ids, 1, -1 do turned[#turned + 1] = ids[i] end
  return turned
end
local ids
if state == 'waiting' then
  ids = from_the_right('wait', offset, limit)
  local skip = math.max(0, offset - call('LLEN', P .. 'wait'))
  if #ids < limit then
    for _, id in ipairs(from_the_right('paused', skip, limit - #ids)) do ids[#ids + 1] = id end
  end
elseif state == 'active' then
  ids = from_the_right('active', offset, limit)
elseif state == 'completed' or state == 'failed' then
  ids = call('ZREVRANGE', P .. state, offset, offset + limit - 1)
else
  ids = call('ZRANGE', P .. state, offset, offset + limit - 1)
end
local jobs = {}
for _, id in ipairs(ids) do
  if string.sub(id, 1, 2) ~= '0:' then jobs[#jobs + 1] = {id, call('HGETALL', P .. id)} end
end
return jobs
)lua";

constexpr char state_piece[] = R"lua(
local sets = {'completed', 'failed', 'delayed', 'prioritized', 'waiting-children'}
local function state_of(id)
  for i = 1, 4 do
    if redis.call('ZSCORE', ARGV[1] .. sets[i], id) then return sets[i] end
  end
  if redis.call('LPOS', ARGV[1] .. 'active', id) then return 'active' end
  if redis.call('LPOS', ARGV[1] .. 'wait', id) then return 'wait' end
  if redis.call('LPOS', ARGV[1] .. 'paused', id) then return 'paused' end
  if redis.call('ZSCORE', ARGV[1] .. sets[5], id) then return sets[5] end
  return 'unknown'
end
)lua";

constexpr char get_body[] = R"lua(
local fields = redis.call('HGETALL', ARGV[1] .. ARGV[3])
if not fields[1] then return {''} end
return {state_of(ARGV[3]), fields}
)lua";

constexpr char retry_body[] = R"lua(
-- A parent that knows how the child ended waits for it anew.
local function rejoin(J, was)
  local parent = call('HGET', J, 'parentKey')
  if not parent or call('EXISTS', parent) == 0 then return end
  local known
  if was == 'failed' then
    known = call('ZREM', parent .. ':unsuccessful', J) + call('HDEL', parent .. ':failed', J)
  else
    known = call('HDEL', parent .. ':processed', J)
  end
  if known > 0 then call('SADD', parent .. ':dependencies', J) end
end
local id = ARGV[3]
if call('EXISTS', P .. id) == 0 then return {-1} end
local prev, text = 'failed', 'failedReason'
if call('ZREM', P .. 'failed', id) == 0 then
  if call('ZREM', P .. 'completed', id) == 0 then return {-3} end
  prev, text = 'completed', 'returnvalue'
end
call('HDEL', P .. id, 'finishedOn', 'processedOn', text)
rejoin(P .. id, prev)
enqueue(id, number_of(id, 'priority'))
emit('waiting', 'jobId', id, 'prev', prev)
return {0}
)lua";

constexpr char promote_body[] = R"lua(
local id = ARGV[3]
if call('EXISTS', P .. id) == 0 then return {-1} end
if call('ZREM', P .. 'delayed', id) == 0 then return {-3} end
enqueue(id, number_of(id, 'priority'))
emit('waiting', 'jobId', id, 'prev', 'delayed')
call('HSET', P .. id, 'delay', '0')
return {0}
)lua";

constexpr char remove_body[] = R"lua(
local id = ARGV[3]
local J = P .. id
if call('EXISTS', J) == 0 then return {-1} end
if call('EXISTS', J .. ':lock') == 1 then return {-2} end
local scheduler = call('HGET', J, 'rjk')
local due = scheduler and call('ZSCORE', P .. 'repeat', scheduler)
if due and id == 'repeat:' .. scheduler .. ':' .. int(tonumber(due)) then return {-8} end
local prev = state_of(id)
if prev == 'wait' or prev == 'paused' or prev == 'active' then
  call('LREM', P .. prev, 0, id)
elseif prev ~= 'unknown' then
  call('ZREM', P .. prev, id)
end
call('SREM', P .. 'stalled', id)
forget(id, 'removed')
emit('removed', 'jobId', id, 'prev', prev)
return {0}
)lua";

constexpr char progress_body[] = R"lua(
if call('EXISTS', P .. ARGV[3]) == 0 then return {-1} end
call('HSET', P .. ARGV[3], 'progress', ARGV[4])
emit('progress', 'jobId', ARGV[3], 'data', ARGV[4])
return {0}
)lua";

constexpr char log_body[] = R"lua(
local J = ARGV[1] .. ARGV[3]
if redis.call('EXISTS', J) == 0 then return {-1} end
redis.call('RPUSH', J .. ':logs', ARGV[4])
local is_json, opts = pcall(cjson.decode, redis.call('HGET', J, 'opts') or '{}')
local keep = is_json and type(opts) == 'table' and tonumber(opts.kl) or 1000
redis.call('LTRIM', J .. ':logs', -math.max(1, math.min(keep, 100000)), -1)
return {0}
)lua";

constexpr char pause_body[] = R"lua(
call('HSET', P .. 'meta', 'paused', '1')
call('DEL', P .. 'marker')
emit('paused')
return {0}
)lua";

constexpr char resume_body[] = R"lua(
if call('EXISTS', P .. 'paused') == 1 then
  if call('EXISTS', P .. 'wait') == 0 then
    call('RENAME', P .. 'paused', P .. 'wait')
  else
    local ids = call('LRANGE', P .. 'paused', 0, 6999)
    call('RPUSH', P .. 'wait', unpack(ids))
    call('LTRIM', P .. 'paused', #ids, -1)
    if call('EXISTS', P .. 'paused') == 1 then return {1} end
  end
end
call('HDEL', P .. 'meta', 'paused')
meta[1] = false
if call('LLEN', P .. 'wait') + call('ZCARD', P .. 'prioritized') > 0 then mark() else mark_delayed() end
emit('resumed')
return {0}
)lua";

constexpr char drain_body[] = R"lua(
-- Runs of a schedule stay: without the next one it would end.
local function remove_all(ids)
  local gone = {}
  for _, id in ipairs(ids) do
    if call('HEXISTS', P .. id, 'rjk') == 0 then
      forget(id, 'emptied')
      gone[#gone + 1] = id
    end
  end
  return gone
end
for _, key in ipairs({'wait', 'paused'}) do
  local ids = call('LRANGE', P .. key, 0, -1)
  local gone = remove_all(ids)
  if #gone == #ids then
    call('DEL', P .. key)
  else
    for _, id in ipairs(gone) do call('LREM', P .. key, 1, id) end
  end
end
local sets = {'prioritized'}
if ARGV[3] == '1' then sets[2] = 'delayed' end
for _, key in ipairs(sets) do
  for _, id in ipairs(remove_all(call('ZRANGE', P .. key, 0, -1))) do call('ZREM', P .. key, id) end
end
return {0}
)lua";

constexpr char clean_body[] = R"lua(
local state, newest, limit = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local finished = state == 'completed' or state == 'failed'
local lists = state == 'wait' and {'wait', 'paused'} or {state}
local cleaned = 0
local function is_old(id)
  if finished then return true end
  return number_of(id, 'timestamp') <= newest and call('HEXISTS', P .. id, 'rjk') == 0
end
for _, key in ipairs(lists) do
  local ids
  if finished then
    ids = call('ZRANGEBYSCORE', P .. key, '-inf', int(newest), 'LIMIT', 0, limit)
  elseif state == 'wait' then
    ids = call('LRANGE', P .. key, 0, -1)
  else
    ids = call('ZRANGE', P .. key, 0, -1)
  end
  for i = #ids, 1, -1 do
    if cleaned >= limit then break end
    local id = ids[i]
    if is_old(id) then
      if state == 'wait' then call('LREM', P .. key, -1, id) else call('ZREM', P .. key, id) end
      forget(id, 'emptied')
      cleaned = cleaned + 1
    end
  end
end
emit('cleaned', 'count', int(cleaned))
return {cleaned}
)lua";

constexpr char obliterate_body[] = R"lua(
local left = tonumber(ARGV[4])
if call('HEXISTS', P .. 'meta', 'paused') == 0 then return {-1} end
if ARGV[3] ~= '1' and call('EXISTS', P .. 'active') == 1 then return {-2} end
local function remove_some(ids)
  for _, id in ipairs(ids) do forget(id, 'emptied') end
  left = left - #ids
end
for _, key in ipairs({'active', 'wait', 'paused'}) do
  local ids = call('LRANGE', P .. key, 0, left - 1)
  remove_some(ids)
  call('LTRIM', P .. key, #ids, -1)
  if left <= 0 then return {1} end
end
for _, key in ipairs({'delayed', 'prioritized', 'waiting-children', 'completed', 'failed'}) do
  local ids = call('ZRANGE', P .. key, 0, left - 1)
  remove_some(ids)
  call('ZREMRANGEBYRANK', P .. key, 0, #ids - 1)
  if left <= 0 then return {1} end
end
for _, id in ipairs(call('ZRANGE', P .. 'repeat', 0, -1)) do call('DEL', P .. 'repeat:' .. id) end
for _, key in ipairs({'repeat', 'events', 'delay', 'stalled-check', 'stalled', 'id', 'pc', 'marker',
    'limiter', 'meta', 'metrics:completed', 'metrics:completed:data', 'metrics:failed',
    'metrics:failed:data'}) do
  call('DEL', P .. key)
end
return {0}
)lua";

}  // namespace

const redis::Script counts{counts_body};
const redis::Script list{list_body};
const redis::Script get{put_together({state_piece, get_body})};
const redis::Script retry{put_together({queue_piece, line_piece, retry_body})};
const redis::Script promote{put_together({queue_piece, line_piece, promote_body})};
const redis::Script remove{
    put_together({queue_piece, line_piece, removal_piece, flow_piece, state_piece, remove_body})};
const redis::Script set_progress{put_together({queue_piece, progress_body})};
const redis::Script append_log{log_body};
const redis::Script pause{put_together({queue_piece, pause_body})};
const redis::Script resume{put_together({queue_piece, line_piece, resume_body})};
const redis::Script drain{
    put_together({queue_piece, line_piece, removal_piece, flow_piece, drain_body})};
const redis::Script clean{
    put_together({queue_piece, line_piece, removal_piece, flow_piece, clean_body})};
const redis::Script obliterate{
    put_together({queue_piece, line_piece, removal_piece, flow_piece, obliterate_body})};

}  // namespace parley::jobs::detail::lua
