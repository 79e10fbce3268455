"""The worst requests that CloudWatch Logs takes: live tail, queries, and events that many filters look at."""

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


LOGS = [
    {"name": "PutLogEvents: 10,000 events, 100 metric filters", "prepare": filtered, "request": many_metrics},
    {"name": "StartLiveTail: 160 terms over 10,000 events", "prepare": tailing, "request": tail},
]

REQUESTS = [{"service": "logs", **entry} for entry in LOGS]
