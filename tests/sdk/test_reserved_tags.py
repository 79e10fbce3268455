"""Keys of tags that begin with "aws:" are AWS's own: every operation that takes tags refuses them."""

import json

import pytest

SENTENCE = "aws: prefixed tag key names are not allowed for external use."
HERE = "us-east-1:000000000000"


def as_list(key):
    return [{"Key": key, "Value": "v"}]


def create_queue(client, name, key):
    client("sqs").create_queue(QueueName=name, tags={key: "v"})


def tag_queue(client, name, key):
    url = client("sqs").create_queue(QueueName=name)["QueueUrl"]
    client("sqs").tag_queue(QueueUrl=url, Tags={key: "v"})


def create_topic(client, name, key):
    client("sns").create_topic(Name=name, Tags=as_list(key))


def tag_topic(client, name, key):
    arn = client("sns").create_topic(Name=name)["TopicArn"]
    client("sns").tag_resource(ResourceArn=arn, Tags=as_list(key))


def create_group(client, name, key):
    client("logs").create_log_group(logGroupName=name, tags={key: "v"})


def tag_group(client, name, key):
    client("logs").create_log_group(logGroupName=name)
    client("logs").tag_resource(resourceArn=f"arn:aws:logs:{HERE}:log-group:{name}", tags={key: "v"})


def tag_group_by_name(client, name, key):
    client("logs").create_log_group(logGroupName=name)
    client("logs").tag_log_group(logGroupName=name, tags={key: "v"})


def put_alarm(client, name, key):
    client("cloudwatch").put_metric_alarm(
        AlarmName=name, Namespace="n", MetricName="m", Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=1,
        ComparisonOperator="GreaterThanThreshold", Tags=as_list(key))


def tag_alarm(client, name, key):
    put_alarm(client, name, "own")
    client("cloudwatch").tag_resource(ResourceARN=f"arn:aws:cloudwatch:{HERE}:alarm:{name}", Tags=as_list(key))


def put_dashboard(client, name, key):
    client("cloudwatch").put_dashboard(DashboardName=name, DashboardBody='{"widgets": []}', Tags=as_list(key))


def create_role(client, name, key):
    trust = {"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}}
    client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust), Tags=as_list(key))


def create_policy(client, name, key):
    policy = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
    client("iam").create_policy(PolicyName=name, PolicyDocument=json.dumps(policy), Tags=as_list(key))


WAYS = [
    (create_queue, "InvalidParameterValue", SENTENCE),
    (tag_queue, "InvalidParameterValue", SENTENCE),
    (create_topic, "InvalidParameter", f"Invalid parameter: {SENTENCE}"),
    (tag_topic, "InvalidParameter", f"Invalid parameter: {SENTENCE}"),
    (create_group, "InvalidParameterException", SENTENCE),
    (tag_group, "InvalidParameterException", SENTENCE),
    (tag_group_by_name, "InvalidParameterException", SENTENCE),
    (put_alarm, "ValidationError", SENTENCE),
    (tag_alarm, "InvalidParameterValue", SENTENCE),
    (put_dashboard, "InvalidParameterValue", SENTENCE),
    (create_role, "InvalidInput", SENTENCE),
    (create_policy, "InvalidInput", SENTENCE),
]


@pytest.mark.parametrize("way, code, sentence", WAYS, ids=[way.__name__ for way, _, _ in WAYS])
def test_a_key_of_aws_s_own_is_refused(client, unique, refused, way, code, sentence):
    for number, key in enumerate(("aws:stage", "AWS:", "Aws:x")):
        error = refused(way, client=client, name=f"{unique()}-{number}", key=key)
        assert (error["code"], error["message"]) == (code, sentence)


@pytest.mark.parametrize("way", [way for way, _, _ in WAYS], ids=lambda way: way.__name__)
def test_a_key_that_only_looks_like_aws_s_own_is_taken(client, unique, way):
    for number, key in enumerate(("aws", "aws-stage", "my:aws:stage")):
        way(client, f"{unique()}-{number}", key)
