"""Large batches of event sources start executions of durable functions: a worker makes their events."""

import orderly_server
import pytest
from durable_world import DURABLE, QUEUES
from orderly_fixtures import zip_of
from stream_world import READER, World

LARGE = 300_000
TELL = """
import json
def handler(event, context):
    [operation] = event["InitialExecutionState"]["Operations"]
    records = json.loads(operation["ExecutionDetails"]["InputPayload"])["Records"]
    bodies = [one["body"] if "body" in one else one["dynamodb"]["NewImage"]["text"]["S"] for one in records]
    print("SIZES " + json.dumps([len(body) for body in bodies]))
    print("IDS " + json.dumps([body.rstrip("x") for body in bodies]))
    return {"Status": "SUCCEEDED", "Result": "null"}
"""


@pytest.fixture
def world():
    world = World()
    yield world
    world.close()


def durable(world):
    """The name of version 1 of a durable function."""
    name = world.name("function")
    world.functions.create_function(
        FunctionName=name, Runtime="python3.13", Handler="index.handler", Timeout=60, MemorySize=512,
        Role=world.role([*DURABLE, *QUEUES, *READER]), Code={"ZipFile": zip_of({"index.py": TELL})},
        DurableConfig={"ExecutionTimeout": 900}, Publish=True)
    return name


def text(n):
    return f"{n}".ljust(LARGE, "x")


def test_a_queues_large_batch_starts_one_execution_and_is_deleted(world):
    function, (queue, arn) = durable(world), world.queue()
    world.client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "900"})
    for n in range(15):
        world.client("sqs").send_message(QueueUrl=queue, MessageBody=text(n))
    world.functions.create_event_source_mapping(
        FunctionName=f"{function}:1", EventSourceArn=arn, BatchSize=15, MaximumBatchingWindowInSeconds=300)
    world.wait(lambda: world.said(function, "SIZES") == [[LARGE] * 15])
    [ids] = world.ids(function)
    assert sorted(ids, key=int) == [str(n) for n in range(15)]

    def left():
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        return set(world.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"].values())

    orderly_server.wait_until(lambda: left() == {"0"}, what="the deletion of the messages")


def test_a_streams_large_batches_start_executions_in_their_order(world):
    function, (table, stream) = durable(world), world.table("NEW_IMAGE")
    for n in range(24):
        world.put(table, str(n), text={"S": text(n)})
    world.map(f"{function}:1", stream, BatchSize=12)
    world.wait(lambda: sum(world.ids(function), []) == [str(n) for n in range(24)])
    assert sum(world.said(function, "SIZES"), []) == [LARGE] * 24


def test_large_batches_of_a_deleted_mapping_or_function_leave_nothing(world):
    function, (table, stream) = durable(world), world.table("NEW_IMAGE")
    for n in range(24):
        world.put(table, str(n), text={"S": text(n)})
    uuid = world.map(f"{function}:1", stream, BatchSize=12)
    world.functions.delete_event_source_mapping(UUID=uuid)
    world.map(f"{function}:1", stream, BatchSize=12)
    world.functions.delete_function(FunctionName=function)
    second = durable(world)
    world.map(f"{second}:1", stream, BatchSize=12)
    world.wait(lambda: sum(world.ids(second), []) == [str(n) for n in range(24)])
