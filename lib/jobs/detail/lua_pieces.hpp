#pragma once

#include <initializer_list>
#include <string>

/// What the scripts are put together from. Each piece leans on those before it.
namespace parley::jobs::detail::lua {

/// The queue that is spoken of, and the event stream. `enter` turns to another queue.
inline constexpr char queue_piece[] = R"lua(
local call, layout = redis.call, ARGV[2]
local P, meta, max_events
local function enter(prefix)
  P = prefix
  meta = call('HMGET', P .. 'meta', 'paused', 'concurrency', 'max', 'duration', 'version',
    'opts.maxLenEvents')
  max_events = meta[6]
  if not max_events then
    max_events = '10000'
    call('HSET', P .. 'meta', 'opts.maxLenEvents', max_events)
  end
end
enter(ARGV[1])
local function int(number) return string.format('%.0f', number) end
local function emit(...)
  call('XADD', P .. 'events', 'MAXLEN', '~', max_events, '*', 'event', ...)
end
local function number_of(id, field) return tonumber(call('HGET', P .. id, field)) or 0 end
-- A field that somebody filled with something else begins anew.
local function count(J, field)
  local counted = redis.pcall('HINCRBY', J, field, 1)
  if type(counted) == 'number' then return counted end
  call('HSET', J, field, '1')
  return 1
end
)lua";

/// Waiting lists and the marker that wakes workers.
inline constexpr char line_piece[] = R"lua(
local function blocked()
  if meta[1] then return true end
  return meta[2] and call('LLEN', P .. 'active') >= tonumber(meta[2])
end
local function mark()
  if not blocked() then call('ZADD', P .. 'marker', 0, '0') end
end
local function mark_delayed()
  local first = call('ZRANGE', P .. 'delayed', 0, 0, 'WITHSCORES')
  if first[1] then call('ZADD', P .. 'marker', int(math.floor(tonumber(first[2]) / 4096)), '1') end
end
-- bullmq 5 overwrites `wait` when it resumes: what is added in its pause goes to its own list.
local function wait_key()
  if not meta[1] or layout == '6' then return P .. 'wait' end
  local major = tonumber(string.match(meta[5] or '', '^bullmq:(%d+)%.'))
  if layout == '5' or (major and major <= 5) or call('EXISTS', P .. 'paused') == 1 then
    return P .. 'paused'
  end
  return P .. 'wait'
end
local function enqueue(id, priority, side)
  if priority > 0 then
    local turn = call('INCR', P .. 'pc') % 4294967296
    call('ZADD', P .. 'prioritized', int(priority * 4294967296 + turn), id)
  else
    call(side or 'LPUSH', wait_key(), id)
  end
  mark()
end
local function put_delayed(id, due)
  local low = due * 4096
  local top = call('ZREVRANGEBYSCORE', P .. 'delayed', int(low + 4095), int(low), 'WITHSCORES',
    'LIMIT', 0, 1)
  local score = low
  if top[2] then score = math.min(tonumber(top[2]) + 1, low + 4095) end
  call('ZADD', P .. 'delayed', int(score), id)
  emit('delayed', 'jobId', id, 'delay', int(due))
  mark_delayed()
end
)lua";

/// New jobs.
inline constexpr char birth_piece[] = R"lua(
local function store(id, name, data, opts, timestamp, delay, priority, lifo)
  call('HSET', P .. id, 'name', name, 'data', data, 'opts', opts, 'timestamp', int(timestamp),
    'delay', int(delay), 'priority', int(priority))
  emit('added', 'jobId', id, 'name', name)
  if delay > 0 then
    put_delayed(id, timestamp + delay)
  else
    enqueue(id, priority, lifo and 'RPUSH' or 'LPUSH')
    emit('waiting', 'jobId', id)
  end
end
local function options_of(json)
  local is_json, opts = pcall(cjson.decode, json or '{}')
  return is_json and type(opts) == 'table' and opts or {}
end
)lua";

/// Removing jobs.
inline constexpr char removal_piece[] = R"lua(
local function remove_keys(id)
  local J = P .. id
  call('DEL', J, J .. ':lock', J .. ':logs', J .. ':dependencies', J .. ':processed',
    J .. ':failed', J .. ':unsuccessful')
end
local function disown(id, only_without_ttl)
  local deduplication = call('HGET', P .. id, 'deid')
  if not deduplication or deduplication == '' then return nil end
  local key = P .. 'de:' .. deduplication
  if call('GET', key) == id and (not only_without_ttl or call('PTTL', key) == -1) then
    call('DEL', key)
    if not only_without_ttl then call('DEL', P .. 'dn:' .. deduplication) end
  end
  return deduplication
end
)lua";

/// Flows: a parent waits for its children, perhaps in another queue.
inline constexpr char flow_piece[] = R"lua(
local function parent_of(id)
  local fields = call('HMGET', P .. id, 'parentKey', 'parent')
  local key = fields[1]
  if not key or key == '' then return nil end
  local is_json, parent = pcall(cjson.decode, fields[2] or '')
  if not is_json or type(parent) ~= 'table' or not parent.queueKey or not parent.id then
    local queue, name = string.match(key, '^([^:]+:[^:]+):(.+)$')
    parent = {queueKey = queue, id = name}
  end
  return parent.id and parent, key
end
local tell_parent
local function forget(id, how)
  tell_parent(id, how)
  disown(id)
  remove_keys(id)
end
-- Without `now` it rests no more.
local function line_up(id, now)
  local delay = number_of(id, 'delay')
  if now and delay > 0 then
    put_delayed(id, now + delay)
  else
    enqueue(id, number_of(id, 'priority'), 'RPUSH')
    emit('waiting', 'jobId', id, 'prev', 'waiting-children')
  end
end
-- The parent waits no longer; `failure` is what it must fail with.
local function release(parent, how, failure, now)
  local home = P
  enter(parent.queueKey .. ':')
  local id = tostring(parent.id)
  local waited = call('ZREM', P .. 'waiting-children', id) == 1
  if failure and not waited and call('ZREM', P .. 'delayed', id) == 1 then
    call('HSET', P .. id, 'delay', '0')
    waited = true
  end
  if failure and not call('ZSCORE', P .. 'failed', id) then call('HSET', P .. id, 'defa', failure) end
  if waited and how == 'emptied' and P == home then
    forget(id, how)
  elseif waited then
    line_up(id, now)
  end
  enter(home)
end
-- how: 'completed' or 'failed', with a text and the time; 'removed'; or 'emptied', with all others
-- of its state: a parent in the same queue that waits for no other child goes, too.
function tell_parent(id, how, text, now)
  local parent, key = parent_of(id)
  if not parent then return end
  local failed, J = how == 'failed', P .. id
  if failed and not (parent.fpof or parent.cpof or parent.idof or parent.rdof) then return end
  if call('SREM', key .. ':dependencies', J) == 0 or call('EXISTS', key) == 0 then return end
  local failure
  if how == 'completed' then
    call('HSET', key .. ':processed', J, text)
  elseif failed and parent.fpof then
    call('ZADD', key .. ':unsuccessful', int(now), J)
    failure = 'child ' .. J .. ' failed'
  elseif failed and (parent.cpof or parent.idof) then
    call('HSET', key .. ':failed', J, text)
  end
  if failure or (failed and parent.cpof) or call('SCARD', key .. ':dependencies') == 0 then
    release(parent, how, failure, now)
  end
end
)lua";

/// Taking the next job.
inline constexpr char take_piece[] = R"lua(
local function promote_due(now)
  local ids = call('ZRANGEBYSCORE', P .. 'delayed', 0, int((now + 1) * 4096 - 1), 'LIMIT', 0, 1000)
  if not ids[1] then return end
  call('ZREM', P .. 'delayed', unpack(ids))
  for _, id in ipairs(ids) do
    enqueue(id, number_of(id, 'priority'))
    emit('waiting', 'jobId', id, 'prev', 'delayed')
    call('HSET', P .. id, 'delay', '0')
  end
end
local function next_id()
  local id = call('RPOPLPUSH', P .. 'wait', P .. 'active')
  while id and string.sub(id, 1, 2) == '0:' do  -- a wake-up that 4.x left
    call('LREM', P .. 'active', 1, id)
    id = call('RPOPLPUSH', P .. 'wait', P .. 'active')
  end
  if id then return id end
  id = call('ZPOPMIN', P .. 'prioritized')[1]
  if id then call('LPUSH', P .. 'active', id) else call('DEL', P .. 'pc') end
  return id
end
local function take(now, token, lock, worker, most, window)
  promote_due(now)
  local limit = tonumber(meta[3]) or tonumber(most)
  window = tonumber(window) or tonumber(meta[4])
  if limit and (tonumber(call('GET', P .. 'limiter')) or 0) >= limit then
    local left = call('PTTL', P .. 'limiter')
    if left > 0 then return {2, left} end
    call('DEL', P .. 'limiter')  -- in its last millisecond: what starts now is the next window's first
  end
  if blocked() then return {0, ''} end
  local id = next_id()
  if not id then
    local first = call('ZRANGE', P .. 'delayed', 0, 0, 'WITHSCORES')
    return {0, first[1] and int(math.floor(tonumber(first[2]) / 4096)) or ''}
  end
  local J = P .. id
  if limit and window and call('HEXISTS', J, 'defa') == 0 and call('INCR', P .. 'limiter') == 1 then
    call('PEXPIRE', P .. 'limiter', int(window))
  end
  call('SET', J .. ':lock', token, 'PX', lock)
  emit('active', 'jobId', id, 'prev', 'waiting')
  call('HSET', J, 'processedOn', int(now))
  if worker ~= '' then call('HSET', J, 'pb', worker) end
  count(J, 'ats')
  call('ZADD', P .. 'marker', 0, '0')
  return {1, id, call('HGETALL', J)}
end
)lua";

/// A script's source.
inline std::string put_together(std::initializer_list<const char*> pieces) {
  std::string source;
  for (const char* piece : pieces) source += piece;
  return source;
}

}  // namespace parley::jobs::detail::lua
