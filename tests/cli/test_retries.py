"""Temporary failures are retried: against a server that simulates them."""

import calendar
import contextlib
import email.utils
import json
import socket
import subprocess
import threading
import time
import urllib.parse

import orderly_server
import pytest
from conftest import Result, environment
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
    signed = calendar.timegm(time.strptime(seen[1]["X-Amz-Date"], "%Y%m%dT%H%M%SZ"))
    assert abs(signed - tomorrow) < 43200


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


def xml(operation, content=""):
    return f"<{operation}Response><{operation}Result>{content}</{operation}Result></{operation}Response>"


@contextlib.contextmanager
def publishing(publish):
    """A server with an order system; it answers PublishBatch by `publish`, or not at all.  Yields the endpoint and the
    operations that were asked for."""
    seen = []

    class Endpoint(Handler):
        def do_POST(self):
            operation = urllib.parse.parse_qs(self.read().decode())["Action"][0]
            seen.append(operation)
            if operation == "GetTopicAttributes":
                self.reply(403, "<ErrorResponse><Error><Code>AuthorizationError</Code></Error></ErrorResponse>")
            elif operation != "PublishBatch":
                self.reply(200, xml(operation, "<Account>000000000000</Account><Arn>arn:aws:iam::000000000000:root</Arn>"))
            elif publish is None:
                self.close_connection = True
            else:
                self.reply(200, publish)

    with listening(Endpoint) as endpoint:
        yield endpoint, seen


ORDERS = "".join(json.dumps({"orderId": f"O{number}", "userId": "U1", "itemName": "Lamp", "quantity": 1, "status": "new",
                             "timestamp": "2025-05-03T12:00:00Z"}) + "\n" for number in range(1000))


def test_nothing_more_is_published_to_a_server_that_no_longer_answers(run):
    with publishing(None) as (endpoint, seen):
        result = run("submit", "--parallel", 1, "--endpoint-url", endpoint, stdin=ORDERS)
        assert (result.code, seen.count("PublishBatch")) == (1, 5)  # the attempts of the first batch
        assert "0 of 1,000 orders accepted" in result.out and "cannot be reached" in result.err
        seen.clear()
        result = run("burst", 1000, "--parallel", 1, "--endpoint-url", endpoint)
        assert (result.code, seen.count("PublishBatch")) == (1, 5)
        assert result.err.startswith("orderly: No order was accepted: http://")


def test_what_is_no_reply_of_aws_accepts_no_order(run):
    for wrong in ("hello", "<html><body>Sign in</body></html>", ""):
        with publishing(wrong) as (endpoint, _):
            result = run("submit", "--endpoint-url", endpoint, stdin=ORDERS.splitlines()[0])
            assert result.code == 1 and "0 of 1 orders accepted" in result.out, wrong
            assert "The reply could not be read" in result.err
    with publishing(xml("PublishBatch")) as (endpoint, _):
        assert run("submit", "--endpoint-url", endpoint, stdin=ORDERS.splitlines()[0]).code == 0  # though it may not look first


def test_an_error_without_a_code_is_told_by_its_status(run):
    with server((403, "<html>no</html>", None)) as (endpoint, _):
        assert run("list", "--endpoint-url", endpoint).err == (
            "orderly: Reading the table failed: UnknownError: the reply has the status 403.\n")


@contextlib.contextmanager
def silence():
    """Accepts connections, and never answers; yields the endpoint and the connections."""
    with socket.create_server(("127.0.0.1", 0)) as listener, contextlib.ExitStack() as stack:
        accepted = []

        def accept():
            with contextlib.suppress(OSError):
                while True:
                    accepted.append(stack.enter_context(listener.accept()[0]))

        thread = threading.Thread(target=accept)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", accepted
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.parametrize("words", [["orders", "list"], ["orders", "burst", "5"], ["doctor"],
                                   ["iam", "explain", "sqs:SendMessage", "*", "--as", "sns.amazonaws.com"],
                                   ["function", "watch", "name", "FOLDER"]])
def test_a_server_that_never_answers_is_told_of_and_given_up(words, tmp_path):
    words = [str(tmp_path) if word == "FOLDER" else word for word in words]
    with silence() as (endpoint, accepted):
        result = Result(subprocess.run(
            [orderly_server.binary(), *words, "--endpoint-url", endpoint, "--cli-read-timeout", "4"],
            capture_output=True, text=True, timeout=60, check=False, env=environment()))
    assert result.code in (1, 2) and result.out == ""
    assert result.err.splitlines() == [
        f"orderly: No answer from {endpoint} yet: still waiting.",
        f"orderly: {endpoint} accepts connections, but has sent nothing for 4 s. Is it stopped, or not a server of HTTP? "
        "--cli-read-timeout waits longer."]
    assert len(accepted) == 1


def test_a_kept_connection_that_was_cut_unnoticed_is_made_again(run):
    class Endpoint(Handler):
        asked = 0

        def do_POST(self):
            self.read()
            Endpoint.asked += 1
            if Endpoint.asked == 2:
                done.wait(60)
            else:
                more = {"LastEvaluatedKey": {"orderId": {"S": "O2"}}} if Endpoint.asked == 1 else {}
                self.reply(200, json.dumps({"Items": [], "Count": 0, "ScannedCount": 0, **more}))

    done = threading.Event()
    with listening(Endpoint) as endpoint:
        assert run("list", "--endpoint-url", endpoint, "--cli-read-timeout", 1).code == 0
        done.set()
    assert Endpoint.asked == 3
