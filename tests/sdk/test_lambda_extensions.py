"""Extensions beside a function: the Extensions API, the phases of a sandbox, and telemetry."""

import json
import re

import pytest

from orderly_fixtures import ACCOUNT, zip_of

# What every extension of these tests begins with.
API = r'''#!/usr/bin/env python3
import http.client, json, os, sys, threading, time

NAME = os.path.basename(sys.argv[0])

def ask(method, path, body=None, **headers):
    """The status, the headers, and the body of a reply of the Runtime API."""
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
    connection.request(method, path, data, {name.replace("_", "-"): value for name, value in headers.items()})
    reply = connection.getresponse()
    text = reply.read().decode()
    return reply.status, dict(reply.getheaders()), json.loads(text) if text else None

def register(*events, name=NAME, **headers):
    return ask("POST", "/2020-01-01/extension/register", {"events": events}, Lambda_Extension_Name=name, **headers)

def next_event(identifier):
    return ask("GET", "/2020-01-01/extension/event/next", Lambda_Extension_Identifier=identifier)

def subscribe(identifier, body, path="/2022-07-01/telemetry"):
    return ask("PUT", path, body, Lambda_Extension_Identifier=identifier, Content_Type="application/json")

def say(what, value):
    print("SAID", json.dumps([what, value]), flush=True)

def listen(taken, port=4243, status=200):
    """Serve HTTP for telemetry: taken(path, events) for each batch."""
    import http.server
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            taken(self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()
        def log_message(self, *arguments):
            pass
    server = http.server.ThreadingHTTPServer(("sandbox.localdomain", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
'''

# It says each event that it gets.
FOLLOW = API + '''
status, headers, body = register("INVOKE", "SHUTDOWN")
say("registered", [status, body])
identifier = headers["Lambda-Extension-Identifier"]
while True:
    status, headers, event = next_event(identifier)
    say("event", event)
    if event["eventType"] == "SHUTDOWN":
        break
'''

SAY = '''
def handler(event, context):
    print("the function says", json.dumps(event))
    return context.aws_request_id
import json
'''


@pytest.fixture
def functions(client):
    return client("lambda")


@pytest.fixture
def make_layer(functions, unique):
    """make_layer({extension: source}) returns the ARN of a layer with these extensions."""

    def make(extensions):
        files = {f"extensions/{name}": source for name, source in extensions.items()}
        reply = functions.publish_layer_version(LayerName=unique("layer"), Content={"ZipFile": zip_of(files)})
        return reply["LayerVersionArn"]

    return make


@pytest.fixture
def extended(make_layer, make_function):
    """extended(extension, source) makes a function with an extension, `follower` by default."""

    def make(extension=FOLLOW, source=SAY, **arguments):
        extensions = extension if isinstance(extension, dict) else {"follower": extension}
        return make_function(source, Layers=[make_layer(extensions)], **arguments)

    return make


@pytest.fixture
def said(log_of, wait_until):
    """said(function, what, count) waits until extensions have said `what` so often, and returns the values."""

    def wait(name, what, count=1):
        def values():
            found = [json.loads(line[5:]) for line in log_of(name) if line.startswith("SAID ")]
            found = [value for kind, value in found if kind == what]
            return found if len(found) >= count else None

        return wait_until(values, what=f"{count} times {what} in the log of {name}")

    return wait


def invoke(functions, name, event=None, **arguments):
    reply = functions.invoke(FunctionName=name, Payload=json.dumps(event), **arguments)
    return reply.get("FunctionError"), json.loads(reply["Payload"].read())


def stop(functions, name):
    """The function's sandboxes end, because it changes."""
    functions.update_function_configuration(FunctionName=name, Description="another")
    functions.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})


# --- the life of an extension ------------------------------------------------------------------


def test_an_extension_registers_and_gets_the_events_that_it_asked_for(functions, extended, said, log_of):
    name = extended()
    error, request_id = invoke(functions, name)
    assert error is None
    assert said(name, "registered") == [
        [200, {"functionName": name, "functionVersion": "$LATEST", "handler": "index.handler"}]
    ]
    [event] = said(name, "event")
    deadline, tracing = event.pop("deadlineMs"), event.pop("tracing")
    assert event == {
        "eventType": "INVOKE",
        "requestId": request_id,
        "invokedFunctionArn": functions.get_function(FunctionName=name)["Configuration"]["FunctionArn"],
    }
    assert deadline > 1_600_000_000_000
    assert tracing["type"] == "X-Amzn-Trace-Id" and re.fullmatch(
        "Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0", tracing["value"]
    )

    again = invoke(functions, name)[1]
    assert said(name, "event", 2)[1]["requestId"] == again
    stop(functions, name)
    event = said(name, "event", 3)[2]
    assert event.pop("deadlineMs") > deadline
    assert event == {"eventType": "SHUTDOWN", "shutdownReason": "spindown"}
    lines = log_of(name, "EXTENSION")
    assert "EXTENSION\tName: follower\tState: Ready\tEvents: [INVOKE,SHUTDOWN]\n" in lines
    assert len([line for line in lines if line.startswith("REPORT")]) == 2
