-- What wrk sends: requests of many users, each with a token of its own, taken at random.
--
--   wrk … -s settings.lua URL -- FILE METHOD PAUSE [BODY]
--
-- FILE has a token a line. Each connection waits PAUSE milliseconds on average before a request; 0 is full load.

local threads = 0
local requests = {}

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(args)
  math.randomseed(number + 1)
  for token in io.lines(args[1]) do
    local headers = { ["Authorization"] = "Bearer " .. token, ["Content-Type"] = args[4] and "application/json" }
    requests[#requests + 1] = wrk.format(args[2], nil, headers, args[4])
  end
  local pause = tonumber(args[3])
  if pause > 0 then
    delay = function() return math.random(0, 2 * pause) end
  end
end

function request()
  return requests[math.random(#requests)]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    "RESULT %d %d %d %d %d %d\n",
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency:percentile(99.9),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
