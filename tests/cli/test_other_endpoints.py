"""Which endpoint has traces, and how the command line finds out: against a server that plays Orderly, or something
else."""

import contextlib
import json

from listening import Handler, listening

ORDERLY = {"edition": "orderly", "version": "0.1.0"}
HOP = {"id": "1", "parent": None, "kind": "published", "atMs": 1795756187902, "durationMs": 0, "attempt": 0,
       "verdict": "ok", "resource": "arn:aws:sns:us-east-1:000000000000:OrderTopic"}
TRACE = {"traceId": "1-6b09109b-36ff594b34ce4e92ad114f7e", "beganMs": 1795756187902, "lastMs": 1795756187902,
         "outcome": "ok", "hops": 1, "resources": [], "messageIds": []}


@contextlib.contextmanager
def server(gets):
    """Answers a GET by its path, and every POST with {}; yields the endpoint and the requested paths."""
    seen = []

    class Endpoint(Handler):
        def do_GET(self):
            seen.append(self.path)
            status, body = gets.get(self.path, (404, {"message": "Not found"}))
            self.reply(status, json.dumps(body))

        def do_POST(self):
            self.read()
            self.reply(200, json.dumps({"QueueUrl": "http://queue/OrderDLQ"} if "GetQueueUrl" in self.headers["X-Amz-Target"] else {}))

    with listening(Endpoint) as endpoint:
        yield endpoint, seen


def test_an_order_is_found_behind_pages_that_have_no_trace(run):
    first = "/_orderly/traces?text=O12%26&limit=100"
    gets = {
        "/_orderly/health": (200, ORDERLY),
        "/_orderly/traces?limit=1": (200, {"traces": [TRACE]}),  # may the key read them?
        first: (200, {"traces": [], "next": "9"}),
        first + "&next=9": (200, {"traces": [TRACE]}),
        "/_orderly/traces/" + TRACE["traceId"]: (200, {"traceId": TRACE["traceId"], "hops": [HOP]}),
    }
    with server(gets) as (endpoint, seen):
        result = run("show", "O12&", "--endpoint-url", endpoint)
    assert (result.code, result.err) == (0, "")
    assert result.out == (
        "Order O12&: on its way\n\n"
        "  Began 2026-11-27 05:09:47.902 UTC, trace 1-6b09109b-36ff594b34ce4e92ad114f7e\n\n"
        "  after  step       where             attempt  took  verdict\n"
        "   0 ms  published  topic OrderTopic                 ok\n\n"
        "  It has not arrived yet.\n")
    assert seen == list(gets)


def test_a_failure_to_read_the_traces_is_said(run):
    with server({"/_orderly/health": (200, ORDERLY)}) as (endpoint, _):
        result = run("show", "O12", "--endpoint-url", endpoint)
    assert (result.code, result.out) == (1, "")
    assert result.err == "orderly: Reading the traces failed: Not found\n"


def test_an_endpoint_that_is_not_orderly_is_asked_once_and_its_log_is_read(run):
    for health, wait in (((404, {}), 1), ((200, {"edition": "community"}), 0), ((200, "ok"), 0)):
        with server({"/_orderly/health": health}) as (endpoint, seen):
            result = run("show", "O12", "--endpoint-url", endpoint, "--wait", wait)
        assert result.code == 1 and result.out.startswith("Order O12: unknown\n"), result.text
        assert seen == ["/_orderly/health"]
