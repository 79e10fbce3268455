"""Every operation that we model, both ways, against botocore's own serializers and parsers."""
import base64
import datetime
import json
import os
import pathlib
import random
import re
import subprocess
import xml.etree.ElementTree
import sys

import botocore.eventstream
import botocore.parsers
import botocore.serialize
import botocore.session
import pytest
from botocore.awsrequest import AWSRequest, prepare_request_dict

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "models"))
from model_text import read_model  # noqa: E402

loader = botocore.session.get_session().get_component("data_loader")

OWN = {path.stem: path for path in sorted(pathlib.Path(__file__).parent.glob("*.json"))}  # AWS has no such services
MODELS = {path.stem: read_model(path)
          for path in [*sorted(ROOT.glob("src/services/*/*.model")), *sorted(pathlib.Path(__file__).parent.glob("*.model"))]
          if path.stem in OWN or path.stem in loader.list_available_services("service-2")}
SERVICES = {service: model.header["protocols"] for service, model in MODELS.items()}


def opaque_members():
    """{(structure, member)} that our models leave opaque."""
    return {(name, member.name)
            for path in ROOT.glob("src/services/*/*.model")
            for name, shape in read_model(path).shapes.items()
            for member in shape.members.values()
            if "opaque" in (member.type, getattr(member.type, "element", None))}


OPAQUE = opaque_members()


class Probe:
    def __init__(self):
        self.process = subprocess.Popen(
            [os.environ["PROTOCOL_PROBE"]], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, **command):
        self.process.stdin.write(json.dumps(command).encode() + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the probe died"
        return json.loads(line)


@pytest.fixture(scope="session")
def probe():
    return Probe()


def service_model(service, protocol):
    if service in OWN:
        return botocore.model.ServiceModel(json.loads(OWN[service].read_text()))
    description = loader.load_service_model(service, "service-2")
    if protocol == "query" and service == "sqs":
        description = old_sqs(description)
    named = {"json-1.0": "json", "query": "query", "rpc-v2-cbor": "smithy-rpc-v2-cbor"}.get(protocol)
    if named in description["metadata"].get("protocols", []):  # the SDK chooses the first of several
        description = {**description, "metadata": {**description["metadata"], "protocol": named, "protocols": [named]}}
    return botocore.model.ServiceModel(description)


def old_sqs(description):
    """The current description of SQS with the Query protocol, which botocore no longer describes, added from the old
    model."""
    description = json.loads(json.dumps(description))
    names = {
        "QueueAttributeMap": "Attribute", "TagMap": "Tag", "MessageBodyAttributeMap": "MessageAttribute",
        "MessageBodySystemAttributeMap": "MessageSystemAttribute", "MessageSystemAttributeMap": "Attribute",
    }
    items = {
        "AWSAccountIdList": "AWSAccountId", "ActionNameList": "ActionName", "AttributeNameList": "AttributeName",
        "MessageAttributeNameList": "MessageAttributeName", "QueueUrlList": "QueueUrl", "TagKeyList": "TagKey",
        "MessageSystemAttributeList": "AttributeName",
        "MessageList": "Message", "SendMessageBatchRequestEntryList": "SendMessageBatchRequestEntry",
        "SendMessageBatchResultEntryList": "SendMessageBatchResultEntry",
        "DeleteMessageBatchRequestEntryList": "DeleteMessageBatchRequestEntry",
        "DeleteMessageBatchResultEntryList": "DeleteMessageBatchResultEntry",
        "ChangeMessageVisibilityBatchRequestEntryList": "ChangeMessageVisibilityBatchRequestEntry",
        "ChangeMessageVisibilityBatchResultEntryList": "ChangeMessageVisibilityBatchResultEntry",
        "BatchResultErrorEntryList": "BatchResultErrorEntry",
        "ListMessageMoveTasksResultEntryList": "ListMessageMoveTasksResultEntry",
    }
    description["metadata"].update(protocol="query", protocols=["query"],
                                   xmlNamespace="http://queue.amazonaws.com/doc/2012-11-05/")
    for name, shape in description["shapes"].items():
        if name in names:
            shape["key"]["locationName"] = "Key" if name == "TagMap" else "Name"
            shape["value"]["locationName"] = "Value"
        if name in items:
            shape["member"]["locationName"] = items[name]
        for member in shape.get("members", {}).values():
            if member["shape"] in names:
                member["locationName"] = names[member["shape"]]
        shape.get("members", {}).pop("MessageSystemAttributeNames", None)
    for name in ("StringList", "BinaryList"):
        description["shapes"][name]["member"]["locationName"] = name + "Value"
    for operation in description["operations"].values():
        if "output" in operation:
            operation["output"]["resultWrapper"] = operation["output"]["shape"]
    return description


def known(service, operation):
    """Do our models have that operation?"""
    about = MODELS[service].operations.get(operation)
    return about is not None and not about.internal


def cases():
    for service, protocols in SERVICES.items():
        for protocol in protocols:
            for operation in service_model(service, protocol).operation_names:
                if known(service, operation):
                    yield pytest.param(service, protocol, operation, id=f"{service}-{protocol}-{operation}")


CASES = list(cases())


def is_read_whole(service, protocol, operation):
    """Replies that are streams of events: tests/unit/core/test_events.c and the tests of their operations."""
    shape = service_model(service, protocol).operation_model(operation).output_shape
    return not shape or not any(member.serialization.get("eventstream") for member in shape.members.values())


WHOLE = [case for case in CASES if is_read_whole(*case.values)]

# ---- random values of a shape ----

TEXTS = {
    "QueueUrl": "http://localhost:4566/000000000000/orders", "TopicArn": "arn:aws:sns:us-east-1:000000000000:t",
    "FunctionName": "process-order", "TableName": "Orders", "logGroupName": "/aws/lambda/f",
}


def random_text(shape, name, rng):
    if shape.enum:
        return rng.choice(shape.enum)
    if name in TEXTS:
        return TEXTS[name]
    if "Arn" in name or "ARN" in name:
        return "arn:aws:lambda:us-east-1:000000000000:function:process-order"
    least = shape.metadata.get("min", 1)
    return "".join(rng.choice("abcxyz019") for _ in range(max(least, rng.randint(1, 12))))


def random_value(shape, rng, depth=0, name=""):
    kind = shape.type_name
    if kind == "structure":
        members = [member for member in shape.members.items() if (shape.name, member[0]) not in OPAQUE]
        if getattr(shape, "is_tagged_union", False):
            scalars = [member for member in members if depth < 4 or member[1].type_name in ("string", "boolean")]
            members = [rng.choice(scalars)]
        chosen = [member for member in members
                  if member[0] in shape.required_members or getattr(shape, "is_tagged_union", False)
                  or (depth < 5 and rng.random() < 0.7)]
        if depth > 0 and not chosen:
            chosen = members[:1]  # Query cannot write an empty structure
        return {key: random_value(member, rng, depth + 1, key) for key, member in chosen}
    if kind == "list":
        return [random_value(shape.member, rng, depth + 1, name) for _ in range(rng.randint(1, 2))]
    if kind == "map":
        return {random_text(shape.key, "", rng) + ("" if shape.key.enum else str(i)):
                random_value(shape.value, rng, depth + 1, name) for i in range(2)}
    if kind == "string":
        return random_text(shape, name, rng)
    if kind == "blob":
        return bytes(rng.randrange(256) for _ in range(rng.randint(1, 9)))
    if kind == "boolean":
        return rng.random() < 0.5
    if kind in ("integer", "long"):
        return rng.randint(shape.metadata.get("min", 1), min(shape.metadata.get("max", 10 ** 6), 10 ** 6))
    if kind in ("float", "double"):
        return rng.randint(1, 999) / 8
    if kind == "timestamp":
        return datetime.datetime(2026, 1, 2, 3, 4, rng.randint(0, 59), tzinfo=datetime.timezone.utc)
    raise AssertionError(kind)


def ours(value):
    """The same value as model_to_json writes it."""
    if isinstance(value, dict):
        return {key: ours(item) for key, item in value.items()}
    if isinstance(value, list):
        return [ours(item) for item in value]
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime.datetime):
        return int(value.timestamp()) if value.microsecond == 0 else round(value.timestamp(), 3)
    if hasattr(value, "read"):
        return base64.b64encode(value.read()).decode()
    return value


def document(shape, params):
    """botocore sends a structure that is the whole body also when it is absent: as an empty document."""
    payload = shape.serialization.get("payload") if shape else None
    json_structure = payload and shape.members[payload].type_name == "structure"
    return {payload: {}, **params} if json_structure else params


def body_bytes(body):
    if body is None:
        return b""
    if hasattr(body, "read"):
        return body.read()
    return body if isinstance(body, bytes) else body.encode()


def wire(request_dict):
    request_dict["headers"] = dict(request_dict["headers"])
    request_dict.pop("host_prefix", None)
    prepare_request_dict(request_dict, endpoint_url="http://localhost:4566")
    prepared = AWSRequest(method=request_dict["method"], url=request_dict["url"], headers=request_dict["headers"],
                          data=request_dict["body"]).prepare()
    headers = {key: value if isinstance(value, str) else value.decode() for key, value in prepared.headers.items()}
    return prepared.method, prepared.url[len("http://localhost:4566"):], headers, body_bytes(prepared.body)


def serialized(model, operation, params):
    serializer = botocore.serialize.create_serializer(model.metadata["protocol"], include_validation=False)
    return wire(serializer.serialize_to_request(params, model.operation_model(operation)))


def decode(probe, model, method, target, headers, body):
    return probe.ask(do="decode", signing_name=model.signing_name, method=method, target=target, headers=headers,
                     body=base64.b64encode(body).decode())


@pytest.mark.parametrize("service, protocol, operation", CASES)
def test_what_botocore_sends_is_what_we_read(probe, service, protocol, operation):
    model = service_model(service, protocol)
    shape = model.operation_model(operation).input_shape
    for seed in range(8):
        params = random_value(shape, random.Random(seed)) if shape else {}
        expected = ours(document(shape, params) if protocol == "rest-json" else params)
        answer = decode(probe, model, *serialized(model, operation, params))
        assert answer.get("operation") == operation, answer
        assert "error" not in answer, (answer, params)
        assert answer["in"] == expected


@pytest.mark.parametrize("service, protocol, operation", CASES)
def test_what_we_send_is_what_botocore_sends(probe, service, protocol, operation):
    model = service_model(service, protocol)
    shape = model.operation_model(operation).input_shape
    params = random_value(shape, random.Random(7)) if shape else {}
    expected = ours(params)
    request = probe.ask(do="request", service=service, operation=operation, protocol=protocol, **{"in": expected})
    method, target, headers, body = serialized(model, operation, params)
    sent = base64.b64decode(request["body"])
    assert request["method"] == method
    assert sorted(target.split("?")) == sorted(request["target"].split("?"))
    if protocol.startswith("json"):
        assert json.loads(sent) == json.loads(body)
        assert request["headers"]["X-Amz-Target"] == headers["X-Amz-Target"]
    elif protocol == "query":
        assert sorted(sent.split(b"&")) == sorted(re.sub(rb"(=-?\d+)\.0$", rb"\1", field) for field in body.split(b"&"))
    elif protocol == "rest-xml" and sent[:1] == b"<":
        assert xml.etree.ElementTree.canonicalize(sent) == xml.etree.ElementTree.canonicalize(body)
    elif protocol == "rpc-v2-cbor":
        assert cbor(sent) == cbor(body)
        wanted = {key.lower(): value for key, value in headers.items()}
        for key in ("smithy-protocol", "accept", "content-type"):
            assert {name.lower(): value for name, value in request["headers"].items()}.get(key) == wanted.get(key)
    elif body[:1] == b"{" and sent[:1] == b"{":
        assert json.loads(sent) == json.loads(body)
    else:
        assert sent == body
    answer = decode(probe, model, request["method"], request["target"], request["headers"], sent)
    assert answer.get("in") == expected, answer


def cbor(body):
    """Decoded as botocore decodes it, so that maps are equal whatever their order and the form of their length."""
    return botocore.parsers.RpcV2CBORParser()._initial_body_parse(body)


def parse(model, operation, reply):
    parser = botocore.parsers.create_parser(model.metadata["protocol"])
    headers = {key: value for key, value in reply["headers"].items()}
    headers["content-type"] = reply.get("content_type", "")
    response = {"status_code": reply["status"], "headers": botocore.awsrequest.HeadersDict(headers),
                "body": base64.b64decode(reply["body"])}
    if reply["status"] < 300 and has_stream(model.operation_model(operation).output_shape):
        response["body"] = Stream(response["body"])
    return parser.parse(response, model.operation_model(operation).output_shape)


class Stream:
    def __init__(self, body):
        self.body = body

    def read(self):
        return self.body


def has_stream(shape):
    return shape is not None and shape.serialization.get("payload") and \
        shape.members[shape.serialization["payload"]].type_name == "blob"


@pytest.mark.parametrize("service, protocol, operation", WHOLE)
def test_what_we_answer_is_what_botocore_reads(probe, service, protocol, operation):
    model = service_model(service, protocol)
    shape = model.operation_model(operation).output_shape
    for seed in range(8):
        out = random_value(shape, random.Random(seed)) if shape else {}
        out.update({name: 200 for name, member in (shape.members if shape else {}).items()
                    if member.serialization.get("location") == "statusCode"})
        if has_stream(shape):
            out[shape.serialization["payload"]] = b"{}"  # an absent stream reads as an empty one
        expected = ours(out)
        reply = probe.ask(do="reply", service=service, operation=operation, protocol=protocol, out=expected)
        assert reply["headers"]["x-amzn-RequestId"] == "the-request-id"
        parsed = parse(model, operation, reply)
        metadata = parsed.pop("ResponseMetadata")
        if shape or protocol != "rpc-v2-cbor":  # without an output, botocore does not look at the reply
            assert metadata["RequestId"] == "the-request-id"
        if protocol == "rest-xml":  # botocore reads an empty map or structure where the headers or the document are missing
            parsed = {key: value for key, value in parsed.items() if value != {} or key in out}
        assert ours(parsed) == expected
        read = probe.ask(do="read", service=service, operation=operation, protocol=protocol, status=reply["status"],
                         headers=reply["headers"], body=reply["body"])
        assert read.get("out") == expected, read


@pytest.mark.parametrize("service, protocol", [
    (service, protocol) for service, protocols in SERVICES.items() for protocol in protocols])
def test_an_error_reaches_botocore(probe, service, protocol):
    model = service_model(service, protocol)
    operation = next(name for name in model.operation_names if known(service, name))
    reply = probe.ask(do="fail", service=service, operation=operation, protocol=protocol, message="No <such> thing")
    parsed = parse(model, operation, reply)
    read = probe.ask(do="read", service=service, operation=operation, protocol=protocol, status=reply["status"],
                     headers=reply["headers"], body=reply["body"])
    assert parsed["Error"]["Message"] == "No <such> thing"
    assert parsed["Error"]["Code"]
    assert parsed["ResponseMetadata"]["RequestId"] == "the-request-id"
    assert read["message"] == "No <such> thing"


EVENT_HEADERS = {
    "yes": (0, True), "no": (1, False), "byte": (2, -128), "short": (3, 32767), "integer": (4, -2 ** 31),
    "long": (5, 2 ** 63 - 1), "bytes": (6, b"\x00\xff"), ":event-type": (7, "Records \u00fc"),
    "moment": (8, 1363896240123), "uuid": (9, b"0123456789abcdef"),
}


def test_an_event_stream_reaches_botocore_however_it_is_cut(probe):
    def header(name, kind, value):
        number = value if kind in (2, 3, 4, 5, 8) else 0
        text = value.encode() if isinstance(value, str) else value if isinstance(value, bytes) else b""
        return {"name": name, "type": kind, "number": number, "text": base64.b64encode(text).decode()}

    stream = b""
    for payload in (b"", b"{}", bytes(range(256)) * 100):
        answer = probe.ask(do="event", headers=[header(name, *value) for name, value in EVENT_HEADERS.items()],
                           body=base64.b64encode(payload).decode())
        stream += base64.b64decode(answer["body"])
    for piece in (1, 7, len(stream)):
        buffer, events = botocore.eventstream.EventStreamBuffer(), []
        for start in range(0, len(stream), piece):
            buffer.add_data(stream[start:start + piece])
            events += list(buffer)
        assert [event.payload for event in events] == [b"", b"{}", bytes(range(256)) * 100]
        for event in events:
            assert event.headers == {name: value for name, (_, value) in EVENT_HEADERS.items()}
