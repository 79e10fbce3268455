"""Queries of CloudWatch Logs Insights and their rows, for test_insights.py.

Most are of AWS's documentation (CWL_QuerySyntax, its commands and functions, and the sample queries), over events of the
shapes that it uses.  A row is a dictionary of its columns, without @ptr; events have the seconds of their order.
"""

import json

LAMBDA = "6bc28136-xmpl-4365-b021-0ce6b2e64ab0".replace("xmpl", "4a7c")

EVENTS = {
    "flow": [  # VPC flow logs
        "2 123456789010 eni-1235b8ca 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK",
        "2 123456789010 eni-1235b8ca 172.31.9.69 172.31.9.12 49761 3389 6 20 4249 1418530010 1418530070 REJECT OK",
        "2 123456789010 eni-9999b8ca 10.1.2.3 172.31.9.12 49762 443 6 1 40 1418530010 1418530070 ACCEPT OK",
    ],
    "json": [
        json.dumps(one) for one in (
            {"requestId": "r1", "status": 200, "latency": 12.5, "user": {"id": "u10", "tags": ["a", "b"]}, "ok": True,
             "ip": "10.0.0.1", "path": "/api/v1/users/7"},
            {"requestId": "r2", "status": 500, "latency": 250, "user": {"id": "u9", "tags": ["b"]}, "ok": False,
             "ip": "192.168.1.10", "error": {"type": "Timeout", "a.b": "dotted"}, "path": "/api/v2/users/8"},
            {"requestId": "r3", "status": "404", "latency": 3, "user": {"id": "u2"}, "ok": True, "ip": "fe80::1",
             "path": "", "http-method": "GET", "note": None},
            {"requestId": "r4", "status": 200, "latency": 30, "user": {"id": "u10"}, "ok": True, "ip": "nowhere",
             "path": "  ", "actions": [{"action": "PutData", "size": 3}, {"action": "GetData", "size": 5}]},
        )
    ],
    "text": [
        "user=alice, method:GET, latency := 120",
        "user=bob, method:PUT, latency := 80",
        "user=alice, method:PUT, latency := 100",
        "[ERROR] Something broke",
        "[INFO] All is well, Exception handled",
    ],
    "lambda": [
        f"START RequestId: {LAMBDA} Version: $LATEST\n",
        f"2026-01-01T00:00:00.000Z\t{LAMBDA}\tINFO\t" + '{"order": "O1", "lines": 2} and more',
        f"END RequestId: {LAMBDA}\n",
        f"REPORT RequestId: {LAMBDA}\tDuration: 12.34 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\t"
        "Max Memory Used: 56 MB\tInit Duration: 99.5 ms\t\n"
        "XRAY TraceId: 1-5e34a614-10bdxmpl\tSegmentId: 12345\tSampled: true\t\n",
    ],
}

# (events, query, rows); "{t0}" is the moment of the first event, as results show it.
QUERIES = [
    # --- fields, display, limit
    ("text", "fields @message | limit 2", [{"@message": EVENTS["text"][4]}, {"@message": EVENTS["text"][3]}]),
    ("text", "fields @timestamp, @logStream, @log | sort @timestamp asc | limit 1",
     [{"@timestamp": "{t0}", "@logStream": "s", "@log": "000000000000:{group}"}]),
    ("json", "fields requestId, latency*2 as doubled | sort requestId",
     [{"requestId": "r1", "doubled": "25"}, {"requestId": "r2", "doubled": "500"}, {"requestId": "r3", "doubled": "6"},
      {"requestId": "r4", "doubled": "60"}]),
    ("json", "fields requestId | fields status | sort requestId | limit 1", [{"requestId": "r1", "status": "200"}]),
    ("json", "fields requestId, status | sort requestId | display status | limit 1", [{"status": "200"}]),
    ("json", "fields requestId | display requestId | display status, requestId | sort requestId desc | limit 1",
     [{"status": "200", "requestId": "r4"}]),
    ("json", "filter requestId = 'r1'", [{"@timestamp": "{t0}", "@message": EVENTS["json"][0]}]),
    ("json", "fields user.id, user.tags.0, user.tags[1] | sort requestId | limit 2",
     [{"user.id": "u10", "user.tags.0": "a", "user.tags.1": "b"}, {"user.id": "u9", "user.tags.0": "b"}]),
    ("json", "fields `http-method` as m | filter ispresent(m)", [{"m": "GET"}]),
    ("json", "fields error.`a.b`, error.type | filter requestId = \"r2\"", [{"error.a.b": "dotted", "error.type": "Timeout"}]),
    ("json", "fields requestId, note, ok | sort requestId asc | limit 2", [{"requestId": "r1", "ok": "1"}, {"requestId": "r2", "ok": "0"}]),
    ("json", "fields concat(requestId, '-', status) as both # | limit 1\n| sort both desc | limit 1", [{"both": "r4-200"}]),
    ("json", "FIELDS requestId AS r | FILTER r LIKE 'r1' OR r IN ['r2'] | SORT r DESC", [{"r": "r2"}, {"r": "r1"}]),
    # --- filter
    ("json", "fields requestId | filter status = 200 and latency > 20", [{"requestId": "r4"}]),
    ("json", "fields requestId | filter status != 200 | sort requestId", [{"requestId": "r2"}, {"requestId": "r3"}]),
    ("json", "fields requestId | filter status in [404, 500] | sort requestId", [{"requestId": "r2"}, {"requestId": "r3"}]),
    ("json", "fields requestId | filter status not in [200, '404']", [{"requestId": "r2"}]),
    ("json", "fields requestId | filter not (status = 200 or status = 404)", [{"requestId": "r2"}]),
    ("json", "fields requestId | filter latency >= 12.5 and latency <= 30 | sort latency", [{"requestId": "r1"}, {"requestId": "r4"}]),
    ("json", "fields requestId | filter latency < 12.5", [{"requestId": "r3"}]),
    ("json", "fields requestId | filter ok = 0", [{"requestId": "r2"}]),
    ("json", "fields requestId | filter ok = true and ispresent(error.type)", []),
    ("json", "fields requestId | filter isPresent(error) or not ispresent(user.tags) | sort requestId",
     [{"requestId": "r2"}, {"requestId": "r3"}, {"requestId": "r4"}]),
    ("text", "fields @message | filter @message like /Exception/", [{"@message": EVENTS["text"][4]}]),
    ("text", "fields @message | filter @message like /(?i)exception/", [{"@message": EVENTS["text"][4]}]),
    ("text", "fields @message | filter @message like \"exception\"", []),
    ("text", "fields @message | filter @message =~ /^\\[(ERROR|WARN)\\]/", [{"@message": EVENTS["text"][3]}]),
    ("text", "fields @message | filter @message not like /=/ and @message not like 'ERROR'", [{"@message": EVENTS["text"][4]}]),
    ("text", "filter strcontains(@message, 'broke') = 1 | stats count(*) as n", [{"n": "1"}]),
    # --- parse
    ("text", 'parse @message "user=*, method:*, latency := *" as @user, @method, @latency | filter ispresent(@user)'
             " | stats avg(@latency) by @method, @user | sort @method, @user",
     [{"@method": "GET", "@user": "alice", "avg(@latency)": "120"}, {"@method": "PUT", "@user": "alice", "avg(@latency)": "100"},
      {"@method": "PUT", "@user": "bob", "avg(@latency)": "80"}]),
    ("text", "parse @message /user=(?<user2>.*?), method:(?<method2>.*?), latency := (?<latency2>\\d+)/"
             " | stats max(latency2) by user2 | filter user2 = 'bob'", [{"user2": "bob", "max(latency2)": "80"}]),
    ("flow", "parse @message /(?<NetworkInterface>eni-.*?) / | display NetworkInterface | limit 1",
     [{"NetworkInterface": "eni-9999b8ca"}]),
    ("text", 'fields @message | parse @message "[*] *" as loggingType, loggingMessage'
             ' | filter loggingType IN ["ERROR", "INFO"] | display loggingMessage, loggingType',
     [{"loggingMessage": "All is well, Exception handled", "loggingType": "INFO"},
      {"loggingMessage": "Something broke", "loggingType": "ERROR"}]),
    ("text", 'parse "user=*," as who | filter who = "bob"',
     [{"@timestamp": "{t1}", "@message": EVENTS["text"][1], "who": "bob"}]),
    ("json", 'parse path "/api/*/users/*" as apiVersion, userId | display apiVersion, userId | filter ispresent(userId)',
     [{"apiVersion": "v2", "userId": "8"}, {"apiVersion": "v1", "userId": "7"}]),
    ("text", "parse @message /latency := (\\d+)/ as ms | stats sum(ms) as total", [{"total": "300"}]),
    ("text", "parse @message 'nothing *' as x | stats count(x) as found, count(*) as rows", [{"found": "0", "rows": "5"}]),
    # --- stats
    ("json", "stats count(*)", [{"count(*)": "4"}]),
    ("json", "stats count() as n, count(error.type) as e", [{"n": "4", "e": "1"}]),
    ("json", "stats sum(latency), avg(latency), min(latency), max(latency)",
     [{"sum(latency)": "295.5", "avg(latency)": "73.875", "min(latency)": "3", "max(latency)": "250"}]),
    ("json", "stats pct(latency, 50) as p50, pct(latency, 100) as p100, median(latency) as m",
     [{"p50": "12.5", "p100": "250", "m": "12.5"}]),
    ("flow", "parse @message '* * * * * * * * * * *' as v, a, i, src, dst, sp, dp, p, packets, bytes, rest"
             " | stats stddev(bytes) as s, sum(bytes) as b by i | sort b desc",
     [{"i": "eni-1235b8ca", "s": "0", "b": "8498"}, {"i": "eni-9999b8ca", "s": "0", "b": "40"}]),
    ("json", "stats count_distinct(user.id) as users, count_distinct(status)", [{"users": "3", "count_distinct(status)": "3"}]),
    ("json", "stats earliest(requestId), latest(requestId), sortsFirst(user.id), sortsLast(user.id)",
     [{"earliest(requestId)": "r1", "latest(requestId)": "r4", "sortsFirst(user.id)": "u2", "sortsLast(user.id)": "u10"}]),
    ("json", "stats count(*) as requestCount by status | sort requestCount desc, status | limit 2",
     [{"status": "200", "requestCount": "2"}, {"status": "404", "requestCount": "1"}]),
    ("json", "stats count(*) by bin(2s) | sort `bin(2s)`", [{"bin(2s)": "{t0}", "count(*)": "2"}, {"bin(2s)": "{t2}", "count(*)": "2"}]),
    ("json", "stats count(*) by bin(1h) as hour | display `count(*)`", [{"count(*)": "4"}]),
    ("json", "stats max(latency) - min(latency) as spread, sum(latency) / count(*) as mean", [{"spread": "247", "mean": "73.875"}]),
    ("json", "stats count(*) as n by user.id | stats max(n) as most, count(*) as users", [{"most": "2", "users": "3"}]),
    ("json", "stats count(*) as n by status | filter n > 1", [{"status": "200", "n": "2"}]),
    ("json", "filter status = 418 | stats count(*) as n, sum(latency) as s", [{"n": "0"}]),
    ("json", "stats count(*) by floor(latency / 100) as hundred | sort hundred", [{"hundred": "0", "count(*)": "3"}, {"hundred": "2", "count(*)": "1"}]),
    ("json", "stats count(*) by status | sort count(*) desc | limit 1", [{"status": "200", "count(*)": "2"}]),
    # --- sort, dedup
    ("json", "fields user.id | sort user.id", [{"user.id": "u2"}, {"user.id": "u9"}, {"user.id": "u10"}, {"user.id": "u10"}]),
    ("json", "fields status, requestId | sort status desc, requestId asc",
     [{"status": "500", "requestId": "r2"}, {"status": "404", "requestId": "r3"}, {"status": "200", "requestId": "r1"},
      {"status": "200", "requestId": "r4"}]),
    ("json", "fields requestId | sort ip", [{"requestId": "r1"}, {"requestId": "r2"}, {"requestId": "r3"}, {"requestId": "r4"}]),
    ("json", "fields user.id, requestId | dedup user.id", [{"user.id": "u10", "requestId": "r4"}, {"user.id": "u2", "requestId": "r3"},
                                                          {"user.id": "u9", "requestId": "r2"}]),
    ("json", "fields user.id, requestId | sort @timestamp asc | dedup user.id, ok | limit 1", [{"user.id": "u10", "requestId": "r1"}]),
    ("json", "fields requestId | dedup error.type", [{"requestId": "r4"}, {"requestId": "r3"}, {"requestId": "r2"}, {"requestId": "r1"}]),
    # --- functions of numbers
    ("json", "filter requestId = 'r2' | fields abs(0 - latency) as a, ceil(2.1) as b, floor(-2.1) as c, greatest(1, latency, 7) as d,"
             " least(4, 2, 3) as e, log(1) as f, sqrt(16) as g, 2 ^ 3 as h, 10 % 3 as i, 1 + 2 * 3 as j, (1 + 2) * 3 as k, 1 / 3 as l"
             " | display a, b, c, d, e, f, g, h, i, j, k, l",
     [{"a": "250", "b": "3", "c": "-3", "d": "250", "e": "2", "f": "0", "g": "4", "h": "8", "i": "1", "j": "7", "k": "9", "l": "0.3333"}]),
    ("json", "filter requestId = 'r1' | display 1 / 0 as nothing, 'a' + 1 as neither, 5 - 3 - 1 as one", [{"one": "1"}]),
    # --- functions of texts
    ("json", "filter requestId = 'r2' | display isempty(path) as a, strlen(user.id) as b, toupper(error.type) as c, tolower('ABC') as d,"
             " substr(path, 5, 2) as e, substr(path, 8) as f, replace(path, '/', '.') as g, strcontains(path, 'v2') as h",
     [{"a": "0", "b": "2", "c": "TIMEOUT", "d": "abc", "e": "v2", "f": "users/8", "g": ".api.v2.users.8", "h": "1"}]),
    # Letter for letter: "ß" stays.
    ("json", "filter requestId = 'r2' | display toupper('grün ñandú łódź ấm ș αβγ ώ привет ѓ հայ ａ ß ı ɐ 日本 😀') as a,"
             " tolower('GRÜN ÑANDÚ ŁÓDŹ ẤM Ș ΑΒΓ Ώ ПРИВЕТ Ѓ ՀԱՅ Ａ İ 日本 😀') as b, toupper('×÷ĸŉſ') as c, tolower('×÷ĸŉſ') as d",
     [{"a": "GRÜN ÑANDÚ ŁÓDŹ ẤM Ș ΑΒΓ Ώ ПРИВЕТ Ѓ ՀԱՅ Ａ ß I Ɐ 日本 😀", "b": "grün ñandú łódź ấm ș αβγ ώ привет ѓ հայ ａ i 日本 😀",
       "c": "×÷ĸŉS", "d": "×÷ĸŉſ"}]),
    ("json", "filter isblank(path) | fields requestId, isempty(path) as empty, isempty(nowhere) as absent | sort requestId",
     [{"requestId": "r3", "empty": "1", "absent": "1"}, {"requestId": "r4", "empty": "0", "absent": "1"}]),
    ("json", "filter requestId = 'r1' | display trim('  a b ') as a, ltrim(' a ') as b, rtrim(' a ') as c, trim('xxaxx', 'x') as d,"
             " ltrim('12abc', '12') as e, concat('n', 1 + 1, nowhere) as f",
     [{"a": "a b", "b": "a ", "c": " a", "d": "a", "e": "abc", "f": "n2"}]),
    ("json", "filter requestId = 'r1' | display strlen('żółw') as n, substr('żółw', 1, 2) as part", [{"n": "4", "part": "ół"}]),
    # --- functions of moments
    ("json", "filter requestId = 'r1' | display datefloor(@timestamp, 1d) = bin(1d) as same, toMillis(@timestamp) = '{ms0}' as ms,"
             " fromMillis(1719792000123) as at, dateceil(fromMillis(1719792000123), 1h) as up, datefloor(fromMillis(1719792000123), 1h) as down",
     [{"same": "1", "ms": "1", "at": "2024-07-01 00:00:00.123", "up": "2024-07-01 01:00:00.000", "down": "2024-07-01 00:00:00.000"}]),
    ("json", "filter requestId = 'r1' | display datefloor(fromMillis(1709251199999), 1mo) as month, datefloor(fromMillis(1709251199999), 1q)"
             " as quarter, datefloor(fromMillis(1709251199999), 2years) as years, dateceil(fromMillis(1709251199999), 1month) as next",
     [{"month": "2024-02-01 00:00:00.000", "quarter": "2024-01-01 00:00:00.000", "years": "2024-01-01 00:00:00.000",
       "next": "2024-03-01 00:00:00.000"}]),
    ("json", "filter @timestamp >= now() * 1000 - 86400000 | stats count(*) as n", [{"n": "4"}]),
    # --- general and JSON functions
    ("json", "fields requestId, coalesce(error.type, nowhere, 'none') as e | sort requestId | limit 2",
     [{"requestId": "r1", "e": "none"}, {"requestId": "r2", "e": "Timeout"}]),
    ("json", "fields jsonParse(@message) as j | stats count() by j.status | sort j.status | limit 1", [{"j.status": "200", "count()": "2"}]),
    ("json", "fields jsonParse(@message) as j | filter j.actions[1].action = 'GetData' | display j.requestId, jsonStringify(j.actions) as a",
     [{"j.requestId": "r4", "a": '[{"action":"PutData","size":3},{"action":"GetData","size":5}]'}]),
    ("json", "fields jsonParse(@message) as j | filter ispresent(j.actions) | unnest j.actions into act | display act.action, act.size",
     [{"act.action": "PutData", "act.size": "3"}, {"act.action": "GetData", "act.size": "5"}]),
    ("json", "fields jsonParse(@message) as j | unnest j.actions into act | stats sum(act.size) as size by act.action | sort size",
     [{}, {"act.action": "PutData", "size": "3"}, {"act.action": "GetData", "size": "5"}]),
    ("text", "filter ispresent(jsonParse(@message)) | stats count(*) as n", [{"n": "0"}]),
    # --- functions of addresses
    ("json", "fields requestId | filter isIpv4InSubnet(ip, '10.0.0.0/8')", [{"requestId": "r1"}]),
    ("json", "fields requestId | filter isIpInSubnet(ip, '192.168.1.0/28') or isIpv6InSubnet(ip, 'fe80::/10') | sort requestId",
     [{"requestId": "r2"}, {"requestId": "r3"}]),
    ("json", "fields requestId, isValidIp(ip) as a, isValidIpv4(ip) as b, isValidIpv6(ip) as c | filter requestId != 'r1' | sort requestId",
     [{"requestId": "r2", "a": "1", "b": "1", "c": "0"}, {"requestId": "r3", "a": "1", "b": "0", "c": "1"},
      {"requestId": "r4", "a": "0", "b": "0", "c": "0"}]),
    # --- Lambda's fields
    ("lambda", 'filter @type = "REPORT" | fields @requestId, @billedDuration, @duration, @initDuration, @memorySize, @maxMemoryUsed,'
               " @xrayTraceId, @xraySegmentId",
     [{"@requestId": LAMBDA, "@billedDuration": "13", "@duration": "12.34", "@initDuration": "99.5", "@memorySize": "128000000",
       "@maxMemoryUsed": "56000000", "@xrayTraceId": "1-5e34a614-10bdxmpl", "@xraySegmentId": "12345"}]),
    ("lambda", 'filter @type = "REPORT" | stats max(@memorySize / 1000 / 1000) as provisionedMemoryMB,'
               " min(@maxMemoryUsed / 1000 / 1000) as smallestMemoryRequestMB, avg(@maxMemoryUsed / 1000 / 1000) as avgMemoryUsedMB,"
               " max(@maxMemoryUsed / 1000 / 1000) as maxMemoryUsedMB, provisionedMemoryMB - maxMemoryUsedMB as overProvisionedMB",
     [{"provisionedMemoryMB": "128", "smallestMemoryRequestMB": "56", "avgMemoryUsedMB": "56", "maxMemoryUsedMB": "56",
       "overProvisionedMB": "72"}]),
    ("lambda", "stats max(@memorySize) as most, @memorySize", "each result of stats needs an aggregation function"),
    ("lambda", "stats max(@memorySize) as most, most2 - 1", "each result of stats needs an aggregation function"),
    ("lambda", "stats most - 1 as less, max(@memorySize) as most", "each result of stats needs an aggregation function"),
    # Inside of an aggregation, a name is still of the rows.
    ("json", "fields latency * 2 as l | stats max(latency) as latency, sum(latency) as s, max(l) as l, l - latency as difference,"
             " difference * 2 as twice by ok | sort ok",
     [{"ok": "0", "latency": "250", "s": "250", "l": "500", "difference": "250", "twice": "500"},
      {"ok": "1", "latency": "30", "s": "45.5", "l": "60", "difference": "30", "twice": "60"}]),
    ("json", "stats count(*) as n by status as s | stats max(n) as most, most + 1 as more, sum(n) as n",
     [{"most": "2", "more": "3", "n": "4"}]),
    ("json", "stats count(*) as n, n + n as n, n * 10 as m", [{"n": "8", "m": "80"}]),
    ("json", "stats count(*) as status, status * 2 as twice by status | sort twice desc | limit 1", [{"status": "2", "twice": "4"}]),
    # A column of fields knows those before it.
    ("lambda", 'filter @type = "REPORT" | fields @memorySize/1000000 as MemorySetInMB, @billedDuration*MemorySetInMB/1024 as used,'
               " used + 1 as more", [{"MemorySetInMB": "128", "used": "1.625", "more": "2.625"}]),
    ("json", "fields requestId, latency + 1 as latency, latency * 2 as twice | filter requestId = 'r3'",
     [{"requestId": "r3", "latency": "4", "twice": "8"}]),
    ("json", "fields twice, latency * 2 as twice | filter requestId = 'r3'", [{"twice": "6"}]),
    ("json", "fields jsonParse(@message) as all, all.user.id as u | filter u = 'u2' | display u", [{"u": "u2"}]),
    ("json", "filter requestId = 'r3' | display latency * 2 as twice, twice * 2 as more", [{"twice": "6", "more": "12"}]),
    ("lambda", "stats count(*) by @type, @requestId | sort @type",
     [{"@requestId": LAMBDA, "count(*)": "1"}, {"@type": "END", "@requestId": LAMBDA, "count(*)": "1"},
      {"@type": "REPORT", "@requestId": LAMBDA, "count(*)": "1"}, {"@type": "START", "@requestId": LAMBDA, "count(*)": "1"}]),
    ("lambda", "filter order = 'O1' | display order, lines, @requestId", [{"order": "O1", "lines": "2", "@requestId": LAMBDA}]),
    ("lambda", "filter @message like /REPORT/ | fields unmask(@type) as t | limit 1", [{"t": "REPORT"}]),
    # --- pattern
    ("text", "pattern @message",
     [{"@pattern": "[ERROR] Something broke", "@ratio": "0.2", "@sampleCount": "1", "@severityLabel": "Error"},
      {"@pattern": "[INFO] All is well, Exception handled", "@ratio": "0.2", "@sampleCount": "1", "@severityLabel": "Info"},
      {"@pattern": "user=alice, method:GET, latency := <Number-1>", "@ratio": "0.2", "@sampleCount": "1"},
      {"@pattern": "user=alice, method:PUT, latency := <Number-1>", "@ratio": "0.2", "@sampleCount": "1"},
      {"@pattern": "user=bob, method:PUT, latency := <Number-1>", "@ratio": "0.2", "@sampleCount": "1"}]),
    ("flow", "pattern @message | sort @sampleCount desc | limit 1",
     [{"@pattern": "<Number-1> <Number-2> <Token-3> <IPAddress-4> <IPAddress-5> <Number-6> <Number-7> <Number-8> <Number-9> "
                   "<Number-10> <Number-11> <Number-12> ACCEPT OK", "@ratio": "0.6667", "@sampleCount": "2"}]),
    ("flow", "filter @message like /REJECT/ | pattern @message | display @sampleCount, @ratio", [{"@sampleCount": "1", "@ratio": "1"}]),
    ("text", "parse @message 'method:*,' as method | pattern method | filter @sampleCount > 1",
     [{"@pattern": "PUT", "@ratio": "0.6667", "@sampleCount": "2"}]),
    ("text", "pattern toupper(@message) | limit 1 | fields @pattern as p | display p", [{"p": "USER=ALICE, METHOD:GET, LATENCY := <Number-1>"}]),
    ("json", "pattern path", [
        {"@pattern": "/api/<Token-1>/users/<Number-2>", "@ratio": "0.5", "@sampleCount": "2"},
        {"@pattern": "", "@ratio": "0.25", "@sampleCount": "1"}, {"@pattern": "  ", "@ratio": "0.25", "@sampleCount": "1"}]),
    # --- what is malformed; "^" marks the place
    ("text", "bogus", "unexpected symbol found bogus at line 1 and position 1"),
    ("text", "fields @message |", None),
    ("text", "fields @message\n| filter", "unexpected end of the query at line 2 and position 9"),
    ("text", "fields nope(1)", "unknown function nope"),
    ("text", "fields strlen()", "unexpected symbol found ) at line 1 and position 15"),
    ("text", "filter @message like /a(/", "invalid regular expression: missing closing parenthesis at position 3"),
    ("text", "filter @message like 'open", "unexpected symbol found 'open at line 1 and position 22"),
    ("text", "parse @message '* *' as one", "unexpected end of the query at line 1 and position 28"),
    ("text", "stats count(*) by bin(5x)", "unexpected symbol found x at line 1 and position 24"),
    ("text", "limit 0", "unexpected symbol found 0 at line 1 and position 7"),
    ("text", "fields (((1)", "unexpected end of the query at line 1 and position 13"),
    ("text", "pattern", "unexpected end of the query at line 1 and position 8"),
    ("text", "diff | diff", "diff compares the events or the patterns before it"),
    ("text", "stats count(*) | diff", "diff compares the events or the patterns before it"),
    ("text", "pattern @message | sort @pattern | diff", "diff compares the events or the patterns before it"),
    ("text", "diff yesterday", "unexpected symbol found yesterday at line 1 and position 6"),
    ("text", "pattern @message | fields @message | anomaly", "Orderly does not support the command anomaly; see docs/compatibility.md."),
    ("text", "limit 1 | SOURCE logGroups()", "SOURCE is the first command of a query"),
    ("text", "SOURCE logGroups() | SOURCE logGroups()", "SOURCE is the first command of a query"),
    ("text", "SOURCE logGroups", "unexpected end of the query at line 1 and position 17"),
    ("text", "SOURCE logGroups(namePrefix: [])", "unexpected symbol found ] at line 1 and position 31"),
    ("text", "SOURCE logGroups(namePrefix: 'a')", "unexpected symbol found 'a' at line 1 and position 30"),
    ("text", "SOURCE logGroups(namePrefix: ['1', '2', '3', '4', '5', '6'])", "unexpected symbol found '6' at line 1 and position 56"),
    ("text", "SOURCE logGroups(accountIdentifiers: [" + ", ".join(["'a'"] * 20) + ", 'b'])",
     "unexpected symbol found 'b' at line 1 and position 139"),
    ("text", "SOURCE logGroups(namePrefix: ['a'], namePrefix: ['b'])", "SOURCE names a selection twice"),
    ("text", "SOURCE logGroups(class: ['DELIVERY'])", "a class of log groups is STANDARD or INFREQUENT_ACCESS"),
    ("text", "SOURCE logGroups(tags: ['a'])", "Orderly does not select log groups by their tags in SOURCE; see docs/compatibility.md."),
    ("text", "SOURCE dataSource(['a'])", "Orderly has no data sources; see SOURCE in docs/compatibility.md."),
    ("text", "stats pct(x, 101)", "unexpected symbol found 101 at line 1 and position 14"),
    ("text", "stats sum(count(*))", "unknown function count"),
]
