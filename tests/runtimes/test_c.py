"""The C library: a function's loop, and the JSON reader and builder."""

import json

import pytest

from .conftest import Elapsed
from .fakes import FUNCTION_ARN


@pytest.fixture
def probe(start, probe_program):
    return start([str(probe_program)], "unused", {})


def test_a_handler_answers(probe):
    answer = probe.invoke({"text": "Grüße, 世界 🎁", "number": 1.5})
    assert answer.kind == "response"
    assert answer.value == {"text": "Grüße, 世界 🎁", "number": 1.5}


def test_a_handler_that_says_nothing_answers_null(probe):
    assert probe.invoke({"do": "nothing"}).body == b"null"


def test_a_warm_function_keeps_its_connection(probe):
    assert [probe.invoke(n).value for n in range(200)] == list(range(200))
    assert probe.api.connections == 1


def test_six_megabytes_pass_both_ways(probe):
    event = "é" * (3 * 1024 * 1024 - 10)
    assert probe.invoke(event).value == event


def test_invocations_may_come_in_chunks(probe):
    probe.api.chunked = True
    for event in ("x" * 500_000, "", {"a": [1, 2]}):
        assert probe.invoke(event).value == event


def test_a_connection_that_the_server_closed_is_made_anew(probe):
    probe.invoke(1)
    probe.api.closing = True
    assert [probe.invoke(n).value for n in range(5)] == list(range(5))
    assert probe.api.connections > 1


def test_a_failure_is_reported_and_logged_and_the_first_answer_counts(probe):
    answer = probe.invoke({"do": "fail"})
    assert answer.kind == "error"
    assert answer.error_type == "Probe.Failed"
    assert answer.value == {"errorType": "Probe.Failed", "errorMessage": 'order "O1234"',
                            "stackTrace": []}
    assert probe.log() == ['[ERROR] Probe.Failed: order "O1234"']
    assert probe.invoke("still there").value == "still there"


def test_the_invocation_tells_of_itself(probe):
    with Elapsed() as elapsed:
        answer = probe.invoke({"do": "tell"}, {"Lambda-Runtime-Client-Context": '{"shop":"1"}'})
    request_id, arn, trace, environment, remaining_ms, client_context = answer.value
    assert (request_id, arn) == (answer.request_id, FUNCTION_ARN)
    assert trace == environment == "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0"
    assert 30_000 - elapsed.ms - 2 <= remaining_ms <= 30_000
    assert client_context == {"shop": "1"}


def test_a_text_grows_at_every_length(probe):
    """It has 512 bytes to begin with."""
    around = len(probe.invoke({"do": "tell"}, {"Lambda-Runtime-Client-Context": '""'}).body)
    for length in range(512 - around - 4, 512 - around + 4):
        context = json.dumps("x" * length)
        assert probe.invoke({"do": "tell"}, {"Lambda-Runtime-Client-Context": context}).value[-1] == "x" * length


def test_a_log_record_is_one_line(probe):
    probe.invoke({"do": "log"})
    assert probe.log() == ["two\rlines, one record"]


def test_a_function_that_cannot_be_set_up_says_so(start, probe_program):
    function = start([str(probe_program), "TABLE_NAME is not set"], "unused", {})
    answer = function.answer()
    assert (answer.kind, answer.error_type) == ("init error", "Probe.Unset")
    assert answer.value["errorMessage"] == "TABLE_NAME is not set"
    assert function.exit_status() == 1


def test_without_a_runtime_api_the_program_says_what_it_needs(start, probe_program):
    function = start(["env", "-u", "AWS_LAMBDA_RUNTIME_API", str(probe_program)], "unused", {})
    assert function.exit_status() == 1
    assert function.log() == [
        "AWS_LAMBDA_RUNTIME_API is not set: this program is started by Lambda."]


@pytest.mark.parametrize("text", [
    "null", "true", "false", "0", "-0", "1e400", "-1.50E+05", "12345678901234567890123456789012345678",
    '""', '"\\u0000"', '"\\"\\\\"', "[]", "{}", '[[],{},[null,{"a":{"b":[1,2.0]}}]]', '{"":"","a":"a"}',
    "[" * 99 + "1" + "]" * 99,
])
def test_json_is_read_and_written_without_loss(probe, text):
    assert probe.invoke(raw=text.encode()).body.decode() == text


@pytest.mark.parametrize("text, value", [
    (' \t\r\n[ 1 , {"a" : 2} ] \n', [1, {"a": 2}]),
    (r'"\u00e9\ud83c\udf81\/\b\f\n\r\t"', "é🎁/\b\f\n\r\t"),
    ('"\u007f\u0080\u07ff\u0800\uffff\U00010000\U0010ffff"',
     "\u007f\u0080\u07ff\u0800\uffff\U00010000\U0010ffff"),
])
def test_json_may_be_spaced_and_escaped(probe, text, value):
    assert probe.invoke(raw=text.encode()).value == value


@pytest.mark.parametrize("text", [
    b"", b" ", b"nul", b"nulll", b"NaN", b"Infinity", b"01", b"+1", b"1.", b".5", b"1e", b"-", b"0x1",
    b"[1,]", b"[,1]", b"[1 2]", b"[", b"]", b"{", b'{"a"}', b'{"a":}', b'{"a":1,}', b"{a:1}", b"{1:1}",
    b"'a'", b'"', b'"\\', b'"\\"', b'"\\x"', b'"\\u12"', b'"\\u12g4"', b'"\n"', b'"\x00"', b"1 2",
    b"//1", b'"\\ud800"', b'"\\udc00"', b'"\\ud800\\u0041"', b'"\\ud83cx"', b"\xef\xbb\xbf1",
    b'"\xff"', b'"\xc0\x80"', b'"\xe0\x80\x80"', b'"\xed\xa0\x80"', b'"\xf4\x90\x80\x80"', b'"\xc3"',
    b"[" * 101 + b"]" * 101, b"1\x00", b"\x001",
])
def test_what_is_no_json_is_refused(probe, text):
    assert probe.invoke(raw=text).error_type == "NotJson"


def test_the_last_of_several_members_of_one_name_counts(probe):
    probe.invoke(raw=b'{"do":"fail","do":"log"}')
    assert probe.log() == ["two\rlines, one record"]


def test_long_documents_of_small_values_are_read(probe):
    event = [{"orderId": "O%d" % n, "quantity": n} for n in range(50_000)]
    assert probe.invoke(raw=json.dumps(event).encode()).value == event
