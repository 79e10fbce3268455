"""A function that prints much is slowed down, and no other is."""

import threading

import orderly_server
import pytest
from function_house import House

LINES, LINE_BYTES = 20_000, 10_000

PRINTING = f"""
import sys
def handler(event, context):
    for number in range({LINES}):
        sys.stdout.write("%07d " % number + "x" * {LINE_BYTES - 9} + "\\n")
    sys.stdout.flush()
    return "printed"
"""


@pytest.fixture
def house(monkeypatch):
    """A server that keeps little freed memory, so that its memory shows what it uses."""
    monkeypatch.setenv("ASAN_OPTIONS", orderly_server.SANITIZER_ENVIRONMENT["ASAN_OPTIONS"] + ":quarantine_size_mb=8")
    server = orderly_server.Server().start()
    yield House(server)
    server.end()


def peak_mb(server):
    with open(f"/proc/{server.process.pid}/status") as status:
        return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM:"))


def numbers_in_log(house, name):
    logs = house.client("logs")
    group = f"/aws/lambda/{name}"
    numbers = []
    for stream in logs.describe_log_streams(logGroupName=group)["logStreams"]:
        token = None
        while True:
            page = logs.get_log_events(
                logGroupName=group,
                logStreamName=stream["logStreamName"],
                startFromHead=True,
                **({"nextToken": token} if token else {}),
            )
            numbers += [int(event["message"][:7]) for event in page["events"] if event["message"].endswith("x\n")]
            if page["nextForwardToken"] == token:
                break
            token = page["nextForwardToken"]
    return numbers


def test_a_function_that_prints_200_mb_slows_itself_and_nobody_else(house):
    before_mb = peak_mb(house.server)
    iam, sqs = house.client("iam"), house.client("sqs")
    house.role()
    iam.attach_role_policy(
        RoleName="packages", PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    )
    house.create("loud", PRINTING, Timeout=600)
    url = sqs.create_queue(QueueName="beside")["QueueUrl"]
    answers = []
    printing = threading.Thread(target=lambda: answers.append(house.invoke("loud")))
    printing.start()
    sent = 0
    while printing.is_alive():
        sqs.send_message(QueueUrl=url, MessageBody="beside")
        sent += 1
        printing.join(0.01)
    assert answers == [(None, '"printed"')]
    assert sent > 100
    assert peak_mb(house.server) < before_mb + 100
    assert numbers_in_log(house, "loud") == list(range(LINES))
