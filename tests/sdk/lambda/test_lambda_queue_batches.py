"""Batches of a queue whose function or messages change while they are under way or gather."""


import changes
import pytest
from orderly_fixtures import POLLER, zip_of
from stream_world import World
from trace_reader import Traces

SLEEPS = """
import time
def handler(event, context):
    time.sleep(25)
"""
SAYS = """
import json
def handler(event, context):
    print("IDS " + json.dumps([one["body"] for one in event["Records"]]))
"""
REPORTS = SAYS + """
    return {"batchItemFailures": [{"itemIdentifier": one["messageId"]} for one in event["Records"] if one["body"] == "bad"]}
"""


LAPSED = "the function had no room for the batch before its messages' visibility timeout ended, so they come again"
BEGINS_NEVER = "import time\ntime.sleep(300)\n"
COUNTS = """
import json
def handler(event, context):
    print("IDS " + json.dumps([[one["body"], one["attributes"]["ApproximateReceiveCount"]] for one in event["Records"]]))
"""


@pytest.fixture
def world():
    made = World()
    yield made
    made.close()


def count_of(world, query):
    return changes.rows(world.server, query)[0][0]


def left(world, url):
    found = world.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return sum(int(found[one]) for one in found if one.startswith("ApproximateNumber"))


def send(world, url, *bodies):
    for one in bodies:
        world.client("sqs").send_message(QueueUrl=url, MessageBody=one)


def test_a_mapping_works_on_when_a_version_with_all_of_its_batches_is_deleted(world):
    function, (url, arn) = world.function(SLEEPS, POLLER), world.queue()
    first = world.functions.publish_version(FunctionName=function)["Version"]
    world.functions.create_alias(FunctionName=function, Name="live", FunctionVersion=first)
    world.functions.create_event_source_mapping(
        FunctionName=f"{function}:live", EventSourceArn=arn, BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})
    send(world, url, *"abc")
    world.wait(lambda: count_of(world, "select count(*) from lambda_invocation where state = 'running'") == 2)
    world.functions.update_function_code(FunctionName=function, ZipFile=zip_of({"index.py": SAYS}))
    world.functions.get_waiter("function_updated_v2").wait(FunctionName=function, WaiterConfig={"Delay": 1})
    second = world.functions.publish_version(FunctionName=function)["Version"]
    world.functions.update_alias(FunctionName=function, Name="live", FunctionVersion=second)
    world.functions.delete_function(FunctionName=function, Qualifier=first)
    world.wait(lambda: count_of(world, "select count(*) from lambda_invocation where state = 'running'") == 0)
    world.advance(31)
    world.wait(lambda: sorted(sum(world.ids(function), [])) == ["a", "b", "c"])


def test_a_message_that_comes_again_while_its_batch_gathers_may_be_reported_as_failed(world):
    function, (url, arn) = world.function(REPORTS, POLLER), world.queue()
    world.functions.create_event_source_mapping(
        FunctionName=function, EventSourceArn=arn, BatchSize=100, MaximumBatchingWindowInSeconds=300,
        FunctionResponseTypes=["ReportBatchItemFailures"])
    world.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "200"})
    send(world, url, "good", "bad")
    gathered = "select sum(count) from lambda_batch where state = 'gathering'"
    world.wait(lambda: count_of(world, gathered) == 2)
    world.advance(201)
    world.wait(lambda: count_of(world, gathered) == 4)
    world.advance(99)
    world.wait(lambda: any(len(one) == 4 for one in world.ids(function)))
    world.wait(lambda: left(world, url) == 1)


@pytest.mark.parametrize("change", [
    {"BatchSize": 2}, {"MaximumBatchingWindowInSeconds": 0, "BatchSize": 10}, {"MaximumBatchingWindowInSeconds": 100},
    {"ScalingConfig": {"MaximumConcurrency": 2}}], ids=lambda one: "-".join(one))
def test_what_a_mapping_has_gathered_before_it_is_changed_need_not_be_received_again(world, change):
    function, (url, arn) = world.function(COUNTS, POLLER), world.queue()
    world.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "900"})
    uuid = world.functions.create_event_source_mapping(
        FunctionName=function, EventSourceArn=arn, BatchSize=100, MaximumBatchingWindowInSeconds=300)["UUID"]
    send(world, url, "a", "b")
    world.wait(lambda: count_of(world, "select sum(count) from lambda_batch where state = 'gathering'") == 2)
    world.functions.update_event_source_mapping(UUID=uuid, **change)
    if "BatchSize" not in change:
        world.advance(change.get("MaximumBatchingWindowInSeconds", 300))
    world.wait(lambda: left(world, url) == 0)
    assert [sorted(one) for one in world.ids(function)] == [[["a", "1"], ["b", "1"]]]


@pytest.mark.parametrize("window", [0, 1])
@pytest.mark.parametrize("seconds, receives", [(500, "1"), (601, "2")])
def test_a_batch_that_cannot_begin_before_its_messages_are_visible_again_never_begins(world, window, seconds, receives):
    function, (url, arn) = world.function(BEGINS_NEVER, POLLER), world.queue()
    world.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "600"})
    world.functions.create_event_source_mapping(
        FunctionName=function, EventSourceArn=arn, MaximumBatchingWindowInSeconds=window)
    sent = world.client("sqs").send_message(QueueUrl=url, MessageBody="a")["MessageId"]
    world.wait(lambda: count_of(world, "select count(*) from lambda_invocation where state = 'queued'") == 1)
    world.functions.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    world.functions.update_function_code(FunctionName=function, ZipFile=zip_of({"index.py": COUNTS}))
    world.wait(lambda: count_of(world, "select count(*) from lambda_sandbox") == 0)
    world.advance(seconds)
    world.functions.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=1)
    world.wait(lambda: left(world, url) == 0)
    assert world.ids(function) == [[["a", receives]]]
    world.wait(lambda: count_of(world, "select count(*) from lambda_invocation") == 0)
    world.wait(lambda: count_of(world, "select count(*) from lambda_batch") == 0)
    told = [hop["reason"] for hop in Traces(world.server.endpoint).hops(message=sent) if hop["kind"] == "throttled"]
    assert told.count(LAPSED) == (receives == "2")
