"""Function URLs: their configs, events and replies, by host and by path, who may use them, and pages of other origins."""

import base64
import concurrent.futures
import hashlib
import http.client
import json
import socket
import urllib.parse

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

SHOW = "def handler(event, context):\n    return event\n"
NODE = {"Runtime": "nodejs20.x", "Handler": "index.handler", "Timeout": 20}


def raw_event(endpoint, host, headers):
    """The event of a GET with these lines as headers, by a function that shows it."""
    address = urllib.parse.urlparse(endpoint)
    with socket.create_connection((address.hostname, address.port), timeout=60) as raw:
        raw.sendall("\r\n".join(["GET / HTTP/1.1", f"Host: {host}", "Connection: close", *headers, "", ""]).encode())
        reply = b"".join(iter(lambda: raw.recv(65536), b""))
    return json.loads(reply.partition(b"\r\n\r\n")[2])


def test_a_config_is_made_shown_changed_listed_and_deleted(functions, make_function, refused):
    name = make_function(SHOW)
    arn = functions.get_function_configuration(FunctionName=name)["FunctionArn"]
    made = functions.create_function_url_config(FunctionName=name, AuthType="NONE")
    assert (made["FunctionArn"], made["AuthType"]) == (arn, "NONE")
    assert ".lambda-url.us-east-1.localhost" in made["FunctionUrl"]
    error = refused(functions.create_function_url_config, FunctionName=name, AuthType="NONE")
    assert (error["code"], error["status"]) == ("ResourceConflictException", 409)
    cors = {"AllowOrigins": ["https://a.example"], "AllowMethods": ["GET"], "MaxAge": 60, "AllowCredentials": True}
    changed = functions.update_function_url_config(FunctionName=name, AuthType="AWS_IAM", Cors=cors, InvokeMode="RESPONSE_STREAM")
    shown = functions.get_function_url_config(FunctionName=name)
    for reply in (changed, shown, functions.list_function_url_configs(FunctionName=name)["FunctionUrlConfigs"][0]):
        assert (reply["FunctionUrl"], reply["AuthType"], reply["Cors"], reply["InvokeMode"]) == (
            made["FunctionUrl"], "AWS_IAM", cors, "RESPONSE_STREAM")
    functions.delete_function_url_config(FunctionName=name)
    error = refused(functions.get_function_url_config, FunctionName=name)
    assert (error["code"], error["message"]) == ("ResourceNotFoundException", "The resource you requested does not exist.")


def test_the_event_has_payload_format_2(make_url, ask):
    name, host = make_url(SHOW)
    status, headers, body = ask(host, "/a%20b?x=1&y=%C3%A9&x=2", "POST", b'{"n": 1}', {
        "Content-Type": "application/json", "Cookie": "a=b; c=d", "X-Mixed": "Case", "User-Agent": "me"})
    event = json.loads(body)
    assert (status, headers["Content-Type"]) == (200, "application/json")
    context = event["requestContext"]
    assert {key: event[key] for key in ("version", "routeKey", "rawPath", "rawQueryString", "cookies", "queryStringParameters",
                                        "body", "isBase64Encoded")} == {
        "version": "2.0", "routeKey": "$default", "rawPath": "/a%20b", "rawQueryString": "x=1&y=%C3%A9&x=2",
        "cookies": ["a=b", "c=d"], "queryStringParameters": {"x": "1,2", "y": "é"}, "body": '{"n": 1}', "isBase64Encoded": False}
    assert (event["headers"]["x-mixed"], event["headers"]["content-type"], "cookie" in event["headers"]) == (
        "Case", "application/json", False)
    assert context["http"] == {"method": "POST", "path": "/a b", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "me"}
    assert (context["accountId"], context["domainPrefix"], context["stage"]) == ("anonymous", host.split(".")[0], "$default")
    _, _, body = ask(host, "/", "PUT", b"\x00\xff")
    assert (json.loads(body)["body"], json.loads(body)["isBase64Encoded"]) == (base64.b64encode(b"\x00\xff").decode(), True)


@pytest.mark.parametrize("content_type, is_text", [
    ("text/plain", True), ("Text/HTML; charset=utf-8", True), ("application/JSON", True), ("application/problem+json", True),
    ("image/svg+XML", True), ("application/JavaScript", True), ("application/x-www-form-urlencoded", False),
    ("application/octet-stream", False), ("image/png", False),
])
def test_a_body_is_text_by_its_type_in_letters_of_any_case(make_url, ask, content_type, is_text):
    name, host = make_url(SHOW)
    _, _, body = ask(host, "/", "POST", b"a=b", {"Content-Type": content_type})
    event = json.loads(body)
    assert (event["body"], event["isBase64Encoded"]) == ("a=b" if is_text else base64.b64encode(b"a=b").decode(), not is_text)


@pytest.mark.parametrize("query, shown", [
    ("a=50%&b=%41%4&c=1", {"a": "50%", "b": "A%4", "c": "1"}),
    ("%zz=1&%zz=2&=v&e=&f", {"%zz": "1,2", "": "v", "e": "", "f": ""}),
    ("bytes=%FF%C3%A9+x", {"bytes": "\ufffd\u00e9 x"}),
    ("&&", None),
], ids=["an escape that ends", "no escape", "no text", "nothing"])
def test_a_query_that_is_badly_escaped_reaches_the_function_whole(make_url, ask, query, shown):
    _, host = make_url(SHOW)
    event = json.loads(ask(host, f"/?{query}")[2])
    assert (event["rawQueryString"], event.get("queryStringParameters")) == (query, shown)


@pytest.mark.parametrize("headers, cookies", [
    (["Cookie: a=b; c=d", "cookie: e=f"], ["a=b", "c=d", "e=f"]), (["Cookie: ;; a=b ;"], ["a=b"]), (["Cookie: ;"], None), ([], None)])
def test_the_event_has_the_cookies_of_all_headers(make_url, endpoint, headers, cookies):
    _, host = make_url(SHOW)
    event = raw_event(endpoint, host, headers)
    assert (event.get("cookies"), "cookie" in event["headers"]) == (cookies, False)


def test_the_server_itself_tells_the_protocol_and_the_port_of_a_request(make_url, endpoint):
    _, host = make_url(SHOW)
    event = raw_event(endpoint, host, ["X-Forwarded-Proto: https", "X-Forwarded-Port: 443", "X-Forwarded-For: 192.0.2.1"])
    assert {name[12:]: value for name, value in event["headers"].items() if name.startswith("x-forwarded-")} == {
        "proto": "http", "port": host.split(":")[1], "for": "192.0.2.1,127.0.0.1"}


def test_a_url_that_is_deleted_while_its_function_runs_still_answers(functions, make_url, ask, gate, log_of):
    name, host = make_url(gate.source("return 'done'"), function={"Role": gate.role()})
    with concurrent.futures.ThreadPoolExecutor() as pool:
        reply = pool.submit(ask, host)
        log_of(name, "ENTERED")
        functions.delete_function_url_config(FunctionName=name)
        assert ask(host)[0] == 403
        gate.open()
        assert reply.result()[::2] == (200, b"done")


def test_a_request_whose_function_is_deleted_meanwhile_is_answered(functions, make_url, ask, gate, log_of):
    name, host = make_url(gate.source("return 'done'"), function={"Role": gate.role()})
    with concurrent.futures.ThreadPoolExecutor() as pool:
        reply = pool.submit(ask, host)
        log_of(name, "ENTERED")
        functions.delete_function(FunctionName=name)
        assert reply.result()[0] == 403


@pytest.mark.parametrize("deleted", ["url", "function"])
def test_a_streamed_reply_whose_url_is_deleted_is_whole_or_seen_to_be_incomplete(functions, make_url, endpoint, deleted):
    blocks = 60
    name, host = make_url({"index.mjs": f"""export const handler = awslambda.streamifyResponse(async (event, stream) => {{
      const block = Buffer.alloc(1024 * 1024);
      for (let left = {blocks}; left > 0; left--)
        if (!stream.write(block)) await new Promise((ok) => stream.once('drain', ok));
      stream.end(); }});"""}, function=NODE, InvokeMode="RESPONSE_STREAM")
    connection = http.client.HTTPConnection(urllib.parse.urlparse(endpoint).netloc, timeout=60)
    connection.request("GET", "/", headers={"Host": host})
    reply = connection.getresponse()
    assert reply.status == 200 and reply.read(1) == b"\0"
    if deleted == "url":
        functions.delete_function_url_config(FunctionName=name)
        assert len(reply.read()) == blocks * 1024 * 1024 - 1
    else:
        functions.delete_function(FunctionName=name)
        with pytest.raises(http.client.IncompleteRead):
            reply.read()
    connection.close()


def test_a_url_is_reached_by_each_of_its_names_and_by_path(make_url, ask):
    name, host = make_url("def handler(event, context): return event['rawPath']\n")
    url_id = host.split(".")[0]
    for other in (host, f"{url_id}.lambda-url.us-east-1.on.aws", f"{url_id}.lambda-url.us-east-1.localhost.localstack.cloud:4566"):
        assert ask(other, "/p/q")[2] == b"/p/q"
    assert ask("localhost", f"/_orderly/lambda-url/{url_id}/p/q")[2] == b"/p/q"
    assert ask("localhost", f"/_orderly/lambda-url/{url_id}")[2] == b"/"


@pytest.mark.parametrize("host, path", [
    ("nobody.lambda-url.us-east-1.on.aws", "/"), ("localhost", "/_orderly/lambda-url/nobody/"), ("localhost", "/_orderly/lambda-url/")])
def test_a_url_that_does_not_exist_is_denied_without_a_message(ask, host, path):
    status, headers, body = ask(host, path)
    assert (status, headers["Content-Type"], headers["x-amzn-ErrorType"], body) == (
        403, "application/json", "AccessDeniedException", b'{"Message":null}')


@pytest.mark.parametrize("answer, status, content_type, body", [
    ("'text'", 200, "application/json", b"text"),
    ("{'a': 1}", 200, "application/json", b'{"a":1}'),
    ("['hello', 3, True]", 200, "application/json", b'["hello",3,true]'),
    ("3.10", 200, "application/json", b"3.1"),
    ("None", 200, "application/json", b"null"),
    ("{'statusCode': 200, 'body': '{\"a\": 1}'}", 200, "application/json", b'{"a": 1}'),
    ("{'statusCode': 201, 'headers': {'content-type': 'text/plain'}, 'body': 'x'}", 201, "text/plain", b"x"),
    ("{'statusCode': 200, 'body': 'AP8=', 'isBase64Encoded': True}", 200, "application/json", b"\x00\xff"),
    ("{'statusCode': 200, 'body': {'a': 1}}", 200, "application/json", b'{"a":1}'),
    ("{'statusCode': 99}", 502, "application/json", b"Internal Server Error"),
    ("1/0", 502, "application/json", b"Internal Server Error"),
])
def test_an_answer_becomes_a_reply(make_url, ask, answer, status, content_type, body):
    _, host = make_url(f"def handler(event, context): return {answer}\n")
    reply = ask(host)
    assert (reply[0], reply[1]["Content-Type"], reply[2]) == (status, content_type, body)


LARGE = {
    "a body": ("{'statusCode': 201, 'body': 'é' * 1_000_000, 'headers': {'X-A': 'b'}}", 201, "application/json", lambda: "é" * 1_000_000),
    "a text": ("'\"' * 2_000_000", 200, "application/json", lambda: '"' * 2_000_000),
    "numbers": ("[1] * 1_000_000", 200, "application/json", lambda: "[" + "1," * 999_999 + "1]"),
    "bytes": ("{'statusCode': 200, 'isBase64Encoded': True, 'body': 'QUJD' * 700_000}", 200, "application/json", lambda: "ABC" * 700_000),
    "no reply": ("{'statusCode': 99, 'body': 'x' * 100_000}", 502, "application/json", lambda: "Internal Server Error"),
}


@pytest.mark.parametrize("answer, status, content_type, body", LARGE.values(), ids=LARGE)
def test_a_large_answer_becomes_a_reply_too(make_url, ask, answer, status, content_type, body):
    _, host = make_url(f"def handler(event, context):\n    return {answer}\n")
    for _ in range(2):
        told = ask(host)
        assert (told[0], told[1]["Content-Type"], told[2].decode()) == (status, content_type, body())


@pytest.mark.parametrize("body", [b"x" * 5_000_000, b'"' * 2_500_000, b"\xff" * 3_000_000], ids=["text", "quotes", "bytes"])
def test_a_large_request_reaches_the_function_whole(make_url, ask, body):
    _, host = make_url("""
import base64, hashlib
def handler(event, context):
    body = event["body"]
    return hashlib.sha256(base64.b64decode(body) if event["isBase64Encoded"] else body.encode()).hexdigest()
""")
    kind = "application/octet-stream" if body[0] == 255 else "text/plain"
    for _ in range(2):
        status, _, answer = ask(host, method="POST", body=body, headers={"Content-Type": kind})
        assert (status, answer.decode()) == (200, hashlib.sha256(body).hexdigest())


def test_a_request_that_is_too_large_as_an_event_is_refused(make_url, ask):
    name, host = make_url(SHOW)
    status, _, answer = ask(host, method="POST", body=b'"' * 3_200_000, headers={"Content-Type": "text/plain"})
    assert (status, b"must be smaller than 6291456 bytes" in answer) == (413, True)
    assert ask(host)[0] == 200


@pytest.mark.parametrize("path, status", [("/fails", 502), ("/empty", 200), ("/head", 502), ("/throttled", 429)])
def test_a_page_of_the_urls_cors_can_read_what_becomes_of_a_stream_that_does_not_begin(functions, make_url, ask, path, status):
    name, host = make_url({"index.mjs": """export const handler = awslambda.streamifyResponse(async (event, stream) => {
      if (event.rawPath === '/fails') throw new Error('before');
      if (event.rawPath === '/head') {
        stream.setContentType('application/vnd.awslambda.http-integration-response');
        stream.write('no head' + '\\0'.repeat(8)); }
      stream.end(); });"""}, function=NODE, InvokeMode="RESPONSE_STREAM", Cors={"AllowOrigins": ["https://shop.example"]})
    if path == "/throttled":
        functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    reply = ask(host, path, headers={"Origin": "https://shop.example"})
    assert (reply[0], reply[1]["Access-Control-Allow-Origin"]) == (status, "https://shop.example")


def test_a_large_answer_reaches_a_page_of_the_urls_cors(make_url, ask):
    _, host = make_url("def handler(event, context):\n    return 'x' * 1_000_000\n", Cors={"AllowOrigins": ["https://shop.example"]})
    status, headers, body = ask(host, headers={"Origin": "https://shop.example"})
    assert (status, headers["Access-Control-Allow-Origin"], len(body)) == (200, "https://shop.example", 1_000_000)


def test_cookies_and_headers_come_back(make_url, ask):
    _, host = make_url("def handler(event, context): return {'statusCode': 302, 'cookies': ['a=1', 'b=2'], "
                       "'headers': {'Location': '/x', 'Content-Length': '999'}}\n")
    status, headers, body = ask(host)
    assert (status, headers.get_all("Set-Cookie"), headers["Location"], body) == (302, ["a=1", "b=2"], "/x", b"")


def test_a_policy_must_allow_both_actions(functions, make_url, ask):
    name, host = make_url(SHOW, permitted=False)
    assert ask(host)[0] == 403
    functions.add_permission(FunctionName=name, StatementId="url", Action="lambda:InvokeFunctionUrl", Principal="*",
                             FunctionUrlAuthType="NONE")
    assert ask(host)[0] == 403
    functions.add_permission(FunctionName=name, StatementId="via", Action="lambda:InvokeFunction", Principal="*",
                             InvokedViaFunctionUrl=True)
    assert ask(host)[0] == 200
    assert json.loads(functions.get_policy(FunctionName=name)["Policy"])["Statement"][1]["Condition"] == {
        "Bool": {"lambda:InvokedViaFunctionUrl": "true"}}


def test_a_signature_is_needed_and_shown_to_the_function(make_url, ask):
    _, host = make_url(SHOW, permitted=False, AuthType="AWS_IAM")
    assert ask(host)[0] == 403
    request = AWSRequest(method="GET", url=f"http://{host}/", headers={"Host": host})
    SigV4Auth(Credentials("test", "test"), "lambda", "us-east-1").add_auth(request)
    status, _, body = ask(host, headers=dict(request.headers.items()))
    assert (status, json.loads(body)["requestContext"]["authorizer"]["iam"]["accountId"]) == (200, "000000000000")


def test_a_url_that_asks_for_no_signature_does_not_show_one(make_url, ask):
    _, host = make_url(SHOW)
    request = AWSRequest(method="GET", url=f"http://{host}/", headers={"Host": host})
    SigV4Auth(Credentials("test", "test"), "lambda", "us-east-1").add_auth(request)
    _, _, body = ask(host, headers=dict(request.headers.items()))
    context = json.loads(body)["requestContext"]
    assert (context["accountId"], "authorizer" in context) == ("anonymous", False)


@pytest.mark.parametrize("path, shown", [
    ("/?" + "&".join(map(str, range(9000))), {str(n): "" for n in range(9000)}),
    ("/?" + "&".join(["k=v"] * 15000), {"k": ",".join(["v"] * 15000)}),
    ("/?" + "&".join(["k"] * 30000), {"k": "," * 29999}),
], ids=["names", "values", "empty"])
def test_the_event_of_thousands_of_parameters_is_made_in_linear_time_and_memory(make_url, ask, path, shown):
    _, host = make_url(SHOW)
    status, _, body = ask(host, path)
    assert (status, json.loads(body)["queryStringParameters"]) == (200, shown)


def test_a_page_of_another_origin_comes_in_only_by_the_urls_cors(make_url, ask):
    page = {"Origin": "https://a.example", "Sec-Fetch-Site": "cross-site"}
    _, host = make_url(SHOW)
    assert ask(host, headers=page)[0] == 403
    _, host = make_url(SHOW, Cors={"AllowOrigins": ["https://a.example"], "AllowMethods": ["GET"], "AllowHeaders": ["x-a"],
                                   "ExposeHeaders": ["x-b"], "MaxAge": 60, "AllowCredentials": True})
    status, headers, _ = ask(host, headers=page)
    assert (status, headers["Access-Control-Allow-Origin"], headers["Access-Control-Expose-Headers"],
            headers["Access-Control-Allow-Credentials"]) == (200, "https://a.example", "x-b", "true")
    assert ask(host, headers={**page, "Origin": "https://b.example"})[0] == 403
    status, headers, body = ask(host, "/", "OPTIONS", headers={**page, "Access-Control-Request-Method": "GET"})
    assert (status, headers["Access-Control-Allow-Methods"], headers["Access-Control-Allow-Headers"],
            headers["Access-Control-Max-Age"], body) == (200, "GET", "x-a", "60", b"")


def test_a_streamed_answer_has_its_head_before_it(make_url, ask):
    _, host = make_url({"index.mjs": """export const handler = awslambda.streamifyResponse(async (event, stream) => {
      stream = awslambda.HttpResponseStream.from(stream, { statusCode: 207, headers: { 'x-a': 'b', 'content-type': 'text/plain' },
        cookies: ['c=d'] });
      for (let i = 0; i < 5; i++) { stream.write('piece ' + i + ' '); await new Promise((ok) => setTimeout(ok, 20)); }
      stream.end();
    });"""}, function=NODE, InvokeMode="RESPONSE_STREAM")
    status, headers, body = ask(host)
    assert (status, headers["x-a"], headers["Content-Type"], headers["Set-Cookie"], body) == (
        207, "b", "text/plain", "c=d", b"piece 0 piece 1 piece 2 piece 3 piece 4 ")
    _, host = make_url({"index.mjs": "export const handler = awslambda.streamifyResponse(async (event, stream) => {"
                                     " stream.setContentType('text/csv'); stream.end('a,b'); });"},
                       function=NODE, InvokeMode="RESPONSE_STREAM")
    status, headers, body = ask(host)
    assert (status, headers["Content-Type"], body) == (200, "text/csv", b"a,b")


@pytest.mark.parametrize("member", ["AllowHeaders", "ExposeHeaders"])
@pytest.mark.parametrize("character", ["\0", "\x01", "\x7f"])
def test_what_no_header_can_have_is_no_part_of_a_cors(functions, make_function, refused, member, character):
    name = make_function(SHOW)
    functions.create_function_url_config(FunctionName=name, AuthType="NONE", Cors={"AllowOrigins": ["*"], member: ["x-a\tb"]})
    error = refused(functions.update_function_url_config, FunctionName=name, Cors={"AllowOrigins": ["*"], member: [f"x-a{character}b"]})
    assert (error["code"], error["message"]) == (
        "InvalidParameterValueException", f"{member} of Cors has a character that no header can have.")
