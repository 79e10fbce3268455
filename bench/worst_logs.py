"""The worst requests that CloudWatch Logs takes: live tail, queries, and events that many filters look at."""

import json
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


def indexed(logs):
    """A group of 30,000 events whose twenty fields are indexed."""
    make_group(logs, "worst-indexed", "s")
    logs.put_index_policy(logGroupIdentifier="worst-indexed", policyDocument=json.dumps({"Fields": [f"f{i:02}" for i in range(20)]}))
    for _ in range(10):
        index(logs)


def index(logs):
    put(logs, "worst-indexed", "s", 3_000, json.dumps({f"f{i:02}": i for i in range(20)}))


def many_policies(logs):
    """Each policy ends twenty fields, and takes twenty that have ended."""
    made = logs.put_index_policy(logGroupIdentifier="worst-indexed", policyDocument=json.dumps({"Fields": [f"g{i:02}" for i in range(20)]}))
    logs.put_index_policy(logGroupIdentifier="worst-indexed", policyDocument=json.dumps({"Fields": [f"f{i:02}" for i in range(20)]}))
    return made


def deep(logs):
    """Refused: nested deeper than a query may be."""
    logs.start_query(logGroupName="worst-queried", startTime=1, endTime=2, queryString="filter " + "(" * 1000 + "1" + ")" * 1000)


def malformed(logs):
    """As long as a query may be, and wrong at its end."""
    logs.start_query(logGroupName="worst-queried", startTime=1, endTime=2, queryString="filter " + "(@a like /(b+)+c/) or " * 450)


def wide_table(logs):
    """10 MB in 300,000 rows."""
    logs.create_lookup_table(lookupTableName="worst", tableBody="n,text,more\n" + "".join(f'{n},"{n:09} ""x""",{n:09}\n' for n in range(300_000)))


def replace_table(logs):
    """The 10 MB by others: each time another content."""
    table = logs.describe_lookup_tables(lookupTableNamePrefix="worst")["lookupTables"][0]["lookupTableArn"]
    first = time.time_ns()
    logs.update_lookup_table(lookupTableArn=table, tableBody=f"n,text,more\n{first},," + "".join(f'\n{n},"{n:09} ""x""",{n:09}' for n in range(300_000)))


LOGS = [
    {"name": "PutLogEvents: 10,000 events, 100 metric filters", "prepare": filtered, "request": many_metrics},
    {"name": "StartQuery: 200,000 events sorted by a JSON field", "prepare": queried, "request": query("fields n, @message | sort n")},
    {"name": "StartQuery: 200,000 events in groups by a regular expression",
     "request": query("parse @message /(?<t>(?:a|b)+)/ | stats count(*), pct(n, 90), count_distinct(@ptr) by t, bin(1s)")},
    {"name": "StartQuery: the patterns of 200,000 events, compared with those of the day before",
     "request": query("pattern @message | diff previousDay")},
    {"name": "StartQuery: 10,000 characters with 450 regular expressions", "request": malformed},
    {"name": "StartQuery: 10,000 of 200,000 events joined with 200 others each",
     "request": query("join left=l right=r where l.n=r.n (limit 200) | stats count(*) by r.text")},
    {"name": "StartQuery: five subqueries over 200,000 events",
     "request": query("filter " + " or ".join(["n in (stats count(*) by n)"] * 5) + " | sort @message | limit 10000")},
    {"name": "StartQuery: 1,000 parentheses", "request": deep},
    {"name": "StartQuery: 60 parse commands over 200,000 events", "request": query(" | ".join(["parse @message '*\"*' as a, b"] * 60) + " | limit 1")},
    {"name": "StartQuery: 200,000 groups by three expressions",
     "request": query("stats count(*), count_distinct(text), pct(n, 50) by @ptr, concat(n, text), bin(1s) | sort text desc")},
    {"name": "StartQuery: filterIndex over events whose index says no", "prepare": indexed,
     "request": query("filterIndex f00 in [" + ", ".join(["1000"] * 900) + "]", "worst-indexed")},
    {"name": "PutLogEvents: 3,000 events, 20 indexed fields", "request": index},
    {"name": "PutIndexPolicy: twenty fields replace twenty", "request": many_policies},
    {"name": "UpdateLookupTable: 10 MB", "prepare": wide_table, "request": replace_table},
    {"name": "GetLookupTable: 10 MB",
     "request": lambda logs: logs.get_lookup_table(lookupTableArn="arn:aws:logs:us-east-1:000000000000:lookup-table:worst")},
    {"name": "StartQuery: five lookups in 10 MB",
     "request": query("limit 10000 | " + " | ".join(["lookup worst n OUTPUT text, more"] * 5))},
    {"name": "StartLiveTail: 160 terms over 10,000 events", "prepare": tailing, "request": tail},
]

REQUESTS = [{"service": "logs", **entry} for entry in LOGS]
