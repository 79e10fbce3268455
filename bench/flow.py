"""The order flow: its latency, its orders per second, and what this machine allows at most.

An order through an envelope needs an RSA signature, and an order of Node.js or Python a call of its SDK; both are
measured alone, on all processors, right before the flow.  When both share the processors, the limit is their harmonic
sum.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile

from peers import ROOT, orderly_server

sys.path.insert(0, str(ROOT / "tests" / "flow"))
from seeds import deploy  # noqa: E402

FUNCTIONS = {
    "C": {"Runtime": "provided.al2023", "Handler": "bootstrap"},
    "Node.js": {"Runtime": "nodejs20.x", "Handler": "index.handler"},
    "Python": {"Runtime": "python3.11", "Handler": "index.lambda_handler"},
}
# The function, whether its queue gets raw messages, and how many batches are under way.  Without a maximum, a mapping
# begins with five as on AWS, and a burst is over before it has grown; programs in C are cheap, and wait for the disk.
FLOWS = [("C", True, 32), ("C", False, 32), ("Node.js", False, 4), ("Python", False, 4)]
BARE_PROGRAMS = {
    "Node.js": ["node", "--no-warnings", "bench/bare/put.mjs"],
    "Python": ["python3", "bench/bare/put.py"],
}
BARE_PROCESSES = 4
BARE_STARTS_SECONDS = 4


def package_of(language):
    if language == "C":
        return (ROOT / "build/apps/orders/functions/c/orders.zip").read_bytes()
    folder = ROOT / "apps/orders/functions" / {"Node.js": "nodejs", "Python": "python"}[language]
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w") as package:
            for source in folder.glob("index.*"):
                package.write(source, source.name)
        file.seek(0)
        return file.read()


def signatures_per_second():
    """RSA signatures of 2048 bits, on all processors."""
    said = subprocess.run(["openssl", "speed", "-multi", str(os.cpu_count()), "-seconds", "2", "rsa2048"],
                          capture_output=True, text=True, check=True).stdout
    [per_second] = re.findall(r"^rsa 2048 bits\s+\S+s\s+\S+s\s+(\S+)", said, re.M)
    return float(per_second)


def bare_calls_per_second(target, language, seconds):
    """PutItem calls of the language's SDK from some processes that do nothing else; None: there is no SDK."""
    if language not in BARE_PROGRAMS:
        return None
    environment = os.environ | {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{target.port}", "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "PYTHONPATH": str(ROOT / "runtimes/python/site")}
    command = [*BARE_PROGRAMS[language], str(time.time() + BARE_STARTS_SECONDS), str(seconds)]
    processes = [subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
                 for _ in range(BARE_PROCESSES)]
    return sum(int(process.communicate()[0]) for process in processes) / seconds


class Flow:
    """The order flow of one language on one server."""

    def __init__(self, target, client, load, language, raw, batches):
        self.target, self.client, self.load = target, client, load
        self.language, self.raw = language, raw
        self.topic, self.queue_url, _ = deploy(client, orderly_server.wait_until, package_of(language), **FUNCTIONS[language])
        self.set_up(batches)
        self.arguments = ["--topic", self.topic, "--table", "Orders"]
        self.runs = []
        load(target, "flow", "--count", 30, "--prefix", "warm-", *self.arguments)

    def set_up(self, batches):
        functions, sns = self.client("lambda"), self.client("sns")
        [mapping] = functions.list_event_source_mappings(FunctionName="OrderProcessor")["EventSourceMappings"]
        functions.update_event_source_mapping(UUID=mapping["UUID"], ScalingConfig={"MaximumConcurrency": batches})
        [subscription] = sns.list_subscriptions_by_topic(TopicArn=self.topic)["Subscriptions"]
        sns.set_subscription_attributes(SubscriptionArn=subscription["SubscriptionArn"],
                                        AttributeName="RawMessageDelivery", AttributeValue=json.dumps(self.raw))

    def run(self, orders):
        prefix = f"run-{len(self.runs)}-"
        self.runs.append(self.load(self.target, "flow", "--count", orders, "--prefix", prefix, *self.arguments))

    def orders_per_second(self, orders):
        """Times from the first publish to the last deleted message: by then every order is in the table."""
        sqs = self.client("sqs")
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

        def worked_off():
            time.sleep(0.1)  # else the asking would take a seventh of the processors
            counts = sqs.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=names)["Attributes"]
            return all(counts[name] == "0" for name in names)

        began = time.monotonic()
        self.load(self.target, "publish-batch", "--count", orders // 10, "--connections", 4, "--topic", self.topic, "--prefix", "burst-")
        orderly_server.wait_until(worked_off, timeout_seconds=300, what="the burst to be worked off")
        return orders / (time.monotonic() - began)

    def latency_ms(self, what):
        return statistics.median(run[what] for run in self.runs) / 1000


def limit_of(flow, signatures, calls):
    """What the machine allows if everything but the signature and the SDK's call were free; None: neither is needed."""
    costs = [1 / signatures] if not flow.raw else []
    costs += [1 / calls] if calls else []
    return 1 / sum(costs) if costs else None


def row(flow, orders, seconds):
    signatures, calls = signatures_per_second(), bare_calls_per_second(flow.target, flow.language, seconds)
    rate = statistics.median(flow.orders_per_second(orders) for _ in range(3))
    limit = limit_of(flow, signatures, calls)
    shown = [f"{value:,.0f}" if value else "" for value in (rate, None if flow.raw else signatures, calls, limit)]
    return [f"{flow.language}{', raw' if flow.raw else ''}", flow.target.name, f"{flow.latency_ms('p50_us'):.2f}",
            f"{flow.latency_ms('p99_us'):.2f}", *shown, f"{rate / limit:.2f}" if limit else ""]


HEAD = ["function", "server", "publish → item p50 ms", "p99 ms", "orders/s", "signatures/s", "SDK's calls/s", "limit of both", "of it"]
