"""The event that a trigger passes to a function: a batch of the queue's messages."""

import json
import uuid

QUEUE_ARN = "arn:aws:sqs:us-east-1:000000000000:OrderQueue"
TOPIC_ARN = "arn:aws:sns:us-east-1:000000000000:OrderTopic"

# The order of the Python tutorial.
O1234 = {"orderId": "O1234", "userId": "U123", "itemName": "Laptop", "quantity": 1, "status": "new",
         "timestamp": "2025-05-03T12:00:00Z"}
O1234_ITEM = {"orderId": {"S": "O1234"}, "userId": {"S": "U123"}, "itemName": {"S": "Laptop"},
              "quantity": {"N": "1"}, "status": {"S": "new"},
              "timestamp": {"S": "2025-05-03T12:00:00Z"}}


def notification(message):
    """An SNS notification in the form in which the queue has it."""
    return json.dumps({
        "Type": "Notification",
        "MessageId": str(uuid.uuid4()),
        "TopicArn": TOPIC_ARN,
        "Message": message if isinstance(message, str) else json.dumps(message),
        "Timestamp": "2026-01-31T12:00:00.123Z",
        "SignatureVersion": "1",
        "Signature": "RXhhbXBsZQ==",
        "SigningCertURL": "https://sns.us-east-1.amazonaws.com/cert.pem",
        "UnsubscribeURL": "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe",
    })


def batch(*bodies, receive_count=1):
    """An event of these messages, whose ids are M0, M1 and so on."""
    return {"Records": [{
        "messageId": "M%d" % number,
        "receiptHandle": "handle",
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": str(receive_count),
            "SentTimestamp": "1769860800150",
            "SenderId": "AIDAEXAMPLE",
            "ApproximateFirstReceiveTimestamp": "1769860800170",
        },
        "messageAttributes": {},
        "md5OfBody": "0" * 32,
        "eventSource": "aws:sqs",
        "eventSourceARN": QUEUE_ARN,
        "awsRegion": "us-east-1",
    } for number, body in enumerate(bodies)]}
