"""InvokeWithResponseStream: answers piece by piece, as fast as the caller takes them."""

import base64
import json
import socket
import time

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

NODE = {"Runtime": "nodejs20.x", "Handler": "index.handler", "Timeout": 60, "MemorySize": 256}


def streaming(body):
    return {"index.mjs": "export const handler = awslambda.streamifyResponse(async (event, stream, context) => {\n" + body + "\n});\n"}


@pytest.fixture
def make_node(make_function):
    return lambda body, **more: make_function(streaming(body), **{**NODE, **more})


def take(functions, name, event=None, **arguments):
    """(payload, complete event) of a whole stream."""
    reply = functions.invoke_with_response_stream(FunctionName=name, Payload=json.dumps(event), **arguments)
    assert (reply["StatusCode"], reply["ExecutedVersion"]) == (200, "$LATEST")
    *chunks, last = list(reply["EventStream"])
    assert all(list(chunk) == ["PayloadChunk"] for chunk in chunks) and list(last) == ["InvokeComplete"]
    return b"".join(chunk["PayloadChunk"]["Payload"] for chunk in chunks), last["InvokeComplete"]


def test_a_handlers_writes_arrive_in_their_order_and_the_end_is_told(functions, make_node):
    name = make_node("stream.write('a'); stream.write(Buffer.from([0, 255])); stream.write({ n: event.n }); stream.end('z');")
    assert take(functions, name, {"n": 1}) == (b'a\x00\xff{"n":1}z', {})
    assert take(functions, name, {"n": 2}) == (b'a\x00\xff{"n":2}z', {})


@pytest.fixture
def after_first(functions, make_node, make_role, make_queue, client):
    """after_first(body) returns (a function that writes 'first', and then does what the body says when that has arrived, the
    events that follow)."""

    def make(body):
        queue = make_queue()
        name = make_node("""
  stream.write('first');
  const sqs = new (await import('@aws-sdk/client-sqs')).SQS({});
  for (;;) {
    const { Messages } = await sqs.receiveMessage({ QueueUrl: event, WaitTimeSeconds: 1 });
    if (Messages?.length) break;
  }
""" + body, Role=make_role(["sqs:ReceiveMessage"]))
        reply = functions.invoke_with_response_stream(FunctionName=name, Payload=json.dumps(queue))
        events = iter(reply["EventStream"])
        assert next(events) == {"PayloadChunk": {"Payload": b"first"}}
        client("sqs").send_message(QueueUrl=queue, MessageBody="go on")
        return name, events

    return make


def test_a_piece_arrives_before_the_next_one_is_written(after_first):
    _, events = after_first("stream.end('second');")
    assert list(events) == [{"PayloadChunk": {"Payload": b"second"}}, {"InvokeComplete": {}}]


def test_a_buffered_answer_comes_as_a_stream_too(functions, make_function):
    name = make_function("def handler(event, context): return 'x' * event\n")
    for size in (1, 3, 4000, 5000, 6_000_000):
        payload, complete = take(functions, name, size)
        assert (payload, complete) == (json.dumps("x" * size).encode(), {})


def test_a_failed_invocation_is_told_at_the_end(functions, make_function, make_node):
    name = make_function("def handler(event, context): raise ValueError('no')\n")
    payload, complete = take(functions, name)
    assert (payload, complete["ErrorCode"]) == (b"", "Unhandled")
    assert (json.loads(complete["ErrorDetails"])["errorType"], json.loads(complete["ErrorDetails"])["errorMessage"]) == ("ValueError", "no")
    name = make_node("stream.write('half'); throw new TypeError('midway');")
    payload, complete = take(functions, name)
    details = json.loads(complete["ErrorDetails"])
    assert (payload, complete["ErrorCode"], details["errorType"], details["errorMessage"]) == (b"half", "Unhandled", "TypeError", "midway")
    assert take(functions, name)[0] == b"half"  # the process goes on


def test_a_function_that_is_killed_midway_ends_the_stream_with_an_error(after_first, log_of, advance_clock):
    for act, seconds, sentence in (
            ("process.exit(3)", 0, "Runtime exited with error: exit status 3"),
            ("console.log('running'); await new Promise(() => setTimeout(() => {}, 600000))", 60, "Task timed out after 60.00 seconds")):
        name, events = after_first(act)
        if seconds:
            log_of(name, "running")
            advance_clock(seconds)
        [last] = events
        assert last["InvokeComplete"]["ErrorCode"] == "Unhandled"
        assert sentence in json.loads(last["InvokeComplete"]["ErrorDetails"])["errorMessage"]


def test_the_tail_of_the_log_comes_at_the_end(functions, make_node):
    name = make_node("console.log('seen'); stream.end('x');")
    payload, complete = take(functions, name, LogType="Tail")
    assert payload == b"x" and "seen" in base64.b64decode(complete["LogResult"]).decode()


def test_a_stream_that_is_not_ended_is_an_error(functions, make_node, after_first, log_of, advance_clock):
    payload, complete = take(functions, make_node("event;"))
    assert (payload, json.loads(complete["ErrorDetails"])["errorMessage"]) == (b"", "Response stream is not finished.")
    name, events = after_first("setTimeout(() => console.log('running'), 100);")  # its request stays open, as on AWS
    log_of(name, "running")
    advance_clock(60)
    [last] = events
    assert "Task timed out after 60.00 seconds" in last["InvokeComplete"]["ErrorDetails"]


def test_invoke_gets_a_streamed_answer_whole(functions, make_node):
    name = make_node("stream.write('a'.repeat(event)); stream.end('b');")
    assert functions.invoke(FunctionName=name, Payload=b"200000")["Payload"].read() == b"a" * 200000 + b"b"
    name = make_node("stream.write('half'); throw new TypeError('midway');")
    reply = functions.invoke(FunctionName=name)
    assert (reply["FunctionError"], json.loads(reply["Payload"].read())["errorMessage"]) == ("Unhandled", "midway")


def test_a_dry_run_and_wrong_requests(functions, make_node, refused):
    name = make_node("stream.end('x');")
    reply = functions.invoke_with_response_stream(FunctionName=name, InvocationType="DryRun")
    assert (reply["StatusCode"], list(reply["EventStream"])) == (204, [])
    error = refused(functions.invoke_with_response_stream, FunctionName="nobody")
    assert (error["code"], error["status"]) == ("ResourceNotFoundException", 404)
    error = refused(functions.invoke_with_response_stream, FunctionName=name, Payload=b"{")
    assert (error["code"], error["status"]) == ("InvalidRequestContentException", 400)
    error = refused(functions.invoke_with_response_stream, FunctionName=name, Payload=json.dumps("x" * 6_291_455))
    assert (error["code"], error["status"]) == ("RequestTooLargeException", 413)


def raw_stream(endpoint, name):
    """An open connection whose reply to InvokeWithResponseStream is not read."""
    url = f"{endpoint}/2021-11-15/functions/{name}/response-streaming-invocations"
    request = AWSRequest(method="POST", url=url, data=b"{}", headers={"Host": endpoint.split("//")[1]})
    SigV4Auth(Credentials("test", "test"), "lambda", "us-east-1").add_auth(request)
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    host, port = endpoint.split("//")[1].split(":")
    raw.connect((host, int(port)))
    head = "".join(f"{key}: {value}\r\n" for key, value in request.headers.items())
    raw.sendall(f"POST {url[len(endpoint):]} HTTP/1.1\r\n{head}Content-Length: 2\r\n\r\n{{}}".encode())
    return raw


WRITES = """
  let written = 0;
  while (written < 50_000_000) {
    if (!stream.write(Buffer.alloc(50_000))) await new Promise((ok) => stream.once('drain', ok));
    written += 50_000;
    console.log('WRITTEN ' + written);
  }
  stream.end();"""


def written(log):
    return max([int(line.split("WRITTEN ")[1]) for line in log if "WRITTEN " in line], default=0)


def test_a_slow_caller_slows_the_function(make_node, endpoint, log_of, wait_until):
    name = make_node(WRITES)
    raw = raw_stream(endpoint, name)
    wait_until(lambda: written(log_of(name)) > 0)
    before, now = -1, 0
    while now > before:  # until the function waits
        time.sleep(1.5)
        before, now = now, written(log_of(name))
    assert 0 < now < 20_000_000
    raw.settimeout(60)
    total = 0
    while total < 50_000_000:
        total += len(raw.recv(1 << 20))
    wait_until(lambda: written(log_of(name)) == 50_000_000)
    raw.close()


def test_a_caller_that_leaves_does_not_stop_the_function(functions, make_node, endpoint, log_of, wait_until):
    name = make_node(WRITES)
    raw = raw_stream(endpoint, name)
    raw.recv(1000)
    raw.close()
    wait_until(lambda: written(log_of(name)) == 50_000_000)
    assert take(functions, make_node("stream.end('x');"))[0] == b"x"


@pytest.mark.parametrize("body, error_type, message", [
    ("setTimeout(() => { throw new TypeError('nobody catches'); }, 10); await new Promise((ok) => setTimeout(ok, 60000));",
     "TypeError", "nobody catches"),
    ("Promise.reject(new TypeError('nobody handles')); await new Promise((ok) => setTimeout(ok, 60000));",
     "Runtime.UnhandledPromiseRejection", "TypeError: nobody handles"),
    ("throw undefined;", "handled", "callback called with Error argument"),
    ("throw new Error('x'.repeat(200000));", "Error", "x" * 4096),
    ("throw Object.assign(new Error('m'), { name: 'n'.repeat(20000) });", "n" * 100, "m"),
    ("throw Object.assign(new Error('m'), { stack: 'at x'.repeat(100000) });", "Error", "m"),
    ("stream.destroy(new Error('destroyed'));", "Error", "destroyed"),
], ids=["exception", "rejection", "undefined", "message", "name", "stack", "destroyed"])
def test_whatever_fails_midway_is_told_at_the_end_and_the_next_invocation_is_served(functions, make_node, body, error_type, message):
    name = make_node("if (event) { stream.end('calm'); return; } stream.write('half'); await new Promise(setImmediate);" + body)
    payload, complete = take(functions, name)
    details = json.loads(complete["ErrorDetails"])
    assert (payload, complete["ErrorCode"], details["errorType"][:100], details["errorMessage"][:len(message)]) == (
        b"half", "Unhandled", error_type, message)
    assert take(functions, name, 1) == (b"calm", {})


@pytest.mark.parametrize("body", [
    "stream.setContentType('a\\r\\nb'); stream.end('x');", "stream.write(undefined);", "stream.write(7n);", "stream.end(Symbol('s'));",
    "awslambda.HttpResponseStream.from(stream, { n: 7n }).end('x');",
], ids=["type", "undefined", "bigint", "symbol", "prelude"])
def test_what_cannot_be_streamed_is_an_error_and_the_next_invocation_is_served(functions, make_node, body):
    name = make_node("if (event) { stream.end('calm'); return; }" + body)
    payload, complete = take(functions, name)
    assert (payload, complete["ErrorCode"]) == (b"", "Unhandled")
    assert take(functions, name, 1) == (b"calm", {})


@pytest.mark.parametrize("size, fits", [(200 * 1024 * 1024, True), (200 * 1024 * 1024 + 1, False)])
def test_a_streamed_answer_has_a_limit(functions, make_node, size, fits):
    name = make_node(f"""
  const block = Buffer.alloc(1024 * 1024);
  let left = {size};
  while (left > 0) {{
    const piece = left < block.length ? block.subarray(0, left) : block;
    if (!stream.write(piece)) await new Promise((ok) => stream.once('drain', ok));
    left -= piece.length;
  }}
  stream.end();""")
    reply = functions.invoke_with_response_stream(FunctionName=name)
    received, complete = 0, None
    for event in reply["EventStream"]:
        received += len(event.get("PayloadChunk", {}).get("Payload", b""))
        complete = event.get("InvokeComplete", complete)
    if fits:
        assert (received, complete) == (size, {})
    else:
        assert received <= 200 * 1024 * 1024
        assert json.loads(complete["ErrorDetails"]) == {
            "errorType": "Function.ResponseSizeTooLarge",
            "errorMessage": "Response payload size exceeded maximum allowed payload size (209715200 bytes)."}


# --- Functions that speak the Runtime API themselves, and badly ------------------------------------------

RAW = """
import http.client, os, socket

class Answer:
    "A streamed answer that is not complete until end()."
    def __init__(self, request_id, content_type="text/plain", kind="response"):
        host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
        self.socket = socket.create_connection((host, int(port)))
        self.send(f"POST /2018-06-01/runtime/invocation/{request_id}/{kind} HTTP/1.1\\r\\nHost: {host}:{port}\\r\\nContent-Type: {content_type}\\r\\n"
                  "Lambda-Runtime-Function-Response-Mode: streaming\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n")

    def send(self, text):
        self.socket.sendall(text.encode())

    def piece(self, text):
        self.send(f"{len(text):x}\\r\\n{text}\\r\\n")

    def end(self, trailers=""):
        "The status of the Runtime API's reply; 0: it has closed the connection."
        try:
            self.send(f"0\\r\\n{trailers}\\r\\n")
            return int((self.socket.recv(4096).split() + [b"0", b"0"])[1])
        except OSError:
            return 0

ended = None
def handler(event, context):
    global ended
    if event == "calm":
        return ended
    ended = []
    a = Answer(context.aws_request_id)
    %s
    return "own"
"""

BAD_ANSWERS = {
    "two at once": "a.piece('one'); b = Answer(context.aws_request_id); b.piece('twotwo'); ended += [b.end(), a.end()]",
    "an error beside it": "a.piece('one'); b = Answer(context.aws_request_id, kind='error'); b.piece('{}'); ended += [b.end(), a.end()]",
    "one after the end": "a.piece('one'); a.end(); b = Answer(context.aws_request_id); b.piece('two'); ended += [b.end()]",
    "a broken connection": "a.piece('one'); a.send('3\\r\\nt'); a.socket.close()",
    "no chunk": "a.send('no chunk\\r\\n'); ended += [a.end()]",
    "a trailer that is not base64": "a.piece('one'); ended += [a.end('Lambda-Runtime-Function-Error-Type: T\\r\\n"
                                    "Lambda-Runtime-Function-Error-Body: !!!\\r\\n')]",
    "an empty type": "a.piece('one'); ended += [a.end('Lambda-Runtime-Function-Error-Type:\\r\\n')]",
    "too many trailers": "a.piece('one'); ended += [a.end('X: 1\\r\\n' * 9)]",
    "a huge trailer": "a.piece('one'); ended += [a.end('X: ' + 'y' * 100000 + '\\r\\n')]",
}


@pytest.mark.parametrize("body", BAD_ANSWERS.values(), ids=BAD_ANSWERS)
def test_a_streamed_answer_that_goes_wrong_is_an_error_or_one_whole_answer_and_the_next_invocation_is_served(
        functions, make_function, body):
    name = make_function(RAW % body, Timeout=10)
    for _ in range(3):
        payload, complete = take(functions, name, "go")
        assert complete.get("ErrorCode") == "Unhandled" or (complete, payload in (b"one", b"twotwo", b'"own"')) == ({}, True), payload
        assert take(functions, name, "calm")[1] == {}
