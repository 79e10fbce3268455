"""A data folder of an earlier version opens, with all its data."""
import pathlib
import sqlite3

from sql_text import parts

ROOT = pathlib.Path(__file__).resolve().parents[2]


def migrations(service):
    [source] = ROOT.glob(f"src/**/{service}.sql")
    found = parts(source)
    return {int(name): sql for kind, name, sql in found if kind == "migration"}


def apply(database, service, first, last):
    for version, sql in migrations(service).items():
        if first <= version <= last:
            database.executescript(sql)


def test_sandboxes_and_invocations_outlive_the_check_of_their_states():
    database = sqlite3.connect(":memory:")
    database.row_factory = sqlite3.Row
    apply(database, "lambda", 1, 6)
    sandbox = {"id": "s1", "function_id": 7, "generation": 1, "state": "busy", "started_ms": 2, "init_ms": None,
               "idle_since_ms": 3, "deadline_ms": 4, "retire_ms": 5, "check_ms": 6, "log_stream": "stream",
               "memory_bytes": 8, "package": "abc"}
    invocation = {"id": 9, "request_id": "r", "function_id": 7, "function_arn": "arn", "mapping_id": 3, "kind": "event",
                  "state": "queued", "payload": b"{}", "payload_apart": 1, "client_context": "c", "trace_id": "t",
                  "queued_ms": 10, "attempts": 2, "sandbox_id": "s1", "started_ms": 11, "announced": 1, "wants_tail": 1,
                  "tail": "x", "receipts": "y", "error": "e", "result": b"z"}
    for table, row in (("lambda_sandbox", sandbox), ("lambda_invocation", invocation)):
        names = ", ".join(row)
        values = ", ".join(f":{name}" for name in row)
        database.execute(f"insert into {table} ({names}) values ({values})", row)
    indexes = "select name, tbl_name from sqlite_schema where type = 'index' and sql is not null order by name"
    before = [tuple(row) for row in database.execute(indexes)]
    apply(database, "lambda", 7, 7)
    assert dict(database.execute("select * from lambda_sandbox").fetchone()) == sandbox
    assert dict(database.execute("select * from lambda_invocation").fetchone()) == invocation
    assert [tuple(row) for row in database.execute(indexes)] == before


def test_a_function_keeps_its_configuration_and_its_invocations_when_it_gets_versions():
    database = sqlite3.connect(":memory:")
    database.row_factory = sqlite3.Row
    database.execute("create table aws_tag (owner text, key text, value text)")
    apply(database, "lambda", 1, 10)
    function = {"id": 7, "account": "a", "region": "r", "name": "n"}
    version = {"runtime": "python3.11", "handler": "h", "role": "o", "timeout_seconds": 3, "memory_mb": 128,
               "variables": "{}", "architecture": "arm64", "log_group": "g", "package": "p", "package_size": 4,
               "settings": "{}", "policy": "y", "revision": "u", "modified_ms": 5, "generation": 6}
    names = ", ".join({**function, **version})
    values = ", ".join(f":{name}" for name in {**function, **version})
    database.execute(f"insert into lambda_function ({names}) values ({values})", {**function, **version})
    database.execute("insert into lambda_invocation (id, request_id, function_id, kind, state, payload, payload_apart,"
                     " trace_id, queued_ms, attempts, started_ms, announced, wants_tail)"
                     " values (1, 'q', 7, 'event', 'queued', x'', 0, 't', 1, 0, 0, 0, 0)")
    apply(database, "lambda", 11, 11)
    [row] = database.execute("select * from lambda_function")
    assert dict(row) == {**function, "last_number": 0}
    [row] = database.execute("select * from lambda_version")
    assert dict(row) == {"id": 7, "function_id": 7, "number": 0, **version}
    [row] = database.execute("select function_id, version_id from lambda_invocation")
    assert tuple(row) == (7, 7)


def test_a_retry_that_was_a_timer_is_a_delivery_with_one_more_attempt():
    database = sqlite3.connect(":memory:")
    database.row_factory = sqlite3.Row
    apply(database, "engine", 1, 8)
    timer = "insert into engine_timer (operation, id, due_ms, account, region, input) values (?, ?, ?, ?, ?, ?)"
    retry = ("lambda:RetryInvocation", "r", 100_000, "000000000000", "eu-central-1", '{"InvocationId":7}')
    other = ("lambda:CheckSandbox", "s", 5, "000000000000", "us-east-1", '{"SandboxId":"s"}')
    database.execute(timer, retry)
    database.execute(timer, other)
    apply(database, "engine", 9, 9)
    assert [tuple(row) for row in database.execute("select * from engine_timer")] == [
        ("lambda:CheckSandbox", "s", 5, "000000000000", "us-east-1", '{"SandboxId":"s"}')]
    [row] = database.execute("select * from engine_delivery").fetchall()
    assert dict(row) == {
        "id": 1, "state": "waiting", "due_ms": 100_000, "operation": "lambda:RetryInvocation",
        "dead_letter": "lambda:GiveUpInvocation", "account": "000000000000", "region": "eu-central-1",
        "target": "lambda", "input": '{"InvocationId":7}', "body": None, "resource": None, "trace_id": None,
        "request_id": None, "added_ms": 40_000, "failures": 1, "throttles": 0, "reason": None, "immediate_retries": 0,
        "pre_backoff_retries": 0, "backoff_retries": 2, "post_backoff_retries": 0, "backoff": 1,
        "min_delay_ms": 60_000, "max_delay_ms": 120_000, "throttle_min_ms": 1000, "throttle_max_ms": 300_000,
        "max_age_ms": 6 * 3600 * 1000, "at_once": 0, "per_second": 0}


def test_a_subscription_and_a_stored_message_from_before_confirmations_are_delivered_to():
    database = sqlite3.connect(":memory:")
    database.row_factory = sqlite3.Row
    database.execute("create table aws_tag (owner text, key text, value text)")
    apply(database, "sns", 1, 4)
    database.execute("insert into sns_topic (id, account, region, name, signature_version, deleted_subscriptions) "
                     "values (1, '000000000000', 'us-east-1', 't', 1, 0)")
    database.execute("insert into sns_subscription (id, topic_id, arn, owner, protocol, endpoint, raw_delivery) "
                     "values (7, 1, 'arn:s', '000000000000', 'sqs', 'arn:q', 0)")
    database.execute("insert into sns_fanout_message (fanout_id, account, region, topic_arn, trace_id, attributes, text) "
                     "values (3, '000000000000', 'us-east-1', 'arn:t', 'trace', '{}', 'text')")
    apply(database, "sns", 5, 99)
    subscription = dict(database.execute("select * from sns_subscription").fetchone())
    assert {name: subscription[name] for name in ("id", "arn", "state", "authenticated", "ends_signed", "filter_id", "token")} == {
        "id": 7, "arn": "arn:s", "state": "confirmed", "authenticated": 1, "ends_signed": 1, "filter_id": None, "token": None}
    message = dict(database.execute("select * from sns_fanout_message").fetchone())
    assert {name: message[name] for name in ("fanout_id", "text", "message_id", "structure", "signature_version")} == {
        "fanout_id": 3, "text": "text", "message_id": None, "structure": None, "signature_version": 1}


def test_topics_and_subscriptions_stay_as_they_are_when_their_ids_are_no_longer_used_again():
    database = sqlite3.connect(":memory:")
    database.execute("create table aws_tag (owner text, key text, value text)")
    apply(database, "sns", 1, 15)
    indexes = "select name, tbl_name from sqlite_schema where type = 'index' order by name"
    before = database.execute(indexes).fetchall(), {}
    for table in "sns_topic", "sns_subscription":
        columns = [(name, kind) for _, name, kind, *_ in database.execute(f"pragma table_info({table})")]
        row = {name: number if kind.upper() == "INTEGER" else f"{name} {number}" for number, (name, kind) in enumerate(columns, 7)}
        row |= {"state": "pending"} if "state" in row else {}
        database.execute(f"insert into {table} ({', '.join(row)}) values ({', '.join(f':{name}' for name in row)})", row)
        before[1][table] = row
    apply(database, "sns", 16, 16)
    assert database.execute(indexes).fetchall() == before[0]
    database.row_factory = sqlite3.Row
    for table, row in before[1].items():
        assert dict(database.execute(f"select * from {table}").fetchone()) == row
        database.execute(f"delete from {table}")
    database.execute("insert into sns_topic (account, region, name, signature_version, deleted_subscriptions)"
                     " values ('a', 'r', 'n', 1, 0)")
    database.execute("insert into sns_subscription (topic_id, arn, owner, protocol, endpoint, raw_delivery)"
                     " values (1, 'a', 'o', 'sqs', 'e', 0)")
    assert [database.execute(f"select id from {table}").fetchone()["id"] for table in before[1]] == [8, 8]


def test_hops_from_before_runs_are_kept_each_as_a_run_and_all_traces_are_in_open_ranges():
    database = sqlite3.connect(":memory:")
    apply(database, "engine", 1, 13)
    hops = {(1, 70): '[70,1,0,5,0,0,0,"arn:a",null,null,null,null]', (300, 71): '[71,2,0,6,0,0,0,"arn:b","m","r",null,{"a":1}]',
            (1, 72): '[72,3,0,7,0,0,0,null,null,null,null,null]'}
    for trace in 1, 300:
        database.execute("insert into engine_trace (id, trace_id, began_ms, last_ms, outcome, hops, bytes, resources, message_ids,"
                         " words) values (?, ?, 5, 7, 0, 1, 400, 'arn:a', '', x'0102030405060708')", (trace, f"1-{trace}"))
        database.execute("insert into engine_trace_word (range, word, trace) values (?, 578437695752307201, ?)", (trace >> 8, trace))
    for (trace, number), hop in hops.items():
        database.execute("insert into engine_trace_hop (trace, id, hop) values (?, ?, ?)", (trace, number, hop))
    before = database.execute("select * from engine_trace").fetchall()
    apply(database, "engine", 14, 14)
    assert database.execute("select id, first_hop, trace, hops from engine_trace_run order by id").fetchall() == [
        (number, number, trace, f"[{hop}]") for (trace, number), hop in sorted(hops.items(), key=lambda one: one[0][1])]
    assert database.execute("select range, words from engine_trace_range order by 1").fetchall() == [(0, None), (4, None)]
    assert database.execute("select * from engine_trace").fetchall() == before


def test_alarms_whose_actions_are_disabled_stay_so():
    database = sqlite3.connect(":memory:")
    apply(database, "cloudwatch", 1, 7)
    settings = {"on": '{"AlarmName":"on","ActionsEnabled":true}', "off": '{"AlarmName":"off","ActionsEnabled":false}',
                "plain": '{"AlarmDescription":"\\"ActionsEnabled\\":false"}'}
    database.executemany("""insert into cloudwatch_alarm (account, region, name, settings, updated_ms, state, reason, state_ms, transitioned_ms)
                            values ('1', 'r', ?, ?, 0, 'OK', '', 0, 0)""", settings.items())
    apply(database, "cloudwatch", 8, 8)
    assert dict(database.execute("select name, actions_enabled from cloudwatch_alarm")) == {"on": 1, "off": 0, "plain": 1}
