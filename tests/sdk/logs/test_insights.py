"""CloudWatch Logs Insights: queries over a socket, and their rows."""

import calendar
import json
import math
import re
import time

import orderly_server
import pytest
from insights_queries import EVENTS, QUERIES
from insights_world import Own, rows_of

MINUTE = 60


def moment(ms):
    return time.strftime("%Y-%m-%d %H:%M:%S.", time.gmtime(ms // 1000)) + f"{ms % 1000:03}"


@pytest.fixture(scope="module")
def stored(client, now_ms):
    """{kind: (group, the time of the first event)} of EVENTS, one second apart; their times begin a minute."""
    logs, made = client("logs"), {}
    first = now_ms() // 60000 * 60000 - 60000
    for kind, lines in EVENTS.items():
        group = f"/insights/{kind}"
        logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName="s")
        logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[
            {"timestamp": first + 1000 * number, "message": line} for number, line in enumerate(lines)])
        made[kind] = group, first
    yield made
    for group, _ in made.values():
        logs.delete_log_group(logGroupName=group)


def filled(text, group, first):
    """The text with its moments."""
    for number in range(5):
        text = text.replace(f"{{t{number}}}", moment(first + 1000 * number))
    return text.replace("{group}", group).replace("{ms0}", str(first))


TABLE = [case for case in QUERIES if isinstance(case[2], list)]
MALFORMED = [case for case in QUERIES if isinstance(case[2], str)]


def test_the_table_has_sixty_queries_at_least():
    assert len(TABLE) >= 60 and len({query for _, query, _ in QUERIES}) == len(QUERIES)


@pytest.mark.parametrize("kind, query, rows", TABLE, ids=[query[:60] for _, query, _ in TABLE])
def test_a_query_has_its_rows(stored, ask, kind, query, rows):
    group, first = stored[kind]
    reply = ask(group, filled(query, group, first))
    assert reply["status"] == "Complete"
    assert rows_of(reply) == [{name: filled(value, group, first) for name, value in row.items()} for row in rows]


@pytest.mark.parametrize("kind, query, sentence", MALFORMED, ids=[query[:60] for _, query, _ in MALFORMED])
def test_a_malformed_query_is_refused_with_its_place(stored, logs, refused, kind, query, sentence):
    error = refused(logs.start_query, logGroupName=stored[kind][0], startTime=1, endTime=2, queryString=query)
    assert (error["code"], error["status"], error["message"]) == ("MalformedQueryException", 400, sentence)
    compile_error = error["reply"]["queryCompileError"]
    assert compile_error["message"] == sentence
    place = compile_error["location"]
    assert 0 <= place["startCharOffset"] <= place["endCharOffset"] <= len(query)
    if "unexpected symbol found" in sentence:
        symbol = sentence.split("found ")[1].split(" at line")[0]
        assert query[place["startCharOffset"] : place["endCharOffset"]] == symbol


@pytest.mark.parametrize("text, pattern", [
    ("Request time: 327 ms", "Request time: <Number-1> ms"),
    ("took 327ms, 5% of 1.5e, -3", "took <Number-1>ms, <Number-2>% of <Number-3>e, <Number-4>"),
    ("at 2026-01-31T12:00:00.123Z and 2026-01-31T12:00:00+01:00", "at <Timestamp-1> and <Timestamp-2>"),
    ("2026-01-31 12:00:00,5 2026/01/31", "<Date-1> <Time-2>,<Number-3> <Date-4>"),
    ("id 6bc28136-1234-4365-b021-0ce6b2e64ab0.", "id <UUID-1>."),
    ("10.0.0.1:8080 to http://10.0.0.2/a/b7?n=3&m=x", "<IPAddress-1>:<Number-2> to http://<IPAddress-3>/a/<Token-4>?n=<Number-5>&m=x"),
    ('{"status":200,"user":"u17","ok":true}', '{"status":<Number-1>,"user":"<Token-2>","ok":true}'),
    ("line one\nline two: 2: end", "line one\nline two: <Number-1>: end"),
    ("no digits at all, \u00e9t\u00e9", "no digits at all, \u00e9t\u00e9"),
    ("327abcd 0x1F 1.2.3", "<Token-1> <Token-2> <Token-3>"),
])
def test_what_varies_becomes_a_token(ask, make_group, put, now_ms, text, pattern):
    group = make_group()
    put(group, "s", (now_ms() - 1000, text))
    [row] = rows_of(ask(group, "pattern @message"))
    assert {**row, "@severityLabel": ""} == {"@pattern": pattern, "@ratio": "1", "@sampleCount": "1", "@severityLabel": ""}


@pytest.mark.parametrize("text, label", [
    ("FATAL: no", "Error"), ("critical", "Error"), ("[error]", "Error"), ("an Exception", "Error"), ("WARN x", "Warning"),
    ("warning", "Warning"), ("info: error", "Info"), ("DEBUG", "Debug"), ("errors", None), ("information", None)])
def test_a_pattern_has_the_severity_of_its_first_level(ask, make_group, put, now_ms, text, label):
    group = make_group()
    put(group, "s", (now_ms() - 1000, text))
    assert rows_of(ask(group, "pattern @message"))[0].get("@severityLabel") == label


@pytest.mark.parametrize("diff, shift", [
    ("diff", 60), ("diff previousPeriod", 60), ("diff previousDay", 86400), ("diff previousWeek", 7 * 86400),
    ("pattern @message | diff previousDay", 86400)])
def test_diff_compares_the_patterns_of_two_times(logs, finished, make_group, put, now_ms, diff, shift):
    group, start = make_group(), now_ms() // 1000 - 70
    lines = {"job 1 done": (4, 2), "job ended": (1, 4), "same": (2, 2), "fresh": (1, 0), "gone": (0, 3)}
    for base, which in ((start - shift, 1), (start, 0)):
        events = [line for line, counts in lines.items() for _ in range(counts[which])]
        put(group, "s", (base * 1000 - 1, f"outside before {which}"), *((base * 1000 + i, line) for i, line in enumerate(events)),
            (base * 1000 + 59999, "last"), *([(base * 1000 + 60000, "outside after")] if shift > 60 or which == 0 else []))
    query = logs.start_query(logGroupName=group, startTime=start, endTime=start + 59, queryString=diff)["queryId"]
    expected = [("job <Number-1> done", 4, 0.4444, 2, "100% increase"), ("same", 2, 0.2222, 0, "No change"),
                ("job ended", 1, 0.1111, -3, "75% decrease"), ("last", 1, 0.1111, 0, "No change"),
                ("fresh", 1, 0.1111, 1, "New pattern"), ("gone", 0, 0, -3, "100% decrease")]
    if shift == 60:
        expected.insert(4, expected.pop(4))
    reply = finished(query)
    found = rows_of(reply)
    if shift == 60:  # what is just before the later time is in the earlier one
        found = [row for row in found if "outside" not in row["@pattern"]]
    assert found == [
        {"@pattern": pattern, "@ratio": f"{ratio:g}", "@sampleCount": str(count), "@differenceEventCount": str(change),
         "@differenceDescription": description} for pattern, count, ratio, change, description in expected]


def test_diff_runs_all_commands_before_it_over_both_times(logs, finished, make_group, put, now_ms):
    group, start = make_group(), now_ms() // 1000 - 70
    put(group, "s", *((start * 1000 - 30000 + i, f"keep {i}") for i in range(5)), (start * 1000 - 1000, "drop"))
    put(group, "s", *((start * 1000 + i, f"keep {i}") for i in range(3)), (start * 1000 + 9, "drop"))
    query = logs.start_query(logGroupName=group, startTime=start, endTime=start + 59,
                             queryString="filter @message like /keep/ | sort @message | limit 4 | pattern @message | diff | fields @sampleCount * 2 as n")
    reply = finished(query["queryId"])
    assert rows_of(reply) == [{"@pattern": "keep <Number-1>", "@ratio": "1", "@sampleCount": "3", "@differenceEventCount": "-1",
                               "@differenceDescription": "25% decrease", "n": "6"}]
    statistics = reply["statistics"]
    assert (statistics["recordsScanned"], statistics["recordsMatched"]) == (10, 8)


def test_many_rows_are_sorted_and_ranked_over_many_steps(ask, make_group, put, now_ms):
    """More than the runs of a sort, in an order that is neither sorted nor reversed, with repeats."""
    group, at, count = make_group(), now_ms() - 10000, 20000
    numbers = [(i * 7919) % 9001 - 4000 + (i % 2) / 2 for i in range(count)]
    for first in range(0, count, 10000):
        put(group, "s", *((at, json.dumps({"n": number, "i": first + i})) for i, number in enumerate(numbers[first : first + 10000])))
    expected = [i for _, i in sorted((number, i) for i, number in enumerate(numbers))]
    rows = rows_of(ask(group, "sort n, i | filter n > -5000 | display i | limit 10000"))
    assert [int(row["i"]) for row in rows] == expected[:10000]
    rows = rows_of(ask(group, "sort n desc, i desc | filter n > -5000 | display i | limit 10000"))
    assert [int(row["i"]) for row in rows] == expected[::-1][:10000]
    ordered = sorted(numbers)
    percents = (0, 1, 12.5, 50, 99, 100)
    [row] = rows_of(ask(group, "stats " + ", ".join(f"pct(n, {percent}) as p{k}" for k, percent in enumerate(percents))))
    assert [float(row[f"p{k}"]) for k in range(len(percents))] == [
        ordered[max(math.ceil(percent / 100 * count), 1) - 1] for percent in percents]


def test_columns_are_in_the_order_of_the_query_and_a_pointer_comes_last(stored, ask):
    group, _ = stored["json"]
    [row] = ask(group, "fields status, requestId | sort requestId | limit 1")["results"]
    assert [field["field"] for field in row] == ["status", "requestId", "@ptr"]
    [row] = ask(group, "stats max(latency), count(*) as n by ok | filter ok = 0")["results"]
    assert [field["field"] for field in row] == ["ok", "max(latency)", "n"]


def test_statistics_count_what_was_read_and_what_passed_the_filters(stored, ask):
    group, _ = stored["json"]
    reply = ask(group, "filter status = 200 | stats count(*) by user.id")
    size = sum(len(line) for line in EVENTS["json"])
    assert reply["queryLanguage"] == "CWLI"
    assert reply["statistics"] == {"recordsMatched": 2, "recordsScanned": 4, "estimatedRecordsSkipped": 0, "bytesScanned": size,
                                   "estimatedBytesSkipped": 0, "logGroupsScanned": 1, "resultCount": 1}


def test_the_time_range_includes_both_ends(logs, finished, make_group, put, now_ms):
    group, second = make_group(), now_ms() // 1000 - 10
    put(group, "s", (second * 1000 - 1, "before"), (second * 1000, "first"), (second * 1000 + 1999, "last"), (second * 1000 + 2000, "after"))
    for scale in (1, 1000):
        end = (second + 1) * scale + (999 if scale == 1000 else 0)
        query = logs.start_query(logGroupName=group, startTime=second * scale, endTime=end, queryString="display @message")["queryId"]
        assert rows_of(finished(query)) == [{"@message": "last"}, {"@message": "first"}]


def test_several_groups_are_merged_in_the_order_of_time(ask, make_group, put, now_ms):
    groups, at = [make_group() for _ in range(3)], now_ms() - 1000
    for number in range(9):
        put(groups[number % 3], f"stream-{number % 2}", (at + number, str(number)))
    reply = ask(groups, "display @message, @log")
    assert rows_of(reply) == [{"@message": str(number), "@log": f"000000000000:{groups[number % 3]}"} for number in reversed(range(9))]
    assert reply["statistics"]["logGroupsScanned"] == 3
    assert rows_of(ask([groups[0], groups[0]], "stats count(*) as n")) == [{"n": "3"}]


def test_ten_thousand_rows_are_returned_and_a_limit_allows_more_in_pages(logs, ask, make_group, put, now_ms, refused):
    group, at = make_group(), now_ms()
    for batch in range(2):
        put(group, "s", *((at, f"{number}") for number in range(batch * 10000, batch * 10000 + (10000 if batch == 0 else 1))))
    reply = ask(group, "display @message")
    assert (len(reply["results"]), reply["statistics"]["resultCount"], reply.get("nextToken")) == (10000, 10000, None)
    assert len(ask(group, "display @message | limit 3")["results"]) == 3
    assert len(ask(group, "display @message", limit=3)["results"]) == 3
    started = ask(group, "display @message", limit=100000)
    assert (len(started["results"]), started["statistics"]["resultCount"]) == (10000, 10001)
    query = logs.describe_queries(logGroupName=group)["queries"][0]
    rest = logs.get_query_results(queryId=query["queryId"], nextToken=started["nextToken"])
    assert rows_of(rest) == [{"@message": "0"}] and "nextToken" not in rest
    some = logs.get_query_results(queryId=query["queryId"], maxItems=7)
    assert rows_of(some) == [{"@message": f"{number}"} for number in range(10000, 9993, -1)]
    error = refused(logs.get_query_results, queryId=query["queryId"], nextToken="made-up")
    assert (error["code"], error["message"]) == ("InvalidParameterException", "The specified nextToken is invalid.")


def test_a_record_is_found_by_its_pointer(stored, logs, ask, refused):
    group, first = stored["json"]
    [row] = ask(group, "fields requestId | filter requestId = 'r2'")["results"]
    [pointer] = [field["value"] for field in row if field["field"] == "@ptr"]
    record = logs.get_log_record(logRecordPointer=pointer)["logRecord"]
    assert record.pop("@ingestionTime") >= record["@timestamp"]
    assert record == {"@timestamp": moment(first + 1000), "@message": EVENTS["json"][1], "@logStream": "s",
                      "@log": f"000000000000:{group}", "@ptr": pointer, "requestId": "r2", "status": "500", "latency": "250",
                      "user.id": "u9", "user.tags.0": "b", "ok": "0", "ip": "192.168.1.10", "error.type": "Timeout",
                      "error.a.b": "dotted", "path": "/api/v2/users/8"}
    error = refused(logs.get_log_record, logRecordPointer=pointer[:-1] + "x")
    assert (error["code"], error["message"]) == ("InvalidParameterException", "The specified logRecordPointer is invalid.")


def test_the_fields_of_a_group_have_their_percentages(stored, logs, make_group, put, now_ms):
    group, at = make_group(), now_ms()
    put(group, "s", (at - 16 * MINUTE * 1000, json.dumps({"old": 1})), (at, json.dumps({"a": 1, "b": {"c": 2}})), (at, json.dumps({"a": 1})),
        (at, "text"), (at, json.dumps({"b": {"c": 3}})))
    own = [{"name": name, "percent": 100} for name in ("@ingestionTime", "@log", "@logStream", "@message", "@timestamp")]
    assert logs.get_log_group_fields(logGroupName=group)["logGroupFields"] == [*own, {"name": "a", "percent": 50}, {"name": "b.c", "percent": 50}]
    around = logs.get_log_group_fields(logGroupIdentifier=group, time=at // 1000 - 16 * MINUTE)["logGroupFields"]
    assert around == [*own, {"name": "old", "percent": 100}]


def test_what_is_no_request_is_refused(logs, make_group, refused):
    group = make_group()
    times = {"startTime": 1, "endTime": 2, "queryString": "fields @message"}
    one_of = "Exactly one of logGroupName, logGroupNames and logGroupIdentifiers must be specified."
    for arguments, code, sentence in [
        ({}, "InvalidParameterException", one_of),
        ({"logGroupName": group, "logGroupNames": [group]}, "InvalidParameterException", one_of),
        ({"logGroupNames": [group] * 51}, "InvalidParameterException", "A query can include at most 50 log groups."),
        ({"logGroupName": group, "startTime": 3}, "InvalidParameterException", "The startTime must not be after the endTime."),
        ({"logGroupName": group, "queryLanguage": "SQL"}, "InvalidParameterException",
         "Orderly does not support queryLanguage SQL yet; see docs/compatibility.md."),
    ]:
        error = refused(logs.start_query, **{**times, **arguments})
        assert (error["code"], error["message"]) == (code, sentence)
    for names in ({"logGroupName": "nowhere"}, {"logGroupNames": [group, "nowhere"]}, {"logGroupIdentifiers": [group, "nowhere"]}):
        error = refused(logs.start_query, **times, **names)
        assert error["code"] == "ResourceNotFoundException"
        assert re.fullmatch(r"Log group 'nowhere' does not exist for account ID '\d{12}' \(Service: AWSLogs; Status Code: 400; "
                            r"Error Code: ResourceNotFoundException; Request ID: [0-9a-f-]{36}; Proxy: null\)", error["message"])
    assert refused(logs.start_query, logGroupName=group, limit=100001, **times)["code"] == "InvalidParameterException"
    assert logs.start_query(logGroupNames=[group] * 50, **times)["queryId"]
    for call in (logs.get_query_results, logs.stop_query):
        error = refused(call, queryId="nowhere")
        assert (error["code"], error["message"]) == ("ResourceNotFoundException", "The specified query does not exist.")


def test_a_query_that_has_ended_cannot_be_stopped(stored, logs, ask, refused):
    group, _ = stored["text"]
    ask(group, "fields @message # ended")
    query = next(one for one in logs.describe_queries(logGroupName=group)["queries"] if one["queryString"].endswith("# ended"))
    error = refused(logs.stop_query, queryId=query["queryId"])
    assert (error["code"], error["message"]) == ("InvalidParameterException", "Query has already ended with status Complete")


def test_queries_are_described_the_latest_first_and_in_pages(logs, ask, make_group):
    group = make_group()
    for number in range(5):
        ask(group, f"fields @message # {number}")
    found = logs.describe_queries(logGroupName=group)["queries"]
    for number, query in zip(reversed(range(5)), found):
        assert re.fullmatch(rf'SOURCE "{group}" START=\d+000 END=\d+999 \| fields @message # {number}', query["queryString"])
    assert {(query["status"], query["logGroupName"], query["queryLanguage"], query["bytesScanned"]) for query in found} == {
        ("Complete", group, "CWLI", 0)}
    assert all(query["createTime"] > 0 and query["queryDuration"] >= 0 for query in found)
    paged, token = [], {}
    while True:
        page = logs.describe_queries(logGroupName=group, maxResults=2, **token)
        assert len(page["queries"]) <= 2
        paged += page["queries"]
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}
    assert paged == found
    assert logs.describe_queries(logGroupName=group, status="Failed")["queries"] == []
    assert logs.describe_queries(logGroupName=group, queryLanguage="SQL")["queries"] == []


def test_definitions_are_made_changed_listed_and_deleted(logs, unique, refused):
    prefix = unique("d")
    first = logs.put_query_definition(name=prefix + "-a", queryString="fields @message", logGroupNames=["g", "h"],
                                      parameters=[{"name": "who", "defaultValue": "me"}], clientToken="t" * 36 + prefix[-20:])
    again = logs.put_query_definition(name=prefix + "-a", queryString="fields @message", clientToken="t" * 36 + prefix[-20:])
    assert again["queryDefinitionId"] == first["queryDefinitionId"]
    second = logs.put_query_definition(name=prefix + "-b", queryString="limit 1")
    listed = logs.describe_query_definitions(queryDefinitionNamePrefix=prefix)["queryDefinitions"]
    assert {(one["queryDefinitionId"], one["name"]) for one in listed} == {
        (first["queryDefinitionId"], prefix + "-a"), (second["queryDefinitionId"], prefix + "-b")}
    [one] = [one for one in listed if one["name"] == prefix + "-a"]
    assert one.pop("lastModified") > 0
    assert one == {"queryDefinitionId": first["queryDefinitionId"], "name": prefix + "-a", "queryString": "fields @message",
                   "logGroupNames": ["g", "h"], "parameters": [{"name": "who", "defaultValue": "me"}], "queryLanguage": "CWLI"}
    logs.put_query_definition(queryDefinitionId=first["queryDefinitionId"], name=prefix + "-c", queryString="limit 2")
    [one] = logs.describe_query_definitions(queryDefinitionNamePrefix=prefix + "-c")["queryDefinitions"]
    assert (one["queryDefinitionId"], one["queryString"], one["logGroupNames"]) == (first["queryDefinitionId"], "limit 2", [])
    page = logs.describe_query_definitions(queryDefinitionNamePrefix=prefix, maxResults=1)
    rest = logs.describe_query_definitions(queryDefinitionNamePrefix=prefix, maxResults=1, nextToken=page["nextToken"])
    assert {page["queryDefinitions"][0]["name"], rest["queryDefinitions"][0]["name"]} == {prefix + "-b", prefix + "-c"}
    for made in (first, second):
        assert logs.delete_query_definition(queryDefinitionId=made["queryDefinitionId"])["success"] is True
    for call, arguments in ((logs.delete_query_definition, {}), (logs.put_query_definition, {"name": "x", "queryString": "limit 1"})):
        error = refused(call, queryDefinitionId=first["queryDefinitionId"], **arguments)
        assert (error["code"], error["message"]) == ("ResourceNotFoundException", "The specified query definition does not exist.")


# --- SOURCE


def test_rows_longer_than_what_is_stored_at_once_come_whole_on_each_page(logs, ask, make_group, put, now_ms):
    group, at = make_group(), now_ms() - 1000
    sizes = [1, 65_000, 2, 70_000, 200_000, 3, 4, 65_536 - len('[{"field":"@message","value":""}]') // 2, 300_000]
    messages = [f"{place}" + "\u00e9\"" * (size // 2) for place, size in enumerate(sizes)]
    for place, message in enumerate(messages):
        put(group, "s", (at + place, message))
    rows = rows_of(ask(group, "fields @message | sort @timestamp"))
    assert [row["@message"] for row in rows] == messages
    query_id, token, paged = logs.describe_queries(logGroupName=group)["queries"][0]["queryId"], {}, []
    while True:
        page = logs.get_query_results(queryId=query_id, maxItems=2, **token)
        paged.append([row["@message"] for row in rows_of(page)])
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}
    assert paged == [messages[first:first + 2] for first in range(0, len(messages), 2)]


@pytest.fixture
def from_source(logs, finished, now_ms):
    """from_source(selection, command): the rows of a query over the groups that SOURCE selects."""

    def query(selection, command="stats count(*) as n by @log | sort @log"):
        end = now_ms() // 1000 + MINUTE
        query_id = logs.start_query(startTime=end - 86400, endTime=end, queryString=f"SOURCE logGroups({selection}) | {command}")["queryId"]
        return rows_of(finished(query_id))

    return query


@pytest.fixture
def sources(logs, put, now_ms, unique):
    """The prefix of the groups a1, a2 and b, and of c, whose class is another; each has one event."""
    prefix, at = "/" + unique("source") + "/", now_ms() - 1000
    for name, kind in (("a1", "STANDARD"), ("a2", "STANDARD"), ("b", "STANDARD"), ("c", "INFREQUENT_ACCESS")):
        logs.create_log_group(logGroupName=prefix + name, logGroupClass=kind)
        put(prefix + name, "s", (at, name))
    yield prefix
    for name in ("a1", "a2", "b", "c"):
        logs.delete_log_group(logGroupName=prefix + name)


@pytest.mark.parametrize("selection, names", [
    ("namePrefix: ['{p}']", ["a1", "a2", "b"]), ("namePrefix: ['{p}a']", ["a1", "a2"]), ('namePrefix: ["{p}b", "{p}a1"]', ["a1", "b"]),
    ("namePrefix: ['{p}', '{p}a', '{p}']", ["a1", "a2", "b"]), ("class: ['INFREQUENT_ACCESS'], namePrefix: ['{p}']", ["c"]),
    ("class: ['STANDARD', 'INFREQUENT_ACCESS'], namePrefix: ['{p}']", ["a1", "a2", "b", "c"]),
    ("accountIdentifiers: ['000000000000', '111122223333'], namePrefix: ['{p}a']", ["a1", "a2"])])
def test_source_selects_groups_by_prefix_class_and_account(sources, from_source, selection, names):
    rows = from_source(selection.replace("{p}", sources))
    assert rows == [{"@log": f"000000000000:{sources}{name}", "n": "1"} for name in names]


@pytest.mark.parametrize("selection", ["namePrefix: ['{p}z']", "namePrefix: ['{p}c']", "namePrefix: ['{p}'], accountIdentifiers: ['111122223333']"])
def test_source_that_selects_no_group_is_refused(sources, logs, refused, selection):
    error = refused(logs.start_query, startTime=1, endTime=2, queryString=f"SOURCE logGroups({selection.replace('{p}', sources)})")
    assert (error["code"], error["message"]) == (
        "ResourceNotFoundException", "SOURCE selects no log group: none has such a name and class.")


def test_groups_come_from_source_or_from_parameters_and_not_from_both(sources, logs, refused):
    error = refused(logs.start_query, startTime=1, endTime=2, queryString="SOURCE logGroups()", logGroupName=sources + "b")
    assert (error["code"], error["message"]) == (
        "InvalidParameterException", "Log groups are specified either by parameters or by the SOURCE command, not by both.")
    assert refused(logs.start_query, startTime=1, endTime=2, queryString="limit 1")["message"].startswith("Exactly one of")


def test_source_selects_fifty_groups_among_two_thousand_and_no_more(hasty_server):
    own = Own(hasty_server)

    def make(first, count, kind):
        for number in range(first, first + count):
            own.logs.create_log_group(logGroupName=f"{kind}/{number:04}", logGroupClass=kind)

    def start(selection):
        return own.logs.start_query(startTime=1, endTime=2, queryString=f"SOURCE logGroups({selection})")["queryId"]

    make(0, 50, "STANDARD")
    many = "namePrefix: ['STANDARD']"
    assert own.end_of(start(many))["status"] == "Complete"
    make(50, 1, "STANDARD")
    with pytest.raises(own.logs.exceptions.InvalidParameterException, match="SOURCE selects more than 50 log groups"):
        start(many)
    make(0, 2000, "INFREQUENT_ACCESS")
    with pytest.raises(own.logs.exceptions.ResourceNotFoundException):
        start("namePrefix: ['INF']")
    make(2000, 1, "INFREQUENT_ACCESS")
    with pytest.raises(own.logs.exceptions.InvalidParameterException, match="more than 2,000 log groups"):
        start("namePrefix: ['INF']")


# --- clocks, stops, and what is too much, each on a server of its own


# Some tenths of a millisecond for each of the 800 events, all of which it counts.
SLOW = "filter @message like /((a|b)+ )+[yz]/ or 1 = 1 | stats count(*) as n"
LONG = "ab " * 60


def test_only_two_queries_run_and_the_others_wait_their_turn(hasty_server):
    own = Own(hasty_server, 800, LONG)
    queries = [own.start(SLOW) for _ in range(6)]
    statuses = [own.status(query) for query in queries]
    assert statuses.count("Running") <= 2 and statuses[-1] == "Scheduled"
    assert own.logs.stop_query(queryId=queries[-1])["success"] is True
    assert own.logs.stop_query(queryId=queries[0])["success"] is True or own.status(queries[0]) == "Complete"
    assert own.status(queries[-1]) == "Cancelled"
    for query in queries[1:-1]:
        assert rows_of(own.end_of(query)) == [{"n": "800"}]
    statuses = {query["queryId"]: query["status"] for query in own.logs.describe_queries()["queries"]}
    assert [statuses[query] for query in queries[1:]] == [*["Complete"] * 4, "Cancelled"]
    assert statuses[queries[0]] in ("Cancelled", "Complete")


def test_a_hundred_queries_may_wait_and_one_more_is_refused(hasty_server):
    own = Own(hasty_server, 800, LONG)
    queries = [own.start(SLOW) for _ in range(100)]
    ended = sum(own.status(query) == "Complete" for query in queries[:10])
    for _ in range(ended):
        queries.append(own.start(SLOW))
    with pytest.raises(own.logs.exceptions.LimitExceededException) as caught:
        for _ in range(1000):  # some may have ended meanwhile
            queries.append(own.start(SLOW))
    assert caught.value.response["Error"]["Message"] == "Account maximum query concurrency limit of [100] reached."


def test_diff_compares_with_the_same_time_of_the_month_before(hasty_server):
    own = Own(hasty_server, 1, "now 1")
    then = own.logs.filter_log_events(logGroupName="g")["events"][0]["timestamp"]
    at = time.gmtime(then / 1000)
    following = (at.tm_year + at.tm_mon // 12, at.tm_mon % 12 + 1)
    day = min(at.tm_mday, calendar.monthrange(*following)[1])
    seconds = calendar.timegm((*following, day, at.tm_hour, at.tm_min, at.tm_sec))
    orderly_server.advance_clock(hasty_server.endpoint, seconds - then // 1000)
    query = own.logs.start_query(logGroupName="g", startTime=seconds - 1, endTime=seconds + 1, queryString="diff previousMonth")
    found = orderly_server.wait_until(lambda: rows_of(own.logs.get_query_results(queryId=query["queryId"])))
    assert found == [{"@pattern": "now <Number-1>", "@ratio": "0", "@sampleCount": "0", "@differenceEventCount": "-1",
                      "@differenceDescription": "100% decrease"}]


def test_a_query_times_out_after_an_hour_and_is_forgotten_after_seven_days(hasty_server):
    own = Own(hasty_server, 800, LONG)
    queries = [own.start(SLOW) for _ in range(8)]
    orderly_server.advance_clock(hasty_server.endpoint, 3600 - 60)
    last = own.status(queries[-1])
    orderly_server.advance_clock(hasty_server.endpoint, 60)
    orderly_server.wait_until(lambda: own.status(queries[-1]) == "Timeout")
    assert last == "Scheduled"
    done = own.start("fields @message | limit 1")
    own.end_of(done)
    orderly_server.advance_clock(hasty_server.endpoint, 7 * 86400 - 60)
    assert own.status(done) == "Complete"
    orderly_server.advance_clock(hasty_server.endpoint, 60)
    orderly_server.wait_until(lambda: own.logs.describe_queries()["queries"] == [])
    with pytest.raises(own.logs.exceptions.ResourceNotFoundException):
        own.status(done)


def test_a_query_that_was_running_when_the_server_was_killed_has_failed(hasty_server):
    own = Own(hasty_server, 800, LONG)
    queries = [own.start(SLOW) for _ in range(4)]
    assert own.status(queries[0]) == "Running"
    hasty_server.kill()
    hasty_server.start()
    assert [own.status(query) for query in queries[:2]] == ["Failed", "Failed"]
    assert rows_of(own.end_of(queries[3])) == [{"n": "800"}]


def test_a_query_over_a_group_that_is_deleted_meanwhile_ends_with_what_it_has(hasty_server):
    own = Own(hasty_server, 800, LONG)
    query = own.start(SLOW)
    own.logs.delete_log_group(logGroupName="g")
    reply = own.end_of(query)
    assert reply["status"] == "Complete"
    [row] = rows_of(reply)
    assert 0 <= int(row["n"]) <= 800


def test_an_expression_that_takes_too_many_steps_fails_the_query_and_holds_nobody_up(hasty_server):
    own = Own(hasty_server, 10, "x" * 5000)
    query = own.start("filter @message like /(x+x+)+[yz]/ | stats count(*) as n")
    assert own.end_of(query)["status"] == "Failed"
    slow = [int(us) for us in re.findall(r"slow call .* us=(\d+)", hasty_server.log)]
    assert max(slow, default=0) < 1_000_000


def test_ten_thousand_groups_are_counted_and_too_much_memory_fails_the_query(hasty_server):
    own = Own(hasty_server, 10000, lambda number: json.dumps({"k": f"key {number}"}))
    reply = own.end_of(own.start("stats count(*) as n by k | stats count(*) as groups, sum(n) as n"))
    assert rows_of(reply) == [{"groups": "10000", "n": "10000"}]
    for _ in range(3):
        own.fill(1000, lambda number: f"{number} " + "y" * 200)
    wide = own.end_of(own.start("fields " + ", ".join(f"concat(@message, @message, @message, {n}) as f{n}" for n in range(90)) + " | sort f0"))
    assert wide["status"] == "Failed"


def test_a_query_that_takes_more_memory_than_a_call_may_have_has_failed_and_others_run(hasty_server):
    own = Own(hasty_server, 1, "y" * 1000000)
    greedy = [own.start(f"fields concat({', '.join(['@message'] * 400)}) as a") for _ in range(2)]
    modest = own.start("stats count(*) as n")
    assert [own.end_of(query)["status"] for query in greedy] == ["Failed", "Failed"]
    assert rows_of(own.end_of(modest)) == [{"n": "1"}]


def test_a_chain_of_conditions_is_as_long_as_a_query_may_be(ask, make_group, put, now_ms):
    group = make_group()
    put(group, "s", (now_ms(), "e0"), (now_ms(), "e1"))
    for word, found in (("or", ["e0", "e1"]), ("and", [])):
        query = "filter " + f" {word} ".join(f"@message = 'e{n}'" for n in range(400))
        assert [row["@message"] for row in rows_of(ask(group, "fields @message | sort @message | " + query))] == found
        assert len(query) > 8000
    query = "filter " + " and ".join(["@message != 'e0'"] * 400) + " and @message like /e/"
    assert [row["@message"] for row in rows_of(ask(group, "fields @message | " + query))] == ["e1"]


def test_deep_and_long_texts_are_answered(hasty_server):
    own = Own(hasty_server)
    at = own.now()
    for message in ("[" * 80000, '{"a":' * 100 + "1" + "}" * 100, json.dumps({f"k{n}": n for n in range(50000)}), "." * 1000):
        own.logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[{"timestamp": at, "message": message}])
    assert rows_of(own.end_of(own.start("fields k49999 | filter k49999 = 49999"))) == [{"k49999": "49999"}]
    assert rows_of(own.end_of(own.start("filter ispresent(" + ".".join("a" * 100) + ") | stats count(*) as n"))) == [{"n": "1"}]
    for query, sentence in [("fields " + "(" * 1000 + "1", "unexpected symbol found ("),
                            ("fields " + "1+" * 1000 + "1", "the expression is nested too deeply"),
                            ("filter " + "not " * 1000 + "1", "unexpected symbol found not"),
                            ("limit 1" + "|limit 1" * 100, "the query has too many commands"),
                            ("fields " + ",".join(["1 as a"] * 1001), "the query makes too many fields")]:
        with pytest.raises(own.logs.exceptions.MalformedQueryException) as caught:
            own.start(query)
        assert caught.value.response["Error"]["Message"].startswith(sentence)
