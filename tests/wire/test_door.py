"""The door: which requests are admitted by Host, Origin and Sec-Fetch-Site, and the replies to others."""

import datetime
import json
import os
import re
import socket
import subprocess
import tempfile
import urllib.parse

import boto3
import orderly_server
import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from door import JSON, send, signed

PAGE = "http://localhost:3000"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
LIST_TABLES = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810.ListTables"}
CREATE_QUEUE = "/?Action=CreateQueue&Version=2012-11-05&QueueName="

# An operation, all our own paths, and unknown paths.
EVERY_KIND_OF_PATH = [
    ("POST", "/", LIST_TABLES),
    ("GET", "/?Action=ListQueues&Version=2012-11-05", {}),
    ("GET", "/2015-03-31/functions/", {}),
    ("GET", "/_orderly/health", {}),
    ("GET", "/_orderly/console/", {}),
    ("GET", "/_orderly/console/session", {}),
    ("GET", "/_orderly/events", {}),
    ("GET", "/_orderly/map", {}),
    ("POST", "/_orderly/reset", {}),
    ("GET", "/_localstack/health", {}),
    ("POST", "/_orderly/null", {}),
    ("GET", "/_orderly/clock", {}),
    ("POST", "/_orderly/clock", JSON),
    ("GET", "/_orderly/traces", {}),
    ("POST", "/_localstack/state/reset", {}),
    ("GET", "/_aws/sqs/messages", {}),
    ("GET", "/SimpleNotificationService-0.pem", {}),
    ("GET", "/", {}),
    ("OPTIONS", "/", {"Access-Control-Request-Method": "POST"}),
]


def presigned(endpoint, path, host=None, expires=3600, service="sqs"):
    """The path and query of a signed GET."""
    base = "http://" + host if host else endpoint
    aws = AWSRequest("GET", base + path, headers={"Host": base.split("//")[1]})
    SigV4QueryAuth(Credentials("test", "test"), service, "us-east-1", expires=expires).add_auth(aws)
    return aws.url[len(base):]


MODIFY = SigV4QueryAuth._modify_request_before_signing


def without_expiry(self, request):
    """Instead of botocore's method of that name: the signature does not cover X-Amz-Expires, which is not sent."""
    MODIFY(self, request)
    request.url = re.sub("&X-Amz-Expires=[0-9]+", "", request.url)


# --- Hosts -------------------------------------------------------------------------------------


@pytest.mark.parametrize("method, path, headers", EVERY_KIND_OF_PATH)
def test_a_host_that_is_not_ours_is_refused_at_every_path(endpoint, method, path, headers):
    reply = send(endpoint, method, path, {"Host": "rebind.example:4566", **headers})
    assert reply.status == 403
    assert reply.message == ('Orderly does not know that it is called "rebind.example". If it is, start it with '
                             "--allowed-host rebind.example")
    assert not reply.cors
    malformed = send(endpoint, method, path, {"Host": 'evil.example/x?"><script>', **headers})
    assert (malformed.status, malformed.message) == (400, "The Host header names no host.")


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "a.localhost", "[::1]", "localhost.localstack.cloud",
                                  "sqs.us-east-1.localhost.localstack.cloud", "localhost:1"])
def test_urls_echo_a_host_that_is_ours(endpoint, unique, name):
    body = json.dumps({"QueueName": unique("q")})
    target = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.CreateQueue"}
    reply = send(endpoint, "POST", "/", signed(endpoint, target, body, "sqs", name), body)
    assert json.loads(reply.body)["QueueUrl"].startswith(f"http://{name}/")


@pytest.mark.parametrize("name", ["sqs.us-east-1.amazonaws.com", "x.s3.amazonaws.com", "abc.vpc-lattice-svcs.us-east-1.on.aws"])
def test_urls_do_not_echo_a_host_that_may_be_somebody_elses(endpoint, unique, name):
    body = json.dumps({"QueueName": unique("q")})
    target = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.CreateQueue"}
    reply = send(endpoint, "POST", "/", signed(endpoint, target, body, "sqs", name), body)
    assert json.loads(reply.body)["QueueUrl"].startswith(endpoint + "/")


@pytest.mark.parametrize("name, status", [("127.0.0.1", 200), ("127.0.0.1:1", 400), ("127.0.0.2", 400)])
def test_a_host_may_be_signed_without_its_port(endpoint, name, status):
    # AWS's endpoints have no port, and aiodynamo signs the name alone.
    headers = {**signed(endpoint, LIST_TABLES, host=name), "Host": endpoint.split("//")[1]}
    assert send(endpoint, "POST", "/", headers, "{}").status == status
    url = presigned(endpoint, "/?Action=ListQueues&Version=2012-11-05", name)
    assert send(endpoint, "GET", url).status == {200: 200, 400: 403}[status]


def test_without_a_host_urls_are_those_of_the_endpoint(endpoint, unique):
    body = json.dumps({"QueueName": unique("q")})
    target = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.CreateQueue"}
    keys = {name: value for name, value in signed(endpoint, target, body, "sqs", keys=("000000000000", "any")).items() if name != "Host"}
    lines = "".join(f"{name}: {value}\r\n" for name, value in {**keys, "Content-Length": len(body)}.items())
    host, port = endpoint.split("//")[1].split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(f"POST / HTTP/1.0\r\n{lines}\r\n{body}".encode())
        reply = b"".join(iter(lambda: connection.recv(65536), b""))
    assert json.loads(reply.split(b"\r\n\r\n")[1])["QueueUrl"].startswith(endpoint + "/")


@pytest.mark.parametrize("service, operation", [
    ("sns", "list_topics"), ("iam", "list_users"), ("sts", "get_caller_identity"),
    ("sqs", "list_queues"), ("dynamodb", "list_tables"), ("lambda", "list_functions"), ("logs", "describe_log_groups")])
def test_an_sdk_that_calls_by_an_unknown_name_shows_which_flag_lets_it_in(endpoint, service, operation):
    client = boto3.client(service, endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="test",
                          aws_secret_access_key="test", config=Config(retries={"total_max_attempts": 1}))
    client.meta.events.register("before-send", lambda request, **_: request.headers.update({"Host": "orderly.example:4566"}))
    with pytest.raises(ClientError) as caught:
        getattr(client, operation)()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert "start it with --allowed-host orderly.example" in str(caught.value)


def test_hosts_are_let_in_by_name(started):
    server = started("--allowed-host", "a.example,*.b.example", "--allowed-host=192.0.2.7", ORDERLY_ALLOWED_HOST="c.example")
    for name in ("a.example", "x.b.example:80", "192.0.2.7:4566", "c.example", "localhost"):
        assert send(server.endpoint, "GET", "/_orderly/health", {"Host": name}).status == 200
    for name in ("b.example", "x.a.example", "192.0.2.8"):
        assert send(server.endpoint, "GET", "/_orderly/health", {"Host": name}).status == 403


@pytest.mark.parametrize("flags, variables", [
    (["--allowed-host", "*"], {}),
    (["--allowed-host", "a.example:4566"], {}),
    (["--allowed-host", "http://a.example"], {}),
    (["--allowed-origin", "*"], {}),
    (["--allowed-origin", "null"], {}),
    (["--allowed-origin", "localhost:3000"], {}),
    (["--allowed-origin", "http://localhost:3000/"], {}),
    (["--allowed-origin", "http://ok.example,x"], {}),
    ([], {"ORDERLY_ALLOWED_ORIGIN": "http://a.example/app"}),
    ([], {"EXTRA_CORS_ALLOWED_ORIGINS": "*"}),
])
def test_what_names_no_host_or_origin_is_refused_at_the_start_with_an_example_of_what_does(flags, variables):
    with tempfile.TemporaryDirectory() as data:
        run = subprocess.run([orderly_server.binary(), "--port", "0", "--data", data, *flags], capture_output=True,
                             text=True, timeout=60, env={**os.environ, **variables})
    assert run.returncode == 2
    name, value = flags or next(iter(variables.items()))
    takes = ("names of hosts without a port (api.example.com, *.example.com)" if "--allowed-host" in flags
             else "origins in lower case without a path (http://localhost:3000)")
    assert run.stderr == f'orderly: {name} takes {takes}, not "{value}". See orderly help.\n'


# --- Pages -------------------------------------------------------------------------------------


@pytest.mark.parametrize("method, path, headers", EVERY_KIND_OF_PATH)
def test_a_page_of_another_origin_is_refused_at_every_path(endpoint, method, path, headers):
    for page in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": "http://localhost"},
                 {"Origin": "http://evil.example", "Sec-Fetch-Site": "none"}, {"Sec-Fetch-Site": "cross-site"},
                 {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate"}):
        reply = send(endpoint, method, path, {**headers, **page})
        assert (reply.status, reply.cors) == (403, {}), page
        assert "--allowed-origin" in reply.message


def test_a_signature_does_not_help_a_page(endpoint):
    reply = send(endpoint, "POST", "/", {**signed(endpoint, LIST_TABLES), "Origin": "http://evil.example"}, "{}")
    assert reply.status == 403
    assert reply.message == ("Pages of http://evil.example may not call Orderly. To let them in, start it with "
                             "--allowed-origin http://evil.example")


def test_refusals_repeat_nothing_that_is_malformed(endpoint):
    reply = send(endpoint, "GET", "/", {"Origin": 'http://evil.example/"><script>'})
    assert reply.status == 403 and "script" not in reply.body


def test_programs_and_our_own_pages_are_served(endpoint):
    own = {"Origin": endpoint, "Sec-Fetch-Site": "same-origin"}
    for headers in ({}, own, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Mode": "cors", "User-Agent": "node"}):
        reply = send(endpoint, "POST", "/", {**signed(endpoint, LIST_TABLES), **headers}, "{}")
        assert (reply.status, reply.cors) == (200, {})


def test_a_typed_url_reads_but_changes_nothing(endpoint, client, unique):
    name, typed = unique("q"), {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}
    assert send(endpoint, "GET", presigned(endpoint, "/?Action=ListQueues&Version=2012-11-05"), typed).status == 200
    refused = send(endpoint, "GET", presigned(endpoint, CREATE_QUEUE + name), typed)
    assert refused.status == 403 and "may read, but not change" in refused.message
    assert not client("sqs").list_queues(QueueNamePrefix=name).get("QueueUrls")


def test_a_signed_url_from_an_old_browser_is_taken_for_a_pages(endpoint, unique):
    path = presigned(endpoint, CREATE_QUEUE + unique("q"))
    assert send(endpoint, "GET", path, {"User-Agent": "Mozilla/5.0 (Windows NT 6.1)"}).status == 403
    assert send(endpoint, "GET", path, {"User-Agent": "curl/7.88.1"}).status == 200


def test_refusals_are_logged_a_line_a_second_with_how_many_there_were(started):
    server = started()
    for _ in range(50):
        send(server.endpoint, "GET", "/", {"Origin": "http://evil.example"})
    send(server.endpoint, "GET", "/", {"Host": "rebind.example"})
    server.stop()  # then its whole log is read
    lines = [line for line in server.log_lines if "refused a request" in line]
    assert 1 <= len(lines) < 50
    assert ' warn refused a request reason="a page of another origin; --allowed-origin lets it in" host=127.0.0.1:' in lines[0]
    assert "origin=http://evil.example path=/ from=127.0.0.1 refused_before=0" in lines[0]


# # --- Allowed origins ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def open_endpoint():
    server = orderly_server.Server("--allowed-origin", PAGE + ",https://app.example").start()
    yield server.endpoint
    server.end()


def test_a_preflight_is_answered_before_anything_else(open_endpoint):
    asked = "authorization,content-type,x-amz-date,x-amz-target,x-amz-user-agent"
    reply = send(open_endpoint, "OPTIONS", "/", {
        "Origin": PAGE, "Sec-Fetch-Site": "same-site", "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": asked, "Access-Control-Request-Private-Network": "true"})
    assert (reply.status, reply.body, reply.headers["vary"]) == (204, "", "Origin")
    assert reply.cors == {
        "access-control-allow-origin": PAGE,
        "access-control-allow-methods": "GET,HEAD,POST,PUT,DELETE,PATCH,OPTIONS",
        "access-control-allow-headers": asked,
        "access-control-max-age": "600",
        "access-control-allow-private-network": "true",
    }


@pytest.mark.parametrize("origin", [PAGE, "https://app.example"])
def test_every_reply_to_an_allowed_page_says_so(open_endpoint, origin):
    page = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
    operation = signed(open_endpoint, LIST_TABLES)
    for expected, method, path, headers, body in [
        (200, "POST", "/", operation, "{}"),
        (400, "POST", "/", {**operation, "Authorization": operation["Authorization"][:-1] + "?"}, "{}"),
        (400, "POST", "/", LIST_TABLES, "{}"),
        (404, "GET", "/nothing", {}, None),
        (200, "GET", "/_orderly/health", {}, None),
        (403, "POST", "/_orderly/clock", {"Content-Type": "text/plain"}, "{}"),
        (404, "OPTIONS", "/nothing", {}, None),
    ]:
        reply = send(open_endpoint, method, path, {**headers, **page}, body)
        assert (reply.status, reply.headers["access-control-allow-origin"], reply.headers["vary"]) == (expected, origin, "Origin")
        assert "x-amzn-requestid" in reply.headers["access-control-expose-headers"]


def test_other_origins_stay_outside(open_endpoint):
    for origin in ("http://localhost:3001", "http://app.example", "https://app.example:8443", "null"):
        reply = send(open_endpoint, "OPTIONS", "/", {"Origin": origin, "Access-Control-Request-Method": "POST"})
        assert (reply.status, reply.cors) == (403, {})
    no_origin = send(open_endpoint, "GET", presigned(open_endpoint, CREATE_QUEUE + "q"), {"Sec-Fetch-Site": "same-site"})
    assert no_origin.status == 403


def test_flags_and_variables_add_up(started):
    server = started("--allowed-origin", "http://a.example", "--allowed-origin", "http://b.example",
                     ORDERLY_ALLOWED_ORIGIN="http://c.example", EXTRA_CORS_ALLOWED_ORIGINS="http://d.example, http://e.example:1")
    for origin in ("http://a.example", "http://b.example", "http://c.example", "http://d.example", "http://e.example:1"):
        reply = send(server.endpoint, "GET", "/_orderly/health", {"Origin": origin})
        assert (reply.status, reply.headers["access-control-allow-origin"]) == (200, origin)


# --- Admin endpoints ---------------------------------------------------------------------------


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "text/plain;charset=UTF-8", "TEXT/PLAIN",
                                          "multipart/form-data; boundary=x", None])
def test_admin_endpoints_take_nothing_that_a_form_could_send(endpoint, content_type):
    headers = {"Content-Type": content_type} if content_type else {}
    for path in ("/_orderly/clock", "/_localstack/state/reset"):
        reply = send(endpoint, "POST", path, headers, '{"advance_ms": 0}')
        assert reply.status == 403 and "curl --json" in reply.message
    assert send(endpoint, "POST", "/_orderly/clock", {**headers, "X-Orderly-Admin": "1"}, '{"advance_ms": 0}').status == 200


def test_what_is_json_and_what_localstacks_tools_post_is_taken(started):
    server = started()
    assert send(server.endpoint, "POST", "/_orderly/clock", {"Content-Type": "application/json; charset=utf-8"},
                '{"advance_ms": 0}').status == 200
    assert send(server.endpoint, "POST", "/_localstack/state/reset").status == 200
    assert send(server.endpoint, "POST", "/_localstack/state/reset", {"Origin": server.endpoint}).status == 403


def test_strictly_admin_endpoints_need_the_administrators_signature(started):
    keys = ("AKIAROOT", "root-secret")
    server = started("--auth", "strict", "--root-access-key-id", keys[0], "--root-secret-access-key", keys[1])
    endpoint, body = server.endpoint, '{"advance_ms": 0}'

    def status(keys, path="/_orderly/clock", method="POST"):
        return send(endpoint, method, path, signed(endpoint, JSON, body, "orderly", None, keys, method, path), body).status

    assert send(endpoint, "GET", "/_orderly/health").status == 200
    assert send(endpoint, "GET", "/_orderly/clock").status == 403
    assert send(endpoint, "POST", "/_orderly/clock", JSON, body).status == 403
    assert status(keys) == 200
    assert status(keys, "/_localstack/state/reset") == 200
    assert status((keys[0], "wrong")) == 403
    assert status(("test", "test")) == 403
    assert status(("000000000000", "any")) == 403


# --- Signatures --------------------------------------------------------------------------------


@pytest.mark.parametrize("keys", [("test", "test"), ("111122223333", "any")])
@pytest.mark.parametrize("service, other, status, code, headers, path, body", [
    ("sqs", "lambda", 403, "SignatureDoesNotMatch",
     {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.ListQueues"}, "/", "{}"),
    ("dynamodb", "sqs", 400, "InvalidSignatureException", LIST_TABLES, "/", "{}"),
    ("sts", "dynamodb", 403, "SignatureDoesNotMatch", {"Content-Type": "application/x-www-form-urlencoded"}, "/",
     "Action=GetCallerIdentity&Version=2011-06-15"),
    ("lambda", "dynamodb", 403, "InvalidSignatureException", {}, "/2015-03-31/functions", ""),
])
def test_a_signature_for_another_service_is_refused(endpoint, keys, service, other, status, code, headers, path, body):
    method = "POST" if body else "GET"
    refused = send(endpoint, method, path, signed(endpoint, headers, body, other, None, keys, method, path), body)
    assert refused.status == status
    assert code in refused.body + refused.headers.get("x-amzn-errortype", "")
    assert f"Credential should be scoped to correct service: '{service}'." in urllib.parse.unquote(refused.body).replace("&apos;", "'")
    assert send(endpoint, method, path, signed(endpoint, headers, body, service, None, keys, method, path), body).status == 200


def test_a_presigned_url_for_another_service_is_refused(endpoint):
    path = "/?Action=ListQueues&Version=2012-11-05"
    assert send(endpoint, "GET", presigned(endpoint, path)).status == 200
    assert send(endpoint, "GET", presigned(endpoint, path, service="dynamodb")).status == 403


def test_a_session_token_that_is_not_signed_is_refused(endpoint, client, unique):
    name = unique("r")
    trust = {"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"}
    allow = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}
    role = client("iam").create_role(
        RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))["Role"]["Arn"]
    client("iam").put_role_policy(
        RoleName=name, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
    session = client("sts").assume_role(RoleArn=role, RoleSessionName="door")["Credentials"]
    keys = (session["AccessKeyId"], session["SecretAccessKey"])
    token = session["SessionToken"]
    whole = signed(endpoint, {**LIST_TABLES, "X-Amz-Security-Token": token}, keys=keys)
    assert send(endpoint, "POST", "/", whole, "{}").status == 200
    added = {**signed(endpoint, LIST_TABLES, keys=keys), "X-Amz-Security-Token": token}
    refused = send(endpoint, "POST", "/", added, "{}")
    assert refused.status == 400 and "must be a 'SignedHeader'" in refused.message


def test_a_plus_stands_for_a_space_in_a_signed_url(endpoint, make_queue, drain):
    url = make_queue()
    path = url[len(endpoint):] + "?Action=SendMessage&Version=2012-11-05&MessageBody=two%20words"
    assert send(endpoint, "GET", presigned(endpoint, path).replace("two%20words", "two+words")).status == 200
    assert [message["Body"] for message in drain(url)] == ["two words"]


def test_a_presigned_url_runs_out_by_the_virtual_clock(started):
    """Just before and just after the bound, with a minute of slack for the test's own time."""
    endpoint = started().endpoint
    path = presigned(endpoint, "/?Action=ListQueues&Version=2012-11-05", expires=7200)
    orderly_server.advance_clock(endpoint, 7200 - 60)
    assert send(endpoint, "GET", path).status == 200
    orderly_server.advance_clock(endpoint, 61)
    refused = send(endpoint, "GET", path)
    assert refused.status == 403 and "Signature expired" in refused.body


@pytest.mark.parametrize("expires, text", [(7200, "- 120 min.)"), (7201, "- 7201 sec.)")])
def test_a_presigned_url_tells_the_lifetime_that_is_over(started, expires, text):
    endpoint = started().endpoint
    path = presigned(endpoint, "/?Action=ListQueues&Version=2012-11-05", expires=expires)
    orderly_server.advance_clock(endpoint, expires + 1)
    signed_at, earlier, now, lifetime = re.search(
        r"Signature expired: (\w+) is now earlier than (\w+) \((\w+) (.*?)</", send(endpoint, "GET", path).body).groups()
    assert lifetime == text and signed_at < earlier < now


@pytest.mark.parametrize("service, minutes", [("sqs", 15), ("monitoring", 5)])
def test_a_signed_url_that_names_no_lifetime_is_good_for_as_long_as_a_signed_header(endpoint, monkeypatch, service, minutes):
    """As aws4 and aws4fetch sign for all services but S3; a minute on both sides of the bound, for the test's own time."""
    now = datetime.datetime.now(datetime.timezone.utc)
    path = {"sqs": "/?Action=ListQueues&Version=2012-11-05", "monitoring": "/?Action=ListMetrics&Version=2010-08-01"}[service]
    monkeypatch.setattr(SigV4QueryAuth, "_modify_request_before_signing", without_expiry)

    def sent(later):
        monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: now + datetime.timedelta(minutes=later))
        url = presigned(endpoint, path, service=service)
        assert "X-Amz-Expires" not in url
        return send(endpoint, "GET", url)

    assert [sent(later).status for later in (1 - minutes, minutes - 1)] == [200, 200]
    assert re.search(rf"Signature expired: .* - {minutes} min\.\)", sent(-minutes - 1).body)


REQUESTS = {
    "lambda": ("GET", "/2015-03-31/functions/", {}, "", 5),
    "logs": ("POST", "/", {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "Logs_20140328.DescribeLogGroups"}, "{}", 5),
    "monitoring": ("POST", "/", FORM, "Action=ListMetrics&Version=2010-08-01", 5),
    "dynamodb": ("POST", "/", LIST_TABLES, "{}", 15),
    "sqs": ("POST", "/", FORM, "Action=ListQueues&Version=2012-11-05", 15),
    "sns": ("POST", "/", FORM, "Action=ListTopics&Version=2010-03-31", 15),
    "sts": ("POST", "/", FORM, "Action=GetCallerIdentity&Version=2011-06-15", 15),
    "iam": ("POST", "/", FORM, "Action=ListUsers&Version=2010-05-08", 15),
}


@pytest.mark.parametrize("service", REQUESTS)
def test_a_signature_may_be_five_minutes_old_or_fifteen_by_the_service(endpoint, monkeypatch, service):
    """A minute on both sides of the bound, for the test's own time."""
    method, path, headers, body, minutes = REQUESTS[service]
    now = datetime.datetime.now(datetime.timezone.utc)

    def sent(later):
        monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: now + datetime.timedelta(minutes=later))
        return send(endpoint, method, path, signed(endpoint, headers, body, service, method=method, path=path), body)

    assert [sent(later).status for later in (1 - minutes, minutes - 1)] == [200, 200]
    late, early = sent(-minutes - 1), sent(minutes + 1)
    assert re.search(rf"Signature expired: \w+ is now earlier than \w+ \(\w+ - {minutes} min\.\)", late.body)
    assert re.search(rf"Signature not yet current: \w+ is still later than \w+ \(\w+ \+ {minutes} min\.\)", early.body)


AUTHORIZATION = re.compile("Authorization header requires 'Signature' parameter. Authorization=AWS4-HMAC-SHA256 Credential=.*")


@pytest.mark.parametrize("edit, json_code, query_code, message", [
    (("SHA256 ", "SHA512 "), "IncompleteSignatureException", "IncompleteSignature",
     "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA512' (only AWS4-HMAC-SHA256 for now)."),
    ((", Signature=", ", Seal="), "IncompleteSignatureException", "IncompleteSignature", AUTHORIZATION),
    (("host;", ""), "InvalidSignatureException", "SignatureDoesNotMatch",
     "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."),
    (("/us-east-1/", "/us-east-1:0/"), "InvalidSignatureException", "SignatureDoesNotMatch",
     "Credential should be scoped to a valid region, not 'us-east-1:0'."),
    (("aws4_request", "aws5_request"), "InvalidSignatureException", "SignatureDoesNotMatch",
     "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'."),
])
@pytest.mark.parametrize("keys", [("test", "test"), ("nobody", "any")])
def test_what_is_wrong_with_a_signature_is_told_before_whose_it_is(endpoint, keys, edit, json_code, query_code, message):
    def refused(service, headers, body):
        headers = signed(endpoint, headers, body, service, keys=keys)
        assert edit[0] in headers["Authorization"]
        return send(endpoint, "POST", "/", {**headers, "Authorization": headers["Authorization"].replace(*edit)}, body)

    def is_told(text):
        return message.fullmatch(text) if isinstance(message, re.Pattern) else text == message

    reply = json.loads(refused("dynamodb", LIST_TABLES, "{}").body)
    assert reply["__type"] == f"com.amazon.coral.service#{json_code}" and is_told(reply["message"])
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    xml = refused("sts", form, "Action=GetCallerIdentity&Version=2011-06-15").body.replace("&apos;", "'")
    code, text = re.search("<Code>(.*?)</Code><Message>(.*?)</Message>", xml).groups()
    assert code == query_code and is_told(text)


@pytest.mark.parametrize("old, new, status, message", [
    ("X-Amz-Expires=3600", "X-Amz-Expires=604801", 400, "X-Amz-Expires must be less than a week (in seconds); that is, the given "
                                                        "X-Amz-Expires must be less than 604800 seconds"),
    ("X-Amz-Expires=3600", "X-Amz-Expires=-1", 400, "X-Amz-Expires must be non-negative"),
    ("X-Amz-Expires=3600", "X-Amz-Expires=1e3", 400, "X-Amz-Expires should be a number"),
    ("X-Amz-Date=", "X-Amz-Day=", 400, "AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters."),
    ("X-Amz-Signature=", "X-Amz-Seal=", 400,
     "AWS query-string parameters must include 'X-Amz-Signature'. Re-examine the query-string parameters."),
    ("SignedHeaders=host", "SignedHeaders=date", 403, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."),
])
def test_what_is_wrong_with_a_signed_url_is_told(endpoint, old, new, status, message):
    path = presigned(endpoint, "/?Action=GetCallerIdentity&Version=2011-06-15", service="sts")
    assert old in path
    refused = send(endpoint, "GET", path.replace(old, new))
    assert refused.status == status and f"<Message>{message}</Message>" in refused.body.replace("&apos;", "'")


def test_a_signature_in_the_url_and_one_in_the_header_are_one_too_many(endpoint):
    path = presigned(endpoint, "/?Action=GetCallerIdentity&Version=2011-06-15", service="sts")
    refused = send(endpoint, "GET", path, signed(endpoint, {}, "", "sts", method="GET", path=path))
    assert refused.status == 403 and "Found both 'X-Amz-Algorithm' as a query-string param" in refused.body.replace("&apos;", "'")


# --- The start ---------------------------------------------------------------------------------


def test_a_flag_without_its_value_says_which_it_takes():
    run = subprocess.run([orderly_server.binary(), "--durability"], capture_output=True, text=True, timeout=60)
    assert run.returncode == 2 and run.stderr == "orderly: --durability needs a value: full or relaxed. See orderly help.\n"
