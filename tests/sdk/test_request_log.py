"""The server's log: a line for each request, with what a newcomer needs to know about it."""

import json
import re
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


# # --- Services that Orderly lacks ---------------------------------------------------------------

STRANGERS = [
    ("cloudformation", "list_stacks", {}, "cloudformation.ListStacks", "cloudformation: ListStacks"),
    ("kinesis", "list_streams", {}, "kinesis.ListStreams", "kinesis: ListStreams"),
    ("stepfunctions", "list_state_machines", {}, "states.ListStateMachines", "states: ListStateMachines"),
    ("ec2", "describe_instances", {}, "ec2.DescribeInstances", "ec2: DescribeInstances"),
    ("s3", "list_buckets", {}, "s3 GET /", "s3: GET /"),
    ("s3", "put_object", {"Bucket": "b", "Key": "k", "Body": b"x"}, "s3 PUT /b/k", "s3: PUT /b/k"),
    ("route53", "list_hosted_zones", {}, "route53 GET /2013-04-01/hostedzone", "route53: GET /2013-04-01/hostedzone"),
    ("apigateway", "get_rest_apis", {}, "apigateway GET /restapis", "apigateway: GET /restapis"),
    ("sns", "list_platform_applications", {}, "sns.ListPlatformApplications", None),
]


@pytest.mark.parametrize("service, call, arguments, subject, words", STRANGERS, ids=lambda value: str(value)[:20])
def test_an_operation_that_is_not_here_is_named_to_the_client_and_in_the_log(
    started, refused, wait_until, service, call, arguments, subject, words
):
    one = started()
    error = refused(getattr(one.client(service), call), **arguments)
    assert (error["code"], error["status"]) == ("NotImplemented", 501)
    if words:
        assert error["message"] == f"Orderly does not serve {words}. See docs/compatibility.md."
    [line] = said(one, wait_until, f"AWS {subject} ")
    assert line.startswith(f"info AWS {subject} => 501 (NotImplemented) us=")
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
    assert line == ('warn an access key is not known access_key_id="anything" reason="any key is the administrator\'s only '
                    "until the first one is created here: use one of those that were, or the administrator's own "
                    '(test/test, unless it was set)" not_told_before=0')
    iam.delete_access_key(UserName="u", AccessKeyId=key["AccessKeyId"])
    assert one.client("sns").list_topics()["Topics"] == []
