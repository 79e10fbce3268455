"""Function URLs against functions and clients that lie: replies that HTTP cannot carry, signatures for another service, hosts of
another region."""

import datetime
import http.client
import json
import re
import socket
import urllib.parse

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

SHOW = "def handler(event, context):\n    return event\n"
NODE = {"Runtime": "nodejs20.x", "Handler": "index.handler", "Timeout": 20}
HEAD_BYTES = 64 * 1024  # LIMIT_HTTP_HEAD_BYTES
ALLOWED = {"Effect": "Allow", "Action": ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"], "Resource": "*"}


def signed(host, service="lambda", region="us-east-1", credentials=None, path="/"):
    """The headers of a signed GET."""
    request = AWSRequest(method="GET", url=f"http://{host}{path}", headers={"Host": host})
    SigV4Auth(credentials or Credentials("test", "test"), service, region).add_auth(request)
    return dict(request.headers.items())


@pytest.fixture
def say(make_url):
    """say(answer) returns the host of a URL whose function answers with the JSON of the request's body; `stream` sends it as the
    head of a streamed answer, whose body is "streamed"."""

    def buffered():
        return make_url("import json\ndef handler(event, context):\n    return json.loads(event['body'])\n")[1]

    def streamed():
        source = """export const handler = awslambda.streamifyResponse(async (event, stream) => {
          stream.setContentType('application/vnd.awslambda.http-integration-response');
          stream.write(event.body); stream.write('\\0'.repeat(8)); stream.write('streamed'); stream.end(); });"""
        return make_url({"index.mjs": source}, function=NODE, InvokeMode="RESPONSE_STREAM")[1]

    return {"buffered": buffered, "streamed": streamed}


@pytest.fixture
def told(endpoint):
    """told(host, answer) sends the request to `say`, and another one on the same connection, whose reply must be 418.  Returns the
    first reply: (status, headers as pairs, body)."""
    address = urllib.parse.urlparse(endpoint)

    def one(connection, host, body):
        connection.request("POST", "/", body=body, headers={"Host": host, "Content-Type": "application/json"})
        reply = connection.getresponse()
        return reply.status, reply.getheaders(), reply.read()

    def ask(host, answer):
        body = answer if isinstance(answer, str) else json.dumps(answer)
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
        first = one(connection, host, body)
        assert one(connection, host, '{"statusCode": 418}')[0] == 418
        connection.close()
        return first

    return ask


@pytest.mark.parametrize("service, region, status", [
    ("lambda", "us-east-1", 200), ("execute-api", "us-east-1", 403), ("s3", "us-east-1", 403), ("lambda", "eu-west-1", 403),
    ("lambda", "US-EAST-1", 403),
])
def test_a_signature_is_for_lambda_and_the_functions_region(make_url, ask, service, region, status):
    _, host = make_url(SHOW, permitted=False, AuthType="AWS_IAM")
    assert ask(host, headers=signed(host, service, region))[0] == status
    by_path = f"/_orderly/lambda-url/{host.split('.')[0]}/"
    assert ask("localhost", by_path, headers=signed("localhost", service, region, path=by_path))[0] == status


MISMATCH = ("The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
            "and signing method. Consult the service documentation for details.")
LATE = re.compile(r"Signature expired: \w+ is now earlier than \w+ \(\w+ - 5 min\.\)")


@pytest.mark.parametrize("given, kind, message", [
    ({"credentials": Credentials("test", "wrong")}, "InvalidSignatureException", MISMATCH),
    ({"path": "/other"}, "InvalidSignatureException", MISMATCH),
    ({"service": "s3"}, "InvalidSignatureException", "Credential should be scoped to correct service: 'lambda'."),
    ({"region": "eu-west-1"}, "InvalidSignatureException", "Credential should be scoped to a valid region, not 'eu-west-1'."),
    ({"late_minutes": 6}, "InvalidSignatureException", LATE),
], ids=["secret", "path", "service", "region", "time"])
def test_a_url_that_asks_for_a_signature_tells_what_is_wrong_with_it(make_url, ask, monkeypatch, given, kind, message):
    _, host = make_url(SHOW, permitted=False, AuthType="AWS_IAM")
    _, public = make_url(SHOW)
    late = datetime.timedelta(minutes=given.get("late_minutes", 0))
    now = datetime.datetime.now(datetime.timezone.utc) - late
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: now)
    headers = signed(host, **{name: value for name, value in given.items() if name != "late_minutes"})
    status, replied, body = ask(host, headers=headers)
    assert (status, replied["x-amzn-ErrorType"], list(json.loads(body))) == (403, kind, ["message"])
    assert re.fullmatch(message, json.loads(body)["message"]) if message is LATE else json.loads(body)["message"] == message
    assert ask(public, headers={**headers, "Host": public})[0] == 200


def test_a_url_tells_that_a_token_is_not_the_keys(client, make_url, ask, unique):
    name = unique("role")[-60:]
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
    arn = client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    key = client("sts").assume_role(RoleArn=arn, RoleSessionName="s1")["Credentials"]
    _, host = make_url(SHOW, permitted=False, AuthType="AWS_IAM")
    keys = Credentials(key["AccessKeyId"], key["SecretAccessKey"], "another")
    status, headers, body = ask(host, headers=signed(host, credentials=keys))
    assert (status, headers["x-amzn-ErrorType"], json.loads(body)) == (
        403, "UnrecognizedClientException", {"message": "The security token included in the request is invalid."})


def test_a_url_without_any_signature_and_one_without_permission_say_forbidden(client, make_url, ask, unique):
    iam, name = client("iam"), unique("user")[-60:]
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    _, host = make_url(SHOW, permitted=False, AuthType="AWS_IAM")
    keys = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
    for headers in ({}, {"Authorization": "Bearer x"}, signed(host, credentials=keys)):
        status, replied, body = ask(host, headers=headers)
        assert (status, replied["x-amzn-ErrorType"]) == (403, "AccessDeniedException")
        assert json.loads(body)["Message"].startswith("Forbidden. For troubleshooting Function URL authorization issues")


def test_the_event_shows_who_signed(client, make_url, ask, unique):
    iam, name = client("iam"), unique("user")[-60:]
    user = iam.create_user(UserName=name)["User"]
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [ALLOWED]}))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    role = unique("role")[-60:]
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
    arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName=role, PolicyName="own", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [ALLOWED]}))
    assumed = client("sts").assume_role(RoleArn=arn, RoleSessionName="s1")
    temporary = assumed["Credentials"]
    _, host = make_url(SHOW, permitted=False, AuthType="AWS_IAM")

    def shown(*credentials):
        _, _, body = ask(host, headers=signed(host, credentials=Credentials(*credentials)))
        return json.loads(body)["requestContext"]["authorizer"]["iam"]

    same = {"accountId": "000000000000", "cognitoIdentity": None, "principalOrgId": None}
    assert shown("test", "test") == {**same, "accessKey": "test", "callerId": "000000000000", "userId": "000000000000",
                                     "userArn": "arn:aws:iam::000000000000:root"}
    assert shown(key["AccessKeyId"], key["SecretAccessKey"]) == {
        **same, "accessKey": key["AccessKeyId"], "callerId": user["UserId"], "userId": user["UserId"], "userArn": user["Arn"]}
    assert shown(temporary["AccessKeyId"], temporary["SecretAccessKey"], temporary["SessionToken"]) == {
        **same, "accessKey": temporary["AccessKeyId"], "callerId": assumed["AssumedRoleUser"]["AssumedRoleId"],
        "userId": assumed["AssumedRoleUser"]["AssumedRoleId"], "userArn": assumed["AssumedRoleUser"]["Arn"]}


def test_a_host_is_found_in_letters_of_any_case_and_only_in_its_region(make_url, ask):
    _, host = make_url("def handler(event, context):\n    return [event['requestContext']['domainName'], event['rawPath']]\n")
    url_id = host.split(".")[0]
    assert json.loads(ask(host.upper())[2]) == [host.split(":")[0], "/"]
    assert json.loads(ask(f"{url_id.upper()}.Lambda-Url.US-East-1.On.AWS", "/A")[2]) == [f"{url_id}.lambda-url.us-east-1.on.aws", "/A"]
    for other in (f"{url_id}.lambda-url.eu-west-1.on.aws", f"{url_id}.lambda-url.us-east-11.on.aws", f"{url_id}.lambda-url.localhost"):
        assert ask(other)[0] == 403
    inner = f"/_orderly/lambda-url/{url_id}/x"  # at the URL's host all paths are the function's
    assert json.loads(ask(host, inner)[2])[1] == inner


CARRIED = {
    "every character of a token": ({"headers": {"x!#$%&'*+-.^_`|~1": "v"}}, ("x!#$%&'*+-.^_`|~1", "v")),
    "a tab and letters of any language": ({"headers": {"x-a": "a\tb"}}, ("x-a", "a\tb")),
    "a number": ({"headers": {"x-a": 12}}, ("x-a", "12")),
    "a boolean": ({"headers": {"x-a": True}}, ("x-a", "true")),
    "an empty value": ({"headers": {"x-a": ""}}, ("x-a", "")),
    "a cookie": ({"cookies": ["a=b; Path=/"]}, ("Set-Cookie", "a=b; Path=/")),
    "nothing": ({"headers": None, "cookies": None}, None),
    "a header without a value": ({"headers": {"x-a": None, "x-b": "c"}}, ("x-b", "c")),
    "the last status": ({"statusCode": 599}, None),
    "a status as a text": ({"statusCode": "202"}, None),
    "as many headers as a request may have": ({"headers": {f"x-{i}": "v" for i in range(40)}, "cookies": ["c"] * 50}, ("x-39", "v")),
    "a head as large as a request's may be": ({"headers": {"x-a": "v" * 60000, "x-b": "w" * (HEAD_BYTES - 60000 - 14)}}, None),
    **{f"{name} renamed": ({"headers": {name: "v"}}, (f"x-amzn-Remapped-{name}", "v")) for name in (
        "Connection", "content-length", "Date", "Keep-Alive", "Server", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
        "WWW-Authenticate", "Proxy-Authenticate")},
}


@pytest.mark.parametrize("mode", ["buffered", "streamed"])
def test_what_http_carries_reaches_the_client(say, told, mode):
    host = say[mode]()
    for name, (answer, header) in CARRIED.items():
        status, headers, body = told(host, {"statusCode": 201, **answer})
        assert status == int(answer.get("statusCode", 201)), name
        assert header is None or header in headers, name
        assert body == (b"streamed" if mode == "streamed" else b""), name
        assert [value for key, value in headers if key.lower() in ("connection", "server", "te", "upgrade")] == [], name


MALFORMED = {
    **{f"status {status}": {"statusCode": status} for status in (
        -1, 0, 99, 100, 101, 103, 199, 600, 1000, 200.5, 2**63, "x", "", True, [], {})},
    **{f"the name {name!r}": {"headers": {name: "v"}} for name in (
        "", " ", "a b", "a:", "a\r\nb", "a\n", "é", "a\0", "x-a ", "(a)", "a/b", "a\x7f", "[a]")},
    **{f"the value {value!r}": {"headers": {"x-a": value}} for value in (
        "a\r\nSet-Cookie: evil=1", "a\nb", "a\rb", "a\0b", "\x7f", "a\x1b[0m", ["a"], {"a": "b"})},
    "a content type of two lines": {"headers": {"content-type": "text/html\r\nx-a: b"}},
    "a content length of two lines": {"headers": {"content-length": "1\r\nx-a: b"}},
    "a cookie of two lines": {"cookies": ["a=b\r\nx-a: b"]},
    "a cookie that is a list": {"cookies": [["a=b"]]},
    "cookies that are a text": {"cookies": "a=b"},
    "headers that are a list": {"headers": [["a", "b"]]},
    "headers that are a text": {"headers": "a: b"},
    "one header more": {"headers": {f"x-{i}": "v" for i in range(101)}},
    "one cookie more": {"headers": {f"x-{i}": "v" for i in range(50)}, "cookies": ["c"] * 51},
    "one byte more": {"headers": {"x-a": "v" * 60000, "x-b": "w" * (HEAD_BYTES - 60000 - 13)}},
}


@pytest.mark.parametrize("mode", ["buffered", "streamed"])
def test_what_http_cannot_carry_is_no_reply_of_the_function(say, told, mode):
    host = say[mode]()
    for name, answer in MALFORMED.items():
        status, headers, body = told(host, {"statusCode": 201, **answer})
        assert (status, body) == (502, b"Internal Server Error"), name
        assert {key.lower() for key, _ in headers} <= {"date", "content-type", "content-length", "x-amzn-requestid"}, name


@pytest.mark.parametrize("answer", [
    {"statusCode": 200, "isBase64Encoded": True, "body": "no base64!"},
    {"statusCode": 200, "isBase64Encoded": True, "body": {"a": 1}}, {"statusCode": 200, "isBase64Encoded": True, "body": 5},
])
def test_a_body_that_is_not_base64_as_it_says_is_no_reply(say, told, answer):
    assert told(say["buffered"](), answer)[::2] == (502, b"Internal Server Error")


@pytest.mark.parametrize("mode", ["buffered", "streamed"])
def test_a_reply_without_a_body_sends_none_and_the_next_one_is_in_its_place(say, endpoint, mode):
    host, address = say[mode](), urllib.parse.urlparse(endpoint)
    hidden = "HTTP/1.1 299 Hidden\r\nContent-Length: 0\r\n\r\n"
    for status in (204, 304):
        bodies = [json.dumps({"statusCode": status, "body": hidden}), '{"statusCode": 418}']
        with socket.create_connection((address.hostname, address.port), timeout=60) as raw:
            for body, ending in zip(bodies, ("keep-alive", "close")):
                raw.sendall(f"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nConnection: {ending}\r\n"
                            f"Content-Length: {len(body)}\r\n\r\n{body}".encode())
            replies = b"".join(iter(lambda: raw.recv(65536), b"")).split(b"HTTP/1.1 ")[1:]
        assert [reply[:3] for reply in replies] == [b"%d" % status, b"418"]
        head, _, body = replies[0].partition(b"\r\n\r\n")
        assert (body, b"transfer-encoding" in head.lower(), b"content-length" in head.lower()) == (b"", False, False)


def test_a_streamed_head_without_a_status_is_that_of_a_200(say, told):
    status, headers, body = told(say["streamed"](), {"headers": {"x-a": "b"}, "cookies": ["c=d"]})
    assert (status, ("x-a", "b") in headers, ("Set-Cookie", "c=d") in headers, body) == (200, True, True, b"streamed")


@pytest.mark.parametrize("head", ["", "no json", "[]", '"text"', "null", "{", "x" * 140000])
def test_a_streamed_head_that_is_no_object_is_no_reply(say, told, head):
    assert told(say["streamed"](), head or " ")[::2] == (502, b"Internal Server Error")


def test_the_json_of_a_streamed_head_has_a_bound_however_it_comes(make_url, ask):
    _, host = make_url({"index.mjs": """export const handler = awslambda.streamifyResponse(async (event, stream) => {
      const [size, piece] = event.rawPath.slice(1).split('/').map(Number);
      stream.setContentType('application/vnd.awslambda.http-integration-response');
      const answer = '{"statusCode":201}'.padEnd(size) + '\\0'.repeat(8) + 'streamed';
      for (let at = 0; at < answer.length; at += piece) {
        stream.write(answer.slice(at, at + piece)); await new Promise((ok) => setImmediate(ok)); }
      stream.end(); });"""}, function=NODE, InvokeMode="RESPONSE_STREAM")
    for piece in (1_000_000, 2 * HEAD_BYTES, 2 * HEAD_BYTES + 3, 1000):
        assert ask(host, f"/{HEAD_BYTES}/{piece}")[::2] == (201, b"streamed"), piece
        assert ask(host, f"/{2 * HEAD_BYTES}/{piece}")[::2] == (201, b"streamed"), piece
        assert ask(host, f"/{2 * HEAD_BYTES + 1}/{piece}")[::2] == (502, b"Internal Server Error"), piece


def test_a_client_that_leaves_in_the_middle_of_a_stream_does_not_stop_the_function(make_url, ask, endpoint, log_of):
    name, host = make_url({"index.mjs": """export const handler = awslambda.streamifyResponse(async (event, stream) => {
      if (event.rawPath === '/calm') { stream.end('calm'); return; }
      const block = Buffer.alloc(1024 * 1024);
      for (let left = 60; left > 0; left--)
        if (!stream.write(block)) await new Promise((ok) => stream.once('drain', ok));
      stream.end(); console.log('all written'); });"""}, function=NODE, InvokeMode="RESPONSE_STREAM")
    address = urllib.parse.urlparse(endpoint)
    for _ in range(2):
        raw = socket.create_connection((address.hostname, address.port), timeout=60)
        raw.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        assert raw.recv(1000).startswith(b"HTTP/1.1 200 ")
        raw.close()
    log_of(name, "all written")
    assert ask(host, "/calm")[::2] == (200, b"calm")


def test_a_streamed_answer_that_fails_midway_is_seen_to_be_incomplete(client, make_url, make_role, make_queue, ask, endpoint):
    """It fails when its first half has arrived."""
    queue = make_queue(VisibilityTimeout="3600")
    _, host = make_url({"index.mjs": """export const handler = awslambda.streamifyResponse(async (event, stream) => {
      stream.write('half');
      if (event.rawPath === '/calm') { stream.end(); return; }
      const sqs = new (await import('@aws-sdk/client-sqs')).SQS({});
      while (!(await sqs.receiveMessage({ QueueUrl: '%s', WaitTimeSeconds: 1 })).Messages?.length);
      if (event.rawPath === '/exit') process.exit(3);
      throw new Error('midway'); });""" % queue}, function={**NODE, "Role": make_role(["sqs:ReceiveMessage"])}, InvokeMode="RESPONSE_STREAM")
    for path in ("/exit", "/throw"):
        connection = http.client.HTTPConnection(urllib.parse.urlparse(endpoint).netloc, timeout=60)
        connection.request("GET", path, headers={"Host": host})
        reply = connection.getresponse()
        assert (reply.status, reply.read(4)) == (200, b"half")
        client("sqs").send_message(QueueUrl=queue, MessageBody="go on")
        with pytest.raises(http.client.IncompleteRead) as caught:
            reply.read()
        assert caught.value.partial == b""
        connection.close()
        assert ask(host, "/calm")[::2] == (200, b"half")
