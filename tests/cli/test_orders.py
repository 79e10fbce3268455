"""The order system from the command line, on a real server."""

import contextlib
import json
import os
import pty
import re
import subprocess

import pytest

import orderly_server
from conftest import POISON, SAMPLES, environment, order

SAMPLE_IDS = [json.loads(line)["orderId"] for line in SAMPLES.read_text().splitlines()]
STEPS = 9


# ---- deploy ----


def test_deploying_twice_changes_nothing(orders, reset):
    reset()
    first, second = orders("deploy"), orders("deploy")
    assert first.code == 0 and first.out.count(" created ") == STEPS, first.text
    assert second.code == 0 and second.out.count("there already") == STEPS, second.text


def test_what_differs_is_brought_back(deployed, client):
    sqs, iam = client("sqs"), client("iam")
    url = sqs.get_queue_url(QueueName="OrderQueue")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "5"})
    iam.delete_role_policy(RoleName="LambdaOrderProcessorRole", PolicyName="StoreOrders")
    result = deployed("deploy")
    assert result.code == 0 and result.out.count(" updated ") == 2, result.text
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["VisibilityTimeout"] == "30"
    assert json.loads(attributes["RedrivePolicy"])["maxReceiveCount"] in (3, "3")
    assert "StoreOrders" in iam.list_role_policies(RoleName="LambdaOrderProcessorRole")["PolicyNames"]


def test_the_queue_takes_from_its_topic_only(deployed, client):
    sqs = client("sqs")
    url = sqs.get_queue_url(QueueName="OrderQueue")["QueueUrl"]
    policy = json.loads(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"])
    (statement,) = policy["Statement"]
    assert statement["Principal"] == {"Service": "sns.amazonaws.com"}
    assert statement["Condition"]["ArnEquals"]["aws:SourceArn"].endswith(":OrderTopic")


@pytest.mark.parametrize("function, runtime", [("nodejs", "nodejs22.x"), ("python", "python3.12")])
def test_another_function_takes_the_place_of_the_first(deployed, elsewhere, client, function, runtime):
    result = deployed("deploy", "--function", function)
    assert result.code == 0, result.text
    configuration = client("lambda").get_function_configuration(FunctionName="OrderProcessor")
    assert configuration["Runtime"] == runtime
    (mapping,) = client("lambda").list_event_source_mappings(FunctionName="OrderProcessor")["EventSourceMappings"]
    assert not mapping.get("FunctionResponseTypes")
    policies = client("iam").list_role_policies(RoleName="LambdaOrderProcessorRole")["PolicyNames"]
    assert "StoreOrders" not in policies
    assert deployed("deploy", "--function", function).out.count("there already") == STEPS
    assert deployed("submit", stdin=order()).code == 0
    shown = deployed("show", "O1", "--json", "--wait", 60)
    assert json.loads(shown.out)["end"] == "stored", shown.text
    logged = json.loads(elsewhere("show", "O1", "--json").out)
    steps = [step["step"] for step in logged["steps"]]
    assert steps[0] == "started" and "read" in steps and "ended" in steps


def test_before_deploying_the_other_commands_say_so(orders, reset):
    reset()
    for words in (["list"], ["show", "O1"], ["dlq"], ["wait"]):
        result = orders(*words)
        assert result.code == 1
        assert "Make it with: orderly orders deploy" in result.err
    result = orders("submit", stdin=order())
    assert result.code == 1
    assert "Make it with: orderly orders deploy" in result.err


# ---- submit and list ----


def test_the_sample_orders_come_into_the_table(deployed):
    result = deployed("submit", SAMPLES)
    assert result.code == 0 and "12 of 12 orders accepted" in result.out, result.text
    result = deployed("wait", "--file", SAMPLES)
    assert result.code == 0 and "all 12 orders are in the table" in result.out, result.text
    listed = json.loads(deployed("list", "--json").out)
    assert [item["orderId"] for item in listed] == SAMPLE_IDS
    assert listed[0]["quantity"] == 1
    for line in SAMPLES.read_text().splitlines():
        assert json.loads(line) in listed


def test_the_list_has_columns(deployed):
    deployed("submit", SAMPLES)
    deployed("wait", "--file", SAMPLES)
    head, first, *_ = deployed("list").out.splitlines()
    assert head.split() == ["orderId", "userId", "itemName", "quantity", "status", "timestamp"]
    assert first.split() == ["O1234", "U123", "Laptop", "1", "new", "2025-05-03T12:00:00Z"]
    assert len(json.loads(deployed("list", "--json", "--limit", 3).out)) == 3


def test_a_limited_list_has_the_first_orders_by_id_wherever_a_scan_finds_them(deployed, client):
    table = client("dynamodb")
    ids = [f"A{number}-{9 - number}x" for number in range(8)]  # a scan is ordered by the end of a key
    for name in ids:  # three to a page
        table.put_item(TableName="Orders", Item={"orderId": {"S": name}, "filler": {"S": "x" * 390_000}})
    listed = json.loads(deployed("list", "--json", "--limit", 3).out)
    for name in ids:
        table.delete_item(TableName="Orders", Key={"orderId": {"S": name}})
    assert [item["orderId"] for item in listed] == ids[:3]


def test_bad_lines_are_named_and_not_sent(deployed):
    lines = [order("G1"), "hello", "", order("B1", quantity=0), order("G2"), order("B2", timestamp="today")]
    result = deployed("submit", "-", stdin="\n".join(lines))
    assert result.code == 1
    assert "line 2: not JSON: column 1 is unexpected\n" in result.err
    assert "line 4: quantity must be a positive integer\n" in result.err
    assert "line 6: timestamp must be an ISO 8601 time" in result.err
    assert "2 of 5 orders accepted" in result.out
    assert deployed("show", "G2", "--wait", 60).code == 0


def test_a_file_that_is_not_there_is_said(deployed):
    result = deployed("submit", "/nonexistent.jsonl")
    assert result.code == 1
    assert "/nonexistent.jsonl cannot be read: No such file or directory." in result.err


# # ---- show and dlq, without traces ----


def test_show_tells_the_way_from_the_log(deployed, elsewhere):
    deployed("submit", stdin=order("O7"))
    way = json.loads(elsewhere("show", "O7", "--json", "--wait", 60).out)
    assert way["end"] == "stored"
    assert way["item"]["itemName"] == "Laptop"
    assert [step["step"] for step in way["steps"]] == ["published", "queued", "received", "started", "stored", "logged"]
    assert way["steps"][0]["afterMs"] == 0
    assert way["steps"] == sorted(way["steps"], key=lambda step: step["at"])


def test_what_the_log_and_the_dead_letter_queue_tell_of_a_rejected_order(deployed, elsewhere, die):
    result = deployed("submit", "--force", stdin=order("R1", quantity=-5))
    assert result.code == 0 and "line 1: quantity must be a positive integer" in result.err
    die("R1")
    way = json.loads(elsewhere("show", "R1", "--json").out)
    assert way["end"] == "dead-lettered"
    assert way["reason"] == "quantity is missing or not a positive integer"
    assert [step["step"] for step in way["steps"]].count("failed") == 3
    text = elsewhere("show", "R1").out
    assert "It is in OrderDLQ" in text and "one more receive of 1 message" in text
    assert "quantity is missing or not a positive integer\n" in elsewhere("dlq").out


# ---- dlq ----


def test_poison_is_dead_after_three_receives_with_its_body(deployed, die):
    result = deployed("submit", "--raw", POISON)
    assert result.code == 0 and result.out.startswith("Published 47 bytes as message ")
    die("laptop")
    text = deployed("dlq").out
    assert "not an order" in text and "received  3 times before this look" in text
    (letter,) = json.loads(deployed("dlq", "--json").out)
    assert letter["message"] == POISON.read_text()


def test_redrive_sends_them_again_and_purge_throws_them_away(deployed, die, wait_until):
    deployed("submit", "--raw", POISON)
    die("laptop")
    assert deployed("dlq", "--redrive").out == "1 sent to OrderQueue again.\n"
    assert deployed("dlq").out == "OrderDLQ is empty.\n"
    wait_until(lambda: json.loads(deployed("show", "laptop", "--json").out)["messages"] == 2)
    die("laptop")
    assert deployed("dlq", "--purge").out == "OrderDLQ is empty now.\n"
    assert json.loads(deployed("dlq", "--json").out) == []


# ---- watch, wait, burst ----


@pytest.fixture
def watching(endpoint):
    """watching(count, **variables) starts a watch for that many lines; lines() returns them."""
    processes = []

    def begin(count, **variables):
        process = subprocess.Popen(
            [orderly_server.binary(), "orders", "watch", "--count", str(count)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=environment(**(variables or {"AWS_ENDPOINT_URL": endpoint})))
        processes.append(process)
        assert process.stderr.readline().startswith("Watching")

        def lines():
            out, err = process.communicate(timeout=60)
            assert process.returncode == 0, err
            return out.splitlines()

        return lines

    yield begin
    for process in processes:
        process.kill()
        process.wait()


def test_watch_prints_a_line_for_each_order(deployed, watching):
    deployed("submit", stdin=order("W0"))
    deployed("show", "W0", "--wait", 60)
    lines = watching(2)
    deployed("submit", stdin=order("W1") + "\n" + order("W2"))
    found = sorted(line.split()[2:4] for line in lines())
    assert found == [["W1", "stored"], ["W2", "stored"]]


def test_watch_says_why_an_order_does_not_arrive(deployed, watching, client):
    client("iam").delete_role_policy(RoleName="LambdaOrderProcessorRole", PolicyName="StoreOrders")
    lines = watching(1)
    deployed("submit", stdin=order("W3"))
    (line,) = lines()
    assert line.split()[3] == "denied"
    assert line.endswith("No policy of role LambdaOrderProcessorRole allows dynamodb:PutItem on table Orders.")


def test_where_there_are_no_traces_watch_follows_the_log(deployed, watching, without_traces):
    lines = watching(2, **without_traces)
    deployed("submit", stdin=order("W1") + "\n" + order("W2"))
    found = lines()
    assert sorted(line.split()[2] for line in found) == ["W1", "W2"]
    assert "stored" in found[0] and "Laptop × 1" in found[0]


def test_without_a_file_wait_tells_of_dead_letters_only(deployed):
    result = deployed("wait")
    assert result.code == 0 and re.fullmatch(r"After [^:]+: 0 messages in OrderDLQ\.\n", result.out)


def test_wait_gives_up_in_the_end(deployed, tmp_path):
    file = tmp_path / "orders.jsonl"
    file.write_text(order("never") + "\n")
    result = deployed("wait", "--file", file, "--timeout", 0)
    assert result.code == 1
    assert "order never is not in the table (unknown), 0 messages in OrderDLQ.\n" in result.out


def test_on_a_terminal_wait_shows_how_many_orders_have_arrived_and_no_rate(deployed, endpoint, tmp_path):
    file = tmp_path / "orders.jsonl"
    file.write_text(order("T1") + "\n" + order("T2") + "\n")
    deployed("submit", file)
    terminal, side = pty.openpty()
    with subprocess.Popen([orderly_server.binary(), "orders", "wait", "--file", str(file)], stderr=side,
                          stdout=subprocess.DEVNULL, env=environment(AWS_ENDPOINT_URL=endpoint)) as process:
        os.close(side)
        shown = b""
        with contextlib.suppress(OSError):  # the error on Linux when the other side has closed
            while chunk := os.read(terminal, 1000):
                shown += chunk
    os.close(terminal)
    assert process.returncode == 0
    bars = [line.strip() for line in re.sub(r"\x1b\[K", "", shown.decode()).split("\r") if "waiting" in line]
    assert bars[-1] == "waiting    " + "█" * 30 + " 2/2"
    assert not [bar for bar in bars if "/s" in bar]


def test_a_burst_is_counted_and_timed(deployed):
    result = deployed("burst", 200, "--json")
    figures = json.loads(result.out)
    assert result.code == 0
    assert figures["published"] == figures["stored"] == 200 and figures["refused"] == 0
    assert 0 <= figures["p50Ms"] <= figures["p90Ms"] <= figures["p99Ms"] <= figures["maxMs"]
    assert "All of them are in the table." in deployed("burst", 20).out


@pytest.mark.parametrize("words", [["burst", 1], ["submit", SAMPLES]])
def test_publishing_where_there_is_no_order_system_says_how_to_make_it(orders, reset, words):
    reset()
    result = orders(*words)
    assert (result.code, result.out) == (1, "")
    assert result.err == "orderly: The order system is not there. Make it with: orderly orders deploy\n"


def test_profiles_say_whom_to_call(run, deployed, endpoint, tmp_path):
    (tmp_path / "config").write_text(f"[profile here]\nregion = us-east-1\nendpoint_url = {endpoint}\n")
    (tmp_path / "credentials").write_text("[here]\naws_access_key_id = test\naws_secret_access_key = test\n")
    result = run("list", "--profile", "here", AWS_CONFIG_FILE=str(tmp_path / "config"),
                 AWS_SHARED_CREDENTIALS_FILE=str(tmp_path / "credentials"))
    assert result.code == 0 and "no orders yet" in result.out, result.text
