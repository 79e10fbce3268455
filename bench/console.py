"""The console in front of very many resources: a stream of SendMessage with the console closed, and with a browser that walks every screen.

    bench/run console --queues 10000 --items 100000 --events 1000000 --traces 10000 --functions 1000

Also what each screen asks for when it is opened. The browser and the load are processes of their own; the browser runs at the
lowest priority, so that the figures tell of the server, and not of a browser that takes the processor from the generator.
"""

import argparse
import concurrent.futures
import io
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
import zipfile

import boto3
from botocore.config import Config
from peers import ROOT, Orderly, default_binary
from search import fill as fill_events
from worst import slow_calls

LOAD = ROOT / "build" / "bench" / "bench-load"
STREAM = ["--connections", "4", "--pause-ms", "4"]
GROUPS, ROLES, TABLE = 400, 1000, "Orders"
TRUST = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}'
SCREENS = [
    "", "traces", "dead-letters", "sns/topics", "sns/subscriptions", "sqs/queues", "sqs/queues/queue-00000", "sqs/create-queue",
    "lambda/functions", "lambda/functions/function-0000", "lambda/create-function", "dynamodb/tables", f"dynamodb/tables/{TABLE}",
    f"dynamodb/tables/{TABLE}/items", "cloudwatch", "cloudwatch/log-groups", "cloudwatch/log-groups/g", "cloudwatch/log-groups/g/events",
    "cloudwatch/metrics", "cloudwatch/alarms", "cloudwatch/create-alarm", "iam/roles", "iam/roles/role-0000", "iam/users", "iam/policies", "server",
]
SETTLED = "() => { const n = performance.getEntriesByType('resource').length; const same = n === window.seen; window.seen = n; return same }"
SCROLLS = 3


def each(count, work):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(count)))


def fill(client, options):
    sqs, sns, dynamodb, functions, iam, logs = (client(name) for name in ("sqs", "sns", "dynamodb", "lambda", "iam", "logs"))
    each(options.queues, lambda n: sqs.create_queue(QueueName=f"queue-{n:05}"))
    each(ROLES, lambda n: iam.create_role(RoleName=f"role-{n:04}", AssumeRolePolicyDocument=TRUST))
    role, code = iam.get_role(RoleName="role-0000")["Role"]["Arn"], package()
    each(options.functions, lambda n: functions.create_function(
        FunctionName=f"function-{n:04}", Runtime="python3.12", Role=role, Handler="index.handler", Code={"ZipFile": code}))
    each(GROUPS, lambda n: logs.create_log_group(logGroupName=f"group-{n:03}"))
    fill_events(logs, options.events)
    dynamodb.create_table(TableName=TABLE, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                          AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
    each(options.items // 25, lambda lot: dynamodb.batch_write_item(RequestItems={TABLE: [
        {"PutRequest": {"Item": {"id": {"S": f"order-{lot * 25 + n}"}, "quantity": {"N": str(n)}}}} for n in range(25)]}))
    fill_traces(sqs, sns, options.traces)


def fill_traces(sqs, sns, traces):
    """Each message that a topic sends to a queue is a trace."""
    url = sqs.get_queue_url(QueueName="queue-00000")["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = sns.create_topic(Name="topic")["TopicArn"]
    policy = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": queue}]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    each(traces, lambda n: sns.publish(TopicArn=topic, Message=json.dumps({"orderId": f"O{n}"})))


def package():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("index.py", "def handler(event, context): return 1")
    return content.getvalue()


def p99_ms(target, url, seconds):
    command = [str(LOAD), "send", "--port", str(target.port), *STREAM, "--seconds", str(seconds), "--queue-url", url]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)["p99_us"] / 1000


class Walker:
    """A browser that walks the screens again and again, in a process of its own: this script with --walk."""

    def __init__(self, endpoint):
        command = ["nice", "-n", "19", sys.executable, __file__, "--walk", endpoint]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()  # the browser is open

    def end(self):
        """What it saw, after it has walked every screen at least once."""
        return json.loads(self.process.communicate("end\n", timeout=900)[0])


def walk(endpoint):
    """Walks until a line comes in; prints what each screen has asked for, and how long it took to be shown."""
    import select

    from playwright.sync_api import sync_playwright

    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(120_000)
        print("open", flush=True)
        seen, rounds = {}, 0
        while not rounds or not select.select([sys.stdin], [], [], 0)[0]:
            seen.update({path: visit(page, f"{endpoint}/_orderly/console/{path}") for path in SCREENS})
            rounds += 1
        browser.close()
    print(json.dumps(seen))


def visit(page, url):
    requests = []
    count = lambda request: requests.append(request.url) if "/assets/" not in request.url else None  # noqa: E731
    page.on("request", count)
    began = time.monotonic()
    page.goto(url)
    page.get_by_role("heading", level=1).wait_for()
    shown_ms = (time.monotonic() - began) * 1000
    page.wait_for_function(SETTLED, polling=700)
    opened = len(requests)
    for _ in range(SCROLLS):
        page.evaluate("scrollTo(0, document.body.scrollHeight); document.querySelectorAll('.table-scroll').forEach(e => e.scrollTo(0, e.scrollHeight))")
        page.wait_for_function(SETTLED, polling=700)
    page.remove_listener("request", count)
    return {"requests": opened, "shown_ms": shown_ms, "scrolled": len(requests) - opened,
            "rows": page.locator("table").first.get_attribute("aria-rowcount") if page.locator("table").count() else ""}


def measure(target, url, options):
    """Closed and open take turns, so that a slow minute of the machine affects both."""
    closed, opened, seen, before = [], [], {}, slow_calls(target.port)
    for _ in range(options.rounds):
        closed.append(p99_ms(target, url, options.seconds))
        walker = Walker(f"http://127.0.0.1:{target.port}")
        opened.append(p99_ms(target, url, options.seconds))
        seen = walker.end()
    slow = {call: count - before.get(call, 0) for call, count in slow_calls(target.port).items() if count > before.get(call, 0)}
    return closed, opened, seen, slow


def report(closed, opened, seen, slow):
    print("| screen | requests when opened | ms until its title | requests of three scrolls | rows then |\n|---|---|---|---|---|")
    for path, row in seen.items():
        print(f"| {path or 'home'} | {row['requests']} | {row['shown_ms']:.0f} | {row['scrolled']} | {row['rows']} |")
    ratio = statistics.median(opened) / statistics.median(closed)
    print(f"\nSendMessage's p99: {statistics.median(closed):.2f} ms with the console closed, {statistics.median(opened):.2f} ms while it is "
          f"walked: {ratio:.2f} times (closed {closed}, open {opened}).")
    print("Calls that held a thread for over 20 ms: " + (", ".join(f"{name} on {on} × {count}" for (name, on), count in slow.items()) or "none"))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name, amount in (("queues", 10_000), ("items", 100_000), ("events", 1_000_000), ("traces", 10_000), ("functions", 1000), ("rounds", 3), ("seconds", 20)):
        parser.add_argument(f"--{name}", type=int, default=amount)
    parser.add_argument("--walk", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.walk:
        return walk(options.walk)
    default_binary()
    target = Orderly().start()

    def client(service):
        return boto3.client(service, endpoint_url=f"http://127.0.0.1:{target.port}", region_name="us-east-1", aws_access_key_id="test",
                            aws_secret_access_key="test", config=Config(read_timeout=120, max_pool_connections=8))

    try:
        began = time.monotonic()
        fill(client, options)
        print(f"Filled in {time.monotonic() - began:.0f} s.\n", flush=True)
        url = client("sqs").create_queue(QueueName="load")["QueueUrl"]
        report(*measure(target, url, options))
    finally:
        target.stop()


if __name__ == "__main__":
    main()
