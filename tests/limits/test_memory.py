"""A server that runs out of memory refuses requests, and never aborts; half-sent requests leave room for complete
ones."""

import gzip
import json
import pathlib

import pytest
from conftest import resident_bytes
from orderly_server import wait_until
from wire_client import Refused

MIB = 1024 * 1024


def half_bodies(server, raw, wire, count, size, sent):
    """Connections that have sent only a part of an item, which stays in memory."""
    signed = wire(server).headers("dynamodb", "DynamoDB_20120810.PutItem", b"")
    lines = "".join(f"{name}: {value}\r\n" for name, value in signed.items())
    head = f"POST / HTTP/1.1\r\n{lines}Content-Length: {size}\r\n\r\n".encode()
    data = b"x" * sent
    return [raw(server).send(head).send_what_fits(data) for _ in range(count)]


@pytest.fixture
def server(start):
    return start()


def test_half_sent_bodies_take_no_more_than_their_budget(server, raw, wire):
    client = wire(server)
    url = client.sqs("CreateQueue", QueueName="orders")["QueueUrl"]
    half_bodies(server, raw, wire, 40, 16 * MIB, 8 * MIB)
    for number in range(20):
        client.sqs("SendMessage", QueueUrl=url, MessageBody=str(number))
    assert resident_bytes(server) < 200 * MIB


def test_who_has_stalled_gives_way_to_who_sends(server, raw, wire):
    half_bodies(server, raw, wire, 12, 16 * MIB, 9 * MIB)
    client = wire(server)
    url = client.sqs("CreateQueue", QueueName="orders")["QueueUrl"]

    def large_message_is_taken():
        try:
            return client.sqs("SendMessage", QueueUrl=url, MessageBody="x" * 1000000)["MessageId"]
        except Refused as refused:
            assert refused.status == 503
            client.close()

    wait_until(large_message_is_taken, what="room for a large message")


def test_heads_that_are_never_finished_take_no_more_than_their_budget(server, raw, wire):
    filler = b"X-Filler: " + b"x" * 60000
    for _ in range(1500):
        raw(server).send_what_fits(b"POST / HTTP/1.1\r\nHost: localhost\r\n" + filler)
    assert wire(server).sqs("ListQueues") is not None
    assert resident_bytes(server) < 250 * MIB


def test_without_memory_requests_are_refused_and_the_server_lives(start, raw, wire):
    server = start(limits=[f"--as={400 * MIB}"])
    client = wire(server)
    url = client.sqs("CreateQueue", QueueName="orders")["QueueUrl"]
    half_bodies(server, raw, wire, 24, 16 * MIB, 8 * MIB)

    def is_served():
        try:
            return client.sqs("SendMessage", QueueUrl=url, MessageBody="still there")["MessageId"]
        except (Refused, OSError) as refused:
            assert getattr(refused, "status", 503) >= 500
            client.close()

    wait_until(is_served, what="the server to serve again")
    assert server.running()


def test_a_request_that_needs_too_much_memory_is_answered_and_undone(start, wire):
    server = start(limits=[f"--as={700 * MIB}"])
    client = wire(server)
    url = client.sqs("CreateQueue", QueueName="orders")["QueueUrl"]
    values = 3_500_000  # a tree of 140 MiB, twice
    deep = '{"TableName": "t", "Item": {"l": {"L": [' + ",".join(['{"NULL":1}'] * (values // 3)) + "]}}}"
    for _ in range(3):
        try:
            client.call("dynamodb", "DynamoDB_20120810.PutItem", json.loads(deep))
        except Refused as refused:
            assert refused.status in (400, 413, 500, 503)
        except OSError:
            client.close()
    assert client.sqs("SendMessage", QueueUrl=url, MessageBody="still there")["MessageId"]
    assert server.running()


def resident_now(server):
    return int(pathlib.Path(f"/proc/{server.process.pid}/statm").read_text().split()[1]) * 4096


LARGE = "large"  # a table whose items are together larger than what a socket takes at once
LARGE_TEXT = "x" * 400_000


def ask_for_large_items(client, connection, keys=range(40)):
    """Sends a BatchGetItem, and behind it a ListTables."""
    requests = (("BatchGetItem", {"RequestItems": {LARGE: {"Keys": [{"id": {"S": str(key)}} for key in keys]}}}), ("ListTables", {}))
    for operation, arguments in requests:
        body = json.dumps(arguments).encode()
        signed = client.headers("dynamodb", f"DynamoDB_20120810.{operation}", body)
        lines = "".join(f"{name}: {value}\r\n" for name, value in signed.items())
        connection.send(f"POST / HTTP/1.1\r\n{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    return connection


@pytest.fixture
def large_items(server, wire):
    client = wire(server)
    client.dynamodb("CreateTable", TableName=LARGE, BillingMode="PAY_PER_REQUEST",
                    KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                    AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
    for key in range(40):
        client.dynamodb("PutItem", TableName=LARGE, Item={"id": {"S": str(key)}, "text": {"S": f"{key}{LARGE_TEXT}"}})
    return client


def test_a_large_reply_waits_for_its_reader_and_the_next_one_follows(server, raw, wire, large_items):
    slow = ask_for_large_items(large_items, raw(server))
    for number in range(5):  # the loop serves others meanwhile
        assert wire(server).sqs("CreateQueue", QueueName=f"queue{number}")["QueueUrl"]
    status, body = slow.reply()
    items = json.loads(body)["Responses"][LARGE]
    assert status == 200 and items == [{"id": {"S": str(key)}, "text": {"S": f"{key}{LARGE_TEXT}"}} for key in range(len(items))]
    assert len(items) > 20  # some are left out when the read's time was up
    assert slow.reply() == (200, json.dumps({"TableNames": [LARGE]}, separators=(",", ":")).encode())


def test_who_leaves_in_the_middle_of_a_large_reply_takes_no_memory_along(server, raw, large_items):
    before = resident_now(server)
    for _ in range(30):
        gone = ask_for_large_items(large_items, raw(server))
        gone.socket.recv(1000)
        gone.close()
    assert large_items.dynamodb("ListTables") == {"TableNames": [LARGE]}
    wait_until(lambda: resident_now(server) < before + 32 * MIB, what="the replies' memory to be given back")


def test_memory_is_given_back_after_a_large_run(server, wire):
    client = wire(server)
    url = client.sqs("CreateQueue", QueueName="orders")["QueueUrl"]

    client.sqs("SendMessage", QueueUrl=url, MessageBody="first")
    before = resident_now(server)
    packed = gzip.compress(b"{" + b" " * (15 * MIB) + b"}")
    for _ in range(8):
        signed = client.headers("dynamodb", "DynamoDB_20120810.PutItem", packed)
        client.connection.request("POST", "/", packed, {**signed, "Content-Encoding": "gzip"})
        client.connection.getresponse().read()
    wait_until(lambda: resident_now(server) < before + 16 * MIB, what="memory to be given back")
