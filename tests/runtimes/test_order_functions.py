"""The three order functions: from a batch of the queue's messages to items in the table."""

import contextlib
import json
import socket
import threading
import time
import zipfile

import pytest

from .conftest import REPOSITORY
from .events import O1234, O1234_ITEM, batch, notification

ORDERS = REPOSITORY / "apps" / "orders"


@pytest.fixture
def unpacked(orders_zip, tmp_path):
    """The C function's package, unpacked as Lambda unpacks it."""
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(orders_zip) as package:
        for entry in package.infolist():
            path = package.extract(entry, folder)
            (folder / path).chmod(entry.external_attr >> 16 & 0o777)
    return folder


@pytest.fixture
def processor(start, unpacked, dynamodb):
    def start_processor(**environment):
        return start([str(unpacked / "bootstrap")], "bootstrap", {}, **{
            "LAMBDA_TASK_ROOT": str(unpacked), "AWS_ENDPOINT_URL": "http://" + dynamodb.address,
            **environment})
    return start_processor


@pytest.fixture(params=["c", "nodejs", "python"])
def any_function(request, processor, dynamodb):
    """Each of the three functions, with its endpoint set."""
    if request.param == "c":
        return processor()
    source = {"nodejs": "index.mjs", "python": "index.py"}[request.param]
    handler = {"nodejs": "index.handler", "python": "index.lambda_handler"}[request.param]
    runtime = request.getfixturevalue({"nodejs": "node", "python": "python"}[request.param])
    if request.param == "nodejs":
        request.getfixturevalue("node_modules")
    text = (ORDERS / "functions" / request.param / source).read_text()
    return runtime(handler, {source: text}, AWS_ENDPOINT_URL="http://" + dynamodb.address)


def order_lines(function):
    """The C function's log lines about orders."""
    return [json.loads(line) for line in function.log() if line.startswith("{")]


def test_an_order_that_came_through_the_topic_is_stored(any_function, dynamodb):
    assert any_function.invoke(batch(notification(O1234))).kind == "response"
    assert dynamodb.puts[0]["TableName"] == "Orders"
    assert dynamodb.items == {"O1234": O1234_ITEM}


def test_the_item_belongs_to_the_invocations_trace(any_function, dynamodb):
    traces = ["Root=1-5bef4de7-%024x;Parent=53995c3f42cd8ad8;Sampled=1" % number for number in (1, 2)]
    for trace in traces:
        any_function.invoke(batch(notification(O1234)), headers={"Lambda-Runtime-Trace-Id": trace})
    assert dynamodb.trace_ids == traces


def test_every_sample_order_is_stored(any_function, dynamodb):
    orders = (ORDERS / "orders.jsonl").read_text().splitlines()
    any_function.invoke(batch(*map(notification, orders[:6])))
    any_function.invoke(batch(*map(notification, orders[6:])))
    assert sorted(dynamodb.items) == ["O%d" % number for number in range(1234, 1246)]
    for order in map(json.loads, orders):
        item = dynamodb.items[order["orderId"]]
        assert item["itemName"] == {"S": order["itemName"]}
        assert item["quantity"] == {"N": str(order["quantity"])}


def test_the_poison_message_is_not_taken(any_function, dynamodb):
    answer = any_function.invoke(batch(notification((ORDERS / "poison.txt").read_text())))
    assert answer.kind == "error" or answer.value == {"batchItemFailures": [{"itemIdentifier": "M0"}]}
    assert dynamodb.puts == []


def test_a_table_that_refuses_leaves_the_message_to_the_queue(any_function, dynamodb):
    dynamodb.refusal = (400, {
        "__type": "com.amazon.coral.service#AccessDeniedException",
        "Message": "User: arn:aws:sts::000000000000:assumed-role/R/S is not authorized to perform: "
                   "dynamodb:PutItem on resource: Orders"})
    answer = any_function.invoke(batch(notification(O1234)))
    assert answer.kind == "error" or answer.value == {"batchItemFailures": [{"itemIdentifier": "M0"}]}
    assert any("AccessDenied" in line and "not authorized to perform: dynamodb:PutItem" in line
               for line in any_function.log())


def test_the_line_of_a_stored_order_tells_its_times(processor):
    function = processor()
    before_ms = int(time.time() * 1000)
    answer = function.invoke(batch(notification(O1234), receive_count=2))
    after_ms = int(time.time() * 1000)
    assert answer.value == {"batchItemFailures": []}
    [line] = order_lines(function)
    assert before_ms <= line.pop("started") <= line.pop("stored") <= after_ms
    assert line == {
        "orderId": "O1234",
        "messageId": "M0",
        "requestId": answer.request_id,
        "published": 1769860800123,
        "queued": 1769860800150,
        "received": 1769860800170,
        "receiveCount": 2,
        "outcome": "stored",
    }


def test_a_raw_order_is_stored_and_has_no_time_of_publication(processor, dynamodb):
    function = processor()
    function.invoke(batch(json.dumps(O1234)))
    assert dynamodb.items == {"O1234": O1234_ITEM}
    assert "published" not in order_lines(function)[0]


def test_only_the_bad_orders_of_a_batch_come_again(processor, dynamodb):
    function = processor()
    good = [{**O1234, "orderId": "O%d" % number} for number in range(3)]
    answer = function.invoke(batch(notification(good[0]), "poison", notification(good[1]), "{}",
                                   json.dumps(good[2])))
    assert answer.value == {"batchItemFailures": [{"itemIdentifier": "M1"}, {"itemIdentifier": "M3"}]}
    assert sorted(dynamodb.items) == ["O0", "O1", "O2"]
    assert [line["outcome"] for line in order_lines(function)] == \
        ["stored", "rejected", "stored", "rejected", "stored"]


def test_the_same_order_again_leaves_the_same_item(processor, dynamodb):
    function = processor()
    for _ in range(2):
        assert function.invoke(batch(notification(O1234))).value == {"batchItemFailures": []}
    assert dynamodb.puts[0] == dynamodb.puts[1]


def test_a_warm_processor_keeps_its_connection_to_the_table(processor, dynamodb):
    function = processor()
    for number in range(20):
        function.invoke(batch(notification({**O1234, "orderId": "O%d" % number})))
    assert len(dynamodb.items) == 20
    assert dynamodb.connections == 1


def test_an_order_keeps_whatever_else_it_holds(processor, dynamodb):
    function = processor()
    more = '{"price":1234567890.12345678901234567890,"gift":true,"note":null,"tags":["a",{"b":[]}]}'
    function.invoke(batch(json.dumps(O1234)[:-1] + "," + more[1:]))
    assert dynamodb.items["O1234"] == {
        **O1234_ITEM,
        "price": {"N": "1234567890.12345678901234567890"},
        "gift": {"BOOL": True},
        "note": {"NULL": True},
        "tags": {"L": [{"S": "a"}, {"M": {"b": {"L": []}}}]},
    }


@pytest.mark.parametrize("change, reason", [
    ({"orderId": None}, "orderId is missing or not a text"),
    ({"orderId": ""}, "orderId is missing or not a text"),
    ({"userId": 1}, "userId is missing or not a text"),
    ({"itemName": ["Laptop"]}, "itemName is missing or not a text"),
    ({"quantity": 0}, "quantity is missing or not a positive integer"),
    ({"quantity": -1}, "quantity is missing or not a positive integer"),
    ({"quantity": 1.5}, "quantity is missing or not a positive integer"),
    ({"quantity": "1"}, "quantity is missing or not a positive integer"),
    ({"status": True}, "status is missing or not a text"),
    ({"timestamp": "yesterday"}, "timestamp is missing or not an ISO 8601 time"),
    ({"timestamp": "2025-05-03"}, "timestamp is missing or not an ISO 8601 time"),
    ({"timestamp": "2025-13-03T12:00:00Z"}, "timestamp is missing or not an ISO 8601 time"),
    ({"timestamp": "2025-02-30T12:00:00Z"}, "timestamp is missing or not an ISO 8601 time"),
    ({"timestamp": "2025-05-03T12:00:00+2"}, "timestamp is missing or not an ISO 8601 time"),
    ({"timestamp": "2025-05-03T12:00:00.Z"}, "timestamp is missing or not an ISO 8601 time"),
])
def test_an_order_that_is_not_valid_is_rejected_with_the_reason(processor, dynamodb, change, reason):
    function = processor()
    order = {**O1234, **change}
    assert function.invoke(batch(notification(order))).value["batchItemFailures"]
    [line] = order_lines(function)
    assert (line["outcome"], line["reason"]) == ("rejected", reason)
    assert dynamodb.puts == []


def test_a_table_that_cannot_be_reached_fails_the_order(processor):
    function = processor(AWS_ENDPOINT_URL_DYNAMODB="http://127.0.0.1:9")
    assert function.invoke(batch(notification(O1234))).value["batchItemFailures"]
    [line] = order_lines(function)
    assert line["outcome"] == "failed"
    # libcurl's sentence in older and in newer versions.
    assert line["reason"] in ("Couldn't connect to server", "Could not connect to server")


def test_a_table_that_does_not_answer_fails_the_order_before_the_invocations_deadline(processor):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        function = processor(AWS_ENDPOINT_URL_DYNAMODB="http://127.0.0.1:%d" % silent.getsockname()[1])
        assert function.invoke(batch(notification(O1234)), timeout_s=0.5).value["batchItemFailures"]
    [line] = order_lines(function)
    assert (line["outcome"], line["reason"]) == ("failed", "Timeout was reached")


def test_a_table_that_answers_slowly_is_waited_for(processor):
    """Each pause is longer than one call on the client's socket waits."""
    def answer_slowly():
        connection, _ = slow.accept()
        with connection:
            connection.recv(65536)
            for piece in (b"HTTP/1.1 20", b"0 OK\r\nContent-Le", b"ngth: 2\r\n\r\n", b"{", b"}"):
                time.sleep(0.03)
                connection.sendall(piece)
            connection.recv(1)

    with socket.create_server(("127.0.0.1", 0)) as slow:
        threading.Thread(target=answer_slowly, daemon=True).start()
        function = processor(AWS_ENDPOINT_URL_DYNAMODB="http://127.0.0.1:%d" % slow.getsockname()[1])
        assert function.invoke(batch(notification(O1234))).value["batchItemFailures"] == []
    [line] = order_lines(function)
    assert line["outcome"] == "stored"


def test_a_table_whose_answer_does_not_end_fails_the_order_before_the_invocations_deadline(processor):
    def answer_for_ever():
        connection, _ = endless.accept()
        with connection, contextlib.suppress(OSError):
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
            while True:
                connection.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as endless:
        threading.Thread(target=answer_for_ever, daemon=True).start()
        function = processor(AWS_ENDPOINT_URL_DYNAMODB="http://127.0.0.1:%d" % endless.getsockname()[1])
        assert function.invoke(batch(notification(O1234)), timeout_s=0.5).value["batchItemFailures"]
    [line] = order_lines(function)
    assert (line["outcome"], line["reason"]) == ("failed", "Timeout was reached")


def test_the_table_is_named_by_the_environment(processor, dynamodb):
    processor(TABLE_NAME="Ledger").invoke(batch(notification(O1234)))
    assert dynamodb.puts[0]["TableName"] == "Ledger"


def test_an_event_without_records_is_an_error(processor):
    assert processor().invoke({"orderId": "O1234"}).error_type == "InvalidEvent"


def test_a_processor_without_credentials_does_not_start(processor):
    answer = processor(AWS_ACCESS_KEY_ID="").answer()
    assert answer.kind == "init error"
    assert "AWS_ACCESS_KEY_ID" in answer.value["errorMessage"]
