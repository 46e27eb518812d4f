-- What wrk asks and counts. Arguments: a file of requests, and the folder that results go to.
-- A line of the file holds a method, a path, fields as "Name: value" and a file for the body, each
-- followed by a tab; each connection's thread goes through the lines in turn.
local threads = {}

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init(args)
  asked, statuses, faults, hintless = {}, {}, {}, 0
  for line in io.lines(args[1]) do
    local parts = {}
    for part in line:gmatch("([^\t]*)\t") do
      table.insert(parts, part)
    end
    local headers = { Host = wrk.headers["Host"] }
    for field in parts[3]:gmatch("[^|]+") do
      local name, value = field:match("^([^:]+): (.*)$")
      headers[name] = value
    end
    local body = nil
    if parts[4] ~= "" then
      local stream = io.open(parts[4], "rb")
      body = stream:read("*a")
      stream:close()
    end
    table.insert(asked, wrk.format(parts[1], parts[2], headers, body))
  end
  turn = number * 7
  links = io.open(args[2] .. "/links." .. number, "w")
end

function request()
  turn = turn + 1
  return asked[turn % #asked + 1]
end

function response(status, headers, body)
  local key = tostring(status)
  statuses[key] = (statuses[key] or 0) + 1
  if status == 503 and not (headers["retry-after"] or headers["Retry-After"]) then
    hintless = hintless + 1
  end
  if status ~= 200 and status ~= 503 and #faults < 5 then
    table.insert(faults, key .. " " .. body:gsub("%s+", " "):sub(-300))
  end
  local token = body:match('/s/([%w_-]+)"')
  if status == 200 and token and #token == 43 then
    links:write(token .. "\n")
    links:flush()
  end
end

function done(summary, latency)
  local statuses, hintless, faults = {}, 0, {}
  for _, thread in ipairs(threads) do
    for key, count in pairs(thread:get("statuses")) do
      statuses[key] = (statuses[key] or 0) + count
    end
    for _, fault in pairs(thread:get("faults")) do
      table.insert(faults, fault)
    end
    hintless = hintless + thread:get("hintless")
  end
  print("requests", summary.requests, summary.duration)
  print("latency", latency:percentile(50), latency:percentile(99), latency.max)
  for key, count in pairs(statuses) do
    print("status", key, count)
  end
  for _, key in ipairs({ "connect", "read", "write", "timeout" }) do
    print("broken", key, summary.errors[key])
  end
  print("hintless", hintless)
  for _, fault in ipairs(faults) do
    print("fault", fault)
  end
end
