"""The worst requests to SQS, SNS and CloudWatch Logs: many queues, subscribers, streams; large bodies; long patterns.

Millions of rows are made by requests of the largest size, so a preparation takes some seconds.
"""

import json
import threading
import time

import boto3

ACCOUNT = "000000000000"
REGION = "us-east-1"
SUBSCRIBERS = 1500
BACKLOG = 20_000
EVENTS = 90_000
TERMS = " ".join(f"?w{i:03}" for i in range(160))
NESTED = "a" * 44
OVERLAPPING = " ".join(f'?"{NESTED[:i]}b"' for i in range(1, 38))


def beside(client, service):
    return boto3.client(service, endpoint_url=client.meta.endpoint_url, region_name=REGION,
                        aws_access_key_id="test", aws_secret_access_key="test")


# --- SQS ---------------------------------------------------------------------------------------


def url(client, name):
    return f"{client.meta.endpoint_url}/{ACCOUNT}/{name}"


def make_queue(sqs, name, **attributes):
    sqs.create_queue(QueueName=name, Attributes={key: str(value) for key, value in attributes.items()})


def fill(sqs, name, count, **entry):
    for _ in range(count // 10):
        entries = [{"Id": str(i), "MessageBody": "x" * 50, **entry} for i in range(10)]
        sqs.send_message_batch(QueueUrl=url(sqs, name), Entries=entries)


def large_queue(sqs):
    make_queue(sqs, "worst-large", VisibilityTimeout=0)
    for _ in range(20):
        sqs.send_message(QueueUrl=url(sqs, "worst-large"), MessageBody="x" * 1_000_000)


def large_batch(sqs):
    entries = [{"Id": str(i), "MessageBody": "x" * 104_000} for i in range(10)]
    sqs.send_message_batch(QueueUrl=url(sqs, "worst-batch"), Entries=entries)


def attributed_batch(sqs):
    attributes = {f"name-{i}": {"DataType": "String", "StringValue": "v" * 10_000} for i in range(10)}
    entries = [{"Id": str(i), "MessageBody": "x", "MessageAttributes": attributes} for i in range(10)]
    sqs.send_message_batch(QueueUrl=url(sqs, "worst-batch"), Entries=entries)


def attributed_queue(sqs):
    make_queue(sqs, "worst-named", VisibilityTimeout=0)
    attributes = {f"name-{i}": {"DataType": "String", "StringValue": "v"} for i in range(10)}
    fill(sqs, "worst-named", 10, MessageAttributes=attributes)


def receive_named(sqs):
    """A thousand names of each kind, which no attribute has."""
    names = [f"nam{i}" for i in range(1000)]
    sqs.receive_message(QueueUrl=url(sqs, "worst-named"), MaxNumberOfMessages=10, AttributeNames=names,
                        MessageSystemAttributeNames=names, MessageAttributeNames=names)


def backlog(name, **attributes):
    def prepare(sqs):
        make_queue(sqs, name, **attributes)
        fill(sqs, name, BACKLOG)
    return prepare


def purge_anew(sqs):
    """A queue is filled, purged and deleted: rows are being removed all the time."""
    make_queue(sqs, "worst-purge")
    fill(sqs, "worst-purge", 2000)
    sqs.delete_queue(QueueUrl=url(sqs, "worst-purge"))


def hidden_everywhere(sqs):
    """Messages that become visible in a different second each."""
    make_queue(sqs, "worst-hidden")
    fill(sqs, "worst-hidden", BACKLOG)
    for i in range(BACKLOG // 10):
        sqs.receive_message(QueueUrl=url(sqs, "worst-hidden"), MaxNumberOfMessages=10, VisibilityTimeout=100 + i)
    fill(sqs, "worst-hidden", 1000, DelaySeconds=900)


def dead_letters(sqs):
    make_queue(sqs, "worst-dead")
    policy = {"deadLetterTargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:worst-dead", "maxReceiveCount": 1}
    make_queue(sqs, "worst-source", VisibilityTimeout=1, RedrivePolicy=json.dumps(policy))


def dead_letters_anew(sqs):
    """A thousand messages are received once, and a receive a second later moves them all."""
    fill(sqs, "worst-source", 1000)
    source = {"QueueUrl": url(sqs, "worst-source"), "MaxNumberOfMessages": 10}
    while sqs.receive_message(**source).get("Messages"):
        pass
    sqs.receive_message(**source, WaitTimeSeconds=2)


def many_queues(sqs):
    for i in range(5000):
        sqs.create_queue(QueueName=f"worst-many-{i:05}")


SQS = [
    {"name": "SendMessageBatch: ten bodies of 100 KB", "prepare": lambda sqs: make_queue(sqs, "worst-batch"),
     "request": large_batch},
    {"name": "SendMessageBatch: ten times ten attributes of 10 KB", "prepare": lambda sqs: make_queue(sqs, "worst-batch"),
     "request": attributed_batch},
    {"name": "ReceiveMessage: ten bodies of 1 MB", "prepare": large_queue,
     "request": lambda sqs: sqs.receive_message(QueueUrl=url(sqs, "worst-large"), MaxNumberOfMessages=10)},
    {"name": "ReceiveMessage: a thousand names of each kind for ten messages' attributes", "prepare": attributed_queue,
     "request": receive_named},
    {"name": "GetQueueAttributes: 20,000 messages in flight, each to another second", "prepare": hidden_everywhere,
     "request": lambda sqs: sqs.get_queue_attributes(QueueUrl=url(sqs, "worst-hidden"), AttributeNames=["All"])},
    {"name": "GetQueueAttributes: a backlog of 20,000", "prepare": backlog("worst-backlog"),
     "request": lambda sqs: sqs.get_queue_attributes(QueueUrl=url(sqs, "worst-backlog"), AttributeNames=["All"])},
    {"name": "DeleteQueue: 2,000 messages, filled anew each time", "request": purge_anew},
    {"name": "ReceiveMessage: 1,000 dead letters in the way", "prepare": dead_letters, "request": dead_letters_anew},
    {"name": "ListQueues: a thousand of 5,000, by a prefix behind all others", "prepare": many_queues,
     "request": lambda sqs: sqs.list_queues(MaxResults=1000, QueueNamePrefix="worst-many-04")},
]


# --- SNS ---------------------------------------------------------------------------------------


def topic_arn(name):
    return f"arn:aws:sns:{REGION}:{ACCOUNT}:{name}"


NUMBERS = json.dumps({"list": [1] * 130_000}, separators=(",", ":"))


def choosy(branches):
    """A filter policy of the body that takes none of NUMBERS, after it has compared all of them that often."""
    either = [{"list": [{"numeric": ["=", i + 2]}]} for i in range(branches)]
    return {"FilterPolicyScope": "MessageBody", "FilterPolicy": json.dumps({"$or": either})}


def subscribe_choosy(sns, name, count, branches=10):
    sns.create_topic(Name=name)
    for i in range(count):
        queue = f"{name}-{i:03}"
        make_queue(beside(sns, "sqs"), queue)
        sns.subscribe(TopicArn=topic_arn(name), Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}",
                      Attributes=choosy(branches))


def publish_numbers(sns, name):
    entries = [{"Id": str(i), "Message": json.dumps({"list": [1] * 500}, separators=(",", ":"))} for i in range(10)]
    sns.publish_batch(TopicArn=topic_arn(name), PublishBatchRequestEntries=entries)


def publish_while_policies_change(sns):
    """Publishes large messages; meanwhile others set the policies that choose them."""
    arns = [one["SubscriptionArn"] for one in sns.list_subscriptions_by_topic(TopicArn=topic_arn("worst-changing"))["Subscriptions"]]
    ended = threading.Event()

    def change(arn):
        client = beside(sns, "sns")
        while not ended.is_set():
            for branches in (9, 10):
                client.set_subscription_attributes(SubscriptionArn=arn, AttributeName="FilterPolicy",
                                                   AttributeValue=choosy(branches)["FilterPolicy"])

    threads = [threading.Thread(target=change, args=(arn,)) for arn in arns]
    for thread in threads:
        thread.start()
    for _ in range(5):
        sns.publish(TopicArn=topic_arn("worst-changing"), Message=NUMBERS)
    ended.set()
    for thread in threads:
        thread.join()


def archive_numbers(sns):
    """A subscriber whose filter policy takes none of the twenty messages in its topic's archive."""
    sns.create_topic(Name="worst-kept.fifo", Attributes={
        "FifoTopic": "true", "ContentBasedDeduplication": "true", "ArchivePolicy": '{"MessageRetentionPeriod":"1"}'})
    for i in range(20):
        sns.publish(TopicArn=topic_arn("worst-kept.fifo"), Message=NUMBERS, MessageGroupId="g", MessageDeduplicationId=str(i))
    make_queue(beside(sns, "sqs"), "worst-again")
    sns.subscribe(TopicArn=topic_arn("worst-kept.fifo"), Protocol="sqs",
                  Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:worst-again", Attributes=choosy(10))


def replay(sns):
    """Replay the archive, to its end."""
    [subscription] = sns.list_subscriptions_by_topic(TopicArn=topic_arn("worst-kept.fifo"))["Subscriptions"]
    arn = subscription["SubscriptionArn"]
    for policy in ("", json.dumps({"PointType": "Timestamp", "StartingPoint": "2020-01-01T00:00:00.000Z"})):
        sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName="ReplayPolicy", AttributeValue=policy)
    while sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["ReplayStatus"] != "Completed":
        pass


def subscribe_many(sns, name, count):
    sqs = beside(sns, "sqs")
    sns.create_topic(Name=name)
    policy = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*"}]}
    for i in range(count):
        queue = f"{name}-{i:04}"
        make_queue(sqs, queue, Policy=json.dumps(policy), MessageRetentionPeriod=60)
        sns.subscribe(TopicArn=topic_arn(name), Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}",
                      Attributes={"RawMessageDelivery": "true"} if i % 2 else {})


def publish_batch(sns, name, size):
    entries = [{"Id": str(i), "Message": "x" * size} for i in range(10)]
    sns.publish_batch(TopicArn=topic_arn(name), PublishBatchRequestEntries=entries)


IDENTIFIERS = ("CreditCardNumber", "EmailAddress", "IpAddress", "OpenSshPrivateKey", "PgpPrivateKey", "PhoneNumber-US",
               "PkcsPrivateKey", "PuttyPrivateKey", "Ssn-US", "AwsSecretKey", "CepCode", "Cnpj", "CpfCode", "CreditCardExpiration",
               "CreditCardSecurityCode", "DrugEnforcementAgencyNumber")


def protect(sns, name):
    """A topic that masks all data that can be found, for one subscriber and for the publisher."""
    subscribe_many(sns, name, 1)
    statements = [{"DataDirection": direction, "Principal": ["*"], "Operation": {
        "Deidentify": {"MaskConfig": {"MaskWithCharacter": "#"}}},
        "DataIdentifier": [f"arn:aws:dataprotection::aws:data-identifier/{one}" for one in IDENTIFIERS]}
        for direction in ("Inbound", "Outbound")]
    sns.put_data_protection_policy(ResourceArn=topic_arn(name), DataProtectionPolicy=json.dumps(
        {"Name": "p", "Version": "2021-06-01", "Statement": statements}))


def publish_text(sns, name, piece):
    sns.publish(TopicArn=topic_arn(name), Message=(piece * 262144)[:262144])


def deny(sns, name):
    """A topic that refuses all data that can be found."""
    sns.create_topic(Name=name)
    statement = {"DataDirection": "Inbound", "Principal": ["*"], "Operation": {"Deny": {}},
                 "DataIdentifier": [f"arn:aws:dataprotection::aws:data-identifier/{one}" for one in IDENTIFIERS]}
    sns.put_data_protection_policy(ResourceArn=topic_arn(name), DataProtectionPolicy=json.dumps(
        {"Name": "p", "Version": "2021-06-01", "Statement": [statement]}))


def publish_fifo(sns, size):
    entries = [{"Id": str(i), "Message": str(i) * size, "MessageGroupId": "g"} for i in range(10)]
    sns.publish_batch(TopicArn=topic_arn("worst.fifo"), PublishBatchRequestEntries=entries)


def make_fifo(sns):
    sns.create_topic(Name="worst.fifo", Attributes={"FifoTopic": "true", "ContentBasedDeduplication": "true"})
    make_queue(beside(sns, "sqs"), "worst-ordered", MessageRetentionPeriod=60)
    sns.subscribe(TopicArn=topic_arn("worst.fifo"), Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:worst-ordered")


def make_endpoints(sns, count):
    app = sns.create_platform_application(Name="worst", Platform="GCM", Attributes={"PlatformCredential": "c"})
    for i in range(count):
        sns.create_platform_endpoint(PlatformApplicationArn=app["PlatformApplicationArn"], Token=f"t{i}")


def app_arn(name):
    return topic_arn(f"app/GCM/{name}")


SNS = [
    {"name": "Publish: 256 KB of mail addresses, masked twice", "prepare": lambda sns: protect(sns, "worst-data"),
     "request": lambda sns: publish_text(sns, "worst-data", "a@b.io ")},
    {"name": "Publish: 256 KB of what begins like data", "prepare": lambda sns: protect(sns, "worst-data"),
     "request": lambda sns: publish_text(sns, "worst-data", "(212) 555-010 1:a@-----BEGIN PRIVATE ")},
    {"name": "Publish: 256 KB of what begins like data, denied", "prepare": lambda sns: deny(sns, "worst-denied"),
     "request": lambda sns: publish_text(sns, "worst-denied", "a@b.io (212) 555-010 1:a@-----BEGIN PRIVATE ")},
    {"name": "Publish: 130,000 values for 30 filter policies, of ten branches each",
     "prepare": lambda sns: subscribe_choosy(sns, "worst-choosy", 30),
     "request": lambda sns: sns.publish(TopicArn=topic_arn("worst-choosy"), Message=NUMBERS)},
    {"name": "PublishBatch: ten times 500 values for 32 filter policies, of 150 branches each",
     "prepare": lambda sns: subscribe_choosy(sns, "worst-branches", 32, 150),
     "request": lambda sns: publish_numbers(sns, "worst-branches")},
    {"name": "SetSubscriptionAttributes: four filter policies, again and again, while 130,000 values are published",
     "prepare": lambda sns: subscribe_choosy(sns, "worst-changing", 4), "request": publish_while_policies_change},
    {"name": "SetSubscriptionAttributes: a replay of 20 messages of 130,000 values for a filter policy of ten branches",
     "prepare": archive_numbers, "request": replay},
    {"name": "PublishBatch: ten messages to a FIFO topic", "prepare": make_fifo,
     "request": lambda sns: publish_fifo(sns, 25_000)},
    {"name": "ListEndpointsByPlatformApplication: 1,500 endpoints", "prepare": lambda sns: make_endpoints(sns, SUBSCRIBERS),
     "request": lambda sns: sns.list_endpoints_by_platform_application(PlatformApplicationArn=app_arn("worst"))},
    {"name": "PublishBatch: 250 KB to 1,500 queues", "prepare": lambda sns: subscribe_many(sns, "worst-wide", SUBSCRIBERS),
     "request": lambda sns: publish_batch(sns, "worst-wide", 25_000)},
    {"name": "PublishBatch: ten messages to 32 queues", "prepare": lambda sns: subscribe_many(sns, "worst-few", 32),
     "request": lambda sns: publish_batch(sns, "worst-few", 25_000)},
    {"name": "GetTopicAttributes: 1,500 subscriptions",
     "request": lambda sns: sns.get_topic_attributes(TopicArn=topic_arn("worst-wide"))},
    {"name": "ListSubscriptionsByTopic: 1,500 subscriptions",
     "request": lambda sns: sns.list_subscriptions_by_topic(TopicArn=topic_arn("worst-wide"))},
]


# --- CloudWatch Logs ---------------------------------------------------------------------------


def make_group(logs, name, *streams):
    try:
        logs.create_log_group(logGroupName=name)
    except logs.exceptions.ResourceAlreadyExistsException:
        pass
    for stream in streams:
        try:
            logs.create_log_stream(logGroupName=name, logStreamName=stream)
        except logs.exceptions.ResourceAlreadyExistsException:
            pass


def put(logs, name, stream, count, message):
    at_ms = round(time.time() * 1000)
    events = [{"timestamp": at_ms, "message": message}] * count
    logs.put_log_events(logGroupName=name, logStreamName=stream, logEvents=events)


def many_events(logs):
    make_group(logs, "worst-events", "s")
    for _ in range(EVENTS // 10_000):
        put(logs, "worst-events", "s", 10_000, "a" * 78)


def many_streams(logs):
    make_group(logs, "worst-streams", *(f"stream-{i:05}" for i in range(5000)))


def many_groups(logs):
    for i in range(5000):
        make_group(logs, f"worst-group-{i:05}")


def delete_anew(logs):
    make_group(logs, "worst-deleted", "s")
    put(logs, "worst-deleted", "s", 10_000, "x")
    logs.delete_log_group(logGroupName="worst-deleted")


def search(pattern):
    return lambda logs: logs.filter_log_events(logGroupName="worst-events", filterPattern=pattern)


CONDITIONS = "{" + "||".join(["$.z=1"] * 100) + "}"
OBJECT = "{" + ",".join(f'"{i}":0' for i in range(2000)) + "}"

LOGS = [
    {"name": "FilterLogEvents: 160 terms over 90,000 events", "prepare": many_events, "request": search(TERMS)},
    {"name": "FilterLogEvents: terms that begin alike over 90,000 events", "request": search(OVERLAPPING)},
    {"name": "FilterLogEvents: a regular expression of a thousand states over 90,000 events",
     "request": search("%a[ab]{990}$%")},
    {"name": "TestMetricFilter: 100 conditions on 50 objects of 2,000 members",
     "request": lambda logs: logs.test_metric_filter(filterPattern=CONDITIONS, logEventMessages=[OBJECT] * 50)},
    {"name": "GetLogEvents: 10,000 events",
     "request": lambda logs: logs.get_log_events(logGroupName="worst-events", logStreamName="s")},
    {"name": "PutLogEvents: 10,000 events, 1 MB", "prepare": lambda logs: make_group(logs, "worst-put", "s"),
     "request": lambda logs: put(logs, "worst-put", "s", 10_000, "x" * 78)},
    {"name": "DescribeLogStreams: 5,000 streams by time", "prepare": many_streams,
     "request": lambda logs: logs.describe_log_streams(logGroupName="worst-streams", orderBy="LastEventTime")},
    {"name": "DescribeLogGroups: a part of a name that none of 5,000 has", "prepare": many_groups,
     "request": lambda logs: logs.describe_log_groups(logGroupNamePattern="nowhere")},
    {"name": "DeleteLogGroup: 10,000 events, filled anew each time", "request": delete_anew},
]

REQUESTS = ([{"service": "sqs", **entry} for entry in SQS] + [{"service": "sns", **entry} for entry in SNS]
            + [{"service": "logs", **entry} for entry in LOGS])
