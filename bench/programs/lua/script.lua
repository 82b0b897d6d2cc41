-- A mixed load: recursion, tables with metatables, sorting with a comparison function, search trees, closures, strings
-- and patterns, floating-point numbers.

local function fib(n)
  if n < 2 then return n end
  return fib(n - 1) + fib(n - 2)
end

local function random(seed)
  local x = seed
  return function()
    x = (x * 1103515245 + 12345) & 0x7fffffff
    return x
  end
end

local Vector = {}
Vector.__index = Vector
local function vector(x, y, z) return setmetatable({x = x, y = y, z = z}, Vector) end
Vector.__add = function(a, b) return vector(a.x + b.x, a.y + b.y, a.z + b.z) end
function Vector:times(f) return vector(self.x * f, self.y * f, self.z * f) end
function Vector:dot(o) return self.x * o.x + self.y * o.y + self.z * o.z end

local function bodies(rounds)
  local sum = 0
  local v = vector(1, 0.5, 0.25)
  for i = 0, rounds - 1 do
    local w = v:times(1 / math.sqrt(v:dot(v))) + vector(i % 3, 0.125, i % 5)
    sum = sum + w:dot(v)
    v = w:times(0.5)
  end
  return sum
end

local function sorted(n, following)
  local list = {}
  for i = 1, n do list[i] = {key = following() % 1000, at = i} end
  table.sort(list, function(a, b)
    if a.key ~= b.key then return a.key < b.key end
    return a.at < b.at
  end)
  local h = 0
  for _, e in ipairs(list) do h = (h * 31 + e.at) & 0xffffffff end
  return h
end

local function insert(tree, key)
  if not tree then return {key = key, count = 1} end
  if key < tree.key then
    tree.left = insert(tree.left, key)
  elseif key > tree.key then
    tree.right = insert(tree.right, key)
  else
    tree.count = tree.count + 1
  end
  return tree
end

local function depth(tree)
  if not tree then return 0 end
  return 1 + math.max(depth(tree.left), depth(tree.right))
end

local function sieve(n)
  local composite = {}
  for i = 1, n do composite[i] = false end
  local count = 0
  for i = 2, n do
    if not composite[i] then
      count = count + 1
      for k = i * i, n, i do composite[k] = true end
    end
  end
  return count
end

local function words(rounds)
  local parts = {}
  for i = 0, 199 do parts[#parts + 1] = "key" .. i .. "=" .. i * i .. ";" .. (i % 7 == 0 and "\n" or " ") end
  local text = table.concat(parts)
  local found = 0
  for _ = 1, rounds do
    for _, n, square in text:gmatch("(%a+)(%d+)=(%d+);") do found = found + #n + tonumber(square) % 10 end
    found = found + #text:gsub("k(ey)", "%1k")
  end
  return found
end

local function counted(n)
  local map = {}
  for i = 0, n - 1 do
    local k = "w" .. i * 7919 % 501
    map[k] = (map[k] or 0) + 1
  end
  local sum = 0
  for _, c in pairs(map) do sum = sum + c end
  return sum
end

local function matrix(n)
  local a, b = {}, {}
  for i = 1, n do
    a[i], b[i] = {}, {}
    for k = 1, n do a[i][k], b[i][k] = i + k / 2, i - k / 4 end
  end
  local trace = 0
  for i = 1, n do
    for j = 1, n do
      local s = 0
      for k = 1, n do s = s + a[i][k] * b[k][j] end
      if i == j then trace = trace + s end
    end
  end
  return trace
end

local following = random(42)
local tree
for _ = 1, 30000 do tree = insert(tree, following() % 5000) end
print(fib(27), bodies(100000), sorted(30000, following), depth(tree))
print(sieve(1000000), words(60), counted(150000), matrix(100))
