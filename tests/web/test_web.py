"""A page in the developer's browser: what a real browser sends to the server, and what a page of an allowed origin
may do.

Each attack ends with a check by a client that is not a browser: nothing has changed.
"""

import base64
import json
import os
import pathlib
import subprocess
import urllib.parse
import urllib.request

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from conftest import Site
from orderly_fixtures import LAMBDA_TRUST, zip_of
from pages import js, refused

HERE = pathlib.Path(__file__).resolve().parent
KEYS = Credentials("test", "test")


@pytest.fixture(scope="session")
def sdk():
    """The site also serves the SDK for JavaScript."""
    js_folder = HERE.parent / "sdk" / "js"
    command = [js_folder / "node_modules/.bin/esbuild", HERE / "sdk_page.mjs", "--bundle", "--minify", "--format=iife",
               "--global-name=sdk", "--platform=browser"]
    Site.sdk = subprocess.run(command, env={**os.environ, "NODE_PATH": str(js_folder / "node_modules")}, check=True,
                              capture_output=True, timeout=120).stdout


class Presigner(SigV4QueryAuth):
    """Signs a URL; botocore's signer would move a body into the query."""

    def _modify_request_before_signing(self, request):
        body, request.data = request.data, b""
        super()._modify_request_before_signing(request)
        request.data = body


@pytest.fixture
def presigned(endpoint):
    """presigned(service, method, path and query, body) returns a URL that test/test has signed, which any page can
    make."""

    def sign(service, method="GET", path="/", body=b"", at=endpoint):
        aws = AWSRequest(method, at + path, data=body)
        Presigner(KEYS, service, "us-east-1", expires=3600).add_auth(aws)
        return aws.url

    return sign


def create_queue(name):
    return "/?" + urllib.parse.urlencode({"Action": "CreateQueue", "Version": "2012-11-05", "QueueName": name})


@pytest.fixture
def queues(client):
    """queues() returns the names of all queues."""
    return lambda: [url.rsplit("/", 1)[1] for url in client("sqs").list_queues().get("QueueUrls", [])]


def clock_offset(endpoint):
    with urllib.request.urlopen(endpoint + "/_orderly/clock") as reply:
        return json.load(reply)["offset_ms"]


# --- What a foreign page may not do ------------------------------------------------------------


def test_a_foreign_page_runs_no_program_of_its_own(foreign, presigned, client, unique):
    role, function = unique("role"), unique("function")[:60]
    form = urllib.parse.urlencode(
        {"Action": "CreateRole", "Version": "2010-05-08", "RoleName": role, "AssumeRolePolicyDocument": LAMBDA_TRUST})
    url = presigned("iam", "POST", body=form.encode())
    assert refused(foreign, f"{js(url)}, {{method: 'POST', mode: 'no-cors', body: new URLSearchParams({js(form)})}}")
    assert role not in [one["RoleName"] for one in client("iam").list_roles()["Roles"]]

    body = json.dumps({
        "FunctionName": function, "Runtime": "python3.11", "Handler": "index.handler",
        "Role": f"arn:aws:iam::000000000000:role/{role}",
        "Code": {"ZipFile": base64.b64encode(zip_of({"index.py": "def handler(e, c): return 1"})).decode()}})
    client("iam").create_role(RoleName=role, AssumeRolePolicyDocument=LAMBDA_TRUST)
    url = presigned("lambda", "POST", "/2015-03-31/functions", body.encode())
    assert refused(foreign, f"{js(url)}, {{method: 'POST', mode: 'no-cors', body: {js(body)}}}")
    assert function not in [one["FunctionName"] for one in client("lambda").list_functions()["Functions"]]


PAGES = {
    "whole": ("""def handler(event, context):
    return {'statusCode': 200, 'body': '<!doctype html><p>a page', 'headers': {
        'Content-Type': 'text/html', 'Content-Security-Policy': 'sandbox allow-same-origin allow-scripts'}}
""", {}),
    "streamed": ({"index.mjs": """export const handler = awslambda.streamifyResponse(async (event, stream) => {
  stream = awslambda.HttpResponseStream.from(stream, {statusCode: 200, headers: {'Content-Type': 'text/html'}});
  stream.write('<!doctype html><p>a page'); stream.end(); });"""},
                 {"function": {"Runtime": "nodejs20.x"}, "InvokeMode": "RESPONSE_STREAM"}),
    "streamed without a head": ({"index.mjs": """export const handler = awslambda.streamifyResponse(async (event, stream) => {
  stream.setContentType('text/html'); stream.write('<!doctype html><p>a page'); stream.end(); });"""},
                                {"function": {"Runtime": "nodejs20.x"}, "InvokeMode": "RESPONSE_STREAM"}),
}


@pytest.mark.parametrize("sent", PAGES)
def test_a_page_that_a_function_writes_is_not_of_the_servers_own_origin(browser, endpoint, make_url, sent):
    source, settings = PAGES[sent]
    _, host = make_url(source, **settings)
    offset = clock_offset(endpoint)
    page = browser.open(f"{endpoint}/_orderly/lambda-url/{host.split('.')[0]}/")
    assert page.text() == "a page" and page.run("return origin") == "null"
    assert page.run("try { sessionStorage.length; return false } catch (e) { return e.name }") == "SecurityError"
    assert refused(page, f"'{endpoint}/_orderly/clock', {{method: 'POST', headers: {{'Content-Type': 'application/json'}}, "
                         "body: '{\"advance_ms\": 60000}'}")
    assert refused(page, f"'{endpoint}/_orderly/clock', {{method: 'POST', mode: 'no-cors', body: '{{\"advance_ms\": 60000}}'}}")
    assert clock_offset(endpoint) == offset
    page.go(f"http://{host}/")
    assert page.text() == "a page"
    if sent != "whole":  # at the URL's host the page is of that origin, where all paths are the function's
        assert page.run("const r = await fetch('/_orderly/clock'); return await r.text()") == "<!doctype html><p>a page"
    page.close()


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost"])
def test_a_page_of_another_origin_resets_nothing_and_moves_no_clock(open_page, endpoint, make_queue, queues, host):
    url = make_queue()
    page, offset = open_page(host), clock_offset(endpoint)
    assert refused(page, f"'{endpoint}/_localstack/state/reset', {{method: 'POST', mode: 'no-cors'}}")
    assert refused(page, f"'{endpoint}/_orderly/clock', {{method: 'POST', mode: 'no-cors', body: '{{\"advance_ms\": 99999999}}'}}")
    page.run(f"navigator.sendBeacon('{endpoint}/_localstack/state/reset')")
    refused(page, f"'{endpoint}/_localstack/state/reset', {{method: 'POST', mode: 'no-cors', referrerPolicy: 'no-referrer'}}")
    assert url.rsplit("/", 1)[1] in queues()
    assert clock_offset(endpoint) == offset


def test_a_rebinding_page_is_not_served(browser, endpoint, presigned, queues, unique):
    name = unique("q")
    port = endpoint.rsplit(":", 1)[1]
    rebound = f"http://rebind.example:{port}"
    page = browser.open(rebound + "/_orderly/health")
    assert "--allowed-host rebind.example" in page.text()
    url = presigned("sqs", path=create_queue(name), at=rebound)
    assert page.run(f"return (await fetch({js(url)})).status") == 403
    assert page.run("return (await fetch('/_localstack/state/reset', {method: 'POST', headers: "
                    "{'Content-Type': 'application/json'}})).status") == 403
    assert name not in queues()
    page.close()


@pytest.mark.parametrize("way", ["image", "script", "frame", "prefetch", "fetch", "keepalive", "event source",
                                 "web socket", "style", "video", "head"])
def test_a_foreign_page_has_no_signed_url_fetched(foreign, presigned, queues, unique, way):
    name = unique("q")
    url = js(presigned("sqs", "HEAD" if way == "head" else "GET", create_queue(name)))
    element = "const e = document.createElement('%s'); const done = new Promise(r => { e.onload = e.onerror = r }); "
    script = {
        "image": f"const e = new Image(); const done = new Promise(r => {{ e.onload = e.onerror = r }}); e.src = {url}; await done",
        "script": element % "script" + f"e.src = {url}; document.body.append(e); await done",
        "frame": element % "iframe" + f"e.src = {url}; document.body.append(e); await done",
        "prefetch": element % "link" + f"e.rel = 'prefetch'; e.href = {url}; document.head.append(e); await done",
        "fetch": f"await fetch({url}, {{mode: 'no-cors'}}).catch(() => 0)",
        "keepalive": f"await fetch({url}, {{mode: 'no-cors', keepalive: true}}).catch(() => 0)",
        "event source": f"const e = new EventSource({url}); await new Promise(r => {{ e.onopen = e.onerror = r }}); e.close()",
        "web socket": f"const e = new WebSocket({url}.replace('http:', 'ws:')); await new Promise(r => {{ e.onopen = e.onerror = r }})",
        "style": element % "link" + f"e.rel = 'stylesheet'; e.href = {url}; document.head.append(e); await done",
        "video": element % "video" + f"e.src = {url}; e.load(); await done",
        "head": f"await fetch({url}, {{mode: 'no-cors', method: 'HEAD'}}).catch(() => 0)",
    }[way]
    foreign.run(script)
    assert name not in queues()


@pytest.mark.parametrize("way", ["link", "form", "form that gets", "form without referrer"])
def test_a_foreign_page_leads_nobody_to_an_operation(foreign, presigned, queues, unique, way):
    name = unique("q")
    body = create_queue(name)[2:]
    get, post = presigned("sqs", path=create_queue(name)), presigned("sqs", "POST", body=body.encode())
    fields = [*urllib.parse.parse_qsl(urllib.parse.urlsplit(get).query)] if way == "form that gets" else urllib.parse.parse_qsl(body)
    if way == "link":
        foreign.run(f"const e = document.createElement('a'); e.href = {js(get)}; document.body.append(e); e.click()")
    else:
        method = "get" if way == "form that gets" else "post"
        foreign.run(
            f"const e = document.createElement('form'); e.method = '{method}'; e.action = {js(post if method == 'post' else get)};"
            f"for (const [name, value] of {js(fields)}) {{ const i = document.createElement('input'); i.name = name; "
            "i.value = value; e.append(i) }"
            + ("const m = document.createElement('meta'); m.name = 'referrer'; m.content = 'no-referrer'; document.head.append(m);"
               if way.endswith("referrer") else "")
            + "document.body.append(e); e.submit()")
    foreign.wait_for_load()
    assert "--allowed-origin" in foreign.text()
    assert name not in queues()


def test_a_sandboxed_frame_is_of_no_origin(open_page, presigned, queues, unique):
    name = unique("q")
    page = open_page("app.example")
    body = create_queue(name)[2:]
    url = presigned("sqs", "POST", body=body.encode())
    page.run(
        "const e = document.createElement('iframe'); e.sandbox = 'allow-scripts'; "
        "const done = new Promise(r => { window.onmessage = r }); "
        f"e.srcdoc = `<script>fetch({js(url)}, {{method: 'POST', mode: 'no-cors', body: new URLSearchParams({js(body)})}})"
        ".finally(() => parent.postMessage('done', '*'))</script>`; document.body.append(e); await done")
    assert name not in queues()


def test_a_name_that_the_browser_does_not_trust_is_no_way_round(foreign, endpoint, presigned, queues, unique):
    """Browsers send no Sec-Fetch-Site to such a URL."""
    name = unique("q")
    port = endpoint.rsplit(":", 1)[1]
    url = presigned("sqs", path=create_queue(name), at=f"http://localhost.localstack.cloud:{port}")
    foreign.run(f"const e = new Image(); const done = new Promise(r => {{ e.onload = e.onerror = r }}); e.src = {js(url)}; await done")
    assert name not in queues()


def test_a_typed_url_reads_but_changes_nothing_wherever_it_led(browser, endpoint, site_port, presigned, queues, make_queue, unique):
    name, there = unique("q"), make_queue().rsplit("/", 1)[1]
    page = browser.open(endpoint + "/_orderly/health")
    assert '"edition":"orderly"' in page.text()
    assert there in page.go(presigned("sqs", path="/?Action=ListQueues&Version=2012-11-05")).run(
        "return document.documentElement.textContent")
    url = presigned("sqs", path=create_queue(name))
    assert "change" in page.go(url).text()
    page.go(f"http://evil.example:{site_port}/to?" + urllib.parse.quote(url))
    assert name not in queues()
    page.close()


# --- What a page of an allowed origin may do ---------------------------------------------------


@pytest.fixture
def signed(endpoint):
    """signed(target, input) returns the arguments of a fetch() of that JSON operation, as the SDK for browsers makes
    it."""

    def sign(target, given, content_type="application/x-amz-json-1.0"):
        body = json.dumps(given)
        aws = AWSRequest("POST", endpoint + "/", data=body.encode(),
                         headers={"Content-Type": content_type, "X-Amz-Target": target, "X-Amz-User-Agent": "aws-sdk-js/3"})
        SigV4Auth(KEYS, {"AmazonSQS": "sqs", "DynamoDB_20120810": "dynamodb"}[target.split(".")[0]], "us-east-1").add_auth(aws)
        return f"{js(endpoint + '/')}, {{method: 'POST', headers: {js(dict(aws.headers.items()))}, body: {js(body)}}}"

    return sign


READ = "return {status: r.status, body: await r.text(), id: r.headers.get('x-amzn-requestid'), crc: r.headers.get('x-amz-crc32')}"


def test_an_allowed_page_calls_operations_and_reads_answers_and_errors(open_page, signed, unique, queues):
    page, name = open_page("app.example"), unique("q")
    made = page.run(f"const r = await fetch({signed('AmazonSQS.CreateQueue', {'QueueName': name})}); {READ}")
    assert made["status"] == 200 and json.loads(made["body"])["QueueUrl"].endswith("/" + name) and made["id"]
    assert name in queues()
    missing = page.run(f"const r = await fetch({signed('DynamoDB_20120810.DescribeTable', {'TableName': 'nope'})}); {READ}")
    assert missing["status"] == 400 and "ResourceNotFoundException" in missing["body"] and missing["id"] and missing["crc"]


SDK = """
    const config = {endpoint: %s, region: 'us-east-1', credentials: {accessKeyId: 'test', secretAccessKey: 'test'}, maxAttempts: 1};
    const sqs = new sdk.sqs.SQSClient(config), sns = new sdk.sns.SNSClient(config);
    const lambda = new sdk.lambda.LambdaClient(config), dynamodb = new sdk.DynamoDBClient(config);
"""


def test_the_sdk_for_javascript_works_in_an_allowed_page(sdk, open_page, endpoint, unique):
    page, name = open_page("app.example", "/sdk.html"), unique("q")
    said = page.run(SDK % js(endpoint) + f"const name = {js(name)};" """
        const {QueueUrl} = await sqs.send(new sdk.sqs.CreateQueueCommand({QueueName: name}));
        await sqs.send(new sdk.sqs.SendMessageCommand({QueueUrl, MessageBody: 'from a page, é'}));
        const {Messages: [message]} = await sqs.send(new sdk.sqs.ReceiveMessageCommand({QueueUrl}));
        const {TopicArn} = await sns.send(new sdk.sns.CreateTopicCommand({Name: name}));
        await dynamodb.send(new sdk.CreateTableCommand({
            TableName: name, BillingMode: 'PAY_PER_REQUEST', KeySchema: [{AttributeName: 'k', KeyType: 'HASH'}],
            AttributeDefinitions: [{AttributeName: 'k', AttributeType: 'S'}]}));
        await dynamodb.send(new sdk.PutItemCommand({TableName: name, Item: {k: {S: 'a'}}}));
        const {Item} = await dynamodb.send(new sdk.GetItemCommand({TableName: name, Key: {k: {S: 'a'}}}));
        const missing = await lambda.send(new sdk.lambda.GetFunctionCommand({FunctionName: 'nope'})).catch(e => e);
        return {body: message.Body, topic: TopicArn, item: Item, error: missing.name,
                request: missing.$metadata.requestId, status: missing.$metadata.httpStatusCode}""")
    assert said.pop("request")
    assert said == {"body": "from a page, é", "topic": f"arn:aws:sns:us-east-1:000000000000:{name}", "item": {"k": {"S": "a"}},
                    "error": "ResourceNotFoundException", "status": 404}


def test_the_sdk_for_javascript_is_refused_in_a_foreign_page(sdk, open_page, endpoint, unique, queues):
    page, name = open_page("evil.example", "/sdk.html"), unique("q")
    said = page.run(SDK % js(endpoint) + f"const name = {js(name)};" """
        return await sqs.send(new sdk.sqs.CreateQueueCommand({QueueName: name})).then(() => 'made', e => e.message)""")
    assert "fetch" in said
    assert name not in queues()


def test_an_allowed_page_uses_admin_endpoints(open_page, endpoint):
    page = open_page("app.example")
    script = ("const r = await fetch('%s/_orderly/clock', {method: 'POST', headers: {'Content-Type': %s}, "
              "body: '{\"advance_ms\": 0}'}); return r.status")
    assert page.run(script % (endpoint, "'application/json'")) == 200
    assert page.run(script % (endpoint, "'text/plain'")) == 403


def test_a_page_of_another_host_was_not_let_in(open_page, signed, unique, queues):
    name = unique("q")
    page = open_page("app2.example")
    assert page.run(f"try {{ await fetch({signed('AmazonSQS.CreateQueue', {'QueueName': name})}); return 'read' }} "
                    "catch (e) { return 'refused' }") == "refused"
    assert name not in queues()


def test_an_allowed_pages_links_run_nothing(open_page, presigned, unique, queues):
    """A navigation carries no Origin: an allowed page's request looks like any other page's."""
    page, name = open_page("app.example"), unique("q")
    page.run(f"location.href = {js(presigned('sqs', path=create_queue(name)))}")
    page.wait_for_load()
    assert name not in queues()
