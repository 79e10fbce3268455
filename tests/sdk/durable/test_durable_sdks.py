"""Durable functions on AWS's own SDKs, Python's and JavaScript's, unmodified."""

import json

import orderly_server
import pytest

PYTHON = """
from aws_durable_execution_sdk_python import durable_execution
from aws_durable_execution_sdk_python.config import CallbackConfig, Duration, StepConfig
from aws_durable_execution_sdk_python.retries import RetryDecision

def again(error, attempt):
    return RetryDecision.retry(Duration.from_seconds(30)) if attempt < 3 else RetryDecision.no_retry()

def flaky(event):
    def attempt(context):
        if context.attempt < event["good"]:
            raise ValueError(f"attempt {context.attempt}")
        return f"attempt {context.attempt} was good"
    return attempt

def steps(event, context):
    a = context.step(lambda _: event["n"] + 1, name="add")
    context.wait(Duration.from_seconds(60), name="rest")
    return {"a": a, "b": context.step(lambda _: a * 2, name="double")}

def retry(event, context):
    return context.step(flaky(event), name="flaky", config=StepConfig(retry_strategy=again))

def call_back(event, context):
    wanted = context.create_callback(name="approval", config=CallbackConfig(
        timeout=Duration.from_seconds(600), heartbeat_timeout=Duration.from_seconds(60)))
    return {"answer": wanted.result()}

def branches(event, context):
    def branch(seconds):
        def run(child):
            child.wait(Duration.from_seconds(seconds), name=f"rest-{seconds}")
            return child.step(lambda _: seconds, name=f"tell-{seconds}")
        return run
    return context.parallel([branch(20), branch(40)], name="both").get_results()

def each(event, context):
    return context.map(event["items"], lambda child, item, *_: child.step(lambda _: item * item, name="square"),
                       name="squares").get_results()

def chain(event, context):
    return context.invoke(event["function"], event["payload"], name="other")

def large(event, context):
    parts = [context.step(lambda _: "x" * 250_000, name=f"part-{i}") for i in range(event["parts"])]
    context.wait(Duration.from_seconds(10), name="rest")
    return sum(map(len, parts))

@durable_execution
def handler(event, context):
    return globals()[event["do"]](event, context)
"""

JAVASCRIPT = """
import { withDurableExecution } from "@aws/durable-execution-sdk-js";

const scenes = {
  async steps(event, context) {
    const a = await context.step("add", async () => event.n + 1);
    await context.wait("rest", { seconds: 60 });
    return { a, b: await context.step("double", async () => a * 2) };
  },
  async retry(event, context) {
    let attempt = 0;
    return await context.step("flaky", async (step) => {
      attempt = step.attempt ?? attempt;
      if (attempt < event.good) throw new Error(`attempt ${attempt}`);
      return `attempt ${attempt} was good`;
    }, { retryStrategy: (error, made) => ({ shouldRetry: made < 3, delay: { seconds: 30 } }) });
  },
  async call_back(event, context) {
    const [wanted] = await context.createCallback("approval", { timeout: { seconds: 600 }, heartbeatTimeout: { seconds: 60 } });
    return { answer: await wanted };
  },
  async branches(event, context) {
    const branch = (seconds) => async (child) => {
      await child.wait(`rest-${seconds}`, { seconds });
      return child.step(`tell-${seconds}`, async () => seconds);
    };
    return (await context.parallel("both", [branch(20), branch(40)])).getResults();
  },
  async each(event, context) {
    return (await context.map("squares", event.items, (child, item) => child.step("square", async () => item * item))).getResults();
  },
  chain: (event, context) => context.invoke("other", event.function, event.payload),
  async large(event, context) {
    let sum = 0;
    for (let i = 0; i < event.parts; i++) sum += (await context.step(`part-${i}`, async () => "x".repeat(250_000))).length;
    await context.wait("rest", { seconds: 10 });
    return sum;
  },
};

export const handler = withDurableExecution((event, context) => scenes[event.do](event, context));
"""


@pytest.fixture(scope="module")
def made(world):
    return {"python": world.python(PYTHON), "javascript": world.javascript(JAVASCRIPT)}


@pytest.fixture(params=["python", "javascript"])
def function(made, request):
    return made[request.param]


def outline(world, arn):
    """The history without times and ids: (type, name) of each event."""
    return [(event["EventType"], event.get("Name")) for event in world.events(arn)
            if not event["EventType"].startswith("Execution")]


def test_steps_and_a_wait_are_replayed_not_repeated(world, function):
    arn = world.start(function, {"do": "steps", "n": 4})
    world.wait_for(arn, "InvocationCompleted")
    assert world.shown(arn)["Status"] == "RUNNING"
    world.advance(61)
    assert json.loads(world.ended(arn)["Result"]) == {"a": 5, "b": 10}
    assert outline(world, arn) == [
        ("StepStarted", "add"), ("StepSucceeded", "add"), ("WaitStarted", "rest"), ("InvocationCompleted", None),
        ("WaitSucceeded", "rest"), ("StepStarted", "double"), ("StepSucceeded", "double"), ("InvocationCompleted", None)]


def test_a_step_that_fails_is_tried_again_when_its_retry_is_due(world, function):
    arn = world.start(function, {"do": "retry", "good": 3})
    for attempt in (1, 2):
        world.wait_for(arn, "InvocationCompleted", attempt)
        assert world.types(arn).count("StepFailed") == attempt
        world.advance(31)
    assert json.loads(world.ended(arn)["Result"]) == "attempt 3 was good"
    failed = [event["StepFailedDetails"] for event in world.events(arn) if event["EventType"] == "StepFailed"]
    assert [one["RetryDetails"] for one in failed] == [
        {"CurrentAttempt": 1, "NextAttemptDelaySeconds": 30}, {"CurrentAttempt": 2, "NextAttemptDelaySeconds": 30}]
    assert [one["Error"]["Payload"]["ErrorMessage"] for one in failed] == ["attempt 1", "attempt 2"]
    [good] = [event["StepSucceededDetails"] for event in world.events(arn) if event["EventType"] == "StepSucceeded"]
    assert good == {"Result": {"Payload": '"attempt 3 was good"'}, "RetryDetails": {"CurrentAttempt": 3}}


def test_a_step_whose_retries_are_used_up_fails_the_execution(world, function):
    arn = world.start(function, {"do": "retry", "good": 9})
    for attempt in (1, 2):
        world.wait_for(arn, "InvocationCompleted", attempt)
        world.advance(31)
    ended = world.ended(arn)
    assert (ended["Status"], ended["Error"]["ErrorMessage"]) == ("FAILED", "attempt 3")
    assert "Result" not in ended


def callback_of(world, arn):
    world.wait_for(arn, "InvocationCompleted")
    [started] = [event["CallbackStartedDetails"] for event in world.events(arn) if event["EventType"] == "CallbackStarted"]
    assert (started["Timeout"], started["HeartbeatTimeout"]) == (600, 60)
    return started["CallbackId"]


def test_a_callback_ends_the_wait_of_its_function(world, function):
    arn = world.start(function, {"do": "call_back"})
    world.functions.send_durable_execution_callback_success(CallbackId=callback_of(world, arn), Result=b'"yes"')
    answer = json.loads(world.ended(arn)["Result"])["answer"]
    assert answer in ("yes", '"yes"')  # the SDKs differ: Python's parses it


def test_a_callback_that_fails_fails_its_function(world, function):
    arn = world.start(function, {"do": "call_back"})
    world.functions.send_durable_execution_callback_failure(
        CallbackId=callback_of(world, arn), Error={"ErrorMessage": "no", "ErrorType": "Refused"})
    ended = world.ended(arn)
    assert (ended["Status"], ended["Error"]["ErrorMessage"]) == ("FAILED", "no")


def test_a_callback_without_heartbeats_times_out(world, function):
    arn = world.start(function, {"do": "call_back"})
    callback = callback_of(world, arn)
    world.advance(30)
    world.functions.send_durable_execution_callback_heartbeat(CallbackId=callback)
    world.advance(31)
    assert world.shown(arn)["Status"] == "RUNNING"
    world.advance(30)
    assert world.ended(arn)["Status"] == "FAILED"
    [late] = [event for event in world.events(arn) if event["EventType"] == "CallbackTimedOut"]
    assert late["CallbackTimedOutDetails"] == {
        "Error": {"Payload": {"ErrorMessage": "Callback timed out on heartbeat", "ErrorType": "Callback.Heartbeat"}}}


def test_branches_wait_beside_each_other(world, function):
    arn = world.start(function, {"do": "branches"})
    world.wait_for(arn, "InvocationCompleted")
    assert sorted(name for type, name in outline(world, arn) if type == "WaitStarted") == ["rest-20", "rest-40"]
    world.advance(21)
    world.wait_for(arn, "InvocationCompleted", 2)
    world.advance(20)
    assert json.loads(world.ended(arn)["Result"]) == [20, 40]


def test_map_runs_a_context_for_each_item(world, function):
    arn = world.start(function, {"do": "each", "items": [1, 2, 3, 4]})
    assert json.loads(world.ended(arn)["Result"]) == [1, 4, 9, 16]
    squares = [event for event in world.events(arn) if event["EventType"] == "StepSucceeded"]
    assert sorted(event["StepSucceededDetails"]["Result"]["Payload"] for event in squares) == ["1", "16", "4", "9"]
    assert len({event["ParentId"] for event in squares}) == 4


def test_a_function_invokes_another_durable_one_and_gets_its_result(world, function, made):
    arn = world.start(function, {"do": "chain", "function": made["python"] + ":$LATEST",
                                 "payload": {"do": "each", "items": [5]}})
    assert json.loads(world.ended(arn)["Result"]) == [25]
    [started] = [event["ChainedInvokeStartedDetails"] for event in world.events(arn)
                 if event["EventType"] == "ChainedInvokeStarted"]
    assert world.shown(started["DurableExecutionArn"])["Status"] == "SUCCEEDED"


def test_a_function_invokes_a_plain_one_and_gets_its_error(world, function):
    plain = world.create({"index.py": "def handler(event, context):\n    raise ValueError('not ' + event['what'])"}, durable=False)
    arn = world.start(function, {"do": "chain", "function": plain, "payload": {"what": "today"}})
    ended = world.ended(arn)
    assert (ended["Status"], ended["Error"]["ErrorMessage"]) == ("FAILED", "not today")


def test_a_state_of_many_pages_is_replayed(world, function):
    arn = world.start(function, {"do": "large", "parts": 9})
    world.wait_for(arn, "InvocationCompleted")
    world.advance(11)
    assert json.loads(world.ended(arn)["Result"]) == 9 * 250_000


def test_a_synchronous_caller_waits_for_the_whole_execution(world, function):
    reply = world.functions.invoke(FunctionName=function, Qualifier="$LATEST", Payload=json.dumps({"do": "each", "items": [3]}))
    assert (reply["StatusCode"], json.load(reply["Payload"]), reply["ExecutedVersion"]) == (200, [9], "$LATEST")
    assert world.shown(reply["DurableExecutionArn"])["Status"] == "SUCCEEDED"


def test_an_execution_goes_on_after_kill_9(world, function):
    arn = world.start(function, {"do": "steps", "n": 1})
    world.wait_for(arn, "InvocationCompleted")
    world.restart()
    world.advance(61)
    assert json.loads(world.ended(arn)["Result"]) == {"a": 2, "b": 4}
    assert world.types(arn).count("StepSucceeded") == 2


KILLED = """
import os, boto3
from aws_durable_execution_sdk_python import durable_execution
from aws_durable_execution_sdk_python.config import Duration, StepConfig, StepSemantics
from aws_durable_execution_sdk_python.retries import RetryDecision

sqs = boto3.client("sqs")

def at_once(error, attempt):
    return RetryDecision.retry(Duration.from_seconds(1))

def effect(number):
    def run(context):
        sqs.send_message(QueueUrl=os.environ["EFFECTS"], MessageBody=f"{number}/{context.attempt}", MessageGroupId="one",
                         MessageDeduplicationId=os.urandom(16).hex())
        return number
    return run

@durable_execution
def handler(event, context):
    config = StepConfig(retry_strategy=at_once, step_semantics=StepSemantics[event["semantics"]])
    return [context.step(effect(number), name=f"step-{number}", config=config) for number in range(event["steps"])]
"""


@pytest.mark.parametrize("semantics", ["AT_LEAST_ONCE_PER_RETRY", "AT_MOST_ONCE_PER_RETRY"])
def test_an_execution_goes_on_where_it_was_over_many_kills_and_does_nothing_twice_that_was_done(world, semantics):
    kills, steps = 7, 36  # more kills than a run that fails is tried again
    sqs = world.client("sqs")
    effects = sqs.create_queue(QueueName=world.name("effects") + ".fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    name = world.python(KILLED, Environment={"Variables": {"EFFECTS": effects}})
    arn = world.start(name, {"steps": steps, "semantics": semantics})
    done = 0
    for kill in range(kills):
        world.wait_for(arn, "StepSucceeded", min(steps, max(done + 1, (kill + 1) * 3)))
        done = world.types(arn).count("StepSucceeded")
        world.restart()
        assert world.types(arn).count("StepSucceeded") >= done  # what was told is not lost
        world.advance(2)
    ended = orderly_server.wait_until(
        lambda: world.advance(1) or (shown := world.shown(arn))["Status"] != "RUNNING" and shown, 60, "the end")
    assert (ended["Status"], json.loads(ended["Result"])) == ("SUCCEEDED", list(range(steps)))
    assert world.types(arn).count("StepSucceeded") == steps
    found = []
    while messages := sqs.receive_message(QueueUrl=effects, MaxNumberOfMessages=10).get("Messages"):
        found += [tuple(map(int, message["Body"].split("/"))) for message in messages]
        for message in messages:
            sqs.delete_message(QueueUrl=effects, ReceiptHandle=message["ReceiptHandle"])
    order = [number for number, _ in found]
    assert order == sorted(order) and set(order) == set(range(steps))  # no step runs after one that came behind it
    assert len(found) <= steps + kills
    if semantics == "AT_MOST_ONCE_PER_RETRY":
        assert len(set(found)) == len(found)
