"""SQS: tasks that move messages out of a dead-letter queue, in both protocols."""

import base64
import copy
import json

import boto3
import orderly_server
import pytest
from botocore.exceptions import ClientError
from bulk import Bulk
from orderly_server import wait_until
from queues import arn, bodies, receive

MANY = [str(i) for i in range(60)]  # so that a task with a rate takes longer than a test


def query_client(endpoint):
    """A client of today's operations that speaks the Query protocol."""
    session = boto3.Session()
    loader = session._session.get_component("data_loader")
    load = loader.load_service_model

    def load_for_query(service, kind, api_version=None):
        model = copy.deepcopy(load(service, kind, api_version))
        if (service, kind) == ("sqs", "service-2"):
            model["metadata"].update(protocol="query", protocols=["query"])
            for name, operation in model["operations"].items():
                if "output" in operation:
                    operation["output"]["resultWrapper"] = f"{name}Result"
            model["shapes"]["ListMessageMoveTasksResultEntryList"]["member"]["locationName"] = "ListMessageMoveTasksResultEntry"
        return model

    loader.load_service_model = load_for_query
    return session.client("sqs", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="test",
                          aws_secret_access_key="test")


@pytest.fixture(scope="module", params=["json", "query"])
def moves(request, sqs, endpoint):
    """The client of the three operations."""
    return sqs if request.param == "json" else query_client(endpoint)


@pytest.fixture
def make(sqs, unique):
    """make(**attributes): the URL of a new queue."""
    made = []

    def queue(**attributes):
        suffix = ".fifo" if "FifoQueue" in attributes else ""
        name = unique(f"q{len(made)}")[-70:].lstrip("-") + suffix
        made.append(sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])
        return made[-1]

    yield queue
    for url in made:
        try:
            sqs.delete_queue(QueueUrl=url)
        except sqs.exceptions.QueueDoesNotExist:
            pass


def ready(sqs, url):
    name = "ApproximateNumberOfMessages"
    return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])


def redrives(sqs, dead, **more):
    return {"RedrivePolicy": json.dumps({"deadLetterTargetArn": arn(sqs, dead), "maxReceiveCount": 1}), **more}


def bury(sqs, source, *texts, **more):
    """Send messages, and let them become dead letters."""
    for text in texts:
        sqs.send_message(QueueUrl=source, MessageBody=text, **more)
    while receive(sqs, source, VisibilityTimeout=0):
        pass
    assert ready(sqs, source) == 0


def tasks(moves, dead_arn, **more):
    return moves.list_message_move_tasks(SourceArn=dead_arn, **more).get("Results", [])


def ended(moves, dead_arn):
    wait_until(lambda: tasks(moves, dead_arn)[0]["Status"] != "RUNNING", 60, "the task runs")
    return tasks(moves, dead_arn)[0]


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    response = caught.value.response
    return (response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"], response["Error"]["Message"])


@pytest.fixture
def pipe(sqs, make):
    """pipe(): the URLs of a queue and of its dead-letter queue."""

    def queues(**attributes):
        dead = make(**attributes)
        return make(**redrives(sqs, dead, **attributes)), dead

    return queues


def test_messages_go_back_to_the_queues_that_they_came_from_as_new_ones(sqs, moves, pipe, make, advance_clock):
    source, dead = pipe()
    other = make(**redrives(sqs, dead))
    attribute = {"a": {"DataType": "String", "StringValue": "v"}}
    bury(sqs, source, "1", "2", MessageAttributes=attribute)
    bury(sqs, other, "x" * 5000)
    before = {message["Body"]: message for message in receive(sqs, dead, VisibilityTimeout=0)}
    advance_clock(5)
    handle = moves.start_message_move_task(SourceArn=arn(sqs, dead))["TaskHandle"]
    decoded = json.loads(base64.b64decode(handle))
    assert sorted(decoded) == ["sourceArn", "taskId"] and decoded["sourceArn"] == arn(sqs, dead)
    task = ended(moves, arn(sqs, dead))
    assert before["1"]["Attributes"]["DeadLetterQueueSourceArn"] == arn(sqs, source)
    assert task == {
        "Status": "COMPLETED", "SourceArn": arn(sqs, dead), "ApproximateNumberOfMessagesMoved": 3,
        "ApproximateNumberOfMessagesToMove": 3, "StartedTimestamp": task["StartedTimestamp"]}
    assert (ready(sqs, source), ready(sqs, other), ready(sqs, dead)) == (2, 1, 0)
    assert bodies(receive(sqs, other)) == ["x" * 5000]
    after = receive(sqs, source)
    assert bodies(after) == ["1", "2"]
    for message in after:
        old = before[message["Body"]]
        assert message["MessageId"] != old["MessageId"]
        assert message["MessageAttributes"] == attribute == old["MessageAttributes"]
        assert message["Attributes"]["SenderId"] == old["Attributes"]["SenderId"]
        assert int(message["Attributes"]["SentTimestamp"]) >= int(old["Attributes"]["SentTimestamp"]) + 5000
        assert message["Attributes"]["ApproximateReceiveCount"] == "1"
        assert "DeadLetterQueueSourceArn" not in message["Attributes"]
    assert receive(sqs, dead) == []


def test_messages_go_to_a_given_queue_with_its_delay(sqs, moves, pipe, make, advance_clock):
    source, dead = pipe()
    target = make(DelaySeconds="900")
    bury(sqs, source, "1")
    sqs.send_message(QueueUrl=dead, MessageBody="sent directly")
    moves.start_message_move_task(SourceArn=arn(sqs, dead), DestinationArn=arn(sqs, target))
    task = ended(moves, arn(sqs, dead))
    assert (task["Status"], task["DestinationArn"]) == ("COMPLETED", arn(sqs, target))
    assert receive(sqs, target) == []
    advance_clock(900)
    assert sorted(bodies(receive(sqs, target))) == ["1", "sent directly"]


def test_a_moved_message_becomes_a_dead_letter_again_after_as_many_receives(sqs, moves, pipe):
    source, dead = pipe()
    bury(sqs, source, "1")
    moves.start_message_move_task(SourceArn=arn(sqs, dead))
    ended(moves, arn(sqs, dead))
    assert bodies(receive(sqs, source, VisibilityTimeout=0)) == ["1"]
    assert receive(sqs, source) == []
    assert bodies(receive(sqs, dead)) == ["1"]


def test_messages_in_flight_stay(sqs, moves, pipe):
    source, dead = pipe()
    bury(sqs, source, "1", "2")
    assert len(receive(sqs, dead, MaxNumberOfMessages=1)) == 1
    moves.start_message_move_task(SourceArn=arn(sqs, dead))
    assert ended(moves, arn(sqs, dead))["ApproximateNumberOfMessagesMoved"] == 1
    assert ready(sqs, source) == 1


def test_a_rate_bounds_each_second_and_a_cancelled_task_moves_no_more(sqs, moves, pipe, advance_clock):
    source, dead = pipe()
    bury(sqs, source, *MANY)
    handle = moves.start_message_move_task(SourceArn=arn(sqs, dead), MaxNumberOfMessagesPerSecond=2)["TaskHandle"]

    def moved():
        return tasks(moves, arn(sqs, dead))[0]["ApproximateNumberOfMessagesMoved"]

    wait_until(lambda: moved() >= 2, 60, "the first second")
    first = tasks(moves, arn(sqs, dead))[0]
    assert first["TaskHandle"] == handle and first["Status"] == "RUNNING"
    assert first["MaxNumberOfMessagesPerSecond"] == 2 and first["ApproximateNumberOfMessagesToMove"] == len(MANY)
    assert refusal(moves.start_message_move_task, SourceArn=arn(sqs, dead)) == (
        400, "InvalidParameterValue",
        "There is already a task running. Only one active task is allowed for a source queue arn at a given time.")
    before = moved()
    advance_clock(1)
    wait_until(lambda: moved() >= before + 2, 60, "the next second")
    stopped = moves.cancel_message_move_task(TaskHandle=handle)["ApproximateNumberOfMessagesMoved"]
    assert stopped % 2 == 0 and stopped < len(MANY)
    advance_clock(10)
    last = tasks(moves, arn(sqs, dead))[0]
    assert (last["Status"], last["ApproximateNumberOfMessagesMoved"]) == ("CANCELLED", stopped)
    assert "TaskHandle" not in last
    assert (ready(sqs, source), ready(sqs, dead)) == (stopped, len(MANY) - stopped)
    assert refusal(moves.cancel_message_move_task, TaskHandle=handle) == (
        400, "InvalidParameterValue", "Only active tasks can be cancelled.")


def test_a_message_without_a_source_fails_the_task(sqs, moves, pipe):
    source, dead = pipe()
    sqs.send_message(QueueUrl=dead, MessageBody="sent directly")
    moves.start_message_move_task(SourceArn=arn(sqs, dead), DestinationArn="")  # as if left out
    task = ended(moves, arn(sqs, dead))
    assert (task["Status"], task["FailureReason"]) == ("FAILED", "CouldNotDetermineMessageSource")
    assert (ready(sqs, dead), ready(sqs, source)) == (1, 0)


def test_a_queue_that_is_deleted_meanwhile_fails_the_task(sqs, moves, pipe, make, advance_clock):
    source, dead = pipe()
    target = make()
    bury(sqs, source, *MANY)
    moves.start_message_move_task(SourceArn=arn(sqs, dead), DestinationArn=arn(sqs, target), MaxNumberOfMessagesPerSecond=1)
    wait_until(lambda: tasks(moves, arn(sqs, dead))[0]["ApproximateNumberOfMessagesMoved"] >= 1, 60, "the first")
    sqs.delete_queue(QueueUrl=target)
    advance_clock(1)
    task = ended(moves, arn(sqs, dead))
    assert (task["Status"], task["FailureReason"]) == ("FAILED", "AWS.SimpleQueueService.NonExistentQueue")
    assert 1 <= task["ApproximateNumberOfMessagesMoved"] == len(MANY) - ready(sqs, dead) < len(MANY)


@pytest.mark.parametrize("size, status", [(1024, "COMPLETED"), (1025, "FAILED")])
def test_a_message_that_is_too_long_for_its_destination_fails_the_task(sqs, moves, pipe, make, size, status):
    source, dead = pipe()
    target = make(MaximumMessageSize="1024")
    attributes = {"n": {"DataType": "String", "StringValue": "v" * 13}}  # 20 bytes, and more of them in JSON
    bury(sqs, source, "x" * (size - 20), MessageAttributes=attributes)
    moves.start_message_move_task(SourceArn=arn(sqs, dead), DestinationArn=arn(sqs, target))
    task = ended(moves, arn(sqs, dead))
    assert (task["Status"], task.get("FailureReason")) == (status, None if status == "COMPLETED" else "InvalidParameterValue")
    assert (ready(sqs, target), ready(sqs, dead)) == ((1, 0) if status == "COMPLETED" else (0, 1))


@pytest.mark.parametrize("named", [True, False])
def test_a_message_goes_back_to_its_queue_whatever_the_queue_s_maximum(sqs, moves, pipe, named):
    """What SNS delivers may be larger than the queue's own maximum, or the maximum may have been lowered."""
    source, dead = pipe()
    bury(sqs, source, "x" * 1025)
    sqs.set_queue_attributes(QueueUrl=source, Attributes={"MaximumMessageSize": "1024"})
    moves.start_message_move_task(SourceArn=arn(sqs, dead), **({"DestinationArn": arn(sqs, source)} if named else {}))
    assert ended(moves, arn(sqs, dead))["Status"] == "COMPLETED"
    assert (ready(sqs, source), ready(sqs, dead)) == (1, 0)


def test_a_task_ends_after_thirty_six_hours(sqs, moves, pipe, advance_clock):
    source, dead = pipe(MessageRetentionPeriod="1209600")
    bury(sqs, source, *MANY)
    moves.start_message_move_task(SourceArn=arn(sqs, dead), MaxNumberOfMessagesPerSecond=1)
    moved = lambda: tasks(moves, arn(sqs, dead))[0]["ApproximateNumberOfMessagesMoved"]  # noqa: E731
    before = wait_until(moved, 60, "the first")
    advance_clock(36 * 3600 - 60)
    wait_until(lambda: moved() > before, 60, "another one")
    advance_clock(60)
    task = ended(moves, arn(sqs, dead))
    assert (task["Status"], task["FailureReason"]) == ("FAILED", "The task has run for 36 hours")
    assert before < ready(sqs, source) == len(MANY) - ready(sqs, dead) < len(MANY)


def test_an_account_has_a_hundred_running_tasks_at_most(sqs, moves, make):
    target, bulk = arn(sqs, make()), Bulk(sqs)
    many = [{"Id": str(i), "MessageBody": str(i)} for i in range(10)]

    def dead_letters():
        """The ARN of a queue whose messages take a minute to move."""
        url = make()
        make(**redrives(sqs, url))
        for _ in range(6):
            bulk.send_message_batch(QueueUrl=url, Entries=many)
        return arn(bulk, url)

    def request(dead):
        return {"SourceArn": dead, "DestinationArn": target, "MaxNumberOfMessagesPerSecond": 1}

    queues = [dead_letters() for _ in range(101)]
    handles = [moves.start_message_move_task(**request(dead))["TaskHandle"] for dead in queues[:100]]
    assert refusal(moves.start_message_move_task, **request(queues[100])) == (
        400, "AWS.SimpleQueueService.UnsupportedOperation",
        "The account has 100 active message movement tasks, which is the maximum.")
    moves.cancel_message_move_task(TaskHandle=handles[0])
    handles[0] = moves.start_message_move_task(**request(queues[100]))["TaskHandle"]
    for handle in handles:
        moves.cancel_message_move_task(TaskHandle=handle)


def test_the_latest_ten_tasks_are_listed_the_latest_first(sqs, moves, pipe):
    source, dead = pipe()
    for count in range(11):
        bury(sqs, source, *map(str, range(count % 3)))
        moves.start_message_move_task(SourceArn=arn(sqs, dead))
        ended(moves, arn(sqs, dead))
        receive(sqs, source, VisibilityTimeout=3600)
    listed = tasks(moves, arn(sqs, dead), MaxResults=10)
    assert [task["ApproximateNumberOfMessagesMoved"] for task in listed] == [count % 3 for count in range(10, 0, -1)]
    assert tasks(moves, arn(sqs, dead)) == listed[:1]
    for wrong in (0, 11):
        assert refusal(moves.list_message_move_tasks, SourceArn=arn(sqs, dead), MaxResults=wrong)[:2] == (
            400, "InvalidParameterValue")
    sqs.delete_queue(QueueUrl=dead)
    name = dead.rsplit("/", 1)[1]
    sqs.create_queue(QueueName=name)
    assert tasks(moves, arn(sqs, dead), MaxResults=10) == []


def test_wrong_requests_get_awss_errors(sqs, moves, pipe, make):
    source, dead = pipe()
    missing = f"{arn(sqs, dead)}x"
    start, format_of = moves.start_message_move_task, (
        "You must use this format to specify the {}: arn:<partition>:<service>:<region>:<account-id>:<resource-id>")
    no_source = (404, "ResourceNotFoundException",
                 "The resource that you specified for the SourceArn parameter doesn't exist.")
    invalid = (400, "InvalidParameterValue")
    assert refusal(start, SourceArn="queue") == (*invalid, format_of.format("SourceArn"))
    assert refusal(start, SourceArn=missing) == no_source
    assert refusal(start, SourceArn=arn(sqs, dead).replace("us-east-1", "eu-west-1")) == no_source
    assert refusal(start, SourceArn=arn(sqs, source)) == (
        *invalid, "Source queue must be configured as a Dead Letter Queue.")
    assert refusal(start, SourceArn=arn(sqs, dead), DestinationArn="queue") == (
        *invalid, format_of.format("DestinationArn"))
    assert refusal(start, SourceArn=arn(sqs, dead), DestinationArn=missing) == (
        404, "ResourceNotFoundException", "The resource that you specified for the DestinationArn parameter doesn't exist.")
    assert refusal(start, SourceArn=arn(sqs, dead), DestinationArn=arn(sqs, dead)) == (
        *invalid, "Source queue arn and destination queue arn cannot be the same.")
    assert refusal(start, SourceArn=arn(sqs, dead), DestinationArn=arn(sqs, make(FifoQueue="true"))) == (
        *invalid, "The source queue and destination queue must be of the same queue type.")
    for wrong in (0, 501):
        assert refusal(start, SourceArn=arn(sqs, dead), MaxNumberOfMessagesPerSecond=wrong) == (
            *invalid, "Value for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: You must enter a number that's "
            "between 1 and 500.")
    assert refusal(moves.list_message_move_tasks, SourceArn=missing) == no_source
    assert tasks(moves, arn(sqs, dead)) == []
    for rate in (1, 500):
        start(SourceArn=arn(sqs, dead), MaxNumberOfMessagesPerSecond=rate)
        ended(moves, arn(sqs, dead))


def handle(source_arn, task_id="10f57157-fc38-4da9-a113-4de7e12d05aa"):
    return base64.b64encode(json.dumps({"taskId": task_id, "sourceArn": source_arn}).encode()).decode()


def test_only_handles_of_tasks_can_be_cancelled(sqs, moves, make):
    queue = arn(sqs, make())
    cancel = moves.cancel_message_move_task
    for wrong in ("foobared", "!", base64.b64encode(b"[]").decode(), base64.b64encode(b'{"taskId": "a"}').decode()):
        assert refusal(cancel, TaskHandle=wrong) == (
            400, "InvalidParameterValue", "Value for parameter TaskHandle is invalid.")
    assert refusal(cancel, TaskHandle=handle(f"{queue}x")) == (
        404, "ResourceNotFoundException", "The resource that you specified for the SourceArn parameter doesn't exist.")
    assert refusal(cancel, TaskHandle=handle(queue)) == (404, "ResourceNotFoundException", "Task does not exist.")


def test_groups_of_a_fifo_queue_stay_in_order(sqs, moves, pipe):
    source, dead = pipe(FifoQueue="true", ContentBasedDeduplication="true")
    for group in "ab":
        for number in range(12):
            sqs.send_message(QueueUrl=source, MessageBody=f"{group}{number}", MessageGroupId=group)
    while ready(sqs, dead) < 24:
        receive(sqs, source, VisibilityTimeout=0)
    moves.start_message_move_task(SourceArn=arn(sqs, dead))
    assert ended(moves, arn(sqs, dead))["ApproximateNumberOfMessagesMoved"] == 24
    got = []
    while messages := receive(sqs, source):
        got += bodies(messages)
        for message in messages:
            sqs.delete_message(QueueUrl=source, ReceiptHandle=message["ReceiptHandle"])
    for group in "ab":
        assert [body for body in got if body[0] == group] == [f"{group}{number}" for number in range(12)]


def client_of(server):
    return boto3.client("sqs", endpoint_url=server.endpoint, region_name="us-east-1", aws_access_key_id="test",
                        aws_secret_access_key="test")


def test_a_task_continues_after_a_crash():
    server = orderly_server.Server().start()
    sqs = client_of(server)
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    source = sqs.create_queue(QueueName="source", Attributes=redrives(sqs, dead))["QueueUrl"]
    bury(sqs, source, "1", "2", "3")
    sqs.start_message_move_task(SourceArn=arn(sqs, dead), MaxNumberOfMessagesPerSecond=1)
    server.kill()
    sqs = client_of(server.start())
    task = ended(sqs, arn(sqs, dead))
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 3)
    assert (ready(sqs, source), ready(sqs, dead)) == (3, 0)
    server.end()


def test_without_a_destination_the_caller_must_be_allowed_to_send_to_every_source(sqs, client, make, unique):
    dead = make()
    sources = [make(**redrives(sqs, dead)) for _ in range(3)]
    user = client("iam")
    name = unique("u")[:60]
    user.create_user(UserName=name)
    key = user.create_access_key(UserName=name)["AccessKey"]
    own = client("sqs", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])

    def allow(*denied):
        statements = [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]
        statements += [{"Effect": "Deny", "Action": "sqs:SendMessage", "Resource": arn(sqs, url)} for url in denied]
        user.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}))

    for url in sources:
        allow(url)
        status, code, message = refusal(own.start_message_move_task, SourceArn=arn(sqs, dead))
        assert (status, code) == (403, "AccessDenied") and arn(sqs, url) in message
    allow()
    own.start_message_move_task(SourceArn=arn(sqs, dead))
