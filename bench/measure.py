#!/usr/bin/env python3
"""Measures and prints Markdown tables; bench/README.md describes what and how."""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import zipfile

import boto3
import depth
import flow
import items
import worst
from botocore.config import Config
from peers import DEPOT, ROOT, TABLE_OPERATIONS, Orderly, default_binary, dynoxide, orderly_server, peers_at_hand

LOAD = ROOT / "build" / "bench" / "bench-load"
CONNECTIONS = [1, 16, 64]


def say(text):
    print(text, file=sys.stderr, flush=True)


def client(port, service):
    return boto3.client(
        service,
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"max_attempts": 0}),
    )


def run_load(target, operation, *arguments):
    command = [str(LOAD), operation, "--port", str(target.port), "--pid", str(target.pid), *map(str, arguments)]
    return command, subprocess.run(command, capture_output=True, text=True, timeout=3600)


def load(target, operation, *arguments):
    """One run of the load generator; returns its JSON."""
    command, ended = run_load(target, operation, *arguments)
    if ended.returncode != 0:
        raise SystemExit(f"{target.name}: {' '.join(command)} ended with {ended.returncode}\n{ended.stderr}")
    return json.loads(ended.stdout)


def table(head, rows):
    print("\n| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")
    sys.stdout.flush()


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


# --- Requests per second -----------------------------------------------------------------------


class Throughput:
    """Interleaved rounds of each operation on each server, and their medians."""

    def __init__(self, targets, options):
        self.targets, self.options = targets, options
        self.samples = {}
        self.queues = 0

    def prepare(self):
        for target in self.targets:
            if "put" in target.operations:
                dynamodb = client(target.port, "dynamodb")
                dynamodb.create_table(
                    TableName="Orders",
                    BillingMode="PAY_PER_REQUEST",
                    AttributeDefinitions=[{"AttributeName": "orderId", "AttributeType": "S"}],
                    KeySchema=[{"AttributeName": "orderId", "KeyType": "HASH"}],
                )
                dynamodb.get_waiter("table_exists").wait(TableName="Orders", WaiterConfig={"Delay": 1})
                load(target, "put", "--count", 2000, "--connections", 16)
                # an older build may lack an operation
                target.operations = [operation for operation in target.operations if operation not in TABLE_OPERATIONS
                                     or run_load(target, operation, "--count", 1)[1].returncode == 0]

    def new_queue(self, target):
        self.queues += 1
        url = client(target.port, "sqs").create_queue(QueueName=f"bench-{self.queues}")["QueueUrl"]
        return f"http://127.0.0.1:{target.port}{urllib.parse.urlparse(url).path}"

    def once(self, target, operation, connections):
        arguments = ["--connections", connections, "--seconds", self.options.seconds]
        if operation in ("send", "receive-delete"):
            url = self.new_queue(target)
            arguments += ["--queue-url", url]
            if operation == "receive-delete":
                messages = (20_000 if isinstance(target, Orderly) else 400) * self.options.seconds
                load(target, "fill", "--count", int(messages / 10), "--connections", 4, "--queue-url", url)
        result = load(target, operation, *arguments)
        self.samples.setdefault((target.name, operation, connections), []).append(result)

    def run(self):
        self.prepare()
        for round_number in range(1, self.options.rounds + 1):
            for connections in CONNECTIONS:
                for operation in Orderly.operations:
                    for target in self.targets:
                        if operation in target.operations:
                            self.once(target, operation, connections)
            say(f"round {round_number} of {self.options.rounds}")

    def median(self, target, operation, connections, what="per_second"):
        samples = self.samples.get((target, operation, connections))
        return statistics.median(sample[what] for sample in samples) if samples else None

    def report(self):
        rows = []
        for operation in Orderly.operations:
            for connections in CONNECTIONS:
                rate, p50, p99, cpu = (
                    self.median("Orderly", operation, connections, what)
                    for what in ("per_second", "p50_us", "p99_us", "cpu_us_per_request")
                )
                limit = self.median("Orderly", "null", connections)
                rows.append(
                    [operation, connections, number(rate), f"{p50 / 1000:.2f}", f"{p99 / 1000:.2f}", f"{cpu:.1f}"]
                    + [f"{rate / limit:.2f}"]
                    + [self.against(peer.name, operation, connections, rate) for peer in self.targets[1:]]
                )
        head = ["operation", "connections", "requests/s", "p50 ms", "p99 ms", "CPU µs/request", "of null"]
        table(head + [f"× {peer.name}" for peer in self.targets[1:]], rows)

    def against(self, peer, operation, connections, rate):
        theirs = self.median(peer, operation, connections)
        return f"{rate / theirs:.1f} ({number(theirs)}/s)" if theirs else "–"


# --- Batches of ten ----------------------------------------------------------------------------

BATCH, BATCH_CONNECTIONS = 10, 16


def batches_per_second(target, name, options):
    """Messages of a new queue that were sent in a second, and those that were received and deleted, in batches."""
    path = urllib.parse.urlparse(client(target.port, "sqs").create_queue(QueueName=name)["QueueUrl"]).path
    arguments = ["--connections", BATCH_CONNECTIONS, "--queue-url", f"http://127.0.0.1:{target.port}{path}"]
    sent = load(target, "fill", "--seconds", options.seconds, *arguments)
    taken = load(target, "receive-delete-batch", "--seconds", options.seconds / 3, *arguments)
    if sent["errors"] or taken["errors"]:
        raise SystemExit(f"{target.name} has answered {sent['errors'] + taken['errors']} requests with an error.")
    return sent["per_second"] * BATCH, taken["deleted"] / taken["seconds"]


def measure_batches(options):
    targets = [target for target in builds(options) + ([] if options.no_peers else list(peers_at_hand()))
               if "send" in target.operations]
    try:
        for target in targets:
            target.start()
        rates = {target.name: [] for target in targets}
        for round_number in range(1 + options.rounds):
            for target in targets:
                rates[target.name].append(batches_per_second(target, f"batches-{round_number}", options))
    finally:
        for target in targets:
            target.stop()
    # The first round is for those that compile while they run.
    medians = {name: [statistics.median(column) for column in zip(*rows[1:])] for name, rows in rates.items()}
    rows = [
        [name, *map(number, median)]
        + [f"{ours / theirs:.1f}" if theirs else "–" for ours, theirs in zip(medians["Orderly"], median)]
        for name, median in medians.items()
    ]
    table([f"batches of {BATCH}, {BATCH_CONNECTIONS} connections", "sent/s", "received and deleted/s",
           "Orderly's, times", "and times"], rows)


# --- Publish to item ---------------------------------------------------------------------------


def builds(options):
    return [Orderly()] + ([Orderly(options.against)] if options.against else [])


def measure_flow(options):
    rows = []
    for language, raw, batches in flow.FLOWS:
        targets = [target.start() for target in builds(options)]
        try:
            flows = [flow.Flow(target, lambda service, port=target.port: client(port, service), load, language, raw, batches)
                     for target in targets]
            for _ in range(options.rounds):
                for one in flows:
                    one.run(options.orders_one_by_one)
            rows += [flow.row(one, options.orders, options.seconds) for one in flows]
            say(f"order flow, {language}{', raw' if raw else ''}: done")
        finally:
            for target in targets:
                target.stop()
    table(flow.HEAD, rows)


# --- Fan-out -----------------------------------------------------------------------------------

FAN_QUEUES = 100
ANY_TOPIC = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*"}]})


def subscribed_topic(target, name, attributes):
    """A topic with that many queues: its ARN and their URLs, in the order of their subscriptions."""
    sns, sqs = client(target.port, "sns"), client(target.port, "sqs")
    topic = sns.create_topic(Name=name)["TopicArn"]
    urls = []
    for i in range(FAN_QUEUES):
        urls.append(sqs.create_queue(QueueName=f"{name}-{i}", Attributes={"Policy": ANY_TOPIC})["QueueUrl"])
        arn = topic.replace(":sns:", ":sqs:").rsplit(":", 1)[0] + f":{name}-{i}"
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=attributes)
    return topic, urls


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def deliveries_per_second(target, topic, urls, messages):
    """Times from the first publish until the last queue has every message; then all of them must have."""
    sqs = client(target.port, "sqs")

    def waiting(url):
        name = "ApproximateNumberOfMessages"
        return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])

    before, used = waiting(urls[-1]), cpu_seconds(target.pid)
    began = time.monotonic()
    load(target, "publish-batch", "--count", messages // 10, "--connections", 4, "--topic", topic, "--prefix", "fan-")
    orderly_server.wait_until(lambda: waiting(urls[-1]) == before + messages, timeout_seconds=300, what="the last delivery")
    took, used = time.monotonic() - began, cpu_seconds(target.pid) - used
    assert all(waiting(url) == before + messages for url in urls)
    deliveries = messages * len(urls)
    return deliveries / took, used / deliveries * 1e6


def measure_fanout(options):
    forms = {"raw": {"RawMessageDelivery": "true"}, "envelopes": {},
             "raw, filtered": {"RawMessageDelivery": "true", "FilterPolicyScope": "MessageBody",
                               "FilterPolicy": '{"orderId": [{"prefix": "fan-"}]}'}}
    rows = []
    targets = [target.start() for target in builds(options)]
    try:
        for form, attributes in forms.items():
            topics = [subscribed_topic(target, form.replace(", ", "-"), attributes) for target in targets]
            for target, (topic, urls) in zip(targets, topics):
                rates = [deliveries_per_second(target, topic, urls, options.fan_messages) for _ in range(options.rounds)]
                rate, cpu = (statistics.median(column) for column in zip(*rates))
                rows.append([form, target.name, number(rate), f"{cpu:.1f}"])
    finally:
        for target in targets:
            target.stop()
    table([f"to {FAN_QUEUES} queues", "server", "deliveries/s", "CPU µs of one"], rows)


# --- Cold starts ------------------------------------------------------------------------------

HANDLERS = {
    "Node.js": ("index.mjs", "export const handler = async () => null;\n"),
    "Python": ("index.py", "def lambda_handler(event, context):\n    return None\n"),
}


def package_that_does_nothing(language):
    if language == "C":
        return flow.package_of(language)  # without records it does nothing
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w") as package:
            package.writestr(*HANDLERS[language])
        file.seek(0)
        return file.read()


class ColdStart:
    """One function on one server; each change of its description ends its warm sandboxes."""

    def __init__(self, target, language, settings):
        self.target, self.cold, self.warm = target.start(), [], []
        self.functions = client(target.port, "lambda")
        trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
        role = client(target.port, "iam").create_role(RoleName="cold", AssumeRolePolicyDocument=json.dumps(trust))
        self.functions.create_function(
            FunctionName="cold", Role=role["Role"]["Arn"], Code={"ZipFile": package_that_does_nothing(language)},
            Environment={"Variables": {"TABLE_NAME": "Orders"}}, **settings)
        self.invoke()

    def invoke(self):
        began = time.monotonic()
        reply = self.functions.invoke(FunctionName="cold", Payload=b'{"Records": []}')
        took_ms = (time.monotonic() - began) * 1000
        if "FunctionError" in reply:
            raise SystemExit(f"{self.target.name}: {reply['Payload'].read().decode()}")
        return took_ms

    def run(self, number):
        self.functions.update_function_configuration(FunctionName="cold", Description=str(number))
        time.sleep(0.05)
        self.cold.append(self.invoke())
        self.warm.append(self.invoke())

    def row(self, language):
        cold, warm = statistics.median(self.cold), statistics.median(self.warm)
        return [language, self.target.name, f"{cold:.2f}", f"{min(self.cold):.2f}", f"{warm:.2f}", f"{cold - warm:.2f}"]


def measure_cold(options):
    rows = []
    for language, settings in flow.FUNCTIONS.items():
        targets = builds(options)
        try:
            starts = [ColdStart(target, language, settings) for target in targets]
            for number in range(options.cold_starts):
                for start in starts:
                    start.run(number)
            rows += [start.row(language) for start in starts]
        finally:
            for target in targets:
                target.stop()
    table(["function", "server", "cold Invoke ms", "fastest", "warm Invoke ms", "cold start ms"], rows)


# --- The process -------------------------------------------------------------------------------


def resident_kib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


def measure_start(options):
    times, sizes = [], []
    for _ in range(max(5, options.rounds)):
        began = time.monotonic()
        target = Orderly().start()
        times.append((time.monotonic() - began) * 1000)
        sizes.append(resident_kib(target.pid) / 1024)
        target.stop()
    table(
        ["the process", "median", "worst"],
        [
            ["start on an empty folder to Ready, ms", f"{statistics.median(times):.1f}", f"{max(times):.1f}"],
            ["resident when idle, MiB", f"{statistics.median(sizes):.1f}", f"{max(sizes):.1f}"],
        ],
    )


def measure_parked(options):
    target = Orderly().start()
    try:
        url = client(target.port, "sqs").create_queue(QueueName="parked")["QueueUrl"]
        arguments = ["--connections", options.waiters, "--seconds", options.park_seconds, "--queue-url", url]
        result = load(target, "park", *arguments)
    finally:
        target.stop()
    share = result["cpu_us"] / (result["seconds"] * 1e6) * 100
    table(
        ["receives that wait", "seconds", "replies", "CPU ms in all", "of one core"],
        [[options.waiters, f"{result['seconds']:.0f}", result["requests"], f"{result['cpu_us'] / 1000:.0f}", f"{share:.2f} %"]],
    )


# --- Deep queues -------------------------------------------------------------------------------


def measure_depth(options):
    target = Orderly().start()
    try:
        rows, problems = depth.rows(target, lambda: client(target.port, "sqs"), load, options)
    finally:
        target.stop()
    table(["CPU time of the server for a request", "small", "large", "ratio"], rows)
    if problems:
        raise SystemExit("\n".join(problems))


# --- Large tables ------------------------------------------------------------------------------


def peers_disks(options, counted_bytes):
    peer = None if options.no_peers else dynoxide()
    if not peer:
        return []
    peer.start()
    try:
        return [items.peer_disk(peer, client(peer.port, "dynamodb"), load, counted_bytes)]
    finally:
        peer.stop()


def measure_items(options):
    targets = [target.start() for target in builds(options)]
    try:
        measured = [items.Items(target, client(target.port, "dynamodb"), load, options.items) for target in targets]
        for _ in range(options.rounds):
            for one in measured:
                one.run(options.seconds)
    finally:
        for target in targets:
            target.stop()
    small, large = f"{items.SMALL:,} items", f"{options.items:,} items"
    table(["CPU µs of a request", "server", small, large, "ratio"], [row for one in measured for row in one.growth()])
    table(["pages of 1 MB", "server", "MB/s", "sqlite3, MB/s", "ratio"], [row for one in measured for row in one.pages()])
    disks = [one.disk() for one in measured] + peers_disks(options, measured[0].counted_bytes)
    table(["bytes of an item", "server", "as DynamoDB counts", "on disk", "ratio"], disks)


# --- The worst requests ------------------------------------------------------------------------


def measure_worst(options):
    target = Orderly(options.binary).start()
    rows = worst.Table(options.out)
    try:
        Throughput([target], options).prepare()
        queue_url = client(target.port, "sqs").create_queue(QueueName="stream")["QueueUrl"]
        queue_url = f"http://127.0.0.1:{target.port}{urllib.parse.urlparse(queue_url).path}"
        bench = worst.Bench(target, LOAD, queue_url, options.worst_seconds)
        for entry in worst.entries(options.only):
            if not rows.has(entry):
                rows.add(bench.measure(client(target.port, entry["service"]), entry))
                say(" | ".join(map(str, worst.cells(rows.rows[-1]))))
    finally:
        target.stop()
    head = ["request", "sent", "took ms", *(f"{name} p99 ms, alone → beside it" for name in worst.STREAMS)]
    table(head + ["added to a p99, ms", "engine's CPU ms", "loop's CPU ms", "slow calls"], [worst.cells(row) for row in rows.sorted()])
    if any(row["added_ms"] > worst.MOST_ADDED_MS for row in rows.rows):
        raise SystemExit(f"A request adds more than {worst.MOST_ADDED_MS} ms to others.")


def read_options():
    parser = argparse.ArgumentParser(prog="bench/run", description=__doc__)
    parser.add_argument("parts", nargs="*", help="start, throughput, batches, flow, fanout, cold, parked, depth, items, worst; all when none is named")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds, whose medians are told")
    parser.add_argument("--seconds", type=float, default=3, help="length of one run")
    parser.add_argument("--against", metavar="BINARY", help="another build of Orderly, run side by side")
    parser.add_argument("--no-peers", action="store_true", help="only Orderly")
    parser.add_argument("--orders", type=int, default=10_000, help="orders of the burst")
    parser.add_argument("--orders-one-by-one", type=int, default=300, help="orders whose latency is measured")
    parser.add_argument("--fan-messages", type=int, default=1000, help="messages published to the queues of the fan-out")
    parser.add_argument("--cold-starts", type=int, default=40, help="of each function")
    parser.add_argument("--waiters", type=int, default=1000, help="parked receives")
    parser.add_argument("--only", action="append", default=[], help="of the worst requests, those that hold this text")
    parser.add_argument("--worst-seconds", type=float, default=1, help="how long each worst request is sent")
    parser.add_argument("--out", metavar="CSV", help="where the worst requests' rows are written; those that it has are not measured again")
    parser.add_argument("--binary", help="the build whose worst requests are measured; by default build/orderly")
    parser.add_argument("--depth", type=int, default=1_000_000, help="messages of the deep queue")
    parser.add_argument("--items", type=int, default=10_000_000, help="items of the large table: 10 million take 5 GB of disk")
    parser.add_argument("--park-seconds", type=float, default=60)
    return parser.parse_args()


def measure_throughput(options):
    targets = builds(options) + ([] if options.no_peers else list(peers_at_hand()))
    started = []
    try:
        for target in targets:
            try:
                started.append(target.start())
            except AssertionError as problem:
                if isinstance(target, Orderly):
                    raise
                say(f"{target.name} is left out: {problem}")
        throughput = Throughput(started, options)
        throughput.run()
        throughput.report()
    finally:
        for target in started:
            target.stop()


def main():
    options = read_options()
    DEPOT.mkdir(exist_ok=True)
    default_binary()
    parts = {
        "start": measure_start,
        "throughput": measure_throughput,
        "flow": measure_flow,
        "batches": measure_batches,
        "fanout": measure_fanout,
        "cold": measure_cold,
        "parked": measure_parked,
        "depth": measure_depth,
        "items": measure_items,
        "worst": measure_worst,
    }
    unknown = set(options.parts) - set(parts)
    if unknown:
        raise SystemExit(f"bench/run: there is no part {', '.join(sorted(unknown))}; there are {', '.join(parts)}")
    for name in options.parts or parts:
        parts[name](options)


if __name__ == "__main__":
    main()
