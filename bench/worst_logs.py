"""The worst requests that CloudWatch Logs takes: live tail, queries, and events that many filters look at."""

import time

import boto3
from botocore.config import Config
from worst_messaging import TERMS, make_group, put

GROUP = "worst-tailed"
ARN = "arn:aws:logs:us-east-1:000000000000:log-group:" + GROUP


def tailing(logs):
    """A client that puts nothing before the host."""
    make_group(logs, GROUP, "s")
    return boto3.client("logs", endpoint_url=logs.meta.endpoint_url, region_name="us-east-1", aws_access_key_id="test",
                        aws_secret_access_key="test", config=Config(retries={"max_attempts": 0}, inject_host_prefix=False))


def tail(logs):
    """A session that searches 10,000 new events for terms of which they have the beginnings."""
    stream = logs.start_live_tail(logGroupIdentifiers=[ARN], logEventFilterPattern=TERMS)["responseStream"]
    events = iter(stream)
    next(events)
    put(logs, GROUP, "s", 10_000, "a" * 78)
    next(events)
    stream.close()


def filtered(logs):
    """A group whose hundred filters make a metric of each event."""
    make_group(logs, "worst-filtered", "s")
    for i in range(100):
        logs.put_metric_filter(logGroupName="worst-filtered", filterName=str(i), filterPattern="{ $.a = 1 || $.b = 2 }",
                               metricTransformations=[{"metricName": str(i), "metricNamespace": "Worst", "metricValue": "$.n",
                                                       "dimensions": {"D": "$.n"}}])


def many_metrics(logs):
    put(logs, "worst-filtered", "s", 10_000, '{"a":1,"n":1234,"text":"' + "x" * 40 + '"}')


def queried(logs):
    """200,000 events in a group, of which each query reads all."""
    make_group(logs, "worst-queried", "s")
    for number in range(20):
        put(logs, "worst-queried", "s", 10_000, f'{{"n": {number}, "text": "{"a" * 50}"}}')


def query(text, group="worst-queried"):
    """Runs a query to its end."""

    def run(logs):
        now = int(time.time())
        query_id = logs.start_query(logGroupName=group, startTime=now - 86400, endTime=now + 3600, queryString=text)["queryId"]
        while logs.get_query_results(queryId=query_id, maxItems=1)["status"] in ("Scheduled", "Running"):
            time.sleep(0.01)

    return run


def malformed(logs):
    """As long as a query may be, and wrong at its end."""
    logs.start_query(logGroupName="worst-queried", startTime=1, endTime=2, queryString="filter " + "(@a like /(b+)+c/) or " * 450)


LOGS = [
    {"name": "PutLogEvents: 10,000 events, 100 metric filters", "prepare": filtered, "request": many_metrics},
    {"name": "StartQuery: 200,000 events sorted by a JSON field", "prepare": queried, "request": query("fields n, @message | sort n")},
    {"name": "StartQuery: 200,000 events in groups by a regular expression",
     "request": query("parse @message /(?<t>(a|b)+)/ | stats count(*), pct(n, 90), count_distinct(@ptr) by t, bin(1s)")},
    {"name": "StartQuery: the patterns of 200,000 events, compared with those of the day before",
     "request": query("pattern @message | diff previousDay")},
    {"name": "StartQuery: 10,000 characters with 450 regular expressions", "request": malformed},
    {"name": "StartLiveTail: 160 terms over 10,000 events", "prepare": tailing, "request": tail},
]

REQUESTS = [{"service": "logs", **entry} for entry in LOGS]
