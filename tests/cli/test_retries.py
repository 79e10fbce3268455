"""Temporary failures are retried: against a server that simulates them."""

import contextlib
import email.utils
import json
import time

from listening import Handler, listening


def answer(status, body, date=None):
    return status, json.dumps(body), date


EMPTY_TABLE = answer(200, {"Items": [], "Count": 0, "ScannedCount": 0})


@contextlib.contextmanager
def server(*answers):
    """Gives one answer after the other, and repeats the last one; yields the endpoint and the requests' headers."""
    seen = []

    class Endpoint(Handler):
        def do_POST(self):
            self.read()
            status, body, date = answers[min(len(seen), len(answers) - 1)]
            seen.append(dict(self.headers))
            self.reply(status, body, Date=date or self.date_time_string())

    with listening(Endpoint) as endpoint:
        yield endpoint, seen


def test_a_server_error_is_tried_again(run):
    with server(answer(503, {}), answer(500, {"__type": "InternalServerError"}), EMPTY_TABLE) as (endpoint, seen):
        result = run("list", "--endpoint-url", endpoint)
    assert result.code == 0, result.text
    assert len(seen) == 3


def test_throttling_is_tried_again(run):
    refusal = answer(400, {"__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"})
    with server(refusal, EMPTY_TABLE) as (endpoint, seen):
        assert run("list", "--endpoint-url", endpoint).code == 0
    assert len(seen) == 2


def test_it_gives_up_after_five_attempts(run):
    with server(answer(500, {"__type": "InternalServerError", "message": "Not today"})) as (endpoint, seen):
        result = run("list", "--endpoint-url", endpoint)
    assert result.code == 1
    assert "Reading the table failed: InternalServerError: Not today" in result.err
    assert len(seen) == 5


def test_a_refusal_is_not_tried_again(run):
    refusal = answer(400, {"__type": "AccessDeniedException", "Message": "You may not"})
    with server(refusal) as (endpoint, seen):
        result = run("list", "--endpoint-url", endpoint)
    assert result.code == 1 and "AccessDeniedException: You may not" in result.err
    assert len(seen) == 1


def test_the_servers_clock_is_believed(run):
    tomorrow = time.time() + 86400
    refusal = answer(403, {"__type": "InvalidSignatureException", "message": "Signature expired"},
                     email.utils.formatdate(tomorrow, usegmt=True))
    with server(refusal, EMPTY_TABLE) as (endpoint, seen):
        assert run("list", "--endpoint-url", endpoint).code == 0
    assert seen[1]["X-Amz-Date"][:8] == time.strftime("%Y%m%d", time.gmtime(tomorrow))


def test_what_a_message_says_cannot_steer_the_terminal(run):
    item = {"orderId": {"S": "O1"}, "itemName": {"S": "\033[31mred\nline"}}
    with server(answer(200, {"Items": [item], "Count": 1, "ScannedCount": 1})) as (endpoint, _):
        result = run("list", "--endpoint-url", endpoint)
    assert "\033" not in result.out and " [31mred line" in result.out


def test_pages_of_a_scan_are_followed(run):
    first = answer(200, {"Items": [{"orderId": {"S": "O2"}}], "Count": 1, "ScannedCount": 1,
                         "LastEvaluatedKey": {"orderId": {"S": "O2"}}})
    second = answer(200, {"Items": [{"orderId": {"S": "O1"}}], "Count": 1, "ScannedCount": 1})
    with server(first, second) as (endpoint, seen):
        result = run("list", "--json", "--endpoint-url", endpoint)
    assert [item["orderId"] for item in json.loads(result.out)] == ["O1", "O2"]
    assert len(seen) == 2
