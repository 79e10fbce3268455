"""HTTP/1.1 itself, over a bare socket: requests that no SDK sends, and some that SDKs do send."""

import gzip
import json
import socket
import zlib

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from queues import awaited

LIMIT_HEAD_BYTES = 64 * 1024
LIMIT_BODY_BYTES = 70 * 1024 * 1024
LIST_TABLES = b"{}"


class Connection:
    """A socket with a buffer, for reading whole replies."""

    def __init__(self, endpoint):
        host, port = endpoint.split("//")[1].rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=30)
        self.buffer = b""

    def send(self, data):
        self.socket.sendall(data)
        return self

    def fill(self):
        data = self.socket.recv(65536)
        self.buffer += data
        return bool(data)

    def until(self, mark):
        while mark not in self.buffer:
            assert self.fill(), f"closed after {self.buffer!r}"
        head, _, self.buffer = self.buffer.partition(mark)
        return head

    def reply(self):
        """(status, headers, body), also of interim replies."""
        first, *lines = self.until(b"\r\n\r\n").decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}
        length = int(headers.get("content-length", 0))
        while len(self.buffer) < length:
            assert self.fill(), "closed within a body"
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return int(first.split(" ")[1]), headers, body

    def closed(self):
        """Waits for the server to close; True when it sent nothing before."""
        try:
            while self.fill():
                pass
        except ConnectionResetError:
            pass
        return self.buffer == b""


@pytest.fixture
def connect(endpoint):
    made = []

    def make():
        made.append(Connection(endpoint))
        return made[-1]

    yield make
    for connection in made:
        connection.socket.close()


@pytest.fixture
def signed(endpoint):
    """signed(target, body) returns the header lines of a signed request, without its length."""

    def sign(target="DynamoDB_20120810.ListTables", body=LIST_TABLES, headers=None):
        service = {"AmazonSQS": "sqs", "DynamoDB_20120810": "dynamodb"}[target.split(".")[0]]
        aws = AWSRequest(
            "POST",
            endpoint + "/",
            data=body,
            headers={
                "Host": endpoint.split("//")[1],
                "Content-Type": "application/x-amz-json-1.0",
                "X-Amz-Target": target,
                **(headers or {}),
            },
        )
        SigV4Auth(Credentials("test", "test"), service, "us-east-1").add_auth(aws)
        return "".join(f"{name}: {value}\r\n" for name, value in aws.headers.items()).encode()

    return sign


def request(head, body=LIST_TABLES, more=b""):
    return b"POST / HTTP/1.1\r\n" + head + more + b"Content-Length: %d\r\n\r\n" % len(body) + body


def test_a_connection_is_kept_for_the_next_request(connect, signed):
    connection = connect()
    for _ in range(3):
        status, headers, _ = connection.send(request(signed())).reply()
        assert status == 200
        assert headers.get("connection", "keep-alive") == "keep-alive"


def test_head_answers_where_get_does_without_the_body(connect):
    connection = connect()
    _, of_get, body = connection.send(b"GET /_orderly/health HTTP/1.1\r\nHost: localhost\r\n\r\n").reply()
    head = connection.send(b"HEAD /_orderly/health HTTP/1.1\r\nHost: localhost\r\n\r\n").until(b"\r\n\r\n").decode()
    assert head.startswith("HTTP/1.1 200 OK\r\n") and f"Content-Length: {len(body)}" in head.split("\r\n")
    assert len(body) == int(of_get["content-length"])
    status, _, same = connection.send(b"GET /_orderly/health HTTP/1.1\r\nHost: localhost\r\n\r\n").reply()
    assert (status, same) == (200, body)


def test_connection_close_is_obeyed(connect, signed):
    connection = connect().send(request(signed(), more=b"Connection: close\r\n"))
    status, headers, _ = connection.reply()
    assert (status, headers["connection"]) == (200, "close")
    assert connection.closed()


def test_http_1_0_is_answered_and_closed(connect, signed):
    data = request(signed()).replace(b"HTTP/1.1", b"HTTP/1.0", 1)
    connection = connect().send(data)
    assert connection.reply()[0] == 200
    assert connection.closed()


def test_pipelined_requests_are_answered_in_order(connect, signed):
    names = [f"pipelined-{i}" for i in range(20)]
    data = b""
    for name in names:
        body = json.dumps({"TableName": name}).encode()
        data += request(signed("DynamoDB_20120810.DescribeTable", body), body)
    connection = connect().send(data)
    for name in names:
        status, _, body = connection.reply()
        assert status == 400
        assert name in json.loads(body)["message"]


@pytest.fixture
def large_items(client, unique):
    """A table with 20 items of 390 KB."""
    dynamodb, table = client("dynamodb"), unique("large")
    dynamodb.create_table(TableName=table, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                          AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
    for i in range(20):
        dynamodb.put_item(TableName=table, Item={"id": {"S": str(i)}, "c": {"S": chr(ord("a") + i) * 390_000}})
    yield table
    dynamodb.delete_table(TableName=table)


def test_large_replies_come_whole_and_in_order_to_a_client_that_reads_late(connect, signed, large_items):
    key = {"id": {"S": "3"}}
    one = json.dumps({"TableName": large_items, "Key": key}).encode()
    many = json.dumps({"TableName": large_items, "Limit": 3}).encode()
    data = request(signed("DynamoDB_20120810.Scan", many), many) + request(signed("DynamoDB_20120810.GetItem", one), one)
    connection = connect().send(data * 3)
    assert connect().send(request(signed())).reply()[0] == 200  # the others are served meanwhile
    for _ in range(3):
        status, _, page = connection.reply()
        assert status == 200 and [set(item["c"]["S"]) == {chr(ord("a") + int(item["id"]["S"]))} for item in json.loads(page)["Items"]] == [True] * 3
        status, _, item = connection.reply()
        assert status == 200 and json.loads(item)["Item"] == {**key, "c": {"S": "d" * 390_000}}


def test_a_client_that_leaves_within_a_large_reply_harms_nobody(connect, signed, large_items):
    many = json.dumps({"TableName": large_items}).encode()
    for _ in range(3):
        left = connect().send(request(signed("DynamoDB_20120810.Scan", many), many))
        left.fill()
        left.socket.close()
    assert connect().send(request(signed("DynamoDB_20120810.Scan", many), many)).reply()[0] == 200


def test_a_request_may_come_byte_by_byte(connect, signed):
    connection = connect()
    for byte in request(signed()):
        connection.send(bytes([byte]))
    assert connection.reply()[0] == 200


def test_a_chunked_body_is_put_together(connect, signed):
    body = json.dumps({"TableName": "chunked-name"}).encode()
    head = signed("DynamoDB_20120810.DescribeTable", body)
    chunks = b"".join(b"%x;ext=1\r\n%s\r\n" % (len(body[i : i + 7]), body[i : i + 7]) for i in range(0, len(body), 7))
    data = b"POST / HTTP/1.1\r\n" + head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\nTrailer: x\r\n\r\n"
    connection = connect().send(data)
    status, _, reply = connection.reply()
    assert status == 400 and "chunked-name" in json.loads(reply)["message"]
    assert connection.send(request(signed())).reply()[0] == 200


def test_a_gzipped_body_is_unpacked(connect, signed):
    packed = gzip.compress(json.dumps({"TableName": "packed-name"}).encode())
    head = signed("DynamoDB_20120810.DescribeTable", packed, {"Content-Encoding": "gzip"})
    status, _, reply = connect().send(request(head, packed)).reply()
    assert status == 400 and "packed-name" in json.loads(reply)["message"]


@pytest.mark.parametrize("encoding, pack, is_read", [
    ("x-gzip", gzip.compress, True), ("GZIP", gzip.compress, True), ("identity", bytes, True), ("amz-1.0", bytes, True),
    ("deflate", zlib.compress, False), ("br", zlib.compress, False), ("gzip, gzip", gzip.compress, False)])
def test_only_gzip_is_unpacked_and_other_encodings_are_read_as_they_are(connect, signed, encoding, pack, is_read):
    body = pack(json.dumps({"TableName": "packed-name"}).encode())
    head = signed("DynamoDB_20120810.DescribeTable", body, {"Content-Encoding": encoding})
    status, _, reply = connect().send(request(head, body)).reply()
    said = json.loads(reply)
    assert status == 400 and ("packed-name" in said.get("message", "")) == is_read
    assert said["__type"].endswith("#ResourceNotFoundException" if is_read else "#SerializationException")


def test_a_body_that_claims_to_be_gzip_is_refused(connect, signed):
    head = signed("DynamoDB_20120810.DescribeTable", b"this is not gzip", {"Content-Encoding": "gzip"})
    assert connect().send(request(head, b"this is not gzip")).reply()[0] == 400


def test_a_gzip_bomb_is_refused(connect, signed):
    packed = gzip.compress(b" " * (LIMIT_BODY_BYTES + 1))
    head = signed("DynamoDB_20120810.DescribeTable", packed, {"Content-Encoding": "gzip"})
    assert connect().send(request(head, packed)).reply()[0] == 413


def test_a_client_that_expects_100_continue_is_told_to_go_on(connect, signed):
    connection = connect()
    head = b"POST / HTTP/1.1\r\n" + signed() + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    assert connection.send(head).reply()[0] == 100
    assert connection.send(b"{}").reply()[0] == 200


def test_a_client_that_expects_100_continue_for_too_much_is_refused_before_it_sends(connect, signed):
    head = b"POST / HTTP/1.1\r\n" + signed() + b"Expect: 100-continue\r\nContent-Length: 99999999999\r\n\r\n"
    assert connect().send(head).reply()[0] == 413


def test_a_body_over_the_limit_is_refused_and_the_connection_closed(connect, signed):
    connection = connect().send(b"POST / HTTP/1.1\r\n" + signed() + b"Content-Length: %d\r\n\r\n" % (LIMIT_BODY_BYTES + 1))
    status, headers, _ = connection.reply()
    assert (status, headers["connection"]) == (413, "close")
    assert connection.closed()


@pytest.mark.parametrize("filler", [b"X-Long: " + b"x" * LIMIT_HEAD_BYTES + b"\r\n", b"X-Many: x\r\n" * 101])
def test_a_head_over_the_limit_is_refused(connect, signed, filler):
    assert connect().send(request(signed(), more=filler)).reply()[0] == 431


@pytest.mark.parametrize(
    "data",
    [
        b"this is not HTTP\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon here\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Null: a\x00b\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_is_no_http_is_refused_and_the_connection_closed(connect, data):
    connection = connect().send(data)
    assert connection.reply()[0] == 400
    assert connection.closed()


def test_a_client_that_leaves_in_the_middle_harms_nobody(connect, signed):
    for cut in (10, 100, -1):
        left = connect().send(request(signed())[:cut])
        left.socket.close()
    assert connect().send(request(signed())).reply()[0] == 200


def test_a_client_that_leaves_while_its_receive_waits_loses_no_message(connect, signed, client, make_queue, advance_clock):
    url = make_queue()
    body = json.dumps({"QueueUrl": url, "WaitTimeSeconds": 20}).encode()
    left = connect().send(request(signed("AmazonSQS.ReceiveMessage", body), body))
    sqs = client("sqs")
    for _ in range(10):  # round trips on another connection: the receive is parked by then
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    left.socket.close()
    for _ in range(10):
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    sqs.send_message(QueueUrl=url, MessageBody="for somebody else")
    advance_clock(31)
    [message] = awaited(sqs, url)
    assert message["Body"] == "for somebody else"


@pytest.mark.parametrize("parked", [True, False])
def test_a_client_that_sends_no_more_is_told_that_its_receive_found_nothing(connect, signed, client, make_queue, advance_clock, parked):
    """It may have gone altogether: so it gets no message, but an answer."""
    url, sqs = make_queue(), client("sqs")
    body = json.dumps({"QueueUrl": url, "WaitTimeSeconds": 20}).encode()
    half = connect().send(request(signed("AmazonSQS.ReceiveMessage", body), body))
    for _ in range(10 if parked else 0):  # round trips on another connection: the receive is parked by then
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    half.socket.shutdown(socket.SHUT_WR)
    status, _, reply = half.reply()
    assert (status, json.loads(reply)) == (200, {})
    assert half.closed()


def test_two_hundred_connections_are_served_at_once(connect, signed):
    data = request(signed())
    connections = [connect() for _ in range(200)]
    for connection in connections:
        connection.send(data)
    assert all(connection.reply()[0] == 200 for connection in connections)


def test_a_slow_head_is_given_up(connect):
    connection = connect().send(b"POST / HTTP/1.1\r\nHost: x\r\n")
    connection.socket.settimeout(60)
    status, _, _ = connection.reply()
    assert status == 408
    assert connection.closed()


def test_a_head_request_has_no_body(connect):
    connection = connect().send(b"HEAD /_orderly/health HTTP/1.1\r\nHost: localhost\r\n\r\nGET /_orderly/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
    head = connection.until(b"\r\n\r\n")
    assert head.split(b" ")[1] in (b"200", b"404", b"405")
    assert connection.reply()[0] == 200


def test_every_reply_has_a_date_a_length_and_a_request_id(connect, signed):
    _, headers, body = connect().send(request(signed())).reply()
    assert {"date", "content-length", "x-amzn-requestid"} <= set(headers)
    assert int(headers["content-length"]) == len(body)


def test_a_presigned_request_is_verified_by_its_query(endpoint, connect):
    aws = AWSRequest("GET", endpoint + "/?Action=ListQueues&Version=2012-11-05", headers={"Host": endpoint.split("//")[1]})
    SigV4QueryAuth(Credentials("test", "test"), "sqs", "us-east-1", expires=3600).add_auth(aws)
    target = aws.url[len(endpoint) :].encode()
    head = b" HTTP/1.1\r\nHost: " + endpoint.split("//")[1].encode() + b"\r\n\r\n"
    assert connect().send(b"GET " + target + head).reply()[0] == 200
    forged = target.replace(b"ListQueues", b"CreateQueue&QueueName=forged")
    assert connect().send(b"GET " + forged + head).reply()[0] == 403
