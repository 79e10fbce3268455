"""Whatever value a member has, the server does not fail, the reply parses in its protocol, and later reads parse,
too.

One test for each operation in each protocol of its service, generated from the models; every_member.py makes the
wrong requests, from the right ones in base_requests.py.
"""

import json
import socket
import xml.parsers.expat

import boto3
import pytest
from botocore.config import Config

import orderly_server
from base_requests import ACCOUNT, REFUSED, World, base_requests
from every_member import edited, example, places, request_bytes, variants
from models import MODELS, READS

IN_FLIGHT = 16
PROTOCOLS = {"json-1.0": "json-1.0", "json-1.1": "json-1.1", "query": "query", "rest-json": "rest"}  # of RPC v2 CBOR: tests/unit/engine


def generated():
    return [
        (service, PROTOCOLS[protocol], operation)
        for service, model in MODELS.items()
        for protocol in model.header["protocols"] if protocol in PROTOCOLS
        for operation, about in model.operations.items()
        if not about.internal and about.input
    ]


class Line:
    """A connection that sends several requests before it reads their replies."""

    def __init__(self, host):
        self.host = host
        self.socket = None

    def open(self):
        name, port = self.host.split(":")
        self.socket = socket.create_connection((name, int(port)), timeout=60)
        self.file = self.socket.makefile("rb")

    def close(self):
        if self.socket:
            self.file.close()
            self.socket.close()
        self.socket = None

    def read_reply(self):
        status = self.file.readline()
        if not status:
            return None
        headers = {}
        while (line := self.file.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            headers[name.decode().lower()] = value.decode().strip()
        if headers.get("content-type") == "application/vnd.amazon.eventstream":
            return int(status.split()[1]), {**headers, "connection": "close"}, b""  # it would not end
        body = self.file.read(int(headers.get("content-length", 0)))
        return int(status.split()[1]), headers, body

    def ask(self, requests):
        """The replies.  A request that ends the connection is answered; the requests after it are sent again."""
        replies = []
        while len(replies) < len(requests):
            if not self.socket:
                self.open()
            for request in requests[len(replies) :]:
                self.socket.sendall(request)
            while len(replies) < len(requests):
                reply = self.read_reply()
                assert reply, f"the server closed the connection instead of answering {requests[len(replies)][:600]!r}"
                replies.append(reply)
                if reply[1].get("connection") == "close":
                    self.close()
                    break
        return replies


def refuse_constant(word):
    raise ValueError(f"{word} is no JSON")


def problem_of(reply):
    """What is wrong with a reply, or None."""
    status, headers, body = reply
    if status >= 500:
        return f"status {status}"
    kind = headers.get("content-type", "")
    try:
        if "xml" in kind:
            xml.parsers.expat.ParserCreate().Parse(body, True)
        elif "json" in kind and body:
            json.loads(body.decode("utf-8", "strict"), parse_constant=refuse_constant)
        else:
            body.decode("utf-8", "strict")
    except (ValueError, xml.parsers.expat.ExpatError) as error:
        return f"the reply is not what it says: {error}"
    return None


@pytest.fixture(scope="module")
def server():
    server = orderly_server.Server(environment=orderly_server.HASTY_ENVIRONMENT).start()
    yield server
    server.end()


@pytest.fixture(scope="module")
def world(server):
    def root(service):
        return boto3.client(service, endpoint_url=server.endpoint, region_name="us-east-1", aws_access_key_id=ACCOUNT,
                            aws_secret_access_key="x", config=Config(retries={"max_attempts": 0}))

    return World(root)


@pytest.fixture(scope="module")
def bases(world):
    return base_requests(world)


@pytest.fixture(scope="module")
def line(server):
    line = Line(server.endpoint.split("//")[1])
    yield line
    line.close()


@pytest.fixture
def ask_for(line, world, bases):
    """ask_for(service, protocol, operation): sends every variant; returns [(what is wrong, request, reply)]."""

    def encode(service, protocol, operation, tree):
        return request_bytes(line.host, service, MODELS[service], operation, protocol, tree)

    def ask(service, protocol, operation):
        base = bases[service][operation]
        asked, sent = [], []
        for label, changed in variants(MODELS[service], operation, base()[1], protocol):
            before, tree = base()
            sent += [(None, encode(service, protocol, name, other)) for name, other in before]
            sent.append((label, encode(service, protocol, operation, changed(tree))))
        for at in range(0, len(sent), IN_FLIGHT):
            some = sent[at : at + IN_FLIGHT]
            replies = line.ask([request for _, request in some])
            asked += [(label, request, reply) for (label, request), reply in zip(some, replies)]
        return asked

    ask.one = lambda service, protocol, operation: line.ask([encode(service, protocol, operation, bases[service][operation]()[1])])[0]
    yield ask
    world.stop_slow_queries()


def failures_in(log):
    return [line for line in log.splitlines() if "statement failed" in line or "check failed" in line]


@pytest.mark.parametrize("service, protocol, operation", generated())
def test_no_member_can_break_a_reply(ask_for, server, service, protocol, operation):
    already = server.said()
    asked = ask_for(service, protocol, operation)
    right = next(reply for label, _, reply in asked if label == "as it should be")
    assert right[0] < 300 or REFUSED.get(operation, "?").encode() in right[2], f"the base request is refused: {right[2]!r}"
    broken = [(label, request, reply) for label, request, reply in asked if problem_of(reply)]
    reads = [(f"{name} by {spoken}", ask_for.one(service, PROTOCOLS[spoken], name))
             for spoken in MODELS[service].header["protocols"] if spoken in PROTOCOLS for name in READS[service]]
    said = [f"{label}: {problem_of(reply)}\n  {request[-500:]!r}\n  {reply[2][:300]!r}" for label, request, reply in broken]
    said += [f"afterwards {name}: {problem_of(reply)}\n  {reply[2][:500]!r}" for name, reply in reads if problem_of(reply)]
    said += failures_in(server.log_from(already))
    assert not said, f"{len(said)} of {len(asked)}:\n" + "\n".join(said[:12])


def member_at(model, kind, steps):
    """The member at the end of the steps, None when they end in a list or a map."""
    shape = model.shapes.get(kind) if isinstance(kind, str) else None
    if not shape or steps[0] not in shape.members:
        return None
    member = shape.members[steps[0]]
    return member if len(steps) == 1 else member_at(model, member.type, steps[1:])


def refused_members():
    for service, protocol, operation in generated():
        model = MODELS[service]
        kind = model.operations[operation].input
        for steps, _ in places(model, kind, {}):
            member = member_at(model, kind, steps)
            if member and member.refused:
                yield pytest.param(service, protocol, operation, steps, id=f"{service}-{protocol}-{operation}-{steps}")


def asking(model, member):
    """A value of a refused member that must be refused, and the sentence for it."""
    values = model.shapes[member.type].values if isinstance(member.type, str) and member.type in model.shapes else []
    if member.excepted:
        values = values or ["another"]
        value = next(value for value in values if value not in member.excepted)
        return value, member.refused.replace(f"support {member.name} yet", f"support {member.name} {value} yet")
    return "x" if member.type == "opaque" else example(model, member.type), member.refused


@pytest.mark.parametrize("service, protocol, operation, steps", list(refused_members()))
def test_what_a_model_refuses_is_refused(line, bases, service, protocol, operation, steps):
    model = MODELS[service]
    kind = model.operations[operation].input
    value, sentence = asking(model, member_at(model, kind, steps))
    _, tree = bases[service][operation]()
    tree = edited(model, kind, tree, steps, value)
    ((status, _, body),) = line.ask([request_bytes(line.host, service, model, operation, protocol, tree)])
    assert (status, sentence in body.decode()) == (400, True), body
