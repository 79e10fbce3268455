"""The short way of the tests' own requests: the server gets what it gets from the SDK as it is."""

import contextlib
import re
import socket
import threading

import botocore.session
import pytest
import short_way
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError
from botocore.parsers import ResponseParserError

REPLY = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: 2\r\n\r\n{}"


@contextlib.contextmanager
def listening(reply):
    """A server of one request: (its port, what it has received)."""
    received = []
    with socket.create_server(("127.0.0.1", 0)) as door:

        def serve():
            connection, _ = door.accept()
            with connection:
                data = b""
                while not complete(data):
                    data += connection.recv(65536)
                received.append(data)
                connection.sendall(reply)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield door.getsockname()[1], received


def complete(data):
    head, mark, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    return bool(mark) and len(body) == int(length[1] if length else 0)


def client(session, service, port, **settings):
    return session.create_client(
        service, endpoint_url=f"http://127.0.0.1:{port}", region_name="us-east-1", aws_access_key_id="test",
        aws_secret_access_key="test", config=Config(retries={"max_attempts": 0}, user_agent="u", **settings))


CALLS = [
    ("sqs", "send_message", {"QueueUrl": "http://127.0.0.1/0/q", "MessageBody": "é\n" * 9}),
    ("sns", "publish", {"TopicArn": "arn:aws:sns:us-east-1:000000000000:t", "Message": "ü & ="}),
    ("lambda", "get_function", {"FunctionName": "f o/ö", "Qualifier": "$LATEST"}),
    ("lambda", "delete_function", {"FunctionName": "f"}),
    ("lambda", "invoke", {"FunctionName": "f", "Payload": b'"x"'}),
]


@pytest.mark.parametrize("service, operation, arguments", CALLS, ids=lambda value: value if isinstance(value, str) else "")
def test_the_server_gets_the_same_bytes(service, operation, arguments):
    bytes_of = []
    for session in (botocore.session.Session(), short_way.Session()):
        with listening(REPLY) as (port, received):
            with contextlib.suppress(ResponseParserError):  # SNS answers with XML
                getattr(client(session, service, port), operation)(**arguments)
        # Another moment, another port.
        changing = rb"(?im)^((?:authorization|x-amz-date|amz-sdk-invocation-id): ).*$|127\.0\.0\.1:\d+"
        head, mark, body = re.sub(changing, rb"\1", received[0]).partition(b"\r\n\r\n")
        first, *headers = head.split(b"\r\n")
        bytes_of.append((first, sorted(headers), body))
    assert bytes_of[0] == bytes_of[1]


@pytest.mark.parametrize("session", [botocore.session.Session, short_way.Session])
def test_what_goes_wrong_is_the_same_exception(session):
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
        with pytest.raises(ReadTimeoutError):
            client(session(), "sqs", port, read_timeout=0.05).list_queues()
    with pytest.raises(EndpointConnectionError):
        client(session(), "sqs", port).list_queues()
    with listening(b"") as (port, _), pytest.raises(ConnectionClosedError):
        client(session(), "sqs", port).list_queues()
