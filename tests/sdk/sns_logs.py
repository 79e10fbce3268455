"""Fixtures of delivery status logging: roles that may write logs, and what a topic's log groups have."""

import json
import re

import pytest
from botocore.exceptions import ClientError

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
WRITES = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "*"}]})


@pytest.fixture
def make_log_role(client, unique):
    def make(policy=WRITES, trust=TRUST):
        name = unique("log")[-60:]
        arn = client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        client("iam").put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy)
        return arn

    return make


@pytest.fixture
def lines_of(client):
    """lines_of(topic, "/Failure") returns the events of the log group, [] if it is missing."""

    def read(topic, kind=""):
        group = "sns/" + "/".join(topic.split(":")[3:]) + kind
        try:
            events = client("logs").filter_log_events(logGroupName=group)["events"]
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ResourceNotFoundException"
            return []
        assert {re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", one["logStreamName"]) is None
                for one in events} == {False}
        return [json.loads(one["message"]) for one in events]

    return read
