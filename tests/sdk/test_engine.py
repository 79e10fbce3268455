"""What every service gets from the engine: real time in Date, traces, and metrics."""

import email.utils
import json
import socket
import time
import urllib.error
import urllib.request
import uuid

import boto3
import orderly_server
import pytest
from counted import minutes


def new_trace_id():
    return "1-5759e988-" + uuid.uuid4().hex[:24]


def get(endpoint, path):
    with urllib.request.urlopen(endpoint + path) as reply:
        return json.load(reply)


def hops_of(endpoint, trace_id):
    try:
        return [hop["kind"] for hop in get(endpoint, f"/_orderly/traces/{trace_id}")["hops"]]
    except urllib.error.HTTPError as error:
        assert error.code == 404
        return []


@pytest.fixture
def traced(client):
    """The client, whose requests carry that X-Amzn-Trace-Id for the rest of the test."""
    traced = []

    def make(service, header):
        def add_header(request, **_):
            request.headers.add_header("X-Amzn-Trace-Id", header)

        client(service).meta.events.register("before-sign", add_header)
        traced.append((client(service), add_header))
        return client(service)

    yield make
    for one, add_header in traced:
        one.meta.events.unregister("before-sign", add_header)


@pytest.fixture
def table(client, unique):
    dynamodb, name = client("dynamodb"), unique("table")
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def test_date_is_the_machines_time_though_the_clock_was_moved(client, advance_clock):
    sqs = client("sqs")

    advance_clock(3 * 24 * 3600)
    headers = sqs.list_queues()["ResponseMetadata"]["HTTPHeaders"]
    told = email.utils.parsedate_to_datetime(headers["date"]).timestamp()
    assert abs(told - time.time()) < 12 * 3600


def test_a_trace_that_a_header_names_is_continued(endpoint, client, traced, unique):
    topic = client("sns").create_topic(Name=unique("topic"))["TopicArn"]
    trace_id = new_trace_id()

    traced("sns", f"Self=1-2-3; Root={trace_id};Sampled=1").publish(TopicArn=topic, Message="m")
    assert hops_of(endpoint, trace_id) == ["published"]


@pytest.mark.parametrize(
    "trace_id",
    [
        "zzz",
        "z" * 16000,
        "2-5759e988-bd862e3fe1be46a994272793",
        "1-5759e988-bd862e3fe1be46a99427279",
        "1-5759e988-bd862e3fe1be46a9942727933",
        "1-5759e98g-bd862e3fe1be46a994272793",
        "1-5759e988xbd862e3fe1be46a994272793",
    ],
)
def test_an_id_of_another_layout_than_xrays_begins_a_new_trace(endpoint, client, traced, unique, trace_id):
    topic = client("sns").create_topic(Name=unique("topic"))["TopicArn"]

    traced("sns", f"Root={trace_id}").publish(TopicArn=topic, Message="m")
    assert hops_of(endpoint, trace_id) == []


def test_an_item_has_a_hop_in_the_trace_that_its_request_named(endpoint, traced, table):
    trace_id = new_trace_id()
    dynamodb = traced("dynamodb", f"Root={trace_id}")

    dynamodb.put_item(TableName=table, Item={"id": {"S": "a"}})
    dynamodb.delete_item(TableName=table, Key={"id": {"S": "a"}})
    assert hops_of(endpoint, trace_id) == ["put", "deleted"]


def test_metrics_count_batches_calls_and_workers(endpoint, client, unique):
    before = get(endpoint, "/_orderly/metrics")
    client("sqs").create_queue(QueueName=unique("queue"))
    after = get(endpoint, "/_orderly/metrics")

    assert after["engine"]["calls"] > before["engine"]["calls"]
    assert after["engine"]["batches"] > before["engine"]["batches"]
    assert after["engine"]["longest_call_us"] > 0
    assert after["pool"]["workers"] >= 2
    assert set(after["pool"]["long"]) == set(after["pool"]["short"]) == {"waiting", "running"}
    assert isinstance(after["slow_calls"], list)


def test_metrics_tell_what_the_server_uses(own_server):
    server = own_server

    def figures():
        return get(server.endpoint, "/_orderly/metrics")

    first = figures()
    assert first["server"]["uptime_ms"] >= 0 and first["server"]["memory_bytes"] > 1024 * 1024
    assert first["server"]["database_bytes"] > 0 and first["server"]["log_bytes"] >= 0
    assert first["server"]["most_streams"] == 256 and first["server"]["most_streams_of_address"] == 224
    host, port = server.endpoint.split("//")[1].split(":")
    before = first["server"]["connections"]
    more = [socket.create_connection((host, int(port))) for _ in range(5)]
    orderly_server.wait_until(lambda: figures()["server"]["connections"] >= before + 5)
    more[0].sendall(b"GET /_orderly/events HTTP/1.1\r\nHost: " + f"{host}:{port}".encode() + b"\r\n\r\n")
    orderly_server.wait_until(lambda: figures()["server"]["streams"] == 1)
    for one in more:
        one.close()
    orderly_server.wait_until(lambda: figures()["server"]["streams"] == 0)
    assert figures()["server"]["uptime_ms"] >= first["server"]["uptime_ms"]


def test_metrics_count_the_requests_of_each_service(own_server):
    keys = {"endpoint_url": own_server.endpoint, "region_name": "us-east-1", "aws_access_key_id": "test", "aws_secret_access_key": "test"}
    sqs, sns = boto3.client("sqs", **keys), boto3.client("sns", **keys)
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    for _ in range(3):
        sqs.send_message(QueueUrl=url, MessageBody="m")  # writes
    sqs.get_queue_attributes(QueueUrl=url)  # reads
    for _ in range(2):
        with pytest.raises(sqs.exceptions.QueueDoesNotExist):
            sqs.get_queue_url(QueueName="none")
    sns.list_topics()
    services = get(own_server.endpoint, "/_orderly/metrics")["services"]
    assert services["sqs"] == {"requests": 7, "failed": 2}
    assert services["sns"] == {"requests": 1, "failed": 0}
    assert services["dynamodb"] == {"requests": 0, "failed": 0}


def test_what_a_service_counts_is_a_metric_when_its_minute_is_over(now_ms, client, unique, advance_clock, wait_until):
    sqs, name = client("sqs"), unique("queue")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="one")
    sqs.send_message(QueueUrl=url, MessageBody="three")
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    advance_clock(60)

    def counted():
        found = minutes(client("cloudwatch"), now_ms(), "AWS/SQS", QueueName=name)
        metrics = {metric: figures for (metric, *_), figures in found.items() if not metric.startswith("Approximate")}
        return metrics if len(metrics) == 4 else None

    assert wait_until(counted) == {
        "NumberOfMessagesSent": ("Count", 2, 2, 1, 1), "SentMessageSize": ("Bytes", 2, 8, 3, 5),
        "NumberOfMessagesReceived": ("Count", 1, 1, 1, 1), "NumberOfMessagesDeleted": ("Count", 1, 1, 1, 1)}
