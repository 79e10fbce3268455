"""A search through many log events: FilterLogEvents and queries of Insights beside `grep -c` and Python's sqlite3 on the same text.

    bench/run search --events 1000000

Also the 99th percentile of a stream of SendMessage, alone and while searches run: a search holds nobody up.
"""

import argparse
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

import boto3
from botocore.config import Config
from depth import cpu_seconds
from peers import Orderly, default_binary

BATCH = 5000
PATTERNS = {
    "a term": ("Timeout", "Timeout"),
    "two terms": ("Timeout -eu-west-1", None),
    "a regular expression": ("%order-\\d+7\\sTimeout%", "order-[0-9][0-9]*7 Timeout"),
    "JSON": ("{ $.latency >= 1990 }", None),
}

QUERIES = {
    "a count of a text": ("filter @message like 'Timeout' | stats count(*) as n", "Timeout"),
    "a count of all": ("stats count(*) as n", None),
    "a JSON field in groups": ("filter level = 'INFO' | stats count(*) as n, avg(latency) by region", None),
}


def line_of(number):
    if number % 10 == 0:
        return f'{{"level": "INFO", "orderId": "order-{number}", "latency": {number % 2000}, "region": "eu-west-1"}}'
    outcome = "Timeout after 3000 ms" if number % 1000 == 7 else "was stored"
    return f"2026-01-31T12:00:00.{number % 1000:03}Z INFO order-{number} {outcome} in region us-east-{number % 2} by worker {number % 16}"


def fill(logs, events):
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    at_ms = round(time.time() * 1000) - 3600_000
    for first in range(0, events, BATCH):
        logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[
            {"timestamp": at_ms + number // 1000, "message": line_of(number)} for number in range(first, min(events, first + BATCH))])


def search(logs, pattern):
    """The events that are found, and the seconds that it takes."""
    began, found, arguments = time.perf_counter(), 0, {}
    while True:
        reply = logs.filter_log_events(logGroupName="g", filterPattern=pattern, **arguments)
        found += len(reply["events"])
        if "nextToken" not in reply:
            return found, time.perf_counter() - began
        arguments = {"nextToken": reply["nextToken"]}


def query(logs, text):
    """The rows of a query of Insights, and the seconds that it takes."""
    began, now = time.perf_counter(), round(time.time())
    query_id = logs.start_query(logGroupName="g", startTime=now - 86400, endTime=now + 3600, queryString=text)["queryId"]
    while (reply := logs.get_query_results(queryId=query_id))["status"] in ("Scheduled", "Running"):
        time.sleep(0.01)
    assert reply["status"] == "Complete", reply["status"]
    return [{field["field"]: field["value"] for field in row} for row in reply["results"]], time.perf_counter() - began


def print_queries(target, logs, text, megabytes):
    print("\n| Insights | result | MB/s | of the server's CPU | grep -c, MB/s | sqlite3, MB/s |")
    print("|---|---|---|---|---|---|")
    for name, (asked, plain) in QUERIES.items():
        before = cpu_seconds(target.pid)
        rows, seconds = query(logs, asked)
        used = cpu_seconds(target.pid) - before
        row = [name, rows[0]["n"], rate(megabytes, seconds), rate(megabytes, used), "", ""]
        if plain:
            count, grep_seconds = grep(text, plain)
            sqlite_found, sqlite_seconds = sqlite_count(target.server.data, plain)
            row[4:] = rate(megabytes, grep_seconds), rate(megabytes, sqlite_seconds)
            if not int(rows[0]["n"]) == count == sqlite_found:
                sys.exit(f"grep finds {count}, sqlite3 {sqlite_found}, Insights {rows}")
        print("| " + " | ".join(row) + " |")


def rate(megabytes, seconds):
    """MB/s; "-" when it took less than a tick of the clock."""
    return f"{megabytes / seconds:.0f}" if seconds > 0 else "-"


def timed(run):
    began = time.perf_counter()
    result = run()
    return result, time.perf_counter() - began


def grep(path, pattern):
    return timed(lambda: int(subprocess.run(["grep", "-c", pattern, path], capture_output=True, text=True).stdout))


def sqlite_count(database, text):
    [file] = pathlib.Path(database).glob("*.db")
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
        return timed(lambda: connection.execute(
            "select count(*) from logs_event where instr(message, ?)", [text]).fetchone()[0])


class Sender(threading.Thread):
    """A stream of SendMessage, and how long each took."""

    def __init__(self, client):
        super().__init__()
        self.sqs, self.ended, self.times = client("sqs"), False, []
        self.url = self.sqs.create_queue(QueueName="beside")["QueueUrl"]

    def run(self):
        while not self.ended:
            self.times.append(timed(lambda: self.sqs.send_message(QueueUrl=self.url, MessageBody="x"))[1] * 1000)
            time.sleep(0.004)

    def p99(self):
        times, self.times = sorted(self.times), []
        return times[len(times) * 99 // 100]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    options = parser.parse_args()
    default_binary()
    target = Orderly().start()

    def client(service):
        return boto3.client(service, endpoint_url=f"http://127.0.0.1:{target.port}", region_name="us-east-1",
                            aws_access_key_id="test", aws_secret_access_key="test", config=Config(read_timeout=120))

    try:
        logs = client("logs")
        fill(logs, options.events)
        with tempfile.NamedTemporaryFile("w", suffix=".log") as text:
            text.writelines(line_of(number) + "\n" for number in range(options.events))
            text.flush()
            megabytes = text.tell() / 1e6
            print(f"{options.events:,} events, {megabytes:.0f} MB\n")
            print("| FilterLogEvents of | found | MB/s | of the server's CPU | grep -c, MB/s | sqlite3, MB/s |")
            print("|---|---|---|---|---|---|")
            for name, (pattern, plain) in PATTERNS.items():
                before = cpu_seconds(target.pid)
                found, seconds = search(logs, pattern)
                used = cpu_seconds(target.pid) - before
                row = [name, f"{found:,}", rate(megabytes, seconds), rate(megabytes, used), "", ""]
                if plain:
                    count, grep_seconds = grep(text.name, plain)
                    row[4] = rate(megabytes, grep_seconds)
                    if count != found:
                        sys.exit(f"grep finds {count}, FilterLogEvents {found}")
                if name == "a term":
                    count, sqlite_seconds = sqlite_count(target.server.data, plain)
                    row[5] = rate(megabytes, sqlite_seconds)
                    if count != found:
                        sys.exit(f"sqlite3 finds {count}, FilterLogEvents {found}")
                print("| " + " | ".join(row) + " |")
            print_queries(target, logs, text.name, megabytes)
        sender = Sender(client)
        sender.start()
        time.sleep(3)
        alone = sender.p99()
        search(logs, "Timeout")
        beside = sender.p99()
        sender.ended = True
        sender.join()
        print(f"\nSendMessage's p99: {alone:.1f} ms alone, {beside:.1f} ms beside a search.")
    finally:
        target.stop()


if __name__ == "__main__":
    main()
