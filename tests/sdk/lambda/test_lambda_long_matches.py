"""Records that take long to match, or to write, are matched by a worker: what the filter takes arrives, in order, once."""

import contextlib
import json
import pathlib
import sqlite3

import orderly_server
import pytest
from orderly_fixtures import POLLER, zip_of
from stream_world import PICKY, World

FIFO = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
HIDDEN_SECONDS = 900
KB = 1000
# Says the numbers of its batch, and reports those that it cannot do.
TELL = """
import json
def handler(event, context):
    bodies = [json.loads(record["body"]) for record in event["Records"]]
    print("IDS " + json.dumps([body["n"] for body in bodies]))
    print("SIZE %d" % sum(len(body["text"]) for body in bodies))
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record, body in zip(event["Records"], bodies)
                                  if body.get("bad")]}
"""
# Does with the first batch what FIRST says: fails, hangs, or reports its first message.
FIRST = """
import json, os, time
def handler(event, context):
    records = event["Records"]
    numbers = [json.loads(record["body"])["n"] for record in records]
    print("IDS " + json.dumps(numbers), flush=True)
    if numbers[0] == 1 and records[0]["attributes"]["ApproximateReceiveCount"] == "1":
        if os.environ["FIRST"] == "raises":
            raise ValueError("no")
        while os.environ["FIRST"] == "hangs":
            time.sleep(1)
        return {"batchItemFailures": [{"itemIdentifier": records[0]["messageId"]}]}
"""
ROUNDS = """
import json
def handler(event, context):
    changes = [record["dynamodb"]["NewImage"] for record in event["Records"]]
    print("IDS " + json.dumps([(change["id"]["S"], change["round"]["N"]) for change in changes]))
"""
EVEN = {"body": {"n": [{"numeric": ["=", i]} for i in range(0, 100, 2)]}}
# Sixty branches over an array that none of them matches: seconds of work for a worker.
SLOW = [{"body": {"$or": [{"list": [{"numeric": ["=", 100 * i + j]}]} for j in range(2, 14)]}} for i in range(5)]
LONG = json.dumps({"n": 1, "text": "", "list": [1] * 250_000}, separators=(",", ":"))


class Shop(World):
    """A server with functions that queues trigger."""

    def orders(self, *patterns, queue=None, source=TELL, variables=None, **mapping):
        """The function, the queue's URL and the mapping; the queue's messages are hidden for long."""
        name = self.name("function")
        attributes = {"VisibilityTimeout": str(HIDDEN_SECONDS), **(queue or {})}
        sqs, fifo = self.client("sqs"), ".fifo" if "FifoQueue" in attributes else ""
        url = sqs.create_queue(QueueName=self.name("orders") + fifo, Attributes=attributes)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        self.functions.create_function(
            FunctionName=name, Runtime="python3.11", Handler="index.handler", Role=self.role(POLLER), Timeout=60, MemorySize=512,
            Code={"ZipFile": zip_of({"index.py": source})}, Environment={"Variables": variables or {}})
        self.functions.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
        uuid = self.functions.create_event_source_mapping(
            FunctionName=name, EventSourceArn=arn, **(criteria(*patterns) if patterns else {}),
            FunctionResponseTypes=["ReportBatchItemFailures"], **mapping)["UUID"]
        return name, url, uuid

    def send(self, url, numbers, size, **more):
        for n in numbers:
            group = {"MessageGroupId": str(n % 3)} if url.endswith(".fifo") else {}
            self.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps({"n": n, "text": "x" * size, **more}), **group)

    def left(self, url):
        """The numbers of messages that wait, and that are hidden."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        counts = self.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return tuple(int(counts[name]) for name in names)

    def wait_left(self, url, waiting, hidden):
        orderly_server.wait_until(lambda: self.left(url) == (waiting, hidden), 120, f"{waiting} and {hidden} messages left")

    def matching(self):
        """How many receives were being matched when the server was killed."""
        with contextlib.closing(sqlite3.connect(pathlib.Path(self.server.data) / "orderly.db")) as database:
            return database.execute("select count(*) from lambda_matching").fetchone()[0]


def criteria(*patterns):
    return {"FilterCriteria": {"Filters": [{"Pattern": json.dumps(one)} for one in patterns]}}


@pytest.fixture(scope="module")
def shop():
    shop = Shop()
    yield shop
    shop.close()


@pytest.fixture
def own_shop():
    shop = Shop()
    yield shop
    shop.close()


# --- queues ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [10, 1 * KB, 20 * KB, 300 * KB])
@pytest.mark.parametrize("patterns", [[EVEN], []], ids=["filtered", "all"])
def test_what_the_filter_takes_arrives_once_and_the_rest_is_deleted(shop, size, patterns):
    name, url, _ = shop.orders(*patterns)
    shop.send(url, range(14), size)
    shop.wait_left(url, 0, 0)
    expected = list(range(0, 14, 2 if patterns else 1))
    shop.wait(lambda: sorted(sum(shop.ids(name), [])) == expected)
    assert sum(shop.said(name, "SIZE")) == size * len(expected)


@pytest.mark.parametrize("size", [10, 20 * KB, 300 * KB])
def test_each_group_of_a_fifo_queue_keeps_its_order(shop, size):
    name, url, _ = shop.orders(EVEN, queue=FIFO)
    shop.send(url, range(18), size)
    shop.wait_left(url, 0, 0)
    shop.wait(lambda: len(sum(shop.ids(name), [])) == 9)
    came = sum(shop.ids(name), [])
    for group in range(3):
        assert [n for n in came if n % 3 == group] == [n for n in range(0, 18, 2) if n % 3 == group]


def test_messages_of_a_megabyte_are_one_batch_and_only_the_failed_one_stays(shop):
    name, url, uuid = shop.orders(BatchSize=3, MaximumBatchingWindowInSeconds=0, Enabled=False)
    shop.send(url, [1, 2], 900 * KB)
    shop.send(url, [3], 900 * KB, bad=True)
    shop.functions.update_event_source_mapping(UUID=uuid, Enabled=True)
    shop.wait_left(url, 0, 1)
    shop.wait(lambda: shop.said(name, "SIZE") == [2700 * KB])
    assert sorted(shop.ids(name)[0]) == [1, 2, 3]


def send_more_than_an_event(shop, first):
    """Four messages of a group, which JSON makes larger than an event; the first three are a batch."""
    name, url, uuid = shop.orders(queue=FIFO, source=FIRST, variables={"FIRST": first}, Enabled=False)
    for n, size in [(1, 825_000), (2, 825_000), (3, 825_000), (4, 1_000_000)]:
        body = json.dumps({"n": n})
        shop.client("sqs").send_message(QueueUrl=url, MessageBody=body + "\n" * (size - len(body)), MessageGroupId="g")
    shop.functions.update_event_source_mapping(UUID=uuid, Enabled=True)
    shop.wait(lambda: [1, 2, 3] in shop.ids(name))
    return name, url


def test_a_group_waits_for_a_batch_that_fails(shop):
    name, url = send_more_than_an_event(shop, "raises")
    shop.wait_left(url, 1, 3)
    shop.advance(HIDDEN_SECONDS)
    shop.wait_left(url, 0, 0)
    shop.wait(lambda: shop.ids(name) == [[1, 2, 3], [1, 2, 3], [4]])


def test_a_group_waits_for_the_failed_message_of_a_batch(shop):
    name, url = send_more_than_an_event(shop, "reports")
    shop.wait_left(url, 1, 1)
    shop.advance(HIDDEN_SECONDS)
    shop.wait_left(url, 0, 0)
    shop.wait(lambda: shop.ids(name) == [[1, 2, 3], [1, 4]])


def test_a_group_waits_for_a_batch_that_a_kill_interrupts(own_shop):
    name, url = send_more_than_an_event(own_shop, "hangs")
    own_shop.wait_left(url, 1, 3)
    own_shop.server.kill()
    own_shop.server.start()
    own_shop.wait_left(url, 1, 3)
    own_shop.advance(HIDDEN_SECONDS)
    own_shop.wait_left(url, 0, 0)
    own_shop.wait(lambda: own_shop.ids(name)[-2:] == [[1, 2, 3], [4]])


def test_large_messages_gather_until_the_window_ends(shop):
    name, url, _ = shop.orders(EVEN, BatchSize=100, MaximumBatchingWindowInSeconds=300)
    shop.send(url, range(8), 300 * KB)
    shop.wait_left(url, 0, 4)
    shop.send(url, range(8, 12), 10)
    shop.wait_left(url, 0, 6)
    assert shop.ids(name) == []
    shop.advance(300)
    shop.wait_left(url, 0, 0)
    shop.wait(lambda: [sorted(batch) for batch in shop.ids(name)] == [list(range(0, 12, 2))])


def test_more_than_an_event_takes_becomes_several_batches(shop):
    name, url, _ = shop.orders(BatchSize=100, MaximumBatchingWindowInSeconds=300)
    shop.send(url, range(9), 1000 * KB)
    shop.wait(lambda: [len(batch) for batch in shop.ids(name)] == [6])
    shop.advance(300)
    shop.wait_left(url, 0, 0)
    shop.wait(lambda: sorted(sum(shop.ids(name), [])) == list(range(9)))


def test_other_mappings_work_while_a_message_is_matched(shop):
    _, slow, _ = shop.orders(*SLOW)
    name, url, _ = shop.orders(EVEN)
    shop.client("sqs").send_message(QueueUrl=slow, MessageBody=LONG)
    shop.send(url, range(4), 10)
    shop.wait_left(url, 0, 0)
    shop.wait(lambda: sorted(sum(shop.ids(name), [])) == [0, 2])
    shop.wait_left(slow, 0, 0)


# --- while a worker matches ------------------------------------------------------------------------


def begin_matching(shop, **mapping):
    name, url, uuid = shop.orders(*SLOW, **mapping)
    shop.client("sqs").send_message(QueueUrl=url, MessageBody=LONG)
    orderly_server.wait_until(lambda: shop.left(url)[0] == 0, 60, "the message to be received")
    return name, url, uuid


def test_an_updated_filter_gets_the_message_again(own_shop):
    name, url, uuid = begin_matching(own_shop)
    own_shop.functions.update_event_source_mapping(UUID=uuid, FilterCriteria={})
    own_shop.send(url, [7], 10)
    own_shop.wait(lambda: own_shop.ids(name) == [[7]])
    own_shop.wait_left(url, 0, 1)
    own_shop.advance(HIDDEN_SECONDS)
    own_shop.wait_left(url, 0, 0)
    own_shop.wait(lambda: own_shop.ids(name) == [[7], [1]])


@pytest.mark.parametrize("ends", ["disabled", "deleted"])
def test_a_mapping_that_has_ended_leaves_the_message_in_the_queue(own_shop, ends):
    name, url, uuid = begin_matching(own_shop)
    if ends == "deleted":
        own_shop.functions.delete_event_source_mapping(UUID=uuid)
    else:
        own_shop.functions.update_event_source_mapping(UUID=uuid, Enabled=False)
    # A second mapping's message, matched by the same workers, ends after the first.
    _, other, _ = begin_matching(own_shop)
    own_shop.wait_left(other, 0, 0)
    own_shop.advance(HIDDEN_SECONDS)
    own_shop.wait_left(url, 1, 0)
    assert own_shop.ids(name) == []


def test_a_message_that_was_matched_during_a_kill_comes_again(own_shop):
    name, url, uuid = begin_matching(own_shop)
    own_shop.server.kill()
    assert own_shop.matching() == 1
    own_shop.server.start()
    own_shop.functions.update_event_source_mapping(UUID=uuid, **criteria({"body": {"n": [1]}}))
    assert own_shop.left(url) == (0, 1)
    own_shop.advance(HIDDEN_SECONDS)
    own_shop.wait_left(url, 0, 0)
    own_shop.wait(lambda: own_shop.ids(name) == [[1]])
    own_shop.server.kill()
    assert own_shop.matching() == 0
    own_shop.server.start()


def test_a_purged_message_is_not_sent_on(own_shop):
    name, url, _ = begin_matching(own_shop)
    own_shop.client("sqs").purge_queue(QueueUrl=url)
    own_shop.send(url, [1], 10, list=[2])
    own_shop.wait_left(url, 0, 0)
    own_shop.wait(lambda: own_shop.ids(name) == [[1]])


def test_messages_that_are_purged_between_two_runs_harm_nobody():
    shop = Shop(environment={"ORDERLY_RERUN": "1"})  # runs whose preparation is lost read the messages again
    name, url, uuid = shop.orders(*SLOW[:4], EVEN, Enabled=False)
    shop.send(url, [1], 10)
    shop.send(url, range(0, 14, 2), 520 * KB, list=[1] * 10_000)
    shop.functions.update_event_source_mapping(UUID=uuid, Enabled=True)
    # The first run deletes what the filter does not take, and leaves records for the next runs.
    orderly_server.wait_until(lambda: sum(shop.left(url)) == 7, 60, "the first run")
    shop.client("sqs").purge_queue(QueueUrl=url)
    shop.send(url, [20], 10)
    shop.wait(lambda: 20 in sum(shop.ids(name), []))
    shop.close()


# --- streams ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world():
    world = World()
    yield world
    world.close()


@pytest.fixture
def own_world():
    world = World()
    yield world
    world.close()


KEYS = [f"k{i:02}" for i in range(24)]
SOME = {"dynamodb": {"Keys": {"id": {"S": [key for i, key in enumerate(KEYS) if i % 3]}}}}


@pytest.mark.parametrize("size", [10, 3 * KB, 150 * KB])
@pytest.mark.parametrize("patterns", [[SOME], []], ids=["filtered", "all"])
def test_records_of_a_stream_keep_their_order(world, size, patterns):
    function, (table, stream) = world.function(PICKY), world.table()
    for key in KEYS:
        world.put(table, key, text={"S": "x" * size})
    world.map(function, stream, BatchSize=10, **(criteria(*patterns) if patterns else {}))
    expected = [key for i, key in enumerate(KEYS) if i % 3 or not patterns]
    world.wait(lambda: sum(world.ids(function), []) == expected)


def test_records_of_short_values_are_larger_as_json_and_arrive(world):
    function, (table, stream) = world.function(PICKY), world.table()
    numbers = {"L": [{"N": "1"}] * 30_000}
    for key in KEYS[:6]:
        world.put(table, key, list=numbers)
    missing = {"dynamodb": {"NewImage": {"list": {"L": {"N": ["2"]}}}}}
    world.map(function, stream, **criteria(missing, SOME))
    world.wait(lambda: sum(world.ids(function), []) == ["k01", "k02", "k04", "k05"])


def test_lanes_keep_the_order_of_each_item(world):
    function, (table, stream) = world.function(ROUNDS), world.table()
    for number in range(3):
        for key in KEYS[:8]:
            world.put(table, key, text={"S": "x" * 60 * KB}, round={"N": str(number)})
    world.map(function, stream, ParallelizationFactor=4, BatchSize=5, **criteria(SOME))
    expected = [key for i, key in enumerate(KEYS[:8]) if i % 3]
    world.wait(lambda: len(sum(world.ids(function), [])) == 3 * len(expected))
    came = sum(world.ids(function), [])
    assert all([number for one, number in came if one == key] == ["0", "1", "2"] for key in expected)


def long_records(world):
    function, (table, stream) = world.function(PICKY), world.table()
    for key in KEYS[:4]:
        world.put(table, key, list={"L": [{"N": "1"}] * 60_000})
    either = [{"dynamodb": {"NewImage": {"$or": [{"list": {"L": {"N": [str(100 * i + j)]}}} for j in range(2, 14)]}}}
              for i in range(4)]
    return function, stream, either


def test_a_kill_and_an_update_while_records_are_matched_lose_none(own_world):
    world = own_world
    function, stream, either = long_records(world)
    uuid = world.map(function, stream, **criteria(*either, SOME))
    world.server.kill()
    world.server.start()
    world.wait(lambda: sum(world.ids(function), []) == ["k01", "k02"])
    second = world.function(PICKY)
    world.functions.delete_event_source_mapping(UUID=uuid)
    uuid = world.map(second, stream, **criteria(*either, SOME))
    world.functions.update_event_source_mapping(UUID=uuid, FilterCriteria={})
    world.wait(lambda: sum(world.ids(second), []) == KEYS[:4])
