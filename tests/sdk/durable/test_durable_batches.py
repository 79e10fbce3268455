"""Large batches of event sources start executions of durable functions: a worker makes their events."""

import changes
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


def durable(world, source=TELL):
    """The name of version 1 of a durable function."""
    name = world.name("function")
    world.functions.create_function(
        FunctionName=name, Runtime="python3.13", Handler="index.handler", Timeout=60, MemorySize=512,
        Role=world.role([*DURABLE, *QUEUES, *READER]), Code={"ZipFile": zip_of({"index.py": source})},
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


BEGINS_NEVER = "import time\ntime.sleep(300)\n"
COUNTS = """
import json
def handler(event, context):
    [operation] = event["InitialExecutionState"]["Operations"]
    records = json.loads(operation["ExecutionDetails"]["InputPayload"])["Records"]
    print("IDS " + json.dumps([[one["body"], one["attributes"]["ApproximateReceiveCount"]] for one in records]))
    return {"Status": "SUCCEEDED", "Result": "null"}
"""


@pytest.mark.parametrize("window", [0, 1])
@pytest.mark.parametrize("seconds, receives", [(500, "1"), (601, "2")])
def test_an_execution_whose_batch_is_visible_again_before_its_first_run_never_runs(world, window, seconds, receives):
    function, (url, arn) = durable(world, BEGINS_NEVER), world.queue()
    world.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "600"})
    world.functions.create_event_source_mapping(
        FunctionName=f"{function}:$LATEST", EventSourceArn=arn, MaximumBatchingWindowInSeconds=window)
    world.client("sqs").send_message(QueueUrl=url, MessageBody="a")
    world.wait(lambda: changes.rows(world.server, "select state from lambda_invocation where durable = 'run'") == [("queued",)])
    world.functions.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    world.functions.update_function_code(FunctionName=function, ZipFile=zip_of({"index.py": COUNTS}))
    world.wait(lambda: changes.rows(world.server, "select count(*) from lambda_sandbox") == [(0,)])
    world.advance(seconds)
    world.functions.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=1)
    world.wait(lambda: world.ids(function))
    assert world.ids(function) == [[["a", receives]]]
    world.wait(lambda: changes.rows(world.server, "select count(*) from lambda_invocation") == [(0,)])
    for table in ("lambda_batch", "lambda_execution where status = 'RUNNING'", "lambda_execution_input"):
        world.wait(lambda table=table: changes.rows(world.server, f"select count(*) from {table}") == [(int("input" in table),)])
