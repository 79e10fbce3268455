"""Functions that receive events of log groups, and the batches that they got."""

import json

from orderly_fixtures import ACCOUNT

INVALID = "InvalidParameterException"
# Logs each batch in one line, with the beginnings of long messages, so that a test reads it in the function's log.
RECEIVER = """
import base64, gzip, json
def handler(event, context):
    batch = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    for one in batch["logEvents"]:
        one["message"] = one["message"][:40]
    print("BATCH " + json.dumps(batch))
"""


def arn_of(name):
    return f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}"


def batches_of(lines):
    return [json.loads(line.split("BATCH ", 1)[1]) for line in lines if line.startswith("BATCH ")]


def events_of(batches):
    return [event["message"] for batch in batches for event in batch["logEvents"]]
