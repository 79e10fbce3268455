"""Requests without a signature: served when the policy of the queue or topic allows everybody, as AWS does."""

import gzip
import json
import urllib.error
import urllib.parse
import urllib.request

import boto3
import orderly_server
import pytest
from botocore.config import Config
from orderly_fixtures import ACCOUNT

ROOT = ["--root-access-key-id", "test", "--root-secret-access-key", "test"]
UNSIGNED = "Request is missing Authentication Token"


@pytest.fixture(scope="module", params=[[], ["--auth", "strict", *ROOT], ["--iam", "off"], ["--iam", "soft"]],
                ids=["open", "strict", "iam-off", "iam-soft"])
def server(request):
    server = orderly_server.Server(*request.param).start()
    yield server
    server.end()


@pytest.fixture(scope="module")
def client(server):
    return lambda service: boto3.client(service, endpoint_url=server.endpoint, region_name="us-east-1",
                                        aws_access_key_id="test", aws_secret_access_key="test",
                                        config=Config(retries={"max_attempts": 0}))


def policy(*actions, **rest):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": list(actions), "Resource": "*", **rest}]})


def new_queue(client, name, **attributes):
    return client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]


def send(request):
    """(status, body) of a request that nobody has signed."""
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def json_request(server, operation, tree, **headers):
    return urllib.request.Request(server.endpoint + "/", json.dumps(tree).encode(), {
        "X-Amz-Target": f"AmazonSQS.{operation}", "Content-Type": "application/x-amz-json-1.0", **headers})


def form_request(server, path="/", **fields):
    return urllib.request.Request(server.endpoint + path, urllib.parse.urlencode(fields).encode())


def message_of(body):
    error = json.loads(body)
    return error.get("message", error.get("Message"))


def denied(action, resource):
    return f"User: anonymous is not authorized to perform: {action} on resource: {resource} because no resource-based policy " \
           f"allows the {action} action"


def test_everybody_may_use_a_queue_as_its_policy_says(server, client):
    url = new_queue(client, "all", Policy=policy("sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage"))
    assert send(json_request(server, "SendMessage", {"QueueUrl": url, "MessageBody": "a"}))[0] == 200
    status, body = send(form_request(server, f"/{ACCOUNT}/all", Action="SendMessage", MessageBody="b",
                                     Version="2012-11-05"))
    assert status == 200 and "<MessageId>" in body
    status, body = send(json_request(server, "ReceiveMessage", {
        "QueueUrl": url, "MaxNumberOfMessages": 10, "MessageSystemAttributeNames": ["SenderId"]}))
    messages = json.loads(body)["Messages"]
    assert status == 200 and sorted(message["Body"] for message in messages) == ["a", "b"]
    assert {message["Attributes"]["SenderId"] for message in messages} == {"127.0.0.1"}
    for message in messages:
        delete = {"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]}
        assert send(json_request(server, "DeleteMessage", delete))[0] == 200
    status, body = send(json_request(server, "PurgeQueue", {"QueueUrl": url}))
    assert status in (400, 403)
    assert message_of(body) == denied("sqs:PurgeQueue", f"arn:aws:sqs:us-east-1:{ACCOUNT}:all")


def test_a_queue_without_such_a_policy_is_closed(server, client):
    for name, attributes in [("none", {}), ("own", {"Policy": policy("sqs:*").replace('"*"', f'{{"AWS": "{ACCOUNT}"}}', 1)}),
                             ("far", {"Policy": policy("sqs:*", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})})]:
        url = new_queue(client, name, **attributes)
        status, body = send(json_request(server, "SendMessage", {"QueueUrl": url, "MessageBody": "a"}))
        assert message_of(body) == denied("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"), name
        assert client("sqs").receive_message(QueueUrl=url).get("Messages", []) == []
    status, body = send(json_request(server, "SendMessage", {"QueueUrl": f"{server.endpoint}/{ACCOUNT}/missing",
                                     "MessageBody": "a"}))
    assert message_of(body) == denied("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{ACCOUNT}:missing")


def test_a_denial_binds_nobody_too(server, client):
    document = json.loads(policy("sqs:*"))
    document["Statement"].append({**document["Statement"][0], "Effect": "Deny", "Action": "sqs:SendMessage"})
    url = new_queue(client, "denied", Policy=json.dumps(document))
    status, body = send(json_request(server, "SendMessage", {"QueueUrl": url, "MessageBody": "a"}))
    assert message_of(body).endswith("with an explicit deny in a resource-based policy")


def test_everybody_may_use_a_topic_as_its_policy_says(server, client):
    topic = client("sns").create_topic(Name="t")["TopicArn"]
    publish = {"Action": "Publish", "Version": "2010-03-31", "TopicArn": topic, "Message": "m"}
    status, body = send(form_request(server, **publish))
    assert status == 403 and denied("SNS:Publish", topic) in body, "the policy of a new topic allows its account only"
    client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy("sns:Publish"))
    status, body = send(form_request(server, **publish))
    assert status == 200 and "<MessageId>" in body
    status, body = send(form_request(server, **{**publish, "Action": "GetTopicAttributes"}))
    assert status == 403 and denied("SNS:GetTopicAttributes", topic) in body


def test_what_its_owner_does_with_a_queue_or_topic_needs_a_signature(server, client):
    """Operations that no policy can give to other accounts; the answer is that of every other unsigned request."""
    url = new_queue(client, "owner", Policy=policy("sqs:*"))
    topic = client("sns").create_topic(Name="owner")["TopicArn"]
    client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy("sns:*"))
    for request in [
        json_request(server, "DeleteQueue", {"QueueUrl": url}),
        json_request(server, "SetQueueAttributes", {"QueueUrl": url, "Attributes": {"DelaySeconds": "1"}}),
        json_request(server, "ListQueues", {}), json_request(server, "CreateQueue", {"QueueName": "new"}),
        form_request(server, Action="DeleteTopic", Version="2010-03-31", TopicArn=topic),
        form_request(server, Action="Subscribe", Version="2010-03-31", TopicArn=topic, Protocol="sqs", Endpoint="x"),
        form_request(server, Action="ListTopics", Version="2010-03-31"),
    ]:
        status, body = send(request)
        assert status in (400, 403) and UNSIGNED in body, request.data


@pytest.mark.parametrize("headers", [{"Origin": "https://example.com"}, {"Sec-Fetch-Site": "cross-site"},
                                     {"Host": "example.com"}])
def test_a_web_page_may_not_even_then(server, client, headers):
    url = new_queue(client, "page", Policy=policy("sqs:*"))
    status, body = send(json_request(server, "SendMessage", {"QueueUrl": url, "MessageBody": "a"}, **headers))
    assert status in (400, 403) and "MessageId" not in body
    assert client("sqs").receive_message(QueueUrl=url).get("Messages", []) == []


def test_a_packed_body_is_only_unpacked_for_somebody(server, client):
    url = new_queue(client, "packed", Policy=policy("sqs:*"))
    request = json_request(server, "SendMessage", {"QueueUrl": url, "MessageBody": "a"}, **{"Content-Encoding": "gzip"})
    request.data = gzip.compress(request.data)
    status, body = send(request)
    assert status in (400, 403) and UNSIGNED in body


def test_a_signature_that_is_wrong_is_not_taken_for_none(server, client):
    url = new_queue(client, "wrong", Policy=policy("sqs:*"))
    status, body = send(json_request(server, "SendMessage", {"QueueUrl": url, "MessageBody": "a"},
                                     Authorization="AWS4-HMAC-SHA256 nonsense"))
    assert status in (400, 403) and "MessageId" not in body


@pytest.mark.parametrize("more", [0, 1])
def test_nobody_sends_a_large_body(server, client, more):
    url = new_queue(client, "large", Policy=policy("sqs:*"))
    empty = json_request(server, "SendMessage", {"QueueUrl": url, "MessageBody": ""})
    message = {"QueueUrl": url, "MessageBody": "x" * (64 * 1024 - len(empty.data) + more)}
    status, body = send(json_request(server, "SendMessage", message))
    if more:
        assert status in (400, 403) and UNSIGNED in body
    else:
        assert status == 200
