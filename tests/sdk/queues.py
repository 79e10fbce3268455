"""What tests of queues do: send, receive and await messages, and ask for their bodies and a queue's ARN."""


def arn(sqs, url):
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def receive(sqs, url, **more):
    arguments = {"MaxNumberOfMessages": 10, "AttributeNames": ["All"], "MessageAttributeNames": ["All"], **more}
    return sqs.receive_message(QueueUrl=url, **arguments).get("Messages", [])


def awaited(sqs, url, **more):
    """The messages of the first receive that has some, within a minute: what sends them may be slow."""
    for _ in range(3):
        messages = receive(sqs, url, WaitTimeSeconds=20, **{"MaxNumberOfMessages": 1, **more})
        if messages:
            return messages
    raise AssertionError(f"nothing has come to {url}")


def bodies(messages):
    return [message["Body"] for message in messages]


def send(sqs, url, bodies, group=None):
    extra = {"MessageGroupId": group} if group else {}
    for first in range(0, len(bodies), 10):
        sqs.send_message_batch(QueueUrl=url, Entries=[
            {"Id": str(i), "MessageBody": body, **extra} for i, body in enumerate(bodies[first:first + 10])])


def numbered(prefix, count):
    return [f"{prefix}{i}" for i in range(count)]


def take(sqs, url, count):
    """Receives `count` messages, fewer if there are no more; the bodies, in their order, and the handles."""
    taken = []
    while len(taken) < count:
        some = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=min(10, count - len(taken))).get("Messages", [])
        if not some:
            break
        taken += some
    return [one["Body"] for one in taken], [one["ReceiptHandle"] for one in taken]
