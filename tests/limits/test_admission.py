"""A body is accepted only from a client who may send it, and only up to the size that its operation takes."""

import gzip
import json

import pytest
from conftest import resident_bytes

MIB = 1024 * 1024
SQS, DYNAMODB = "AmazonSQS.SendMessage", "DynamoDB_20120810.PutItem"


def head(signed, length, *more):
    lines = ["POST / HTTP/1.1", *(f"{name}: {value}" for name, value in signed.items()), f"Content-Length: {length}", *more]
    return "\r\n".join([*lines, "", ""]).encode()


def named(body):
    return json.loads(body)["__type"].split("#")[-1]


@pytest.fixture
def server(start):
    return start("--auth", "strict", "--root-access-key-id", "test", "--root-secret-access-key", "test")


@pytest.fixture
def headers(server, wire):
    client = wire(server)
    return lambda target, body=b"{}", service=None: client.headers(
        service or ("sqs" if "SQS" in target else "dynamodb"), target, body
    )


@pytest.mark.parametrize("target,error", [(SQS, "InvalidClientTokenId"), (DYNAMODB, "UnrecognizedClientException")])
def test_an_unknown_key_is_refused_before_the_body(server, headers, raw, target, error):
    signed = headers(target)
    signed["Authorization"] = signed["Authorization"].replace("Credential=test/", "Credential=AKIAUNKNOWN/")
    status, body = raw(server).send(head(signed, 1000000)).reply()
    assert status in (400, 403) and named(body) == error


@pytest.mark.parametrize("target,error", [(SQS, "MissingAuthenticationToken"), (DYNAMODB, "MissingAuthenticationTokenException")])
def test_an_unsigned_request_is_refused_before_the_body(server, headers, raw, target, error):
    signed = {name: value for name, value in headers(target).items() if name != "Authorization"}
    status, body = raw(server).send(head(signed, 1000000)).reply()
    assert status in (400, 403) and named(body) == error


def test_an_unsigned_form_is_refused_before_the_body(server, raw):
    signed = {"Host": "localhost", "Content-Type": "application/x-www-form-urlencoded"}
    status, body = raw(server).send(head(signed, 1000000)).reply()
    assert status in (0, 403) and b"MissingAuthenticationToken" in body


def test_an_old_signature_is_refused_before_the_body(server, headers, raw):
    signed = headers(DYNAMODB)
    signed["X-Amz-Date"] = "20200101T000000Z"
    signed["Authorization"] = signed["Authorization"].replace(signed["Authorization"].split("/")[1], "20200101")
    status, body = raw(server).send(head(signed, 1000000)).reply()
    assert status == 400 and named(body) == "InvalidSignatureException"


def test_who_sends_the_body_all_the_same_reads_the_refusal(server, headers, raw):
    signed = headers(DYNAMODB)
    signed["Authorization"] = signed["Authorization"].replace("Credential=test/", "Credential=AKIAUNKNOWN/")
    status, body = raw(server).send(head(signed, 8 * MIB)).send_what_fits(b"x" * 8 * MIB).reply()
    assert status == 400 and named(body) == "UnrecognizedClientException"


def test_100_continue_is_said_only_to_who_is_let_in(server, headers, raw):
    expect = "Expect: 100-continue"
    assert raw(server).send(head(headers(DYNAMODB), 2, expect)).reply()[0] == 100
    signed = headers(DYNAMODB)
    signed["Authorization"] = signed["Authorization"].replace("Credential=test/", "Credential=AKIAUNKNOWN/")
    assert raw(server).send(head(signed, 2, expect)).reply()[0] == 400


@pytest.mark.parametrize("target,largest", [(SQS, 8 * MIB), (DYNAMODB, 16 * MIB)])
def test_a_body_larger_than_its_operation_takes_is_refused_before_it_comes(server, headers, raw, target, largest):
    expect = "Expect: 100-continue"
    assert raw(server).send(head(headers(target), largest, expect)).reply()[0] == 100
    status, body = raw(server).send(head(headers(target), largest + 1, expect)).reply()
    assert status == 413 and named(body) == "RequestEntityTooLargeException"


def test_a_function_s_code_may_be_larger(server, wire, raw):
    signed = wire(server).headers("lambda", "", b"")
    del signed["X-Amz-Target"]
    data = head(signed, 69 * MIB, "Expect: 100-continue").replace(b"POST / ", b"POST /2015-03-31/functions ")
    assert raw(server).send(data).reply()[0] == 100
    data = head(signed, 69 * MIB, "Expect: 100-continue").replace(b"POST / ", b"POST /2015-03-31/event-source-mappings ")
    assert raw(server).send(data).reply()[0] == 413


def test_a_packed_body_is_unpacked_only_when_its_signature_is_right(server, headers, raw):
    bomb = gzip.compress(b" " * 69 * MIB)
    signed = headers(DYNAMODB, b"another body")
    clients = [raw(server).send(head(signed, len(bomb), "Content-Encoding: gzip") + bomb) for _ in range(8)]
    for client in clients:
        status, body = client.reply()
        assert status == 400 and named(body) == "InvalidSignatureException"
    assert resident_bytes(server) < 60 * MIB


def test_a_packed_body_unpacks_to_what_its_operation_takes_and_no_more(server, headers, raw):
    def answer(size):
        text = b"{" + b" " * (size - 2) + b"}"
        packed = gzip.compress(text)
        return raw(server).send(head(headers(DYNAMODB, packed), len(packed), "Content-Encoding: gzip") + packed).reply()

    status, body = answer(16 * MIB)
    assert status == 400 and named(body) == "ValidationException"
    status, body = answer(16 * MIB + 1)
    assert status == 413 and named(body) == "RequestEntityTooLargeException"
