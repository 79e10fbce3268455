"""orderly doctor: what it warns of in the queues that invoke functions, and in those that topics publish to."""

import json
import re
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
    iam.attach_role_policy(RoleName="r", PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole")
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
        0, "Nothing to warn of: 0 event source mappings and 0 subscriptions of queues are as AWS advises.\n", "")


def test_settings_that_aws_advises_are_well(house, doctor):
    make(house, 5, {"VisibilityTimeout": "30", "RedrivePolicy": redrive(5)}, BatchSize=10, **REPORTS)
    run = doctor()
    assert (run.code, run.out) == (
        0, "Nothing to warn of: 1 event source mappings and 0 subscriptions of queues are as AWS advises.\n")


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
        server.end()


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


def sentences(run):
    return " ".join(run.out.split())


def the_way_is_well(house):
    make(house, 5, {"VisibilityTimeout": "30", "RedrivePolicy": redrive(5)}, BatchSize=1)


ROLE, WORK = "arn:aws:iam::000000000000:role/r", "arn:aws:sqs:us-east-1:000000000000:work"


def may(house, *actions):
    iam = house("iam")
    iam.detach_role_policy(RoleName="r", PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole")
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": actions, "Resource": "*"}}))


def test_a_role_that_may_not_receive_or_delete_or_log_is_told(house, doctor):
    the_way_is_well(house)
    may(house, "sqs:GetQueueAttributes")
    run = doctor()
    assert run.code == 1
    assert re.sub(r"log-group\S*", "GROUP", sentences(run)) == (
        f"work -> worker: the function gets no messages: no policy of {ROLE} allows sqs:ReceiveMessage on {WORK}. "
        f"work -> worker: messages come again after they were processed: no policy of {ROLE} allows sqs:DeleteMessage on "
        f"{WORK}. work -> worker: what the function prints is lost: no policy of {ROLE} allows logs:PutLogEvents on "
        "arn:aws:logs:us-east-1:000000000000:GROUP")
    may_all = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "logs:PutLogEvents"]
    house("iam").put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": may_all, "Resource": "*"}}))
    assert doctor().code == 0


def test_where_policies_do_not_bind_nothing_is_lost_by_them():
    server = orderly_server.Server("--iam", "off").start()
    try:
        the_way_is_well(clients_of(server))
        may(clients_of(server), "sqs:GetQueueAttributes")
        topic = clients_of(server)("sns").create_topic(Name="news")["TopicArn"]
        clients_of(server)("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=WORK)
        run = doctor_of(server)()
        assert (run.code, run.out) == (
            0, "Nothing to warn of: 1 event source mappings and 1 subscriptions of queues are as AWS advises.\n")
    finally:
        server.end()


def test_a_queue_that_is_gone_is_told_and_the_others_are_looked_at(house, doctor):
    the_way_is_well(house)
    sqs = house("sqs")
    sqs.create_queue(QueueName="more", Attributes={"VisibilityTimeout": "30"})
    house("lambda").create_event_source_mapping(
        EventSourceArn="arn:aws:sqs:us-east-1:000000000000:more", FunctionName="worker", Enabled=False, BatchSize=1)
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName="work")["QueueUrl"])
    run = doctor()
    assert run.code == 1
    assert sorted(sentences(run).replace(". more", ".\nmore").replace(". work", ".\nwork").splitlines()) == [
        "more -> worker: the queue has no dead-letter queue: a message that always fails comes again until it expires.",
        "work -> worker: the function gets no messages: the queue does not exist."]


def allow(house, topic, queue):
    sqs = house("sqs")
    sqs.set_queue_attributes(QueueUrl=sqs.get_queue_url(QueueName="work")["QueueUrl"], Attributes={"Policy": json.dumps({
        "Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
            "Resource": queue, "Condition": {"ArnEquals": {"aws:SourceArn": topic},
                                             "StringEquals": {"aws:SourceAccount": "000000000000"}}}})})


def test_a_topic_that_may_not_send_to_its_queue_is_told(house, doctor):
    house("sqs").create_queue(QueueName="work")
    topic = house("sns").create_topic(Name="news")["TopicArn"]
    house("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=WORK)
    missing = (f"news -> work: published messages do not arrive: the policy of {WORK} has no statement that allows "
               f"sns.amazonaws.com sqs:SendMessage for {topic}")
    assert (doctor().code, sentences(doctor())) == (1, f"{missing}: there is no such policy.")
    allow(house, topic + "-of-another", WORK)
    assert (doctor().code, sentences(doctor())) == (1, f"{missing}.")
    allow(house, topic, WORK)
    run = doctor()
    assert (run.code, run.out) == (
        0, "Nothing to warn of: 0 event source mappings and 1 subscriptions of queues are as AWS advises.\n")


def test_with_strict_authentication_only_the_administrator_sees_what_policies_allow():
    key = ("AKIAROOT", "root-secret")
    server = orderly_server.Server("--auth", "strict", "--sandbox", "off", "--root-access-key-id", key[0],
                                   "--root-secret-access-key", key[1]).start()
    try:
        session = boto3.Session(*key, region_name="us-east-1")
        sns, sqs, iam = (session.client(name, endpoint_url=server.endpoint) for name in ("sns", "sqs", "iam"))
        sqs.create_queue(QueueName="work")
        for name in ("news", "more-news"):
            sns.subscribe(TopicArn=sns.create_topic(Name=name)["TopicArn"], Protocol="sqs", Endpoint=WORK)
        iam.create_user(UserName="reader")
        iam.attach_user_policy(UserName="reader", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        made = iam.create_access_key(UserName="reader")["AccessKey"]

        def run(key_id, secret):
            return Result(subprocess.run(
                [orderly_server.binary(), "doctor"], capture_output=True, text=True, timeout=60, check=False,
                env=environment(AWS_ENDPOINT_URL=server.endpoint, AWS_ACCESS_KEY_ID=key_id, AWS_SECRET_ACCESS_KEY=secret)))

        asked = run(*key)
        assert (asked.code, sentences(asked).count("published messages do not arrive"), asked.err) == (1, 2, "")
        asked = run(made["AccessKeyId"], made["SecretAccessKey"])
        assert (asked.code, asked.out, asked.err) == (
            0, "Nothing to warn of: 0 event source mappings and 2 subscriptions of queues are as AWS advises.\n",
            "orderly: What policies allow is not looked at: with --auth strict only the administrator may ask.\n")
    finally:
        server.end()


def test_a_subscription_of_a_queue_that_does_not_exist_is_told(house, doctor):
    topic = house("sns").create_topic(Name="news")["TopicArn"]
    house("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=WORK + "k")
    run = doctor()
    assert (run.code, sentences(run)) == (
        1, "news -> workk: published messages do not arrive: the queue does not exist.")


def test_a_server_that_is_not_there_is_told(doctor):
    run = doctor("--endpoint-url", "http://127.0.0.1:1")
    assert run.code == 2 and run.err.startswith("orderly: ")
    assert doctor("nothing").code == 2
    assert "orderly doctor" in doctor("--help").out
