"""Large bodies go to a file on the disk as they arrive: the memory and the disk space that they use."""

import base64
import hashlib
import io
import json
import os
import pathlib
import threading
import zipfile

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from orderly_server import wait_until

MIB = 1024 * 1024
ROLE = "arn:aws:iam::000000000000:role/anything"
TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}


def zipped(size, seed):
    """A package of about that size, which does not compress."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("bootstrap", "#!/bin/sh\n")
        archive.writestr("data", seed + os.urandom(size))
    return package.getvalue()


def create(name, package):
    return json.dumps(
        {"FunctionName": name, "Role": ROLE, "Runtime": "provided.al2023", "Handler": "x", "Code": {"ZipFile": base64.b64encode(package).decode()}}
    ).encode()


def signed(server, body, **more):
    """The lines of a CreateFunction's head."""
    url = f"http://127.0.0.1:{server.port}/2015-03-31/functions"
    request = botocore.awsrequest.AWSRequest("POST", url, {"Content-Type": "application/json", **more}, body)
    botocore.auth.SigV4Auth(botocore.credentials.Credentials("test", "test"), "lambda", "us-east-1").add_auth(request)
    lines = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    return f"POST /2015-03-31/functions HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n{lines}"


def sized(server, body, length=None, **more):
    return f"{signed(server, body, **more)}Content-Length: {len(body) if length is None else length}\r\n\r\n".encode()


def status_bytes(server, name):
    """The system can take back memory of files at any time: RssAnon is the rest."""
    return int(pathlib.Path(f"/proc/{server.process.pid}/status").read_text().split(name + ":")[1].split()[0]) * 1024


def open_bodies(server):
    folder = f"/proc/{server.process.pid}/fd"
    try:
        return [os.path.join(folder, name) for name in os.listdir(folder) if "/body-" in os.readlink(f"{folder}/{name}")]
    except FileNotFoundError:
        return open_bodies(server)


def disk_taken(server):
    """The bytes that bodies use on the disk."""
    try:
        return sum(os.stat(name).st_blocks * 512 for name in open_bodies(server))
    except FileNotFoundError:
        return disk_taken(server)


@pytest.fixture
def server(start):
    server = start("--auth", "strict", "--root-access-key-id", "test", "--root-secret-access-key", "test")
    iam = boto3.client("iam", "us-east-1", endpoint_url=server.endpoint, aws_access_key_id="test", aws_secret_access_key="test")
    iam.create_role(RoleName="anything", AssumeRolePolicyDocument=json.dumps(TRUST))
    return server


class Watch(threading.Thread):
    """The server's peak of memory while it is watched."""

    def __init__(self, server):
        super().__init__()
        self.server, self.most, self.over = server, 0, threading.Event()

    def run(self):
        while not self.over.is_set():
            self.most = max(self.most, status_bytes(self.server, "RssAnon"))
            self.over.wait(0.01)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()


def test_ten_large_functions_at_once_take_little_memory_and_all_arrive(server, raw):
    package = zipped(45 * MIB, b"one for all")  # 60 MiB of base64
    replies = {}

    def upload(number):
        body = create(f"large-{number}", package)
        replies[number] = raw(server).send(sized(server, body)).send(body).reply()

    before = status_bytes(server, "RssAnon")
    with Watch(server) as watch:
        uploads = [threading.Thread(target=upload, args=(number,)) for number in range(10)]
        for thread in uploads:
            thread.start()
        for thread in uploads:
            thread.join()
    digest = base64.b64encode(hashlib.sha256(package).digest()).decode()
    assert {number: (status, json.loads(body).get("CodeSha256")) for number, (status, body) in replies.items()} == {
        number: (201, digest) for number in range(10)
    }
    assert watch.most < before + 64 * MIB
    wait_until(lambda: open_bodies(server) == [], what="the disk to be given back")


def test_a_client_that_dies_in_the_middle_gives_the_disk_back(server, raw):
    body = create("never", b"x" * 30 * MIB)
    client = raw(server).send(sized(server, body)).send(body[: 20 * MIB])
    wait_until(lambda: disk_taken(server) >= 18 * MIB, what="the body to be on the disk")
    client.close()
    wait_until(lambda: open_bodies(server) == [], what="the disk to be given back")


def test_who_is_not_known_puts_nothing_on_the_disk(server, raw):
    body = create("foreign", b"x" * 4 * MIB)
    head = sized(server, body).replace(b"Credential=test/", b"Credential=AKIAUNKNOWN/")
    client = raw(server).send(head).send_what_fits(body)
    assert client.reply()[0] == 403
    assert open_bodies(server) == []


def test_a_body_that_was_changed_on_its_way_is_refused(server, raw):
    body = create("changed", zipped(2 * MIB, b""))
    status, refusal = raw(server).send(sized(server, body)).send(body[:-3] + b' }}').reply()
    assert (status, "signature we calculated does not match" in refusal.decode()) == (403, True)
    wait_until(lambda: open_bodies(server) == [], what="the disk to be given back")


def test_a_body_that_is_chunked_and_waits_for_100_continue_arrives(server, raw):
    package = zipped(3 * MIB, b"")
    body = create("chunked", package)
    head = signed(server, body) + "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
    client = raw(server).send(head.encode())
    assert client.reply()[0] == 100
    chunks = [body[at : at + 70_000] for at in range(0, len(body), 70_000)] + [b""]
    status, reply = client.send(b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)).reply()
    assert (status, json.loads(reply)["CodeSize"]) == (201, len(package))


@pytest.mark.parametrize("wrong", ["{}", "not json", "base64", "escaped"])
def test_what_is_wrong_in_a_large_body_is_told_as_in_a_small_one(server, raw, wrong):
    def body(size):
        good = create("wrong", zipped(size, b""))
        return {
            "{}": b'{"Code": {"ZipFile": "' + b"A" * size + b'"}}',
            "not json": good[:-1],
            "base64": good.replace(b'"ZipFile": "UEsD', b'"ZipFile": "UEs-'),
            "escaped": good.replace(b'"ZipFile": "UEsD', b'"ZipFile": "\\u0041AAA'),
        }[wrong]

    answers = []
    for size in (1000, 3 * MIB):
        sent = body(size)
        answers.append(raw(server).send(sized(server, sent)).send(sent).reply())
    assert answers[0] == answers[1] and answers[0][0] == 400


def test_a_length_that_is_larger_than_any_body_is_refused_before_it_comes(server, raw):
    assert raw(server).send(sized(server, b"{}", 70 * MIB + 1)).reply()[0] == 413
    assert raw(server).send(sized(server, b"{}", 70 * MIB, Expect="100-continue")).reply()[0] == 100


def test_what_is_sent_beyond_the_length_is_no_part_of_the_body(server, raw):
    package = zipped(2 * MIB, b"")
    body = create("longer", package)
    client = raw(server).send(sized(server, body)).send(body + b"and more\r\n\r\n")
    status, reply = client.reply()
    assert (status, json.loads(reply)["CodeSize"]) == (201, len(package))
    assert client.reply()[0] == 400


def free_bytes(folder):
    space = os.statvfs(folder)
    return space.f_bavail * space.f_frsize


def test_a_disk_that_becomes_full_refuses_the_body_and_nothing_else(start, small_disk, raw, wire):
    server = start(data=str(small_disk / "data"))
    client = wire(server)
    url = client.sqs("CreateQueue", QueueName="orders")["QueueUrl"]
    with open(small_disk / "ballast", "ab") as ballast:
        ballast.write(bytes(free_bytes(small_disk) - 40 * MIB))
    body = create("large", zipped(45 * MIB, b""))
    status, refusal = raw(server).send(sized(server, body)).send_what_fits(body).reply()
    assert (status, json.loads(refusal)["message"]) == (503, "The disk is full.")
    assert client.sqs("SendMessage", QueueUrl=url, MessageBody="there is room for it")["MessageId"]
    wait_until(lambda: free_bytes(small_disk) > 38 * MIB, what="the disk to be given back")
    assert "the disk is full" not in server.log


def test_bodies_of_one_address_have_a_part_of_the_disk_and_who_has_stalled_gives_way(server, raw):
    """LIMIT_SPOOLS_BYTES is 1 GiB, and one address gets seven eighths of it: 14 bodies of 64 MiB each."""
    half = b"x" * (57 * MIB)
    head = sized(server, half, 70 * MIB)
    clients = [raw(server).send(head).send(half) for _ in range(14)]
    wait_until(lambda: disk_taken(server) >= 14 * 55 * MIB, what="the bodies to be on the disk")
    package = zipped(3 * MIB, b"")
    body = create("late", package)
    status, reply = raw(server).send(sized(server, body)).send(body).reply()
    assert (status, json.loads(reply)["CodeSize"]) == (201, len(package))
    wait_until(lambda: len(open_bodies(server)) <= 13, what="the late body's place on the disk to be given back")
    assert len(open_bodies(server)) == 13
    for client in clients:
        client.close()
    wait_until(lambda: open_bodies(server) == [], what="the disk to be given back")
