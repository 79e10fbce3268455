"""orderly doctor: what it warns of in the queues that invoke functions."""

import json
import subprocess

import orderly_server
import pytest
from conftest import Result, environment
from orderly_fixtures import LAMBDA_TRUST, zip_of

import boto3


def clients_of(server):
    return lambda service: boto3.client(
        service, endpoint_url=server.endpoint, region_name="us-east-1", aws_access_key_id="test",
        aws_secret_access_key="test")


def doctor_of(server):
    def call(*words):
        return Result(subprocess.run(
            [orderly_server.binary(), "doctor", *words], capture_output=True, text=True, timeout=60, check=False,
            env=environment(AWS_ENDPOINT_URL=server.endpoint)))

    return call


@pytest.fixture
def house(own_server):
    """house(service) is a client of a server of its own."""
    return clients_of(own_server)


@pytest.fixture
def doctor(own_server):
    return doctor_of(own_server)


def make(house, timeout, attributes, runtime="python3.11", **mapping):
    iam, functions, sqs = house("iam"), house("lambda"), house("sqs")
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=LAMBDA_TRUST)["Role"]["Arn"]
    iam.attach_role_policy(RoleName="r", PolicyArn="arn:aws:iam::aws:policy/AmazonSQSFullAccess")
    functions.create_function(
        FunctionName="worker", Runtime=runtime, Handler="index.handler", Role=role, Timeout=timeout,
        Code={"ZipFile": zip_of({"index.py": "def handler(event, context): pass"})})
    sqs.create_queue(QueueName="dead")
    sqs.create_queue(QueueName="work", Attributes=attributes)
    functions.create_event_source_mapping(
        EventSourceArn="arn:aws:sqs:us-east-1:000000000000:work", FunctionName="worker", Enabled=False, **mapping)


def redrive(count):
    return json.dumps({"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:dead", "maxReceiveCount": count})


REPORTS = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}


def test_without_queues_there_is_nothing_to_warn_of(doctor):
    run = doctor()
    assert (run.code, run.out, run.err) == (
        0, "Nothing to warn of: 0 event source mappings of queues are as AWS advises.\n", "")


def test_settings_that_aws_advises_are_well(house, doctor):
    make(house, 5, {"VisibilityTimeout": "30", "RedrivePolicy": redrive(5)}, BatchSize=10, **REPORTS)
    run = doctor()
    assert (run.code, run.out) == (
        0, "Nothing to warn of: 1 event source mappings of queues are as AWS advises.\n")


def test_a_batch_of_one_needs_no_partial_responses(house, doctor):
    make(house, 5, {"VisibilityTimeout": "30", "RedrivePolicy": redrive(5)}, BatchSize=1)
    assert doctor().code == 0


def test_a_function_without_an_interpreter_is_told(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    server = orderly_server.Server().start()
    try:
        house = clients_of(server)
        make(house, 5, {"VisibilityTimeout": "30", "RedrivePolicy": redrive(5)}, runtime="nodejs22.x", BatchSize=1)
        run = doctor_of(server)()
        assert run.code == 1
        assert run.out == "work -> worker: the function cannot run: nodejs is not installed on this machine.\n"
    finally:
        server.stop()
        server.remove_data()


def test_everything_that_is_wrong_is_told(house, doctor):
    make(house, 5, {"VisibilityTimeout": "29", "RedrivePolicy": redrive(4)}, BatchSize=10)
    run = doctor()
    assert run.code == 1
    assert " ".join(run.out.split()) == (
        "work -> worker: the visibility timeout, 29 s, is less than six times the function's timeout, 5 s: messages may "
        "come again while their batch is still tried. Set it to 30 s or more. "
        "work -> worker: maxReceiveCount is 4: throttling alone may send good messages to the dead-letter queue. Set it "
        "to 5 or more. "
        "work -> worker: one bad message of a batch of 10 makes all of them come again: let the function report failures "
        "(ReportBatchItemFailures).")


def test_a_queue_without_a_dead_letter_queue_is_told(house, doctor):
    make(house, 5, {"VisibilityTimeout": "30"}, BatchSize=1)
    run = doctor()
    assert run.code == 1
    assert " ".join(run.out.split()) == (
        "work -> worker: the queue has no dead-letter queue: a message that always fails comes again until it expires.")


def test_a_server_that_is_not_there_is_told(doctor, own_server):
    run = doctor("--endpoint-url", "http://127.0.0.1:1")
    assert run.code == 1 and run.err.startswith("orderly: ")
    assert doctor("nothing").code == 2
    assert "orderly doctor" in doctor("--help").out
