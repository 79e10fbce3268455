"""kill -9 in the middle of load: nothing acknowledged is lost, nothing deleted comes back."""

import json
import os
import pathlib
import random
import struct
import subprocess

import boto3
import orderly_server
import pytest
from load import PROGRESS, Memory, check_items, check_messages, prepare, run_until_killed
from orderly_fixtures import zip_of
from seeds import ORDER, TRUST, deploy

CYCLES = int(os.environ.get("CRASH_CYCLES", "8"))
WAL_HEADER_BYTES = 32
FRAME_HEADER_BYTES = 24


@pytest.mark.timeout(60 + 20 * CYCLES)
def test_nothing_acknowledged_is_lost_when_the_server_is_killed_under_load(server):
    seed = int(os.environ.get("CRASH_SEED", random.randrange(1 << 32)))
    print(f"CRASH_SEED={seed}")
    chance = random.Random(seed)
    memory, queue_url = Memory(), prepare(server.port)
    for _ in range(CYCLES):
        run_until_killed(server, queue_url, memory, chance.uniform(0.0, 0.6))
        server.start()
        check_messages(server, queue_url, memory)
        check_items(server, memory)
    assert len(memory.sent) > PROGRESS * CYCLES and len(memory.items) > PROGRESS * CYCLES


def write_ahead_log(server):
    [log] = pathlib.Path(server.data).rglob("*-wal")
    return log


def append_garbage(log):
    with log.open("ab") as file:
        file.write(random.Random(1).randbytes(10_000))


def tear_a_page(log):
    """Append half of a frame, as if the power failed while it was written."""
    content = bytearray(log.read_bytes())
    page_bytes = struct.unpack(">I", content[8:12])[0]
    salts, at, frame_bytes = content[16:24], WAL_HEADER_BYTES, FRAME_HEADER_BYTES + page_bytes
    while content[at + 8 : at + 16] == salts and at + frame_bytes <= len(content):
        at += frame_bytes
    assert at > WAL_HEADER_BYTES, "the log holds no frame"
    frame = content[at - frame_bytes : at]
    frame[FRAME_HEADER_BYTES + page_bytes // 2 :] = b""
    content[at : at + len(frame)] = frame
    log.write_bytes(content)


@pytest.mark.parametrize("damage", [append_garbage, tear_a_page])
def test_a_torn_end_of_the_log_is_ignored(server, damage):
    memory, queue_url = Memory(), prepare(server.port)
    for _ in range(2):
        run_until_killed(server, queue_url, memory, 0.3)
        damage(write_ahead_log(server))
        server.start()
        check_messages(server, queue_url, memory)
        check_items(server, memory)


def test_a_graceful_stop_loses_nothing_either(server):
    memory, queue_url = Memory(), prepare(server.port)
    run_until_killed(server, queue_url, memory, 0.2)
    server.start()
    server.stop()
    server.start()
    check_messages(server, queue_url, memory)
    check_items(server, memory)


def order_package():
    named = os.environ.get("ORDERS_ZIP")
    found = [pathlib.Path(named)] if named else sorted(orderly_server.ROOT.glob("build*/apps/orders/functions/c/orders.zip"))
    assert found, "apps/orders/functions/c/orders.zip has not been built"
    return found[0].read_bytes()


@pytest.fixture
def client(server):
    def make(service):
        return boto3.client(
            service,
            endpoint_url=server.endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    return make


def test_every_acknowledged_order_reaches_the_table_although_the_server_is_killed(server, client):
    topic, _, dead_letters = deploy(client, orderly_server.wait_until, order_package())
    sns, dynamodb = client("sns"), client("dynamodb")
    published = []
    for cycle in range(3):
        for batch in range(5):
            ids = [f"{cycle}-{batch}-{i}" for i in range(10)]
            entries = [{"Id": one, "Message": json.dumps({**ORDER, "orderId": one})} for one in ids]
            reply = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
            published += [entry["Id"] for entry in reply["Successful"]]
        server.kill()
        server.start()
    # A message that was being handled when the server was killed is visible again after its visibility timeout.
    server.advance_clock(31)

    def all_there():
        pages = dynamodb.get_paginator("scan").paginate(TableName="Orders", ConsistentRead=True)
        return {item["orderId"]["S"] for page in pages for item in page["Items"]} >= set(published)

    orderly_server.wait_until(all_there, timeout_seconds=60, what="every acknowledged order in the table")
    reply = client("sqs").get_queue_attributes(QueueUrl=dead_letters, AttributeNames=["ApproximateNumberOfMessages"])
    assert reply["Attributes"]["ApproximateNumberOfMessages"] == "0"


LEAVES_A_PROCESS = """
import subprocess
def handler(event, context):
    subprocess.Popen(["sleep", "1000.0042"], env={}, start_new_session=True)
"""


def test_what_a_function_left_running_ends_with_a_server_that_is_killed(server, client):
    def runs():
        return subprocess.run(["pgrep", "-f", "^sleep 1000.0042"], stdout=subprocess.DEVNULL).returncode == 0

    functions = client("lambda")
    role = client("iam").create_role(RoleName="role", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    functions.create_function(
        FunctionName="leaves",
        Runtime="python3.11",
        Handler="index.handler",
        Role=role,
        Timeout=30,
        Code={"ZipFile": zip_of({"index.py": LEAVES_A_PROCESS})},
    )
    functions.invoke(FunctionName="leaves")
    assert runs()
    server.kill()
    orderly_server.wait_until(lambda: not runs(), what="the end of the function's process")


FAILS = """
def handler(event, context):
    print("got", event)
    assert event != "bad"
"""


def test_a_failed_asynchronous_invocation_is_tried_again_after_kills(server, client):
    functions, logs = client("lambda"), client("logs")
    role = client("iam").create_role(RoleName="role", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    client("iam").attach_role_policy(
        RoleName="role", PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")
    functions.create_function(FunctionName="fails", Runtime="python3.11", Handler="index.handler", Role=role, Timeout=30,
                              Code={"ZipFile": zip_of({"index.py": FAILS})})

    def tries():
        try:
            events = logs.filter_log_events(logGroupName="/aws/lambda/fails")["events"]
        except logs.exceptions.ResourceNotFoundException:
            return 0
        return sum(event["message"].startswith("got bad") for event in events)

    functions.invoke(FunctionName="fails", InvocationType="Event", Payload=b'"bad"')
    for number, seconds in ((1, 60), (2, 120)):
        orderly_server.wait_until(lambda number=number: tries() == number, 60, "an attempt")
        server.kill()
        server.start()
        assert tries() == number
        server.advance_clock(seconds)
    orderly_server.wait_until(lambda: tries() == 3, 60, "the last attempt")
