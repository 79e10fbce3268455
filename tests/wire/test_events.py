"""GET /_orderly/events: what changes, as it changes."""

import http.client
import json
import pathlib
import socket
import time

import pytest
from door import boto, create_queue, send, signed

EVENTS = "/_orderly/events"
ADMINISTRATOR = ("AKIAROOT", "root-secret")
STRICT = ("--auth", "strict", "--root-access-key-id", ADMINISTRATOR[0], "--root-secret-access-key", ADMINISTRATOR[1])


class Listener:
    """A client of the stream: its events, in order."""

    def __init__(self, endpoint, keys=None, receive_bytes=None, address=None):
        headers = signed(endpoint, {}, "", "sqs", keys=keys, method="GET", path=EVENTS) if keys else {}
        host, port = endpoint.split("//")[1].split(":")
        self.socket = socket.socket()
        self.socket.settimeout(60)
        if address:
            self.socket.bind((address, 0))
        if receive_bytes:  # before it connects: it decides how much may be under way
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.connect((host, int(port)))
        lines = "".join(f"{name}: {value}\r\n" for name, value in {"Host": f"{host}:{port}", **headers}.items())
        self.socket.sendall(f"GET {EVENTS} HTTP/1.0\r\n{lines}\r\n".encode())
        self.file = self.socket.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        self.headers = dict(line.decode().strip().split(": ", 1) for line in iter(self.file.readline, b"\r\n"))

    def next(self):
        """The next event: its name and its data."""
        name, data = None, None
        for line in iter(self.file.readline, b"\n"):
            assert line, "the stream has ended"
            if line.startswith(b"event: "):
                name = line[7:].decode().strip()
            if line.startswith(b"data: "):
                data = json.loads(line[6:])
        return (name, data) if data is not None else self.next()

    def until(self, wanted):
        """The data of the first event that is wanted; all before it are kept in `seen`."""
        self.seen = []
        while True:
            event = self.next()
            if wanted(*event):
                return event[1]
            self.seen.append(event)

    def change(self, arn, operation):
        return self.until(lambda name, data: name == "change" and data["arn"] == arn and operation in data["operations"])

    def close(self):
        self.socket.close()


@pytest.fixture
def listen():
    """listen(endpoint, keys, receive_bytes, address) opens a stream, from that address."""
    open_ones = []

    def begin(endpoint, keys=None, receive_bytes=None, address=None):
        open_ones.append(Listener(endpoint, keys, receive_bytes, address))
        return open_ones[-1]

    yield begin
    for listener in open_ones:
        listener.close()


def arn_of(name, account="000000000000"):
    return f"arn:aws:sqs:us-east-1:{account}:{name}"


def test_a_stream_begins_with_the_clock(endpoint, listen):
    listener = listen(endpoint)
    assert (listener.status, listener.headers["Content-Type"], listener.headers["Cache-Control"]) == (200, "text/event-stream", "no-store")
    name, data = listener.next()
    assert name == "open" and set(data) == {"nowMs", "offsetMs"}


def test_a_queue_is_told_from_its_creation_to_its_end(endpoint, client, listen, unique):
    sqs, listener, name = client("sqs"), listen(endpoint), unique("q")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    assert listener.change(arn_of(name), "CreateQueue") == {
        "service": "sqs", "arn": arn_of(name), "account": "000000000000", "region": "us-east-1",
        "operations": {"CreateQueue": 1}, "state": {"visible": 0, "inFlight": 0, "delayed": 0}}
    sqs.send_message(QueueUrl=url, MessageBody="a")
    assert listener.change(arn_of(name), "SendMessage")["state"] == {"visible": 1, "inFlight": 0, "delayed": 0}
    sqs.send_message(QueueUrl=url, MessageBody="b", DelaySeconds=900)
    assert listener.change(arn_of(name), "SendMessage")["state"] == {"visible": 1, "inFlight": 0, "delayed": 1}
    sqs.receive_message(QueueUrl=url)
    assert listener.change(arn_of(name), "ReceiveMessage")["state"] == {"visible": 0, "inFlight": 1, "delayed": 1}
    sqs.delete_queue(QueueUrl=url)
    assert listener.change(arn_of(name), "DeleteQueue")["state"] is None


def test_many_calls_are_few_events(endpoint, client, make_queue, listen):
    url, sqs = make_queue(), client("sqs")
    arn, listener, began, events, sent = arn_of(url.rsplit("/", 1)[1]), listen(endpoint), time.monotonic(), 0, 0
    for n in range(200):
        sqs.send_message(QueueUrl=url, MessageBody=str(n))
    while sent < 200:
        data = listener.change(arn, "SendMessage")
        events, sent = events + 1, sent + data["operations"]["SendMessage"]
    assert (sent, data["state"]["visible"]) == (200, 200)
    assert events <= (time.monotonic() - began) * 4 + 2


def test_what_fails_or_changes_nothing_is_not_told(endpoint, client, make_queue, listen, unique):
    sqs, url = client("sqs"), make_queue()
    listener, last = listen(endpoint), unique("q")
    sqs.receive_message(QueueUrl=url)
    with pytest.raises(sqs.exceptions.ClientError):
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "-1"})
    sqs.get_queue_attributes(QueueUrl=url)
    sqs.create_queue(QueueName=last)
    listener.change(arn_of(last), "CreateQueue")
    told = [set(data["operations"]) for _, data in listener.seen if data.get("arn") == arn_of(url.rsplit("/", 1)[1])]
    assert told in ([], [{"CreateQueue"}])


def test_a_message_that_goes_to_the_dead_letters_changes_that_queue(endpoint, client, make_queue, listen):
    sqs, dead = client("sqs"), make_queue()
    dead_arn = arn_of(dead.rsplit("/", 1)[1])
    url = make_queue(RedrivePolicy=json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 1}), VisibilityTimeout="0")
    sqs.send_message(QueueUrl=url, MessageBody="poison")
    listener = listen(endpoint)
    for _ in range(2):
        sqs.receive_message(QueueUrl=url)
    assert listener.change(dead_arn, "ReceiveMessage")["state"] == {"visible": 1, "inFlight": 0, "delayed": 0}


def test_each_service_tells_its_state(started, listen):
    server = started("--table-delay", "1")
    listener = listen(server.endpoint)
    dynamodb, sns, cloudwatch = boto(server, "dynamodb"), boto(server, "sns"), boto(server, "cloudwatch")
    dynamodb.create_table(TableName="tbl", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
                          AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}])
    table = "arn:aws:dynamodb:us-east-1:000000000000:table/tbl"
    assert listener.change(table, "CreateTable")["state"] == {"status": "CREATING"}
    assert listener.change(table, "SettleTable")["state"] == {"status": "ACTIVE"}
    topic = sns.create_topic(Name="t")["TopicArn"]
    assert listener.change(topic, "CreateTopic")["state"] == {}
    sns.delete_topic(TopicArn=topic)
    assert listener.change(topic, "DeleteTopic")["state"] is None
    cloudwatch.put_metric_alarm(AlarmName="a", Namespace="n", MetricName="m", Period=60, EvaluationPeriods=1, Statistic="Sum",
                                Threshold=1, ComparisonOperator="GreaterThanThreshold")
    alarm = "arn:aws:cloudwatch:us-east-1:000000000000:alarm:a"
    assert listener.change(alarm, "PutMetricAlarm")["state"] == {"state": "INSUFFICIENT_DATA"}
    cloudwatch.set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="r")
    assert listener.change(alarm, "SetAlarmState")["state"] == {"state": "ALARM"}
    cloudwatch.delete_alarms(AlarmNames=["a"])
    assert listener.change(alarm, "DeleteAlarms")["state"] is None


def test_the_clock_and_a_reset_are_told_to_everybody(started, listen):
    server = started()
    one, other = listen(server.endpoint), listen(server.endpoint, ("481665095854", "any"))
    moved = json.loads(send(server.endpoint, "POST", "/_orderly/clock", {"Content-Type": "application/json"}, '{"advance_ms": 60000}').body)
    for listener in (one, other):
        data = listener.until(lambda name, _: name == "clock")
        assert data["offsetMs"] == 60000 and 0 <= data["nowMs"] - moved["now_ms"] < 60000
    create_queue(server, "000000000000")
    assert send(server.endpoint, "POST", "/_localstack/state/reset").status == 200
    for listener in (one, other):
        assert listener.until(lambda name, _: name == "reset")["offsetMs"] == 0
    create_queue(server, "000000000000")
    assert one.change(arn_of("q"), "CreateQueue")["operations"] == {"CreateQueue": 1}


def test_traces_are_told_when_they_can_be_found(endpoint, client, make_queue, listen):
    sqs, url, listener = client("sqs"), make_queue(), listen(endpoint)
    sqs.send_message(QueueUrl=url, MessageBody="traced")
    sqs.receive_message(QueueUrl=url)
    last = listener.until(lambda name, _: name == "traces")["lastHop"]
    assert int(last) <= int(json.loads(send(endpoint, "GET", "/_orderly/traces?limit=1").body)["lastHop"])


def test_each_account_hears_of_its_own(started, listen):
    server = started()
    mine, theirs = listen(server.endpoint), listen(server.endpoint, ("481665095854", "any"))
    create_queue(server, "481665095854")
    assert theirs.change(arn_of("q", "481665095854"), "CreateQueue")["account"] == "481665095854"
    create_queue(server, "000000000000")
    mine.change(arn_of("q"), "CreateQueue")
    assert "481665095854" not in [data.get("account") for _, data in mine.seen]


def user_keys(server, *statements):
    iam = boto(server, "iam", ADMINISTRATOR)
    iam.create_user(UserName="u")
    if statements:
        iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))
    key = iam.create_access_key(UserName="u")["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


def test_a_strict_server_tells_only_those_whom_a_policy_allows(started, listen):
    server = started(*STRICT)
    keys = user_keys(server)
    nobody = send(server.endpoint, "GET", EVENTS)
    assert (nobody.status, nobody.message) == (403, "With --auth strict this path needs a signature.")
    wrong = send(server.endpoint, "GET", EVENTS, signed(server.endpoint, {}, "", "sqs", keys=(keys[0], "wrong"), method="GET", path=EVENTS))
    assert wrong.status == 403
    denied = send(server.endpoint, "GET", EVENTS, signed(server.endpoint, {}, "", "sqs", keys=keys, method="GET", path=EVENTS))
    assert denied.status == 403
    assert denied.message == ("User: arn:aws:iam::000000000000:user/u is not authorized to perform: orderly:ReadEvents on resource: * "
                              "because no identity-based policy allows the orderly:ReadEvents action")
    boto(server, "iam", ADMINISTRATOR).put_user_policy(UserName="u", PolicyName="p", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "orderly:ReadEvents", "Resource": "*"}]}))
    user, administrator = listen(server.endpoint, keys), listen(server.endpoint, ADMINISTRATOR)
    assert (user.status, administrator.status) == (200, 200)
    sqs = boto(server, "sqs", ADMINISTRATOR)
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="traced")
    sqs.receive_message(QueueUrl=url)
    administrator.until(lambda name, _: name == "traces")
    sqs.delete_queue(QueueUrl=url)
    user.change(arn_of("q"), "DeleteQueue")
    assert "traces" not in [name for name, _ in user.seen]


def test_a_hundred_listeners_hear_the_same(endpoint, client, make_queue, listen):
    url = make_queue()
    listeners = [listen(endpoint) for _ in range(100)]
    client("sqs").send_message(QueueUrl=url, MessageBody="a")
    told = [listener.change(arn_of(url.rsplit("/", 1)[1]), "SendMessage") for listener in listeners]
    assert told == [told[0]] * 100


def send_to_each(endpoint, urls):
    """A message to each queue, by a client that is quicker than an SDK's."""
    target = {"X-Amz-Target": "AmazonSQS.SendMessage", "Content-Type": "application/x-amz-json-1.0"}
    connection = http.client.HTTPConnection(endpoint.split("//")[1], timeout=60)
    for url in urls:
        body = json.dumps({"QueueUrl": url, "MessageBody": "m"})
        connection.request("POST", "/", body, signed(endpoint, target, body, "sqs"))
        reply = connection.getresponse()
        assert reply.status == 200, reply.read()
        reply.read()
    connection.close()


def bytes_under_way(listener):
    """Sent to this listener and not read by it: what waits in the two sockets."""
    (_, own), (_, server) = listener.socket.getsockname(), listener.socket.getpeername()
    rows = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
    waiting = {tuple(int(address.split(":")[1], 16) for address in row[1:3]): row[4].split(":") for row in rows}
    return int(waiting[server, own][0], 16) + int(waiting[own, server][1], 16)


def test_a_listener_that_reads_too_late_is_told_how_much_it_has_lost(started, listen):
    """The ring has 4,096 events; the sockets take some more."""
    server = started("--durability", "relaxed", "--iam", "off")
    slow, quick, lost = listen(server.endpoint, receive_bytes=1), listen(server.endpoint), 0
    assert (slow.next()[0], quick.next()[0]) == ("open", "open")
    sqs = boto(server, "sqs")
    urls = [sqs.create_queue(QueueName=f"{number:080}")["QueueUrl"] for number in range(1000)]

    def change_all():
        nonlocal lost
        send_to_each(server.endpoint, urls)
        quick.change(arn_of(f"{999:080}"), "SendMessage")
        lost += [name for name, _ in quick.seen].count("lost")

    before = None
    while before != bytes_under_way(slow):
        before = bytes_under_way(slow)
        change_all()
    for _ in range(5):  # the sockets are full
        change_all()
    assert slow.until(lambda name, _: name == "lost")["lost"] > 0
    assert lost == 0
    slow.change(arn_of(f"{999:080}"), "SendMessage")


def test_one_address_leaves_streams_for_others(started, listen):
    """Of 256 streams one address may have 224."""
    server = started()
    first = [listen(server.endpoint) for _ in range(224)]
    assert {one.status for one in first} == {200}
    refused = listen(server.endpoint)
    assert refused.status == 503
    assert json.loads(refused.file.read(int(refused.headers["Content-Length"])))["message"].startswith(
        "The server sends as many replies piece by piece to this address as one may have.")
    other = ("111122223333", "test")  # the root of another account
    others = [listen(server.endpoint, other, address="127.0.0.2") for _ in range(32)]
    assert {one.status for one in others} == {200}
    full = listen(server.endpoint, ("444455556666", "test"), address="127.0.0.3")
    assert full.status == 503
    assert json.loads(full.file.read(int(full.headers["Content-Length"])))["message"].startswith(
        "The server sends as many replies piece by piece as it may.")
    assert send(server.endpoint, "GET", "/_orderly/health").status == 200


def test_one_principal_leaves_streams_for_others_whatever_addresses_it_has(started, listen, wait_until):
    """Of 256 streams one principal may have 224; when one ends, it may have another."""
    server = started()
    own = [listen(server.endpoint, address=f"127.0.0.{2 + number % 2}") for number in range(224)]
    assert {one.status for one in own} == {200}
    refused = listen(server.endpoint, address="127.0.0.4")
    assert refused.status == 503
    assert json.loads(refused.file.read(int(refused.headers["Content-Length"])))["message"].startswith(
        "The server sends as many replies piece by piece to this principal as one may have.")
    other = listen(server.endpoint, ("111122223333", "test"), address="127.0.0.2")
    assert other.status == 200
    own[0].socket.shutdown(socket.SHUT_RDWR)
    wait_until(lambda: listen(server.endpoint, address="127.0.0.4").status == 200, what="room for one more stream")
