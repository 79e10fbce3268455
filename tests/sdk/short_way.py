"""A short way for boto3's requests: a prepared request goes to its socket and its reply comes back without urllib3,
which takes half of the time of an SDK's call.

The server gets the same bytes, and the test the same reply or exception. What is not plain is left to urllib3: TLS,
streams in either direction, other hosts. ORDERLY_URLLIB3=1 leaves everything to it and to botocore as they are.
"""

import functools
import hmac
import io
import os
import socket
import struct
import urllib.parse

import botocore.auth
import botocore.session
from botocore.awsrequest import AWSRequest, AWSRequestPreparer, AWSResponse
from botocore.exceptions import ConnectionClosedError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError


class Closed(Exception):
    """The server has closed the connection before the end of its reply."""


class Connection:
    """A connection to the server, used by one request after another."""

    def __init__(self, address, connect_timeout, read_timeout):
        self.socket = socket.create_connection(address, connect_timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # The kernel's timeout: with Python's, each call of the socket would be two.
        self.socket.settimeout(None)
        seconds, fraction = divmod(read_timeout or 0, 1)
        timeout = struct.pack("ll", int(seconds), int(fraction * 1_000_000))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeout)
        self.unread = b""

    def is_open(self):
        try:
            self.socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return True
        except OSError:
            pass
        return False

    def close(self):
        self.socket.close()

    def send(self, data):
        try:
            self.socket.sendall(data)
        except BrokenPipeError:
            pass  # the server may have answered before it closed

    def receive(self):
        piece = self.socket.recv(1 << 18)
        if not piece:
            raise Closed
        return piece

    def read_until(self, mark):
        """What comes before the mark."""
        data = self.unread
        while mark not in data:
            data += self.receive()
        before, self.unread = data.split(mark, 1)
        return before

    def read(self, length):
        data = bytearray(self.unread)
        while len(data) < length:
            data += self.receive()
        self.unread = bytes(data[length:])
        return bytes(data[:length])

    def read_chunks(self):
        body = bytearray()
        while True:
            length = int(self.read_until(b"\r\n").split(b";")[0], 16)
            if length == 0:
                break
            body += self.read(length)
            self.read(2)
        while self.read_until(b"\r\n"):
            pass
        return bytes(body)

    def read_to_end(self):
        body = bytearray(self.unread)
        while piece := self.socket.recv(1 << 18):
            body += piece
        return bytes(body)


def head_of(request, host):
    """The request's first line and headers; None when urllib3 has to judge them."""
    target = request.url[request.url.index(host) + len(host):] or "/"
    lines = [f"{request.method} {target} HTTP/1.1", f"Host: {host}", "Accept-Encoding: identity"]
    names = set()
    for name, value in request.headers.items():
        lines.append(f"{name}: {value.decode('latin-1') if isinstance(value, bytes) else value}")
        names.add(name.lower())
    if names & {"expect", "transfer-encoding", "host", "accept-encoding"} or "user-agent" not in names:
        return None
    if "content-length" not in names and request.method in ("POST", "PUT", "PATCH"):
        lines.append("Content-Length: 0")
    text = "\r\n".join(lines)
    if text.count("\r") != len(lines) - 1 or text.count("\n") != len(lines) - 1 or not target.isascii() or " " in target:
        return None
    try:
        return text.encode("latin-1") + b"\r\n\r\n"
    except UnicodeEncodeError:
        return None


def headers_in(lines):
    headers = {}
    for line in lines:
        name, value = line.split(": ", 1) if ": " in line else (line.rstrip(":"), "")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


class ShortWay:
    """Sends a client's requests. Its connections are kept in a list, whose append and pop need no lock."""

    def __init__(self, client):
        self.config = client.meta.config
        self.host = urllib.parse.urlsplit(client.meta.endpoint_url).netloc
        address, _, port = self.host.rpartition(":")
        self.address = (address.strip("[]"), int(port))
        self.start = f"http://{self.host}/"
        self.idle = []

    def connection(self):
        while self.idle:
            one = self.idle.pop()
            if one.is_open():
                return one
            one.close()
        return Connection(self.address, self.config.connect_timeout, self.config.read_timeout)

    def send(self, request, event_name, **_):
        body = request.body or b""
        if isinstance(body, str):
            body = body.encode()
        # An invocation's payload ends soon, unlike streams.
        streams = request.stream_output and event_name != "before-send.lambda.Invoke"
        if streams or not request.url.startswith(self.start) or not isinstance(body, (bytes, bytearray)):
            return None
        if (getattr(request, "context", None) or {}).get("read_timeout") is not None:
            return None
        head = head_of(request, self.host)
        return None if head is None else self.exchange(request, head + body)

    def exchange(self, request, data):
        try:
            connection = self.connection()
        except socket.timeout as error:
            raise ConnectTimeoutError(endpoint_url=request.url, error=error) from error
        except OSError as error:
            raise EndpointConnectionError(endpoint_url=request.url, error=error) from error
        keep = False
        try:
            connection.send(data)
            reply, keep = self.reply(request, connection)
        except BlockingIOError as error:
            raise ReadTimeoutError(endpoint_url=request.url, error=error) from error
        except (OSError, Closed) as error:
            raise ConnectionClosedError(endpoint_url=request.url, request=request, error=error) from error
        finally:
            if keep:
                self.idle.append(connection)
            else:
                connection.close()
        return reply

    def reply(self, request, connection):
        """The reply, and whether the connection can be used again."""
        first, *lines = connection.read_until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        status, headers = int(first.split(" ", 2)[1]), headers_in(lines)
        reply = AWSResponse(request.url, status, headers, None)
        length, keep = reply.headers.get("Content-Length"), reply.headers.get("Connection", "").lower() != "close"
        if request.method == "HEAD" or status in (204, 304):
            body = b""
        elif length is not None:
            body = connection.read(int(length))
        elif "Transfer-Encoding" in reply.headers:
            body = connection.read_chunks()
        else:
            body, keep = connection.read_to_end(), False
        reply.raw, reply._content = io.BytesIO(body), body  # what AWSResponse.content reads from a stream otherwise
        return reply, keep


class Session(botocore.session.Session):
    """Whose clients' requests go the short way."""

    def create_client(self, *arguments, **named):
        client = super().create_client(*arguments, **named)
        if urllib.parse.urlsplit(client.meta.endpoint_url).port and client.meta.endpoint_url.startswith("http:"):
            # Last: after what tests add to requests.
            client.meta.events.register_last("before-send", ShortWay(client).send)
        return client


def shorten_signing():
    """The same signatures in half the time: what botocore works out again for each request is kept, or done once."""

    def sign(_, key, text, hex=False):
        digest = hmac.digest(key, text.encode(), "sha256")
        return digest.hex() if hex else digest

    def body(request):
        """Without the headers, which botocore prepares with it and throws away."""
        prepared = AWSRequestPreparer()._prepare_body(request)
        return prepared.encode() if isinstance(prepared, str) else prepared

    botocore.auth._host_from_url = functools.lru_cache(botocore.auth._host_from_url)
    botocore.auth.SigV4Auth._sign = sign
    AWSRequest.body = property(body)


def session():
    if os.environ.get("ORDERLY_URLLIB3"):
        return botocore.session.Session()
    shorten_signing()
    return Session()
