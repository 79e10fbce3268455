"""What tests of deliveries ask: a queue's message, an address, and the texts of policies."""

import json
import urllib.error
import urllib.request

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
WRITES = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "*"}]})


def the_message(sqs, url):
    [message] = sqs.receive_message(
        QueueUrl=url, WaitTimeSeconds=20, AttributeNames=["All"], MessageAttributeNames=["All"]
    )["Messages"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return message


def visit(url):
    """(status, body) of a GET without a signature."""
    try:
        with urllib.request.urlopen(url) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def subscribe(sns, topic, web, path="/hook", **attributes):
    return sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=web.url + path, Attributes=attributes)["SubscriptionArn"]


def retries(**figures):
    return json.dumps({"healthyRetryPolicy": figures})
