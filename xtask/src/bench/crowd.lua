-- One row, a page of rows, and a sum over many, in turns at random.
local orders = "%d"

request = function()
  local body
  local kind = math.random(3)
  if kind == 1 then
    body = '{"sql": "SELECT * FROM orders WHERE id = ?", "params": [' .. math.random(orders) .. ']}'
  elseif kind == 2 then
    body = '{"sql": "SELECT * FROM orders ORDER BY id LIMIT 100"}'
  else
    body = '{"sql": "SELECT paid, count(*) FROM orders WHERE id <= 60000 GROUP BY paid"}'
  end
  return wrk.format("POST", "/query", { ["Content-Type"] = "application/json" }, body)
end
