"""What tests of queues ask: a queue's ARN, all messages of one receive, and their bodies."""


def arn(sqs, url):
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def receive(sqs, url, **more):
    arguments = {"MaxNumberOfMessages": 10, "AttributeNames": ["All"], "MessageAttributeNames": ["All"], **more}
    return sqs.receive_message(QueueUrl=url, **arguments).get("Messages", [])


def bodies(messages):
    return [message["Body"] for message in messages]
