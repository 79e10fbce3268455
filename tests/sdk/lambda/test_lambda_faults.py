"""Functions that go wrong in every way: what the caller is told, and that nothing is lost."""

import base64
import json

import pytest

API = """
import json, os, signal, subprocess, sys, time, urllib.error, urllib.request

def answer(request_id, body):
    "The status with which the Runtime API takes an answer."
    path = "http://%s/2018-06-01/runtime/invocation/%s/response" % (os.environ["AWS_LAMBDA_RUNTIME_API"], request_id)
    try:
        return urllib.request.urlopen(urllib.request.Request(path, json.dumps(body).encode())).status
    except urllib.error.HTTPError as error:
        return error.code
"""


def invoke(functions, name, event=None):
    reply = functions.invoke(FunctionName=name, Payload=json.dumps(event))
    return reply.get("FunctionError"), json.loads(reply["Payload"].read())


def test_the_first_of_two_answers_counts(functions, make_function):
    name = make_function(API + """
statuses = []
def handler(event, context):
    if event == "tell":
        return statuses
    statuses.append(answer(context.aws_request_id, "first"))
    statuses.append(answer(context.aws_request_id, "second"))
    return "third"
""")
    assert invoke(functions, name) == (None, "first")
    assert invoke(functions, name, "tell") == (None, [202, 400])


def test_an_answer_to_another_invocation_is_refused_and_harms_nobody(functions, make_function):
    name = make_function(API + """
def handler(event, context):
    return [answer("11111111-2222-3333-4444-555555555555", "other"), answer("..", "odd"), "own"]
""")
    error, answer = invoke(functions, name)
    assert (error, answer[0], answer[2]) == (None, 400, "own") and answer[1] >= 400


def test_a_function_that_forks_without_end_ends_at_its_timeout(functions, make_function):
    name = make_function(API + """
def handler(event, context):
    if event == "calm":
        return "calm"
    while True:
        try:
            if os.fork() == 0:
                time.sleep(60)
        except OSError:
            time.sleep(0.01)
""", Timeout=5, MemorySize=512)
    error, answer = invoke(functions, name)
    assert error == "Unhandled"
    # or the kernel ends the process, when the sandbox has no memory left
    assert answer["errorType"] in ("Sandbox.Timedout", "Runtime.OutOfMemory", "Runtime.ExitError"), answer
    assert invoke(functions, name, "calm") == (None, "calm")


def test_a_function_that_fills_tmp_is_told_so_and_serves_on(functions, make_function):
    name = make_function(API + """
def handler(event, context):
    try:
        with open("/tmp/full", "wb") as file:
            while True:
                file.write(bytes(1 << 20))
    except OSError as error:
        return [error.strerror, os.stat("/tmp/full").st_size >> 20 > 500]
    finally:
        os.remove("/tmp/full")
""", MemorySize=1024, Timeout=60)
    full = (None, ["No space left on device", True])
    assert invoke(functions, name) == full
    assert invoke(functions, name) == full


FAULTS = {
    "killed": "os.kill(os.getpid(), signal.SIGKILL)",
    "exits": "os._exit(0)",
    "hangs": "time.sleep(60)",
    "raises": "raise ValueError()",
    "answers too much": "return 'x' * 7_000_000",
    "answers for another and exits": "answer('11111111-2222-3333-4444-555555555555', 'x'); os._exit(1)",
    "runs out of memory": "bytearray(1 << 30)",
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_message_whose_function_goes_wrong_comes_again(
        client, functions, make_function, make_role, make_queue, log_of, advance_clock, wait_until, fault):
    role = make_role(managed=("AWSLambdaBasicExecutionRole", "AmazonSQSFullAccess"))
    queue = make_queue(VisibilityTimeout="60")
    name = make_function(API + f"""
def handler(event, context):
    attempt = event["Records"][0]["attributes"]["ApproximateReceiveCount"]
    print("attempt", attempt, flush=True)
    if attempt == "1":
        {fault}
""", Role=role)
    mapping = functions.create_event_source_mapping(
        EventSourceArn=make_queue.arn(queue), FunctionName=name, BatchSize=1)["UUID"]
    sqs = client("sqs")
    sqs.send_message(QueueUrl=queue, MessageBody="precious")
    log_of(name, "attempt 1\n")
    if fault == FAULTS["hangs"]:
        advance_clock(30)
    log_of(name, "REPORT")
    advance_clock(61)
    log_of(name, "attempt 2\n")

    def counts():
        attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
        return [attributes[key] for key in ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")]

    wait_until(lambda: counts() == ["0", "0"], what="the queue to be empty")
    functions.delete_event_source_mapping(UUID=mapping)


ANSWER_BYTES = 6 * 1024 * 1024 + 100


@pytest.mark.parametrize("more, status", [(0, 202), (1, 413)])
def test_a_runtime_is_told_that_its_answer_is_too_large(functions, make_function, more, status):
    name = make_function(API + """
status = None
def handler(event, context):
    global status
    if event is None:
        return status
    status = answer(context.aws_request_id, "x" * event)
""")
    error, _ = invoke(functions, name, ANSWER_BYTES - 2 + more)
    assert error == ("Unhandled" if more else None)
    assert invoke(functions, name) == (None, status)


@pytest.mark.parametrize("spare, fits", [(0, True), (-1, False)])
def test_an_errors_report_has_a_limit_as_an_answer_has(functions, make_function, spare, fits):
    name = make_function(API.replace("/response", "/error") + """
def handler(event, context):
    answer(context.aws_request_id, "x" * event)
    return "second"
""")
    error, told = invoke(functions, name, ANSWER_BYTES - 2 - spare)
    assert error == "Unhandled"
    assert (told == "x" * (ANSWER_BYTES - 2)) if fits else (told["errorType"] == "Function.ResponseSizeTooLarge")
    assert invoke(functions, name, 5) == ("Unhandled", "xxxxx")


@pytest.mark.parametrize("runtime", ["python", "node"])
def test_an_error_with_more_than_can_be_told_is_an_error_and_the_next_invocation_is_served(functions, make_function, runtime):
    if runtime == "python":
        name = make_function("def handler(event, context):\n    if event: raise ValueError('x' * event)\n    return 'calm'\n",
                             MemorySize=512, Timeout=120)
    else:
        name = make_function({"index.mjs": "export const handler = async (n) => { if (n) throw new Error('x'.repeat(n)); return 'calm'; };"},
                             Runtime="nodejs20.x", MemorySize=512, Timeout=120)
    for size in (7_000_000, 20_000_000):
        error, told = invoke(functions, name, size)
        assert (error, told["errorType"].split(".")[0]) in (("Unhandled", "Function"), ("Unhandled", "Runtime"))
        assert invoke(functions, name, 0) == (None, "calm")


@pytest.mark.parametrize("printed, logged", [
    (b"one\xff\xfe\xc3two", "one\ufffd\ufffd\ufffdtwo"), (b"a\0b\x1b[0mc", "a\0b\x1b[0mc"), (b"\xed\xa0\x80", "\ufffd" * 3),
    (b"\0", "\0"), (b"\xef\xbf\xbe\r", "\ufffe\r"), (b"\xf4\x90\x80\x80", "\ufffd" * 4),
], ids=["bytes", "controls", "surrogate", "zero", "noncharacter", "beyond"])
@pytest.mark.parametrize("log_format", ["Text", "JSON"])
def test_whatever_a_function_prints_is_in_its_log(functions, make_function, log_of, printed, logged, log_format):
    name = make_function(f"""
import sys
def handler(event, context):
    sys.stdout.buffer.write({printed!r} + b"\\nlast\\n")
    sys.stdout.flush()
""", LoggingConfig={"LogFormat": log_format})
    assert invoke(functions, name) == (None, None)
    assert logged + "\n" in log_of(name, "last")


UNFINISHED = {
    "python3.11": """
import http.client, os
def handler(event, context):
    print("one", end=" ")
    endpoint = http.client.HTTPConnection(os.environ["AWS_ENDPOINT_URL"].split("/")[2])
    endpoint.request("GET", "/")
    endpoint.getresponse()
    print("line")
    print("unfinished", end="")
    if event:
        raise ValueError("m")
""",
    "nodejs20.x": {"index.mjs": """
export const handler = async (event) => {
  process.stdout.write("one line\\nunfinished");
  if (event)
    throw new Error("m");
};
"""},
}


@pytest.mark.parametrize("runtime", UNFINISHED)
@pytest.mark.parametrize("event", [None, "fail"])
def test_what_is_printed_without_a_line_break_is_an_event_of_its_invocation(functions, make_function, runtime, event):
    name = make_function(UNFINISHED[runtime], Runtime=runtime)
    for _ in range(2):
        reply = functions.invoke(FunctionName=name, Payload=json.dumps(event), LogType="Tail")
        lines = base64.b64decode(reply["LogResult"]).decode().splitlines()
        assert lines[1:3] == ["one line", "unfinished"]
        assert lines[3].startswith("END RequestId:") or event


@pytest.mark.parametrize("runtime, code", [
    ("python3.11", "import logging\ndef handler(event, context):\n    logging.warning('two\\nlines')\n"),
    ("nodejs20.x", {"index.mjs": "export const handler = async () => console.warn('two\\nlines');"}),
])
def test_a_record_of_several_lines_is_one_event_that_keeps_its_line_breaks(functions, make_function, log_of, runtime, code):
    name = make_function(code, Runtime=runtime)
    invoke(functions, name)
    [record] = [message for message in log_of(name, "REPORT") if "WARN" in message]
    assert record.endswith("\ttwo\nlines\n")
