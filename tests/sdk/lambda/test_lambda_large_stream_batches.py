"""Stream batches of many records: their records are removed and moved some at a time, and survive kills."""

import contextlib
import hashlib
import json
import os
import signal
import sqlite3
import time

import changes
import orderly_server
import pytest
from stream_world import World

MANY, PER_RUN, AT_ONCE = 1500, 300, 100
# Says what it got, and answers with the failures that it is told to report.
TELLS = """
import json, os
def handler(event, context):
    ids = [record["dynamodb"]["Keys"]["id"]["S"] for record in event["Records"]]
    print("GOT " + json.dumps([len(ids), ids[0], ids[-1], ids == sorted(ids) and len(set(ids)) == len(ids)]))
    bad = os.environ.get("BAD", "").split(",")
    if os.environ.get("RAISES"):
        raise ValueError("no")
    return {"batchItemFailures": [{"itemIdentifier": one["dynamodb"]["SequenceNumber"]} for one in event["Records"]
                                  if one["dynamodb"]["Keys"]["id"]["S"] in bad]}
"""
GATHERING = {"BatchSize": 10000, "MaximumBatchingWindowInSeconds": 300}


@pytest.fixture
def shop():
    """shop(...) makes a server with a function, a table, and a mapping between them, in attributes of the world."""
    made = []

    def make(environment=None, variables=None, **settings):
        world = World(environment)
        made.append(world)
        world.function_name, (world.table_name, world.stream) = world.function(TELLS), world.table()
        if variables:
            set_variables(world, variables)
        world.uuid = world.map(world.function_name, world.stream, **{**GATHERING, **settings})
        return world

    yield make
    for one in made:
        one.close()


def set_variables(world, variables):
    world.functions.update_function_configuration(FunctionName=world.function_name, Environment={"Variables": variables})
    world.functions.get_waiter("function_updated_v2").wait(FunctionName=world.function_name, WaiterConfig={"Delay": 1})


def names(count=MANY):
    return [f"{i:05}" for i in range(count)]


def held(world):
    return changes.rows(world.server, "select count(*) from lambda_record")[0][0]


def gather(world, count=MANY, **attributes):
    world.put_many(world.table_name, names(count), **attributes)
    orderly_server.wait_until(lambda: held(world) == count, 60, f"{count} records to be held")
    world.advance(300)


def got(world):
    return world.said(world.function_name, "GOT")


def wait_got(world, expected):
    orderly_server.wait_until(lambda: len(got(world)) >= len(expected), 60, f"{len(expected)} batches")
    assert got(world) == expected


def kill_while_removing(world):
    """Lets the server run a millisecond at a time, until some records are removed, and kills it; returns how many are left."""
    pid = world.server.process.pid
    deadline = time.monotonic() + 120
    left = MANY
    try:
        while left == MANY:
            assert time.monotonic() < deadline, "nothing was removed"
            os.kill(pid, signal.SIGCONT)
            time.sleep(0.001)
            os.kill(pid, signal.SIGSTOP)
            with contextlib.suppress(sqlite3.OperationalError):  # it may be stopped while it holds a lock of the log
                left = held(world)
    finally:
        world.server.kill()
    return left


def wait_removed(world):
    orderly_server.wait_until(lambda: held(world) == 0, 60, "the records' removal")


def set_lanes(world, count):
    world.functions.update_event_source_mapping(UUID=world.uuid, ParallelizationFactor=count)


def wait_lanes(world, count, records):
    lanes = "select count(*), sum(held_count) from lambda_lane"
    orderly_server.wait_until(lambda: changes.rows(world.server, lanes) == [(count, records)], 60, "the new lanes")


def test_a_large_batch_comes_whole_once_and_the_next_one_after_it(shop):
    world = shop()
    gather(world)
    wait_got(world, [[MANY, "00000", names()[-1], True]])
    wait_removed(world)
    world.put(world.table_name, "x")
    orderly_server.wait_until(lambda: held(world) == 1, 30, "the record")
    world.advance(300)
    wait_got(world, [[MANY, "00000", names()[-1], True], [1, "x", "x", True]])
    wait_removed(world)


def test_a_batch_that_is_done_does_not_come_again_after_a_kill_while_it_is_removed(shop):
    world = shop(environment={"ORDERLY_SLICE_US": "1"})
    expected, left = [], 0
    while left == 0:  # on a busy machine all may be removed before the kill
        assert len(expected) < 5, "the server was killed too late each time"
        gather(world, round={"N": str(len(expected))})  # items that do not change make no records
        expected.append([MANY, "00000", names()[-1], True])
        left = kill_while_removing(world)
        world.server.start()
        wait_removed(world)
    world.put(world.table_name, "x")
    orderly_server.wait_until(lambda: held(world) == 1, 30, "the record")
    world.advance(300)
    wait_got(world, [*expected, [1, "x", "x", True]])


def test_a_large_batch_is_tried_again_from_the_record_that_is_reported(shop):
    world = shop(variables={"BAD": "00777,01400"}, FunctionResponseTypes=["ReportBatchItemFailures"])
    gather(world)
    rest = [MANY - 777, "00777", names()[-1], True]
    orderly_server.wait_until(lambda: len(got(world)) >= 2, 60, "the retry")
    assert got(world)[:2] == [[MANY, "00000", names()[-1], True], rest]
    set_variables(world, {})
    world.advance(61)
    wait_removed(world)
    assert got(world)[-1] == rest


def test_a_large_batch_that_is_given_up_is_told_of_and_split_before(shop):
    world = shop(variables={"RAISES": "1"}, BisectBatchOnFunctionError=True, MaximumRetryAttempts=0)
    url, queue = world.queue()
    world.functions.update_event_source_mapping(UUID=world.uuid, DestinationConfig={"OnFailure": {"Destination": queue}})
    gather(world, 4)
    wait_removed(world)
    sizes = sorted(letter["DDBStreamBatchInfo"]["batchSize"] for letter in world.wait(lambda: (
        lambda found: found if len(found) == 4 else None)(world.letters(url))))
    assert sizes == [1, 1, 1, 1]
    assert [size for size, *_ in got(world)] == [4, 2, 1, 1, 2, 1, 1]


@pytest.mark.parametrize("environment, most", [(changes.NO_HURRY, PER_RUN), (changes.ALWAYS_OVER, AT_ONCE)])
def test_the_records_of_a_batch_that_is_done_are_removed_some_at_a_time(shop, environment, most):
    world = shop(FilterCriteria={"Filters": [{"Pattern": '{"eventName": ["INSERT"]}'}]})
    world.server.stop()
    changes.record(world.server, removed="delete on lambda_record", run="insert on engine_timer")
    world.server.environment = environment
    world.server.start()
    gather(world, 850)
    wait_removed(world)
    world.server.stop()
    words = changes.recorded(world.server)
    assert words.count("removed") == 850
    assert changes.largest_run(words, "removed", until="run") == most


@pytest.mark.parametrize("environment, most", [(changes.NO_HURRY, PER_RUN), (changes.ALWAYS_OVER, AT_ONCE)])
def test_records_are_moved_to_new_lanes_some_at_a_time_and_each_comes_once(shop, environment, most):
    world = shop()
    world.server.stop()
    changes.record(world.server, moved="update of lane on lambda_record", run="insert on engine_timer")
    world.server.environment = environment
    world.server.start()
    world.put_many(world.table_name, names(850))
    orderly_server.wait_until(lambda: held(world) == 850, 60, "the records to be held")
    set_lanes(world, 3)
    wait_lanes(world, 3, 850)
    world.advance(300)
    wait_removed(world)
    assert (len(got(world)), sum(count for count, *_ in got(world))) == (3, 850)
    world.server.stop()
    words = changes.recorded(world.server)
    assert words.count("moved") == 850
    assert changes.largest_run(words, "moved", until="run") == most


def test_another_change_while_records_are_moved_moves_them_again_also_over_a_kill(shop):
    world = shop(environment={"ORDERLY_SLICE_US": "1"})
    world.put_many(world.table_name, names())
    orderly_server.wait_until(lambda: held(world) == MANY, 60, "the records to be held")
    for count in (3, 7, 10):
        set_lanes(world, count)
    world.server.kill()
    world.server.start()
    wait_lanes(world, 10, MANY)
    world.advance(300)
    wait_removed(world)
    assert (len(got(world)), sum(count for count, *_ in got(world))) == (10, MANY)


def test_held_records_of_an_earlier_version_are_sent(shop):
    """As migration 30 finds them: in a table whose rows have no size, and whose ids may be used again."""
    world = shop()
    world.put(world.table_name, "a", "b")
    orderly_server.wait_until(lambda: held(world) == 2, 30, "the records")
    world.server.stop()
    back = [
        "create table lambda_held (id integer primary key, mapping_id integer not null, held_ms integer not null, trace_id text not "
        "null, receipt text not null, record text not null, lane integer not null default 0, key_hash integer not null default 0, "
        "shard text, sequence text, made_ms integer, lineage text)",
        "create index lambda_held_lane on lambda_held (mapping_id, lane)",
        "insert into lambda_held (id, mapping_id, held_ms, trace_id, receipt, record, lane, key_hash, shard, sequence, made_ms) select "
        "id, mapping_id, held_ms, '', '', content, lane, key_hash, shard, sequence, made_ms from lambda_record",
        "drop table lambda_record",
        *(f"alter table lambda_lane drop column {column}" for column in ("done", "removing", "held_count", "held_size")),
        "alter table lambda_reader drop column first_lane",
        "alter table lambda_invocation drop column event_size",
    ]
    connection = changes.database(world.server)
    connection.executescript(";".join([*back, changes.migration("lambda", 30)]))
    connection.close()
    world.server.start()
    world.advance(300)
    wait_got(world, [[2, "a", "b", True]])
    wait_removed(world)


@pytest.mark.parametrize("size", [65_000, 66_000, 1_000_000])
def test_a_large_asynchronous_event_comes_whole_once(shop, size):
    world = shop(Enabled=False)
    function = world.function("""
import hashlib, json
def handler(event, context):
    print("EVENT " + json.dumps([len(event["text"]), hashlib.sha256(event["text"].encode()).hexdigest()]))
""")
    texts = [(word * size)[:size] for word in ("abc", "xyz", "uvw")]
    for text in texts:
        world.functions.invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps({"text": text}))
    expected = sorted([size, hashlib.sha256(text.encode()).hexdigest()] for text in texts)
    orderly_server.wait_until(lambda: sorted(world.said(function, "EVENT")) == expected, 60, "the events")
