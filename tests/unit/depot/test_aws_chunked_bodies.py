"""Bodies of Content-Encoding aws-chunked, from botocore's signer and encoder and from our own, through a socket.

The environment variable DEPOT_SERVER names the binary.
"""
import base64
import hashlib
import hmac
import http.client
import io
import os
import re
import signal
import socket
import subprocess
import time
import zlib

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpchecksum import AwsChunkedWrapper, Crc32Checksum, Sha1Checksum, Sha256Checksum

MIB = 1024 * 1024
SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_TRAILER = SIGNED + "-TRAILER"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
FORMS = [SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER]
ALICE = Credentials("AKIAALICE", "secret")
NOTHING = hashlib.sha256(b"").hexdigest()

# In memory, and through a file: a body goes to a file when it has more than a mebibyte.
SIZES = {"memory": 20_000, "file": 3 * MIB + 17}


class Server:
    def __init__(self, folder):
        self.data = folder / "data"
        self.errors = open(folder / "stderr", "w+")
        self.process = subprocess.Popen([os.environ["DEPOT_SERVER"], self.data], stdout=subprocess.PIPE,
                                        stderr=self.errors, text=True)
        assert self.process.stdout.readline()
        self.port = int(re.search(r"^port (\d+)$", self.log(), re.MULTILINE)[1])

    def log(self):
        with open(self.errors.name) as log:
            return log.read()

    def open_bodies(self):
        folder = f"/proc/{self.process.pid}/fd"
        try:
            return [name for name in os.listdir(folder) if "/body-" in os.readlink(f"{folder}/{name}")]
        except FileNotFoundError:  # one was closed meanwhile
            return self.open_bodies()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


def eventually(what, seconds=20):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("depot"))
    yield server
    assert server.stop() == 0
    assert "Sanitizer" not in server.log() and "runtime error" not in server.log(), server.log()


class Head:
    """The signed head of a request whose body is still to come."""

    def __init__(self, server, form, size, path="/things/t", credentials=ALICE, trailer="x-amz-checksum-crc32",
                 service="depot", method="PUT", **headers):
        declared = {"X-Amz-Content-SHA256": form, "X-Amz-Decoded-Content-Length": str(size),
                    "Content-Encoding": "aws-chunked"}
        if form.endswith("TRAILER"):
            declared["X-Amz-Trailer"] = trailer
        declared |= {name.replace("_", "-"): value for name, value in headers.items()}
        self.server, self.path, self.secret, self.service, self.method = server, path, credentials.secret_key, service, method
        request = AWSRequest(method, f"http://127.0.0.1:{server.port}{path}",
                             {name: value for name, value in declared.items() if value is not None})
        SigV4Auth(credentials, service, "us-east-1").add_auth(request)
        self.headers = dict(request.headers.items())
        self.date = self.headers["X-Amz-Date"]
        self.signature = self.headers["Authorization"].rsplit("Signature=", 1)[1]

    def bytes(self, length):
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: 127.0.0.1:{self.server.port}",
                 *(f"{name}: {value}" for name, value in self.headers.items()), f"Content-Length: {length}", "", ""]
        return "\r\n".join(lines).encode()

    def connect(self, data, length=None):
        client = socket.create_connection(("127.0.0.1", self.server.port), timeout=60)
        try:
            client.sendall(self.bytes(len(data) if length is None else length))
            client.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has been answered early
        return client

    def send(self, data):
        with self.connect(data) as client:
            return reply_of(client)

    def key(self):
        key = b"AWS4" + self.secret.encode()
        for part in (self.date[:8], "us-east-1", self.service, "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        return key

    def sign(self, kind, previous, *hashes):
        scope = f"{self.date[:8]}/us-east-1/{self.service}/aws4_request"
        text = "\n".join([f"AWS4-HMAC-SHA256-{kind}", self.date, scope, previous, *hashes])
        return hmac.new(self.key(), text.encode(), "sha256").hexdigest()


def reply_of(client):
    reply = http.client.HTTPResponse(client)
    reply.begin()
    body = reply.read().decode()
    code = re.search(r"<Code>(\w+)</Code>", body)
    message = re.search(r"<Message>(.*)</Message>", body, re.DOTALL)
    if code:
        return reply.status, code[1], message[1]
    return reply.status, int(reply.getheader("x-size")), reply.getheader("x-sum"), reply.getheader("x-place")


def crc32(body):
    return base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()


def chunks_of(body, size=65536):
    return [body[at:at + size] for at in range(0, len(body), size)] + [b""]


def signed_body(head, chunks):
    """What S3 documents: each signature covers the one before it."""
    lines, previous = [], head.signature
    for chunk in chunks:
        previous = head.sign("PAYLOAD", previous, NOTHING, hashlib.sha256(chunk).hexdigest())
        lines.append(b"%x;chunk-signature=%s\r\n" % (len(chunk), previous.encode()) + chunk + (b"\r\n" if chunk else b""))
    return b"".join(lines), previous


def encode(head, form, body, size=65536, checksum=None):
    trailer = f"x-amz-checksum-crc32:{checksum or crc32(body)}"
    if form == UNSIGNED_TRAILER:
        chunks = b"".join(b"%x\r\n" % len(chunk) + chunk + (b"\r\n" if chunk else b"") for chunk in chunks_of(body, size))
        return chunks + f"{trailer}\r\n\r\n".encode()
    encoded, previous = signed_body(head, chunks_of(body, size))
    if form == SIGNED:
        return encoded + b"\r\n"
    signature = head.sign("TRAILER", previous, hashlib.sha256(f"{trailer}\n".encode()).hexdigest())
    return encoded + f"{trailer}\r\nx-amz-trailer-signature:{signature}\r\n\r\n".encode()


def stored(body, place="memory"):
    return 200, len(body), hashlib.sha256(body).hexdigest(), place


MISMATCH = (403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. "
            "Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
INCOMPLETE = (400, "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header.")
BAD_DIGEST = (400, "BadDigest", "The Content-MD5 or checksum value that you specified did not match what the server received.")
BAD_TRAILER = (400, "MalformedTrailerError",
               "The request contained trailing data that was not well-formed or did not conform to our published schema.")
SMALL_CHUNK = (403, "InvalidChunkSizeError", "Only the last chunk is allowed to have a size less than 8192 bytes.")
NO_LENGTH = (411, "MissingContentLength", "You must provide the Content-Length HTTP header.")

everywhere = pytest.mark.parametrize("place", SIZES)
in_each_form = pytest.mark.parametrize("form", FORMS)


@everywhere
@pytest.mark.parametrize("checksum,name", [(Crc32Checksum, "crc32"), (Sha1Checksum, "sha1"), (Sha256Checksum, "sha256")])
def test_what_botocore_encodes_is_decoded(server, place, checksum, name):
    body = os.urandom(SIZES[place])
    head = Head(server, UNSIGNED_TRAILER, len(body), trailer=f"x-amz-checksum-{name}")
    data = AwsChunkedWrapper(io.BytesIO(body), checksum, f"x-amz-checksum-{name}").read()
    assert head.send(data) == stored(body, place)


@everywhere
@in_each_form
@pytest.mark.parametrize("chunk", [8192, 65536, 5 * MIB])
def test_each_form_is_decoded_whatever_the_size_of_its_chunks(server, place, form, chunk):
    body = os.urandom(SIZES[place])
    head = Head(server, form, len(body))
    assert head.send(encode(head, form, body, chunk)) == stored(body, place)


@in_each_form
def test_an_empty_body_is_decoded(server, form):
    head = Head(server, form, 0)
    assert head.send(encode(head, form, b"")) == stored(b"")


@in_each_form
def test_a_body_goes_to_a_file_when_what_is_sent_has_more_than_a_mebibyte(server, form):
    probe = Head(server, form, MIB // 2)
    frame = len(encode(probe, form, bytes(MIB // 2), 2 * MIB)) - MIB // 2
    for more, place in ((0, "memory"), (1, "file")):
        body = os.urandom(MIB - frame + more)
        head = Head(server, form, len(body))
        data = encode(head, form, body, 2 * MIB)
        assert len(data) == MIB + more
        assert head.send(data) == stored(body, place)


@in_each_form
def test_an_operation_that_is_not_large_decodes_in_memory(server, form):
    body = os.urandom(2 * MIB)
    head = Head(server, form, len(body), "/small-things/t")
    assert head.send(encode(head, form, body)) == stored(body)


def flip(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


@everywhere
@pytest.mark.parametrize("form", [SIGNED, SIGNED_TRAILER])
@pytest.mark.parametrize("part", ["first data", "last data", "first signature", "signature of the end"])
def test_a_changed_byte_of_a_signed_body_does_not_match(server, place, form, part):
    body = os.urandom(SIZES[place])
    head = Head(server, form, len(body))
    data = encode(head, form, body, 8192)
    at = {"first data": data.index(b"\r\n") + 2, "last data": data.rindex(b"0;chunk-signature=") - 3,
          "first signature": data.index(b"=") + 5,
          "signature of the end": data.rindex(b"0;chunk-signature=") + 20}[part]
    changed = flip(data, at)
    assert head.send(changed) == MISMATCH


@everywhere
def test_a_changed_signature_of_the_trailer_does_not_match(server, place):
    body = os.urandom(SIZES[place])
    head = Head(server, SIGNED_TRAILER, len(body))
    data = encode(head, SIGNED_TRAILER, body)
    assert head.send(data[:-6] + (b"0" if data[-6:-5] != b"0" else b"1") + data[-5:]) == MISMATCH


@everywhere
@pytest.mark.parametrize("form", [SIGNED_TRAILER, UNSIGNED_TRAILER])
def test_another_checksum_is_a_bad_digest(server, place, form):
    body = os.urandom(SIZES[place])
    head = Head(server, form, len(body))
    assert head.send(encode(head, form, body, checksum=crc32(body + b"x"))) == BAD_DIGEST


@everywhere
@pytest.mark.parametrize("form", [SIGNED, SIGNED_TRAILER])
def test_exchanged_chunks_do_not_match(server, place, form):
    body = os.urandom(SIZES[place] // 8192 * 8192)
    head = Head(server, form, len(body))
    data = encode(head, form, body, 8192)
    size = len(b"2000;chunk-signature=") + 64 + 2 + 8192 + 2
    assert head.send(data[size:2 * size] + data[:size] + data[2 * size:]) == MISMATCH


@everywhere
@pytest.mark.parametrize("form", [SIGNED, SIGNED_TRAILER])
def test_chunks_of_another_request_do_not_match(server, place, form):
    body = os.urandom(SIZES[place])
    other = Head(server, form, len(body), "/things/other")
    assert Head(server, form, len(body)).send(encode(other, form, body)) == MISMATCH


@everywhere
@in_each_form
@pytest.mark.parametrize("more", [-1, 1])
def test_a_body_of_another_size_than_declared_is_incomplete(server, place, form, more):
    body = os.urandom(SIZES[place])
    head = Head(server, form, len(body) + more)
    assert head.send(encode(head, form, body)) == INCOMPLETE


@everywhere
@in_each_form
@pytest.mark.parametrize("missing", [1, 2, 3, 100])
def test_a_body_without_its_last_bytes_is_incomplete(server, place, form, missing):
    body = os.urandom(SIZES[place])
    head = Head(server, form, len(body))
    assert head.send(encode(head, form, body)[:-missing]) == INCOMPLETE


@everywhere
@in_each_form
def test_bytes_behind_the_end_are_no_part_of_the_body(server, place, form):
    body = os.urandom(SIZES[place])
    head = Head(server, form, len(body))
    assert head.send(encode(head, form, body) + b"x") == INCOMPLETE


@everywhere
@in_each_form
@pytest.mark.parametrize("size", [8191, 8192])
def test_only_the_last_chunk_may_be_small(server, place, form, size):
    body = os.urandom(SIZES[place])
    head = Head(server, form, len(body))
    assert head.send(encode(head, form, body, size)) == (stored(body, place) if size == 8192 else SMALL_CHUNK)


@everywhere
@pytest.mark.parametrize("form", [SIGNED_TRAILER, UNSIGNED_TRAILER])
def test_a_trailer_that_was_announced_must_come(server, place, form):
    body = os.urandom(SIZES[place])
    head = Head(server, form, len(body))
    data = encode(head, form, body)
    assert head.send(data[:data.rindex(b"x-amz-checksum")] + b"\r\n") == BAD_TRAILER


def test_a_signed_trailer_needs_its_signature(server):
    head = Head(server, SIGNED_TRAILER, 9)
    data = encode(head, SIGNED_TRAILER, b"123456789")
    assert head.send(data[:data.rindex(b"x-amz-trailer")] + b"\r\n") == BAD_TRAILER


@everywhere
@pytest.mark.parametrize("length", [None, "", "-1", "1x", "9223372036854775808"])
@in_each_form
def test_the_decoded_length_must_be_told(server, place, form, length):
    body = os.urandom(SIZES[place])
    head = Head(server, form, len(body), X_Amz_Decoded_Content_Length=length)
    assert head.send(encode(head, form, body)) == NO_LENGTH


@pytest.mark.parametrize("name", [None, "", "x-amz-checksum-", "x-amz-checksum-crc33", "crc32", "x-amz-checksum-crc32,x"])
@pytest.mark.parametrize("form", [SIGNED_TRAILER, UNSIGNED_TRAILER])
def test_a_trailer_is_a_checksum_that_we_know(server, form, name):
    head = Head(server, form, 9, trailer=name)
    assert head.send(encode(head, form, b"123456789")) == BAD_TRAILER


@everywhere
@in_each_form
@pytest.mark.parametrize("header", ["X-Amz-Decoded-Content-Length", "X-Amz-Content-SHA256", "X-Amz-Date"])
def test_a_head_that_was_changed_does_not_match(server, place, form, header):
    body = os.urandom(SIZES[place])
    head = Head(server, form, len(body))
    data = encode(head, form, body)
    head.headers[header] = {"X-Amz-Decoded-Content-Length": f"0{len(body)}",
                            "X-Amz-Content-SHA256": FORMS[FORMS.index(form) - 1],
                            "X-Amz-Date": head.date[:-2] + ("1Z" if head.date[-2] != "1" else "2Z")}[header]
    assert head.send(data) == MISMATCH


@in_each_form
def test_the_head_is_verified_before_the_body_comes(server, form):
    head = Head(server, form, 60 * MIB, credentials=Credentials("AKIAALICE", "another"))
    with head.connect(b"", 61 * MIB) as client:
        assert reply_of(client) == MISMATCH


@in_each_form
def test_what_the_head_declares_must_be_signed(server, form):
    body = os.urandom(20_000)
    head = Head(server, form, len(body), X_Amz_Content_SHA256=None)
    head.headers.pop("X-Amz-Content-SHA256", None)
    head.headers["x-amz-content-sha256"] = form
    assert head.send(encode(head, form, body)) == MISMATCH


@everywhere
@in_each_form
@pytest.mark.parametrize("credentials", [ALICE, Credentials("unknown", "unknown")], ids=["known", "unknown"])
def test_an_operation_that_takes_no_such_bodies_refuses_them(server, place, form, credentials):
    body = os.urandom(SIZES[place])
    head = Head(server, form, len(body), "/plain-things/t", credentials)
    assert head.send(encode(head, form, body)) == MISMATCH


@in_each_form
def test_an_encoded_body_needs_a_signature_even_where_others_do_not(server, form):
    body = os.urandom(1000)
    head = Head(server, form, len(body), "/open-things/t", method="GET")
    data = encode(head, form, body)
    assert head.send(data) == stored(body)
    del head.headers["Authorization"]
    assert head.send(data) == (403, "MissingAuthenticationToken", "Request is missing Authentication Token")
    del head.headers["X-Amz-Content-SHA256"]
    assert head.send(data) == stored(data)


def test_another_form_of_streaming_is_refused(server):
    for credentials in (ALICE, Credentials("unknown", "unknown")):
        head = Head(server, "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", 9, credentials=credentials)
        assert head.send(encode(head, SIGNED, b"123456789")) == MISMATCH


@everywhere
@in_each_form
def test_without_a_secret_the_body_is_decoded_and_its_checksum_verified(server, place, form):
    body = os.urandom(SIZES[place])
    head = Head(server, form, len(body), credentials=Credentials("unknown", "unknown"))
    head.secret = "something else"
    assert head.send(encode(head, form, body)) == stored(body, place)
    assert head.send(encode(head, form, body)[:-1]) == INCOMPLETE
    if form != SIGNED:
        assert head.send(encode(head, form, body, checksum=crc32(b""))) == BAD_DIGEST


@pytest.mark.parametrize("size,place", [(0, "memory"), (20_000, "memory"), (3 * MIB, "file")])
def test_a_body_that_is_not_encoded_stays_as_it_is(server, size, place):
    body = os.urandom(size)
    head = Head(server, hashlib.sha256(body).hexdigest(), size, Content_Encoding=None,
                X_Amz_Decoded_Content_Length=None)
    assert head.send(body) == stored(body, place)


@in_each_form
def test_a_client_that_leaves_in_the_middle_leaves_nothing_behind(server, form):
    body = os.urandom(8 * MIB)
    head = Head(server, form, len(body))
    data = encode(head, form, body)
    clients = [head.connect(data[:4 * MIB], len(data)) for _ in range(3)]
    eventually(lambda: len(server.open_bodies()) == 3)
    for client in clients:
        client.close()
    eventually(lambda: not server.open_bodies())


@in_each_form
def test_a_chunk_that_is_wrong_is_answered_before_the_rest_comes(server, form):
    body = os.urandom(8 * MIB)
    head = Head(server, form, len(body))
    data = encode(head, form, body, 8192)
    with head.connect(b"g" + data[1:2 * MIB], len(data)) as client:
        assert reply_of(client) == INCOMPLETE
    eventually(lambda: not server.open_bodies())


def memory_kib(server):
    with open(f"/proc/{server.process.pid}/status") as status:
        return int(re.search(r"RssAnon:\s+(\d+) kB", status.read())[1])


def test_the_memory_of_a_large_body_is_bounded(server):
    body = bytes(48 * MIB)
    head = Head(server, SIGNED, len(body))
    data = encode(head, SIGNED, body, 48 * MIB)  # one chunk
    before = memory_kib(server)
    with head.connect(data[:40 * MIB], len(data)) as client:
        eventually(server.open_bodies)
        assert memory_kib(server) - before < 16 * 1024
        client.sendall(data[40 * MIB:])
        assert reply_of(client) == stored(body, "file")
