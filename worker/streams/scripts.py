"""What Redis does at one stroke, as scripts in Lua: a crash leaves all of it or nothing.

A server whose memory is full refuses what takes room; but once a script has written something that takes none, it lets
the rest of it through. Moving an entry begins so: it frees as much as it takes.
"""

_STILL_OURS = """
if #redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[3], ARGV[3], 1) == 0 then return 0 end
redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[3], 'JUSTID')
"""

SETTLE = f"""
{_STILL_OURS}
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[5], '*', unpack(ARGV, 6))
redis.call('XACK', KEYS[1], ARGV[1], ARGV[3])
if ARGV[4] == '1' then redis.call('XDEL', KEYS[1], ARGV[3]) end
return 1
"""
"""KEYS: stream, results. ARGV: group, consumer, entry, whether it is deleted, length of results, then the result.

Gives 0 where another consumer has settled it."""

BURY = f"""
{_STILL_OURS}
local entry = redis.call('XRANGE', KEYS[1], ARGV[3], ARGV[3])[1]
local fields = entry and entry[2] or {{}}
-- More than Lua can hand over at once is no entry of anybody's.
if #fields > 2000 then fields = {{}} end
for place = 4, #ARGV do fields[#fields + 1] = ARGV[place] end
redis.call('XADD', KEYS[2], '*', unpack(fields))
redis.call('XACK', KEYS[1], ARGV[1], ARGV[3])
redis.call('XDEL', KEYS[1], ARGV[3])
return 1
"""
"""KEYS: stream, dead entries. ARGV: group, consumer, entry, then what is added to its fields. Gives as SETTLE."""

REVIVE = """
local entry = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1]
if not entry then return 0 end
local fields = {}
for place = 1, #entry[2], 2 do
  if string.sub(entry[2][place], 1, #ARGV[2]) ~= ARGV[2] then
    fields[#fields + 1] = entry[2][place]
    fields[#fields + 1] = entry[2][place + 1]
  end
end
redis.call('XDEL', KEYS[1], ARGV[1])
if #fields == 0 then return 0 end
redis.call('XADD', KEYS[2], '*', unpack(fields))
return 1
"""
"""KEYS: dead entries, stream. ARGV: entry, and how the fields begin that were added to it."""

FORGET_CONSUMERS = """
local forgotten = 0
for _, row in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local consumer = {}
  for place = 1, #row, 2 do consumer[row[place]] = row[place + 1] end
  if consumer.pending == 0 and consumer.idle > tonumber(ARGV[2]) then
    forgotten = forgotten + redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], consumer.name) + 1
  end
end
return forgotten
"""
"""KEYS: stream. ARGV: group, milliseconds. At one stroke, since whatever a consumer has goes with it."""

STANDING = """
local dead = redis.call('XLEN', KEYS[2])
local length = redis.call('XLEN', KEYS[1])
local pending, waiting, oldest = 0, length, ''
if redis.call('EXISTS', KEYS[1]) == 0 then return {0, 0, dead, ''} end
local last = '0-0'
for _, row in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local group = {}
  for place = 1, #row, 2 do group[row[place]] = row[place + 1] end
  if group.name == ARGV[1] then
    pending, last = group.pending, group['last-delivered-id']
    waiting = group.lag or math.max(0, length - pending)
  end
end
if pending > 0 then
  oldest = redis.call('XPENDING', KEYS[1], ARGV[1])[2]
elseif waiting > 0 then
  local entry = redis.call('XRANGE', KEYS[1], '(' .. last, '+', 'COUNT', 1)[1]
  oldest = entry and entry[1] or ''
end
return {waiting, pending, dead, oldest}
"""
"""KEYS: stream, dead entries. ARGV: group. Gives how many entries wait, are begun with and are dead; the oldest id."""
