"""SNS and the outside: mails, restarts, slow endpoints, addresses that are out of bounds. Each test has a server of its own."""

import datetime
import email
import email.header
import functools
import glob
import ipaddress
import json
import os
import re
import socket
import urllib.request

import boto3
import orderly_server
import outside
import pytest
from botocore.config import Config
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from queues import awaited
from trace_reader import Traces


class Own:
    """A server with a topic."""

    def __init__(self, *arguments, **settings):
        self.server = orderly_server.Server(*arguments, **settings).start()
        self.topic = self.sns.create_topic(Name="t")["TopicArn"]

    @functools.cache
    def client(self, service, key="test", secret="test"):
        return boto3.client(service, endpoint_url=self.server.endpoint, region_name="us-east-1", aws_access_key_id=key,
                            aws_secret_access_key=secret, config=Config(retries={"max_attempts": 0}))

    @property
    def sns(self):
        return self.client("sns")

    def advance(self, seconds):
        self.server.advance_clock(seconds)

    def hops(self):
        hops = Traces(self.server.endpoint).hops(resource=self.topic)
        return [(hop["kind"], hop.get("attempt")) for hop in hops if hop["kind"] != "published"]

    def last_hop(self):
        return (self.hops() or [(None, None)])[-1]

    def confirm(self, web):
        self.sns.subscribe(TopicArn=self.topic, Protocol="http", Endpoint=web.url)
        request = json.loads(web.take()[2])
        return self.sns.confirm_subscription(TopicArn=self.topic, Token=request["Token"])["SubscriptionArn"]

    def end(self):
        self.server.end()


@pytest.fixture
def own():
    made = []

    def make(*arguments, **settings):
        made.append(Own(*arguments, **settings))
        return made[-1]

    yield make
    for one in made:
        one.end()


@pytest.fixture
def relay():
    made = outside.Relay()
    yield made
    made.end()


# --- Restarts and slow endpoints ---------------------------------------------------------------


def test_a_delivery_survives_a_kill(own, web):
    one = own()
    one.confirm(web)
    web.answer(500)
    one.sns.publish(TopicArn=one.topic, Message="m")
    first = web.take()[2]
    orderly_server.wait_until(lambda: one.last_hop()[0] == "retried")
    one.server.kill()
    one.server.start()
    one.advance(20)
    assert web.take()[2] == first


def test_an_attempt_that_was_under_way_begins_again(own):
    one = own()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        one.sns.subscribe(TopicArn=one.topic, Protocol="http", Endpoint=url)
        first, _ = silent.accept()
        one.server.kill()
        one.server.start()
        second, _ = silent.accept()
        assert second.recv(1000).startswith(b"POST / HTTP/1.1\r\n")
        first.close()
        second.close()


def test_a_kill_in_the_middle_of_an_attempt_loses_nothing_and_costs_no_retry(own, web):
    one = own()
    subscription = one.confirm(web)
    queue = one.client("sqs").create_queue(QueueName="dead", Attributes={"Policy": json.dumps({"Statement": [{
        "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*"}]})})
    for name, value in {"RedrivePolicy": {"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:dead"},
                        "DeliveryPolicy": {"healthyRetryPolicy": {"numRetries": 1, "minDelayTarget": 5, "maxDelayTarget": 5}},
                        }.items():
        one.sns.set_subscription_attributes(SubscriptionArn=subscription, AttributeName=name, AttributeValue=json.dumps(value))
    web.answer(None, 500, None, 503)
    one.sns.publish(TopicArn=one.topic, Message="m")
    bodies = [web.take()[2]]
    one.server.kill()
    one.server.start()
    bodies.append(web.take()[2])  # the first attempt, again
    orderly_server.wait_until(lambda: one.last_hop() == ("retried", 2))
    one.advance(5)
    bodies.append(web.take()[2])
    one.server.kill()
    one.server.start()
    bodies.append(web.take()[2])  # the only retry, again
    [dead] = awaited(one.client("sqs"), queue["QueueUrl"])
    assert dead["Body"].encode() == bodies[0]
    assert bodies == [bodies[0]] * 4
    assert one.hops() == [("not-delivered", 1), ("retried", 2), ("not-delivered", 2), ("not-delivered", 2), ("dead-lettered", 0),
                          ("received", 1)]
    assert web.requests.empty()


def test_a_silent_endpoint_holds_nobody_and_the_server_stops_beside_it(own, web):
    one = own()
    with socket.create_server(("127.0.0.1", 0), backlog=100) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        for i in range(20):
            one.sns.subscribe(TopicArn=one.topic, Protocol="http", Endpoint=f"{url}/{i}")
        one.confirm(web)
        one.sns.publish(TopicArn=one.topic, Message="m")
        assert json.loads(web.take()[2])["Message"] == "m"
        one.server.stop()


# --- Addresses ---------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["169.254.169.254", "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "[fd00:ec2::254]"])
def test_a_metadata_service_is_out_of_bounds(own, host):
    one = own()
    one.sns.subscribe(TopicArn=one.topic, Protocol="http", Endpoint=f"http://{host}/latest/meta-data")
    traces = Traces(one.server.endpoint)
    [way] = orderly_server.wait_until(lambda: traces.find(outcome="not-delivered"))
    hops = traces.get("/" + way["traceId"])["hops"]
    assert "out of bounds" in [hop for hop in hops if hop["kind"] == "not-delivered"][0]["reason"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_with_strict_auth_this_machine_is_out_of_bounds(host, web):
    server = orderly_server.Server("--auth", "strict", "--root-access-key-id", "AKIAROOTROOTROOTROOT",
                                   "--root-secret-access-key", "a-secret-of-some-length", "--sandbox", "preferred").start()
    try:
        sns = boto3.client("sns", endpoint_url=server.endpoint, region_name="us-east-1", aws_access_key_id="AKIAROOTROOTROOTROOT",
                           aws_secret_access_key="a-secret-of-some-length")
        topic = sns.create_topic(Name="t")["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=web.url.replace("127.0.0.1", host))
        orderly_server.wait_until(lambda: "out of bounds" in server.log)
        assert web.requests.empty()
    finally:
        server.end()


# --- TLS ---------------------------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path):
    """The path of a certificate for 127.0.0.1, signed by itself, and its key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.timezone.utc)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
            .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(address, False).add_extension(x509.BasicConstraints(True, None), True).sign(key, hashes.SHA256()))
    path = tmp_path / "certificate.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return str(path)


def test_a_certificate_that_nobody_vouches_for_is_refused(own, certificate):
    one, site = own(), outside.Endpoint(certificate)
    one.sns.subscribe(TopicArn=one.topic, Protocol="https", Endpoint=site.url)
    traces = Traces(one.server.endpoint)
    [way] = orderly_server.wait_until(lambda: traces.find(outcome="failed"))
    hops = traces.get("/" + way["traceId"])["hops"]
    assert "certificate" in [hop for hop in hops if hop["kind"] == "not-delivered"][0]["reason"]
    assert site.requests.empty()
    site.end()


def test_a_certificate_of_the_bundle_is_accepted(own, certificate):
    one, site = own(environment={"AWS_CA_BUNDLE": certificate}), outside.Endpoint(certificate)
    one.sns.subscribe(TopicArn=one.topic, Protocol="https", Endpoint=site.url)
    assert json.loads(site.take()[2])["Type"] == "SubscriptionConfirmation"
    site.end()


# --- Mails -------------------------------------------------------------------------------------


def parsed(mail):
    message = email.message_from_bytes(mail)
    headers = {name: str(email.header.make_header(email.header.decode_header(message[name])))
               for name in ("From", "To", "Subject")}
    return headers, message.get_payload(decode=True).decode()


def link_in(text):
    return re.search(r"http://\S+", text)[0]


def mails_in(one, recipient):
    return [open(path, "rb").read() for path in sorted(glob.glob(os.path.join(one.server.data, "mail", recipient, "*.eml")))]


def next_mail(one, recipient, number):
    return parsed(orderly_server.wait_until(lambda: mails_in(one, recipient)[number - 1:number])[0])


def test_without_a_relay_mails_are_files(own):
    one = own()
    one.sns.set_topic_attributes(TopicArn=one.topic, AttributeName="DisplayName", AttributeValue="Orders é")
    arn = one.sns.subscribe(TopicArn=one.topic, Protocol="email", Endpoint="ada@example.com")["SubscriptionArn"]
    assert arn == "pending confirmation"
    headers, text = next_mail(one, "ada@example.com", 1)
    assert headers == {"From": "Orders é <no-reply@sns.amazonaws.com>", "To": "ada@example.com",
                       "Subject": "AWS Notification - Subscription Confirmation"}
    assert f"You have chosen to subscribe to the topic:\n{one.topic}\n" in text
    # As a browser visits a link in a mail.
    link = urllib.request.Request(link_in(text), headers={"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"})
    with urllib.request.urlopen(link) as reply:
        subscription = re.search("<SubscriptionArn>(.*)</SubscriptionArn>", reply.read().decode())[1]
    one.sns.publish(TopicArn=one.topic, Message="first\né" + "x" * 1000, Subject="An order")
    headers, text = next_mail(one, "ada@example.com", 2)
    assert headers["Subject"] == "An order"
    assert text.startswith("first\né" + "x" * 1000 + "\n\n--\nIf you wish to stop receiving")
    assert text.endswith(f"/?Action=Unsubscribe&SubscriptionArn={subscription}\n")
    one.sns.publish(TopicArn=one.topic, MessageStructure="json", Message='{"default": "d", "email": "for mails"}')
    headers, text = next_mail(one, "ada@example.com", 3)
    assert (headers["Subject"], text.split("\n")[0]) == ("AWS Notification Message", "for mails")
    urllib.request.urlopen(link_in(text)).close()
    _, text = next_mail(one, "ada@example.com", 4)
    assert "has been deactivated" in text
    folder = os.path.join(one.server.data, "mail")
    assert os.stat(folder).st_mode & 0o777 == 0o700


def test_the_name_of_a_mailbox_is_no_path(own):
    one = own()
    one.sns.subscribe(TopicArn=one.topic, Protocol="email", Endpoint="../../up@x")
    orderly_server.wait_until(lambda: mails_in(one, "_._.._up@x"))
    assert os.listdir(os.path.join(one.server.data, "mail")) == ["_._.._up@x"]


def test_a_mail_in_json_is_the_envelope(own):
    one = own()
    one.sns.subscribe(TopicArn=one.topic, Protocol="email-json", Endpoint="ada@example.com")
    _, text = next_mail(one, "ada@example.com", 1)
    urllib.request.urlopen(link_in(text)).close()
    one.sns.publish(TopicArn=one.topic, Message="m", Subject="s")
    headers, text = next_mail(one, "ada@example.com", 2)
    assert (headers["Subject"], json.loads(text)["Message"]) == ("s", "m")


def test_a_relay_gets_the_mails(own, relay):
    one = own("--smtp", relay.url)
    one.sns.subscribe(TopicArn=one.topic, Protocol="email", Endpoint="ada@example.com")
    mail = relay.mails.get(timeout=60)
    headers, text = parsed(mail["data"])
    assert (mail["to"], headers["To"]) == ("ada@example.com", "ada@example.com")
    assert link_in(text).startswith(one.server.endpoint)
    assert not os.path.exists(os.path.join(one.server.data, "mail"))


def test_a_mail_that_the_relay_cannot_take_now_is_tried_again(own, relay):
    one = own("--smtp", relay.url)
    relay.replies.put("451 later")
    one.sns.subscribe(TopicArn=one.topic, Protocol="email", Endpoint="ada@example.com")
    traces = Traces(one.server.endpoint)
    orderly_server.wait_until(lambda: traces.find(outcome="failed"))
    assert relay.mails.empty()
    one.advance(10)
    assert relay.mails.get(timeout=60)["to"] == "ada@example.com"


def test_a_mail_that_the_relay_refuses_is_given_up(own, relay):
    one = own("--smtp", relay.url)
    relay.replies.put("550 nobody of that name")
    one.sns.subscribe(TopicArn=one.topic, Protocol="email", Endpoint="ada@example.com")
    traces = Traces(one.server.endpoint)
    orderly_server.wait_until(lambda: traces.find(outcome="not-delivered"))
    one.advance(3600)
    assert relay.mails.empty()


@pytest.mark.parametrize("address", ["ada", "@x", "ada@", "a@b@c", "a b@c", "a@b\r\nBcc:c@d", "a,b@c", "<a@b>"])
def test_an_address_that_is_none_is_refused(client, refused, address):
    topic = client("sns").create_topic(Name="addresses")["TopicArn"]
    error = refused(client("sns").subscribe, TopicArn=topic, Protocol="email", Endpoint=address)
    assert error["message"] == "Invalid parameter: Email address"
