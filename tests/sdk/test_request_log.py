"""The server's log: a line for each request, with what a newcomer needs to know about it."""

import json
import re
import socket
import threading
import urllib.error
import urllib.request

import boto3
import changes
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

UUID = "[0-9a-f-]{36}"
LINES_PER_SECOND = 500


@pytest.fixture
def started():
    """started(*flags) starts a server of its own."""
    servers = []

    def start(*flags):
        servers.append(changes.OwnServer(*flags))
        return servers[-1]

    yield start
    for one in servers:
        one.end()


def said(one, wait_until, word):
    """The log's lines with that word, without their times."""
    lines = wait_until(lambda: [line for line in one.server.log_lines if word in line], what=word)
    return [line.split(" ", 1)[1].rstrip("\n") for line in lines]


def signed_as(one, service, key, secret="secret"):
    return boto3.client(service, endpoint_url=one.server.endpoint, region_name="eu-west-1", aws_access_key_id=key,
                        aws_secret_access_key=secret, config=Config(retries={"max_attempts": 0}))


def test_a_request_has_a_line_with_its_account_region_and_resource(started, wait_until):
    one = started()
    topic = signed_as(one, "sns", "123456789012").create_topic(Name="t")["TopicArn"]
    [line] = said(one, wait_until, "sns.CreateTopic")
    assert re.fullmatch(rf"info AWS sns\.CreateTopic => 200 \(OK\) account=123456789012 region=eu-west-1 "
                        rf"resource={topic} us=\d+ request_id={UUID}", line)


def test_a_refused_one_says_why(started, refused, wait_until):
    one = started()
    refused(one.client("sqs").get_queue_url, QueueName="none")
    [line] = said(one, wait_until, "sqs.GetQueueUrl")
    assert re.fullmatch(rf"info AWS sqs\.GetQueueUrl => 400 \(QueueDoesNotExist\) account=000000000000 region=us-east-1 "
                        rf"resource=arn:aws:sqs:us-east-1:000000000000:none us=\d+ request_id={UUID} "
                        rf'error="The specified queue does not exist\."', line)


def test_what_nobody_sent_to_aws_has_a_line_at_debug_only(started, wait_until):
    def ask(one):
        with urllib.request.urlopen(one.server.endpoint + "/_localstack/health") as reply:
            reply.read()
        one.client("sns").list_topics()

    quiet, loud = started(), started("--log-level", "debug")
    for one in (quiet, loud):
        ask(one)
        said(one, wait_until, "sns.ListTopics")
    assert "health" not in quiet.server.log
    assert len(said(loud, wait_until, "debug GET /_localstack/health => 200 (OK) us=")) == 1


def test_without_info_there_are_no_lines(started):
    one = started("--log-level", "warn")
    one.client("sns").list_topics()
    assert "ListTopics" not in one.server.log


def test_a_second_has_room_for_so_many_lines_and_debug_for_all(started, wait_until):
    def burst(one):
        one.client("sqs")
        threads = [threading.Thread(target=lambda: [one.client("sqs").list_queues() for _ in range(400)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        one.client("sns").list_topics()
        return len(re.findall(r"sqs\.ListQueues", one.server.log))

    loud = started("--log-level", "debug")
    burst(loud)
    wait_until(lambda: len(said(loud, wait_until, "sqs.ListQueues")) == 1600)
    quiet = started()
    per_second = {}
    burst(quiet)
    for line in quiet.server.log_lines:
        if "sqs.ListQueues" in line:
            per_second[line[:19]] = per_second.get(line[:19], 0) + 1
    assert max(per_second.values()) <= 2 * LINES_PER_SECOND, "two of the log's seconds share one of the clock's"


# --- In JSON -----------------------------------------------------------------------------------

HOSTILE = 'a"b\\c\nd\x1b[2J\x7f\u202e é 漢字 𝄞'


def objects(one):
    """The log's lines, but for what the start prints to the standard output; each must be an object."""
    return [json.loads(line) for line in one.server.log_lines if line.strip() != "Ready."]


def object_of(one, wait_until, word):
    wait_until(lambda: [line for line in one.server.log_lines if word in line], what=word)
    [found] = [found for found in objects(one) if word in found["message"]]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", found.pop("time"))
    return found


def without_us(found):
    assert isinstance(found.pop("us"), int) and re.fullmatch(UUID, found.pop("request_id"))
    return found


def test_in_json_a_request_is_an_object_with_its_fields(started, wait_until):
    one = started("--log-format", "json")
    topic = signed_as(one, "sns", "123456789012").create_topic(Name="t")["TopicArn"]
    assert without_us(object_of(one, wait_until, "sns.CreateTopic")) == {
        "level": "info", "message": "AWS sns.CreateTopic => 200 (OK)", "operation": "sns.CreateTopic", "method": "POST",
        "path": "/", "status": 200, "outcome": "OK", "account": "123456789012", "region": "eu-west-1", "resource": topic}


def test_in_json_a_refusal_names_its_error(started, refused, wait_until):
    one = started("--log-format=json")
    refused(one.client("sqs").get_queue_url, QueueName="none")
    assert without_us(object_of(one, wait_until, "sqs.GetQueueUrl")) == {
        "level": "info", "message": "AWS sqs.GetQueueUrl => 400 (QueueDoesNotExist)", "operation": "sqs.GetQueueUrl",
        "method": "POST", "path": "/", "status": 400, "outcome": "QueueDoesNotExist", "account": "000000000000",
        "region": "us-east-1", "resource": "arn:aws:sqs:us-east-1:000000000000:none",
        "error": "The specified queue does not exist."}


@pytest.mark.parametrize("name", [HOSTILE, "é" * 299 + "x", "é" * 300, "x" + "é" * 300, "𝄞" * 150, "xx" + "𝄞" * 150],
                         ids=["hostile", "599", "600", "601", "600 of four", "602 of four"])
def test_in_json_hostile_and_long_names_come_whole_or_cut_between_characters(started, wait_until, name):
    one = started("--log-format", "json")
    with pytest.raises(ClientError):
        one.client("sqs").get_queue_url(QueueName=f"{name}:")
    found = without_us(object_of(one, wait_until, "sqs.GetQueueUrl"))
    whole = f"arn:aws:sqs:us-east-1:000000000000:{name}:"
    assert found["resource"] == whole.encode()[:600].decode(errors="ignore")
    log = one.server.log  # once: a line may come at any moment
    assert len(log.splitlines()) == log.count("\n")


@pytest.mark.parametrize("format", ["text", "json"])
def test_bytes_that_are_not_text_do_not_get_into_a_line(started, wait_until, format):
    one = started("--log-format", format)
    with socket.create_connection(("127.0.0.1", one.server.port)) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: 2\r\n"
                           b"Content-Type: application/x-amz-json-1.1\r\nAuthorization: AWS4-HMAC-SHA256 Credential=test/"
                           b"20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0\r\n"
                           b"X-Amz-Target: Kinesis.\"\xff\xc3\x28\xed\xa0\x80\r\n\r\n{}")
        assert b" 400 " in connection.recv(100)
    [line] = wait_until(lambda: [line for line in one.server.log_lines if "kinesis" in line])
    operation = 'kinesis."\ufffd\ufffd(\ufffd\ufffd\ufffd'
    assert "=> 400 (NotImplemented)" in line and (format == "json" or f"AWS {operation} =>" in line)
    assert format == "text" or json.loads(line)["operation"] == operation


def test_in_json_a_warning_has_its_fields(started, wait_until):
    one = started("--log-format", "json", "--iam", "soft")
    iam = one.client("iam")
    iam.create_user(UserName="u")
    key = iam.create_access_key(UserName="u")["AccessKey"]
    signed_as(one, "dynamodb", key["AccessKeyId"], key["SecretAccessKey"]).list_tables()
    found = object_of(one, wait_until, "would be denied")
    assert re.fullmatch(UUID, found.pop("request_id"))
    assert found == {
        "level": "warn", "message": "would be denied", "action": "dynamodb:ListTables", "not_told_before": 0,
        "reason": "no policy of arn:aws:iam::000000000000:user/u allows dynamodb:ListTables on "
                  "arn:aws:dynamodb:eu-west-1:000000000000:table/*"}
    assert object_of(one, wait_until, "policies do not bind") == {
        "level": "warn", "message": "policies do not bind (--iam soft): what they deny is let through, and said here"}


# --- Services that Orderly lacks ---------------------------------------------------------------

STRANGERS = [
    ("cloudformation", "list_stacks", {}, "cloudformation.ListStacks", "cloudformation: ListStacks"),
    ("kinesis", "list_streams", {}, "kinesis.ListStreams", "kinesis: ListStreams"),
    ("stepfunctions", "list_state_machines", {}, "states.ListStateMachines", "states: ListStateMachines"),
    ("ec2", "describe_instances", {}, "ec2.DescribeInstances", "ec2: DescribeInstances"),
    ("s3", "list_buckets", {}, "s3 GET /", "s3: GET /"),
    ("s3", "put_object", {"Bucket": "b", "Key": "k", "Body": b"x"}, "s3 PUT /b/k", "s3: PUT /b/k"),
    ("route53", "list_hosted_zones", {}, "route53 GET /2013-04-01/hostedzone", "route53: GET /2013-04-01/hostedzone"),
    ("apigateway", "get_rest_apis", {}, "apigateway GET /restapis", "apigateway: GET /restapis"),
    ("dynamodb", "list_exports", {}, "dynamodb.ListExports", None),
]


@pytest.mark.parametrize("service, call, arguments, subject, words", STRANGERS, ids=lambda value: str(value)[:20])
def test_an_operation_that_is_not_here_is_named_to_the_client_and_in_the_log(
    started, refused, wait_until, service, call, arguments, subject, words
):
    one = started()
    error = refused(getattr(one.client(service), call), **arguments)
    assert (error["code"], error["status"]) == ("NotImplemented", 400)
    if words:
        assert error["message"] == f"Orderly does not serve {words}. See docs/compatibility.md."
    [line] = said(one, wait_until, f"AWS {subject} ")
    assert line.startswith(f"info AWS {subject} => 400 (NotImplemented) us=")
    assert line.endswith(f"error={json.dumps(error['message'])}")


def test_who_signs_for_nobody_is_told_that_nothing_is_there(started):
    one = started()
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(one.server.endpoint + "/restapis")
    assert caught.value.code == 404
    assert json.load(caught.value)["message"] == "Nothing here answers GET /restapis."


# --- Keys --------------------------------------------------------------------------------------


def test_who_comes_with_a_made_up_key_after_the_first_was_created_finds_out_why(started, wait_until):
    one = started()
    iam, made_up = one.client("iam"), signed_as(one, "sns", "anything")
    assert made_up.list_topics()["Topics"] == []
    iam.create_user(UserName="u")
    key = iam.create_access_key(UserName="u")["AccessKey"]
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        made_up.list_topics()
    [line] = said(one, wait_until, "access key is not known")
    assert line == ('warn an access key is not known access_key_id=anything reason="any key is the administrator\'s only '
                    "until the first one is created here: use one of those that were, or the administrator's own "
                    '(test/test, unless it was set)" not_told_before=0')
    iam.delete_access_key(UserName="u", AccessKeyId=key["AccessKeyId"])
    assert one.client("sns").list_topics()["Topics"] == []
