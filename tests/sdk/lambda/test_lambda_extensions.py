"""Extensions beside a function: the Extensions API, the phases of a sandbox, and telemetry."""

import datetime
import json
import pathlib
import re
import threading
import time

import boto3
import changes
import orderly_server
import pytest
from orderly_fixtures import ACCOUNT, LAMBDA_TRUST, REGION, zip_of

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
    reply = ask("PUT", path, body, Lambda_Extension_Identifier=identifier, Content_Type="application/json")
    open("/tmp/subscribed", "w").close()
    return reply

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

# It prints each batch that it gets; how it subscribes follows.
TELEMETRY = API + """
identifier = register("INVOKE", "SHUTDOWN")[1]["Lambda-Extension-Identifier"]
def batch(path, events):
    for event in events:
        event["at"] = path
        sys.stdout.write("SAID " + json.dumps(["told", event]) + "\\n")
    sys.stdout.flush()
def subscription(**others):
    return {"schemaVersion": "2022-12-13", "types": ["platform", "function"],
            "destination": {"protocol": "HTTP", "URI": "http://sandbox.localdomain:4243/in/here"},
            "buffering": {"maxItems": 1000, "maxBytes": 262144, "timeoutMs": 25}, **others}
def follow():
    while next_event(identifier)[2]["eventType"] != "SHUTDOWN":
        pass
    time.sleep(1.5)  # of the two seconds that it has
"""
# It asks for its first event together with its subscription: who sees that it has subscribed knows that it is ready.
TOLD_BY_HTTP = TELEMETRY + """
import socket
listen(batch)
host = os.environ["AWS_LAMBDA_RUNTIME_API"]
api = socket.create_connection(host.split(":"))
def request(line, data=b""):
    return f"{line} HTTP/1.1\\r\\nHost: {host}\\r\\nLambda-Extension-Identifier: {identifier}\\r\\nContent-Length: {len(data)}\\r\\n\\r\\n".encode() + data
def reply():
    read = http.client.HTTPResponse(api)
    read.begin()
    return [read.status, json.loads(read.read())]
api.sendall(request("PUT /2022-07-01/telemetry", json.dumps(subscription()).encode()) + request("GET /2020-01-01/extension/event/next"))
say("subscribed", reply())
open("/tmp/subscribed", "w").close()
if reply()[1]["eventType"] == "SHUTDOWN":
    time.sleep(1.5)
else:
    follow()
"""
# What a function begins with whose extension is to be told of its beginning.
WHEN_TOLD = """
import os, time
while not os.path.exists("/tmp/subscribed"):
    time.sleep(0.01)
"""

SAY = '''
def handler(event, context):
    print("the function says", json.dumps(event))
    return context.aws_request_id
import json
'''


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
        "Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0;Lineage=[0-9a-f]{8}:1", tracing["value"]
    )

    again = invoke(functions, name)[1]
    assert said(name, "event", 2)[1]["requestId"] == again
    stop(functions, name)
    event = said(name, "event", 3)[2]
    assert event.pop("deadlineMs") > 1_600_000_000_000
    assert event == {"eventType": "SHUTDOWN", "shutdownReason": "spindown"}
    lines = log_of(name, "EXTENSION")
    assert "EXTENSION\tName: follower\tState: Ready\tEvents: [INVOKE,SHUTDOWN]\n" in lines
    assert len([line for line in lines if line.startswith("REPORT")]) == 2


def test_an_extension_is_told_the_account_when_it_asks(functions, extended, said):
    name = extended(API + '''
status, headers, body = register("INVOKE", Lambda_Extension_Accept_Feature="other, accountId,")
say("registered", body)
while True:
    next_event(headers["Lambda-Extension-Identifier"])
''')
    assert invoke(functions, name)[0] is None
    [body] = said(name, "registered")
    assert body == {
        "functionName": name, "functionVersion": "$LATEST", "handler": "index.handler", "accountId": ACCOUNT,
    }


def test_an_extension_gets_the_functions_environment_but_what_is_the_runtimes(functions, extended, said):
    name = extended(API + '''
say("environment", dict(os.environ))
say("folder", os.getcwd())
identifier = register("INVOKE")[1]["Lambda-Extension-Identifier"]
while True:
    next_event(identifier)
''', """
import os
def handler(event, context):
    return dict(os.environ)
""", Environment={"Variables": {"COLOUR": "green"}})
    error, own = invoke(functions, name)
    [extensions], [folder] = said(name, "environment"), said(name, "folder")
    runtime_only = {
        "AWS_EXECUTION_ENV", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_XRAY_CONTEXT_MISSING",
        "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT", "_HANDLER",
    }
    added_by_python = {"LC_CTYPE", "_X_AMZN_TRACE_ID"}
    assert error is None and folder == "/"
    assert set(own) - set(extensions) - added_by_python == runtime_only
    same = set(extensions) - added_by_python
    assert {key: extensions[key] for key in same} == {key: own[key] for key in same}
    assert extensions["COLOUR"] == "green" and extensions["AWS_SESSION_TOKEN"] == own["AWS_SESSION_TOKEN"]


def test_the_functions_program_starts_when_all_extensions_have_registered(functions, extended, said):
    waits = API + '''
def wait_for(path):
    while not os.path.exists(path):
        time.sleep(0.01)
'''
    name = extended({
        "a": waits + '''
identifier = register("INVOKE")[1]["Lambda-Extension-Identifier"]
open("/tmp/a", "w").close()
while True:
    next_event(identifier)
''',
        "b": waits + '''
wait_for("/tmp/a")
say("function", os.path.exists("/tmp/function"))
identifier = register("INVOKE")[1]["Lambda-Extension-Identifier"]
wait_for("/tmp/function")
while True:
    next_event(identifier)
'''}, """
open("/tmp/function", "w").close()
def handler(event, context):
    return "done"
""")
    assert invoke(functions, name) == (None, "done")
    assert said(name, "function") == [False]


def test_the_functions_program_gets_sigterm_before_extensions_get_shutdown(functions, extended, said):
    name = extended(API + '''
identifier = register("INVOKE", "SHUTDOWN")[1]["Lambda-Extension-Identifier"]
while next_event(identifier)[2]["eventType"] != "SHUTDOWN":
    pass
say("goodbye of the function", os.path.exists("/tmp/goodbye"))
''', """
import signal, sys
def goodbye(number, frame):
    open("/tmp/goodbye", "w").close()
    sys.exit(0)
signal.signal(signal.SIGTERM, goodbye)
def handler(event, context):
    return "done"
""")
    assert invoke(functions, name) == (None, "done")
    stop(functions, name)
    assert said(name, "goodbye of the function") == [True]


def runs(program):
    """Does a process of that program run on this machine?"""
    for process in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if any(program in word for word in process.read_text().split("\0")[:3]):
                return True
        except OSError:
            pass
    return False


def test_an_extension_that_ignores_its_shutdown_is_killed(functions, extended, unique, wait_until):
    extension = unique("stays")
    name = extended({extension: API + '''
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
identifier = register("INVOKE", "SHUTDOWN")[1]["Lambda-Extension-Identifier"]
while next_event(identifier)[2]["eventType"] != "SHUTDOWN":
    pass
time.sleep(600)
'''})
    assert invoke(functions, name)[0] is None
    assert runs(extension)
    stop(functions, name)
    wait_until(lambda: not runs(extension), what="the end of the extension")


def test_an_extension_without_events_holds_nobody(functions, extended, log_of):
    name = extended(API + '''
identifier = register()[1]["Lambda-Extension-Identifier"]
next_event(identifier)
''')
    for _ in range(3):
        assert invoke(functions, name)[0] is None
    assert "EXTENSION\tName: follower\tState: Ready\tEvents: []\n" in log_of(name, "EXTENSION")


# --- internal extensions -----------------------------------------------------------------------

INTERNAL = API.replace("NAME = os.path.basename(sys.argv[0])", 'NAME = "internal"') + """
registered = register("INVOKE")
identifier = registered[1]["Lambda-Extension-Identifier"]
events, seen = [], threading.Semaphore(0)
def follow():
    while True:
        status, headers, event = next_event(identifier)
        events.append(event)
        seen.release()
threading.Thread(target=follow, daemon=True).start()
"""


def test_an_internal_extension_gets_invocations_only(functions, make_function, log_of):
    name = make_function(INTERNAL + """
refused = register("INVOKE", "SHUTDOWN", name="other")
same = register("INVOKE")
def handler(event, context):
    seen.acquire()
    late = register("INVOKE", name="late")
    return {"registered": registered[2], "events": events, "refused": [refused[0], refused[2]],
            "same": [same[0], same[2]], "late": [late[0], late[2]], "id": context.aws_request_id}
""")
    error, answer = invoke(functions, name)
    assert error is None, answer
    assert answer["registered"] == {
        "functionName": name, "functionVersion": "$LATEST", "handler": "index.handler",
    }
    [event] = answer["events"]
    assert (event["eventType"], event["requestId"]) == ("INVOKE", answer["id"])
    assert answer["refused"] == [403, {
        "errorMessage": "SHUTDOWN: ShutdownEventNotSupportedForInternalExtension",
        "errorType": "Extension.InvalidEventType",
    }]
    assert answer["same"] == [403, {
        "errorMessage": "Extension with this name already registered",
        "errorType": "Extension.InvalidExtensionState",
    }]
    assert answer["late"] == [403, {
        "errorMessage": "Extension registration closed already", "errorType": "Extension.RegistrationClosed",
    }]
    error, answer = invoke(functions, name)
    assert [event["requestId"] for event in answer["events"]][1] == answer["id"]
    assert "EXTENSION\tName: internal\tState: Ready\tEvents: [INVOKE]\n" in log_of(name, "EXTENSION")


def test_a_sandbox_has_at_most_ten_extensions(functions, extended, make_function, log_of):
    internal = API + """
statuses = []
for i in range(%d):
    status, headers, body = register(name="internal%%d" %% i)
    statuses.append([status, body if status != 200 else None])
    if status == 200:
        threading.Thread(target=next_event, args=[headers["Lambda-Extension-Identifier"]], daemon=True).start()
def handler(event, context):
    return statuses
"""
    too_many = [403, {"errorMessage": "Extension limit (10) reached", "errorType": "Extension.TooManyExtensions"}]
    name = make_function(internal % 11)
    assert invoke(functions, name) == (None, [[200, None]] * 10 + [too_many])

    waits = API + 'next_event(register()[1]["Lambda-Extension-Identifier"])'
    ten = {f"waits{i}": waits for i in range(10)}
    name = extended(ten, internal % 1, MemorySize=1024)
    assert invoke(functions, name) == (None, [too_many])
    name = extended({**ten, "waits10": waits}, internal % 1, MemorySize=1024)
    error, answer = invoke(functions, name)
    assert (error, answer["errorType"]) == ("Unhandled", "Extension.LaunchError")
    message = r"RequestId: [0-9a-f-]{36} Error: ErrTooManyExtensions"
    assert re.fullmatch(message, answer["errorMessage"])
    lines = log_of(name, "REPORT")
    assert [line for line in lines if line.startswith("EXTENSION")] == [
        *[f"EXTENSION\tName: waits{i}\tState: Started\tEvents: []\n" for i in (0, 1, 10, *range(2, 9))],
        "EXTENSION\tName: waits9\tState: LaunchError\tEvents: []\tError Type: TooManyExtensions\n",
    ]
    assert [line for line in lines if re.match(message, line)]


# --- clients that lie --------------------------------------------------------------------------


def test_wrong_requests_are_refused_as_on_aws(functions, extended, said):
    name = extended(API + """
STRANGER = "11111111-2222-3333-4444-555555555555"
def refused(reply):
    say("refused", [reply[0], reply[2]["errorType"], reply[2]["errorMessage"]])
path = "/2020-01-01/extension/"
refused(ask("POST", path + "register", {"events": []}))
refused(ask("POST", path + "register", b"{", Lambda_Extension_Name=NAME))
refused(ask("POST", path + "register", b"[]", Lambda_Extension_Name=NAME))
refused(ask("POST", path + "register", {"events": "INVOKE"}, Lambda_Extension_Name=NAME))
refused(ask("POST", path + "register", {"events": [1]}, Lambda_Extension_Name=NAME))
refused(ask("POST", path + "register", {"configurationKeys": ["a"]}, Lambda_Extension_Name=NAME))
refused(ask("POST", path + "register", {"events": [], "x": "y" * 65536}, Lambda_Extension_Name=NAME))
refused(register("INVOKE", "abcdef"))
refused(next_event(STRANGER))
identifier = register("INVOKE")[1]["Lambda-Extension-Identifier"]
refused(register("INVOKE"))
refused(ask("GET", path + "event/next"))
refused(next_event("x"))
refused(next_event(STRANGER))
refused(ask("POST", path + "init/error", {}, Lambda_Extension_Identifier=identifier))
refused(ask("POST", path + "init/error", {}, Lambda_Extension_Function_Error_Type="Fatal.X"))
first_refusal = threading.Semaphore(0)
def wait():
    while True:
        reply = next_event(identifier)
        if reply[0] != 200:
            refused(reply)
            first_refusal.release()
            return
for _ in range(2):
    threading.Thread(target=wait).start()
first_refusal.acquire()
refused(ask("POST", path + "init/error", {}, Lambda_Extension_Identifier=identifier,
            Lambda_Extension_Function_Error_Type="Fatal.X"))
open("/tmp/go", "w").close()
""", """
import os, time
while not os.path.exists("/tmp/go"):
    time.sleep(0.01)
def handler(event, context):
    return "done"
""")
    assert invoke(functions, name) == (None, "done")
    found = said(name, "refused", 17)
    identifier = re.search("extension ([0-9a-f-]{36})", found[-1][2])[1]
    unknown = [403, "Extension.UnknownExtensionIdentifier",
               "Unknown extension 11111111-2222-3333-4444-555555555555"]
    missing = [403, "Extension.MissingExtensionIdentifier", "Missing Lambda-Extension-Identifier header"]
    transition = "State transition from {} to {} failed for extension {}. Error: State transition is not allowed"
    assert found == [
        [403, "Extension.InvalidExtensionName", "Empty extension name"],
        [403, "InvalidRequestFormat", "the body is not a JSON object"],
        [403, "InvalidRequestFormat", "the body is not a JSON object"],
        [403, "InvalidRequestFormat", "events must be an array"],
        [403, "InvalidRequestFormat", "events must be strings"],
        [403, "InvalidRequestFormat", "configurationKeys are deprecated; use environment variables instead"],
        [403, "InvalidRequestFormat", "the body is not a JSON object"],
        [403, "Extension.InvalidEventType", "abcdef: ErrorInvalidEventType"],
        unknown,
        [403, "Extension.InvalidExtensionState", transition.format("Registered", "Registered", "follower")],
        missing,
        [403, "Extension.InvalidExtensionIdentifier", "Invalid Lambda-Extension-Identifier"],
        unknown,
        [403, "Extension.MissingHeader", "Lambda-Extension-Function-Error-Type not found"],
        missing,
        [403, "Extension.InvalidExtensionState", transition.format("Ready", "Ready", identifier)],
        [403, "Extension.InvalidExtensionState", transition.format("Ready", "InitError", identifier)],
    ]


# --- failures ----------------------------------------------------------------------------------

CRASHES = API + """
identifier = register("INVOKE", "SHUTDOWN")[1]["Lambda-Extension-Identifier"]
while True:
    event = next_event(identifier)[2]
    while event["eventType"] == "INVOKE" and not os.path.exists("/tmp/answer"):
        if os.path.exists("/tmp/crash"):
            os._exit(3)
        time.sleep(0.01)
    if event["eventType"] == "SHUTDOWN":
        break
"""


def test_an_extension_that_crashes_fails_the_invocation(functions, extended, log_of):
    name = extended(CRASHES, """
import time
def handler(event, context):
    open("/tmp/" + event, "w").close()
    while event == "crash":
        time.sleep(1)
    return event
""")
    error, answer = invoke(functions, name, "crash")
    assert error == "Unhandled"
    request_id = re.search("RequestId: ([0-9a-f-]{36})", answer["errorMessage"])[1]
    assert answer == {"errorType": "Extension.Crash", "errorMessage": f"RequestId: {request_id} Error: exit status 3"}
    log_of(name, f"REPORT RequestId: {request_id}")
    assert any("Status: error\tError Type: Extension.Crash" in line for line in log_of(name))
    assert invoke(functions, name, "answer") == (None, "answer")


# Its process ends as soon as it is told of an event of that type.
CRASHES_WHEN_TOLD = TELEMETRY + """
def crash(path, events):
    if any(event["type"] == %r for event in events):
        os._exit(3)
listen(crash)
subscribe(identifier, subscription(types=["platform"]))
"""


def test_an_extension_that_crashes_after_the_answer_fails_only_the_sandbox(functions, extended, log_of):
    name = extended(CRASHES_WHEN_TOLD % "platform.runtimeDone" + """
next_event(identifier)
time.sleep(600)
""", "def handler(event, context):\n    return 'answer'\n")
    assert invoke(functions, name) == (None, "answer")
    log_of(name, "Status: error\tError Type: Extension.Crash")
    assert invoke(functions, name) == (None, "answer")


@pytest.mark.parametrize("extension, kind, message, line", [
    ("sys.exit(0)", "Crash", "exit code 0", "State: Exited\tEvents: []"),
    ("os.kill(os.getpid(), 9)", "Crash", "signal: killed", "State: Exited\tEvents: []"),
    ("""
identifier = register("INVOKE")[1]["Lambda-Extension-Identifier"]
ask("POST", "/2020-01-01/extension/init/error", {}, Lambda_Extension_Identifier=identifier,
    Lambda_Extension_Function_Error_Type="Fatal.NoKey")
""", "InitError", "exit code 0", "State: InitError\tEvents: [INVOKE]\tError Type: Fatal.NoKey"),
    ("""
identifier = register("SHUTDOWN")[1]["Lambda-Extension-Identifier"]
ask("POST", "/2020-01-01/extension/exit/error", {}, Lambda_Extension_Identifier=identifier,
    Lambda_Extension_Function_Error_Type="Fatal.NoKey")
sys.exit(2)
""", "ExitError", "exit status 2", "State: ExitError\tEvents: [SHUTDOWN]\tError Type: Fatal.NoKey"),
])
def test_an_extension_that_does_not_begin_fails_the_invocation(functions, extended, log_of, extension, kind,
                                                               message, line):
    name = extended(API + extension)
    error, answer = invoke(functions, name)
    assert (error, answer["errorType"]) == ("Unhandled", f"Extension.{kind}")
    assert re.fullmatch(f"RequestId: [0-9a-f-]{{36}} Error: {message}", answer["errorMessage"])
    assert f"EXTENSION\tName: follower\t{line}\n" in log_of(name, "EXTENSION")


def test_an_extension_that_cannot_be_started_fails_the_invocation(functions, extended, log_of):
    name = extended("#!/no/such/interpreter\n")
    error, answer = invoke(functions, name)
    assert (error, answer["errorType"]) == ("Unhandled", "Extension.LaunchError")
    assert re.fullmatch(
        r"RequestId: [0-9a-f-]{36} Error: fork/exec /opt/extensions/follower: no such file or directory \(the "
        r"interpreter that its first line names is not there\)", answer["errorMessage"])
    line = "EXTENSION\tName: follower\tState: LaunchError\tEvents: []\tError Type: UnknownError\n"
    assert line in log_of(name, "EXTENSION")


@pytest.mark.parametrize("source, kind", [
    ("raise RuntimeError('no')", "RuntimeError"), ("import os; print('no', flush=True); os._exit(3)", "Runtime.ExitError"),
])
def test_a_function_that_does_not_begin_is_told_to_its_extensions(functions, extended, said, log_of, source, kind):
    name = extended(TOLD_BY_HTTP, WHEN_TOLD + source)
    error, answer = invoke(functions, name)
    assert (error, answer["errorType"]) == ("Unhandled", kind)
    events = said(name, "told", 9)
    assert kinds_of(events) == [
        "platform.initStart", "platform.telemetrySubscription", "function", "platform.initRuntimeDone",
        "platform.extension", "platform.initReport", "platform.start", "platform.runtimeDone", "platform.report",
    ]
    failed = {"status": "error", "errorType": kind}
    record = {"initializationType": "on-demand", "phase": "init", **failed}
    assert events[3]["record"] == record
    assert events[5]["record"].pop("metrics")["durationMs"] >= 0 and events[5]["record"] == record
    request_id = events[6]["record"]["requestId"]
    for event in events[7:]:
        assert event["record"].pop("metrics")["durationMs"] == 0 and event["record"] == {"requestId": request_id, **failed}
    assert "EXTENSION\tName: follower\tState: Ready\tEvents: [INVOKE,SHUTDOWN]\n" in log_of(name)


def own_extension(server):
    """The name of the extension that own() makes: extensions of other servers have others."""
    return f"of-port-{server.port}"


def own(server):
    """A client of Lambda at that server, and a function with an extension there."""

    def make(extension, source=SAY, **arguments):
        def client(service):
            return boto3.client(service, endpoint_url=server.endpoint, region_name=REGION,
                                aws_access_key_id="test", aws_secret_access_key="test")

        role = client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=LAMBDA_TRUST)["Role"]["Arn"]
        client("iam").attach_role_policy(
            RoleName="r", PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")
        functions = client("lambda")
        layer = functions.publish_layer_version(
            LayerName="layer", Content={"ZipFile": zip_of({f"extensions/{own_extension(server)}": extension})})
        functions.create_function(
            FunctionName="f", Runtime="python3.11", Handler="index.handler", Role=role,
            Layers=[layer["LayerVersionArn"]], Code={"ZipFile": zip_of({"index.py": source})}, **{"Timeout": 30, **arguments})
        functions.get_waiter("function_active_v2").wait(FunctionName="f", WaiterConfig={"Delay": 1})
        return functions

    return make


def test_an_extension_that_never_registers_ends_at_the_deadline(own_server, wait_until):
    functions = own(own_server)(API + "time.sleep(600)", Timeout=3)
    answers = []
    caller = threading.Thread(target=lambda: answers.append(invoke(functions, "f")))
    caller.start()
    wait_until(lambda: runs(own_extension(own_server)), what="the extension")
    orderly_server.advance_clock(own_server.endpoint, 30)
    caller.join()
    [(error, answer)] = answers
    assert (error, answer["errorType"]) == ("Unhandled", "Sandbox.Timedout")


@pytest.mark.parametrize("registers", [
    "register('INVOKE', 'SHUTDOWN')",  # and does not ask for its first event
    "next_event(register('INVOKE', name='another')[1]['Lambda-Extension-Identifier'])",  # by another name than its file's
], ids=["asks for nothing", "another name"])
def test_an_extension_that_does_not_become_ready_ends_at_the_deadline(own_server, wait_until, registers):
    functions = own(own_server)(API + f"""
threading.Thread(target=lambda: {registers}).start()
time.sleep(600)
""", Timeout=3)
    answers = []
    caller = threading.Thread(target=lambda: answers.append(invoke(functions, "f")))
    caller.start()
    wait_until(lambda: runs(own_extension(own_server)), what="the extension")
    while not answers:
        orderly_server.advance_clock(own_server.endpoint, 15)
        caller.join(1)
    [(error, answer)] = answers
    assert (error, answer["errorType"]) == ("Unhandled", "Sandbox.Timedout")
    wait_until(lambda: not runs(own_extension(own_server)), what="the end of the extension")


def test_an_extension_that_ends_between_invocations_fails_none(own_server, wait_until):
    functions = own(own_server)(CRASHES_WHEN_TOLD % "platform.report" + "follow()",
                                "def handler(event, context):\n    return 'answer'\n")
    for _ in range(2):
        assert invoke(functions, "f") == (None, "answer")
        wait_until(lambda: changes.rows(own_server, "select count(*) from lambda_sandbox") == [(0,)], what="the server to know of it")


def test_an_idle_sandbox_spins_down_after_five_minutes(own_server, wait_until):
    functions = own(own_server)(API + """
identifier = register("INVOKE", "SHUTDOWN")[1]["Lambda-Extension-Identifier"]
while next_event(identifier)[2]["eventType"] != "SHUTDOWN":
    pass
""")
    assert invoke(functions, "f")[0] is None
    assert runs(own_extension(own_server))
    orderly_server.advance_clock(own_server.endpoint, 301)
    wait_until(lambda: not runs(own_extension(own_server)), what="the end of the extension")


def test_extensions_run_without_a_sandbox_too():
    server = orderly_server.Server("--sandbox", "off").start()
    try:
        functions = own(server)(FOLLOW)
        error, answer = invoke(functions, "f")
        assert error is None, (answer, server.log)
        functions.delete_function(FunctionName="f")
        orderly_server.wait_until(lambda: not runs(own_extension(server)), what="the end of the extension")
    finally:
        server.end()


def test_an_extensions_memory_is_the_sandboxs(functions, extended):
    name = extended(API + """
identifier = register("INVOKE")[1]["Lambda-Extension-Identifier"]
next_event(identifier)
kept = [bytearray(1 << 20) for _ in range(400)]
for one in kept:
    one[::4096] = b"x" * len(one[::4096])
time.sleep(60)
""", "import time\ndef handler(event, context):\n    time.sleep(60)\n", Timeout=30)
    error, answer = invoke(functions, name)
    # The kernel may notice first, and kills the extension only.
    assert error == "Unhandled" and answer["errorType"] in ("Runtime.OutOfMemory", "Extension.Crash"), answer


def test_extensions_of_a_deleted_function_end(functions, extended, unique, wait_until):
    extension = unique("busy")
    name = extended({extension: API + """
identifier = register("INVOKE", "SHUTDOWN")[1]["Lambda-Extension-Identifier"]
next_event(identifier)
time.sleep(600)
"""}, Timeout=300)
    assert invoke(functions, name)[0] is None
    assert runs(extension)
    functions.delete_function(FunctionName=name)
    wait_until(lambda: not runs(extension), what="the end of the extension")


def test_a_function_that_ignores_sigterm_does_not_keep_the_shutdown_from_extensions(functions, extended, said):
    name = extended(FOLLOW, """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
def handler(event, context):
    return "done"
""")
    assert invoke(functions, name) == (None, "done")
    stop(functions, name)
    assert said(name, "event", 2)[1]["shutdownReason"] == "spindown"


def test_a_log_in_json_has_the_extensions_as_events(functions, extended, log_of):
    name = extended(TELEMETRY + """
listen(lambda *nothing: None)
subscribe(identifier, subscription(types=["platform"]))
follow()
""", LoggingConfig={"LogFormat": "JSON"})
    assert invoke(functions, name)[0] is None
    lines = [json.loads(line) for line in log_of(name, "platform.report") if '"type":"platform.' in line]
    found = {line["type"]: line["record"] for line in lines}
    assert found["platform.extension"] == {"name": "follower", "state": "Ready", "events": ["INVOKE", "SHUTDOWN"]}
    assert found["platform.telemetrySubscription"] == {
        "name": "follower", "state": "Subscribed", "types": ["platform"],
    }


def test_messages_of_a_queue_reach_a_function_with_extensions(client, make_layer, triggered, wait_empty, said):
    name, queue, _ = triggered(function={"Layers": [make_layer({"follower": FOLLOW})]})
    client("sqs").send_message(QueueUrl=queue, MessageBody="one")
    wait_empty(queue)
    assert said(name, "event")[0]["eventType"] == "INVOKE"


@pytest.mark.parametrize("handler, reason, kind", [
    ("import os; os._exit(1)", "failure", "Runtime.ExitError"),
    ("import time; time.sleep(600)", "timeout", "Sandbox.Timedout"),
])
def test_extensions_are_told_why_the_sandbox_ends(functions, extended, said, time_out, handler, reason, kind):
    name = extended(FOLLOW, f"def handler(event, context):\n    print('running', flush=True)\n    {handler}\n")
    if reason == "timeout":
        error, answer = time_out(name, invoke, functions, name)
    else:
        error, answer = invoke(functions, name)
    assert (error, answer["errorType"]) == ("Unhandled", kind)
    assert said(name, "event", 2)[1]["shutdownReason"] == reason


def test_extensions_are_told_that_the_functions_memory_was_not_enough(functions, extended, said):
    name = extended(FOLLOW, """
def handler(event, context):
    kept = [bytearray(1 << 20) for _ in range(1000)]
    for one in kept:
        one[::4096] = b"x" * len(one[::4096])
""", MemorySize=256)
    error, answer = invoke(functions, name)
    assert (error, answer["errorType"]) == ("Unhandled", "Runtime.OutOfMemory")
    assert "Runtime exited with error: signal: killed" in answer["errorMessage"]
    _, event = said(name, "event", 2)
    assert (event["eventType"], event["shutdownReason"]) == ("SHUTDOWN", "failure")
    assert invoke(functions, name)[0] == "Unhandled"  # in another sandbox


# It prints the events that it gets; the log outlives the server.
NOTES = API + """
identifier = register("INVOKE", "SHUTDOWN")[1]["Lambda-Extension-Identifier"]
while True:
    event = next_event(identifier)[2]
    print("NOTED", event["eventType"], event.get("shutdownReason"), event["deadlineMs"] - time.time() * 1000 <= 2000, flush=True)
    if event["eventType"] == "SHUTDOWN":
        time.sleep(%s)
        print("NOTED goes", flush=True)
        break
"""


@pytest.mark.parametrize("seconds, source", [
    (0, SAY), (60, SAY), (0, "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + SAY),
], ids=["ends", "stays", "a function that ignores SIGTERM"])
def test_extensions_are_told_that_the_server_stops(seconds, source):
    server = orderly_server.Server().start()
    try:
        functions = own(server)(NOTES % seconds, source)
        assert invoke(functions, "f")[0] is None
        server.stop()
        assert not runs(own_extension(server))
        server.start()
        lines = noted(server)
        assert lines[:2] == ["NOTED INVOKE None False", "NOTED SHUTDOWN spindown True"]
        assert ("NOTED goes" in lines) == (seconds < 2)
    finally:
        server.end()


def test_an_invocation_that_the_servers_stop_interrupts_runs_again_after_the_start():
    server = orderly_server.Server().start()
    try:
        functions = own(server)(NOTES % 0, "import time\ndef handler(event, context):\n    print('NOTED runs', flush=True)\n    time.sleep(event)\n",
                                Timeout=60)
        functions.invoke(FunctionName="f", InvocationType="Event", Payload=b"30")
        orderly_server.wait_until(lambda: "NOTED runs" in noted(server), what="the invocation")
        server.stop()
        server.start()
        orderly_server.wait_until(lambda: noted(server).count("NOTED runs") == 2, what="the invocation again")
        assert "NOTED SHUTDOWN spindown True" in noted(server)
    finally:
        server.end()


def noted(server):
    """What NOTES has printed in the server's function."""
    logs = boto3.client("logs", endpoint_url=server.endpoint, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test")
    try:
        found = logs.filter_log_events(logGroupName="/aws/lambda/f", filterPattern="NOTED")["events"]
    except logs.exceptions.ResourceNotFoundException:
        return []
    return [one["message"].strip() for one in found]


def test_an_extensions_work_after_the_answer_counts_for_the_timeout(functions, extended, said, log_of, advance_clock):
    name = extended({"follower": FOLLOW, "slow": API + """
identifier = register("INVOKE")[1]["Lambda-Extension-Identifier"]
next_event(identifier)
time.sleep(600)
"""})
    error, request_id = invoke(functions, name)
    assert error is None
    advance_clock(30)
    assert said(name, "event", 2)[1]["shutdownReason"] == "timeout"
    lines = log_of(name, "REPORT RequestId: " + request_id)
    assert any(f"{request_id} Task timed out after 30.00 seconds" in line for line in lines)
    [report] = [line for line in lines if line.startswith("REPORT")]
    assert "Status: timeout" in report


def test_the_log_of_an_answered_invocation_is_complete_when_the_extensions_are_done(functions, extended, log_of):
    name = extended(API + """
identifier = register("INVOKE")[1]["Lambda-Extension-Identifier"]
while True:
    next_event(identifier)
    time.sleep(0.2)
    print("the extension is done", flush=True)
""")
    error, request_id = invoke(functions, name)
    assert error is None
    lines = log_of(name, "REPORT")
    kinds = [line.split("\t")[0].split(" RequestId")[0].strip() for line in lines]
    assert kinds[:3] == ["INIT_START Runtime Version: " + lines[0].split("\t")[0].split(": ")[1], "EXTENSION", "START"]
    assert sorted(kinds[3:5]) == ["the extension is done", "the function says null"]  # of two processes
    assert kinds[5:] == ["END", "REPORT"]
    again = invoke(functions, name, LogType="Tail")
    assert again[0] is None


# --- telemetry ---------------------------------------------------------------------------------

def kinds_of(events):
    return [event["type"] for event in events]


def spans_of(record):
    """The names of a record's spans, which follow one another, and their duration in all."""
    spans = record.pop("spans")
    starts = [datetime.datetime.fromisoformat(span["start"]) for span in spans]
    for start, span, following in zip(starts, spans, starts[1:]):
        assert following - start == datetime.timedelta(milliseconds=span["durationMs"])
    assert all(set(span) == {"name", "start", "durationMs"} for span in spans)
    return [span["name"] for span in spans], sum(span["durationMs"] for span in spans)


def test_an_extension_is_told_what_happens_in_its_sandbox(client, functions, extended, said, log_of):
    name = extended(TOLD_BY_HTTP, WHEN_TOLD + SAY)
    error, request_id = invoke(functions, name, {"a": 1})
    assert error is None
    assert said(name, "subscribed") == [[200, "OK"]]
    events = said(name, "told", 9)
    assert kinds_of(events) == [
        "platform.initStart", "platform.telemetrySubscription", "platform.initRuntimeDone", "platform.extension",
        "platform.initReport", "platform.start", "function", "platform.runtimeDone", "platform.report",
    ]
    assert {event["at"] for event in events} == {"/in/here"}
    times = [event["time"] for event in events]
    assert times == sorted(times) and all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z", at) for at in times)
    records = [event["record"] for event in events]
    init = {"initializationType": "on-demand", "phase": "init"}
    assert re.fullmatch("python:3.*", records[0].pop("runtimeVersion")) and ":runtime:" in records[0].pop("runtimeVersionArn")
    [stream] = [one["logStreamName"] for one in client("logs").describe_log_streams(logGroupName=f"/aws/lambda/{name}")["logStreams"]]
    assert records[0] == {**init, "functionName": name, "functionVersion": "$LATEST", "instanceId": stream,
                          "instanceMaxMemory": 128 << 20}
    assert records[1] == {"name": "follower", "state": "Subscribed", "types": ["platform", "function"]}
    assert records[2] == {**init, "status": "success"}
    assert records[3] == {"name": "follower", "state": "Ready", "events": ["INVOKE", "SHUTDOWN"]}
    assert records[5] == {"requestId": request_id, "version": "$LATEST"}
    assert records[6] == 'the function says {"a": 1}'
    assert records[4].pop("metrics")["durationMs"] >= 0 and records[4] == {**init, "status": "success"}
    duration = records[7]["metrics"].pop("durationMs")
    assert spans_of(records[7]) == (["responseLatency", "responseDuration", "runtimeOverhead"], duration)
    assert records[7] == {"requestId": request_id, "status": "success", "metrics": {"producedBytes": len(request_id) + 2}}
    [names, overhead] = spans_of(records[8])
    assert names == ["extensionOverhead"] and records[8]["metrics"]["durationMs"] == duration + overhead
    metrics = records[8].pop("metrics")
    assert records[8] == {"requestId": request_id, "status": "success"}
    assert set(metrics) == {"durationMs", "billedDurationMs", "memorySizeMB", "maxMemoryUsedMB", "initDurationMs"}
    assert metrics["memorySizeMB"] == 128
    assert metrics["billedDurationMs"] == metrics["durationMs"] + metrics["initDurationMs"]
    assert "TELEMETRY\tName: follower\tState: Subscribed\tTypes: [Platform, Function]\n" in log_of(name)


def test_the_time_of_a_streamed_answer_is_told(client, functions, extended, said, make_role, make_queue):
    """It begins when the first piece has come to the server."""
    queue = make_queue()
    name = extended(TELEMETRY + """
listen(batch)
subscribe(identifier, subscription(types=["platform"]))
follow()
""", {"index.mjs": """import { existsSync } from 'node:fs';
while (!existsSync('/tmp/subscribed')) await new Promise((resolve) => setTimeout(resolve, 10));
export const handler = awslambda.streamifyResponse(async (event, stream) => {
  stream.write('one');
  const sqs = new (await import('@aws-sdk/client-sqs')).SQS({});
  while (!(await sqs.receiveMessage({ QueueUrl: event, WaitTimeSeconds: 1 })).Messages?.length);
  stream.end('three');
});
"""}, Runtime="nodejs20.x", MemorySize=256, Role=make_role(["sqs:ReceiveMessage"]))
    events = iter(functions.invoke_with_response_stream(FunctionName=name, Payload=json.dumps(queue))["EventStream"])
    assert next(events) == {"PayloadChunk": {"Payload": b"one"}}
    time.sleep(0.3)
    client("sqs").send_message(QueueUrl=queue, MessageBody="go on")
    assert list(events) == [{"PayloadChunk": {"Payload": b"three"}}, {"InvokeComplete": {}}]
    [done] = [event["record"] for event in said(name, "told", 8) if event["type"] == "platform.runtimeDone"]
    assert done["metrics"]["producedBytes"] == len("onethree")
    assert done["spans"][1]["name"] == "responseDuration" and done["spans"][1]["durationMs"] >= 290
    assert spans_of(done)[1] == done["metrics"]["durationMs"]


def test_an_error_is_no_answer_in_telemetry(functions, extended, said):
    name = extended(TOLD_BY_HTTP, WHEN_TOLD + "def handler(event, context):\n    raise ValueError(event)\n")
    assert invoke(functions, name)[0] == "Unhandled"
    [done] = [event["record"] for event in said(name, "told", 9) if event["type"] == "platform.runtimeDone"]
    assert done["metrics"]["producedBytes"] == 0 and "spans" not in done


def test_telemetry_tells_provisioned_sandboxes_from_others(functions, extended, log_of, wait_until):
    name = extended(TOLD_BY_HTTP, WHEN_TOLD + SAY, Publish=True)
    functions.put_provisioned_concurrency_config(FunctionName=name, Qualifier="1", ProvisionedConcurrentExecutions=1)
    wait_until(lambda: functions.get_provisioned_concurrency_config(FunctionName=name, Qualifier="1")["Status"] == "READY",
               what="provisioned concurrency")
    functions.invoke(FunctionName=name, Qualifier="1")

    def inits():
        told = [json.loads(line[5:])[1] for line in log_of(name) if line.startswith('SAID ["told"')]
        found = [(one["type"], one["record"]["initializationType"]) for one in told if ".init" in one["type"]]
        return found if len(found) >= 3 else None

    assert set(wait_until(inits, what="telemetry")) == {
        (f"platform.init{what}", "provisioned-concurrency") for what in ("Start", "RuntimeDone", "Report")}
    assert re.search(r"^INIT_REPORT Init Duration: \d+\.00 ms\tPhase: init\t$", "".join(log_of(name, "INIT_REPORT")), re.M)


def test_what_is_left_is_told_before_the_extensions_end(functions, extended, said):
    name = extended(TELEMETRY + """
listen(batch)
subscribe(identifier, subscription(buffering={"timeoutMs": 30000}))
follow()
""", WHEN_TOLD + """
import signal, sys
def goodbye(number, frame):
    print("goodbye", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, goodbye)
def handler(event, context):
    if event:
        print("crashes", flush=True)
        import os; os._exit(3)
""")
    assert invoke(functions, name)[0] is None
    stop(functions, name)
    events = said(name, "told", 9)
    assert (events[-1]["type"], events[-1]["record"]) == ("function", "goodbye")
    assert invoke(functions, name, 1)[0] == "Unhandled"
    events = said(name, "told", 18)[9:]
    assert kinds_of(events)[-3:] == ["function", "platform.runtimeDone", "platform.report"]


def test_lines_reach_an_extension_by_tcp(functions, extended, said):
    name = extended(TELEMETRY + """
import socketserver
class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            batch("tcp", [json.loads(line)])
server = socketserver.ThreadingTCPServer(("0.0.0.0", 4243), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
tcp = {"protocol": "TCP", "port": 4243}
say("subscribed", subscribe(identifier, subscription(types=["function"], destination=tcp))[::2])
follow()
""")
    for i in range(3):
        assert invoke(functions, name, i)[0] is None
        events = said(name, "told", i + 1)
    assert [event["record"] for event in events] == [f"the function says {i}" for i in range(3)]


def test_an_extensions_own_lines_are_telemetry_too(functions, extended):
    name = extended(TELEMETRY + """
def once(path, events):
    if any("first" in str(event["record"]) for event in events):
        open("/tmp/told", "w").write(json.dumps([event["type"] for event in events]))
listen(once)
subscribe(identifier, subscription(types=["extension"]))
print("first", flush=True)
follow()
""", """
import os, time
def handler(event, context):
    while not os.path.exists("/tmp/told") or not open("/tmp/told").read():
        time.sleep(0.01)
    return open("/tmp/told").read()
""")
    error, told = invoke(functions, name)
    assert error is None and "extension" in json.loads(told)


@pytest.mark.parametrize("version, log_format, is_object", [
    ("2022-12-13", "JSON", True), ("2025-01-29", "JSON", True), ("2022-07-01", "JSON", False),
    ("2022-12-13", "Text", False),
])
def test_lines_in_json_are_objects_in_newer_versions_of_telemetry(functions, extended, said, version, log_format,
                                                                  is_object):
    name = extended(TELEMETRY + f"""
listen(batch)
subscribe(identifier, subscription(types=["function"], schemaVersion="{version}"))
follow()
""", """
import sys
def handler(event, context):
    sys.stdout.write('{"a": [1, "b"]}\\n{"a":\\n[1]\\n')
""", LoggingConfig={"LogFormat": log_format})
    assert invoke(functions, name)[0] is None
    records = [event["record"] for event in said(name, "told", 3)]
    assert records == [{"a": [1, "b"]} if is_object else '{"a": [1, "b"]}', '{"a":', "[1]"]


def test_an_endless_reply_to_a_batch_is_cut(functions, extended, said):
    name = extended(TELEMETRY + """
import socketserver
class Endless(socketserver.StreamRequestHandler):
    def handle(self):
        self.request.recv(65536)
        try:
            self.wfile.write(b"HTTP/1.1 200 OK\\r\\n\\r\\n")
            while True:
                self.wfile.write(bytes(65536))
        except OSError:
            say("cut", True)
server = socketserver.ThreadingTCPServer(("sandbox.localdomain", 4243), Endless)
threading.Thread(target=server.serve_forever, daemon=True).start()
subscribe(identifier, subscription(types=["function"]))
follow()
""")
    for i in range(2):
        assert invoke(functions, name)[0] is None
        said(name, "cut", i + 1)


def test_the_logs_api_has_its_own_events(functions, extended, said, log_of):
    name = extended(TELEMETRY + """
listen(batch)
body = subscription(schemaVersion="2021-03-18")
say("subscribed", subscribe(identifier, body, "/2020-08-15/logs")[::2])
say("other", subscribe(identifier, subscription())[::2])
follow()
""")
    assert invoke(functions, name)[0] is None
    assert said(name, "subscribed") == [[200, "OK"]]
    assert said(name, "other") == [[400, {
        "errorType": "ValidationError", "errorMessage": "The extension is subscribed by the Logs API already",
    }]]
    assert kinds_of(said(name, "told", 7)) == [
        "platform.logsSubscription", "platform.extension", "platform.start", "function", "platform.runtimeDone",
        "platform.end", "platform.report",
    ]
    assert "LOGS\tName: follower\tState: Subscribed\tTypes: [Platform, Function]\n" in log_of(name)


def test_the_logs_api_tells_of_the_end_of_a_program(functions, extended, said, log_of):
    name = extended(TELEMETRY + """
listen(batch)
subscribe(identifier, subscription(schemaVersion="2021-03-18", types=["platform"]), "/2020-08-15/logs")
follow()
""", "import os\ndef handler(event, context):\n    os._exit(3)\n")
    error, answer = invoke(functions, name)
    assert error == "Unhandled"
    events = said(name, "told", 7)
    assert kinds_of(events)[2:] == [
        "platform.start", "platform.runtimeDone", "platform.fault", "platform.end", "platform.report"]
    assert events[4]["record"] == answer["errorMessage"] + "\nRuntime.ExitError"
    assert events[4]["record"] + "\n" in log_of(name)


def test_a_subscriber_that_does_not_answer_holds_nobody(functions, extended):
    name = extended(TELEMETRY + """
import socket
silent = socket.create_server(("0.0.0.0", 4243))
subscribe(identifier, subscription(types=["platform", "function", "extension"]))
follow()
""")
    for i in range(20):
        assert invoke(functions, name, i)[0] is None


def test_wrong_subscriptions_are_refused_with_all_their_problems(functions, extended, said):
    name = extended(TELEMETRY + """
def try_(what, **others):
    reply = subscribe(identifier, subscription(**others))
    say(what, [reply[0], reply[2] if reply[0] == 200 else reply[2]["errorMessage"]])
def to(uri):
    return {"protocol": "HTTP", "URI": uri}
def buffer(**setting):
    return {"maxItems": 1000, "maxBytes": 262144, "timeoutMs": 25, **setting}
for version in ("2022-07-01", "2022-12-13", "2025-01-29", "2020-01-01", None):
    try_("version", schemaVersion=version)
for types in (["platform"], ["function", "extension"], [], None, ["other"], [1]):
    try_("types", types=types)
for uri in ("http://sandbox.localdomain:1", "http://sandbox:65535/x?y=z", "http://sandbox.localdomain:65536",
            "http://sandbox.localdomain", "http://sandbox.localdomain:9001", "https://sandbox.localdomain:1",
            "http://example.com:80", "sandbox", None, "http://sandbox.localdomain:1/" + "x" * 255,
            "http://sandbox.localdomain:1/" + "x" * 256):
    try_("uri", destination=to(uri))
for protocol in ("UDP", None):
    try_("protocol", destination={"protocol": protocol, "URI": "http://sandbox.localdomain:1"})
for port in (1, 65535, 0, 65536, -1, "1"):
    try_("port", destination={"protocol": "TCP", "port": port})
for items in (1000, 10000, 999, 10001, 1000.5, "1000", 10 ** 30):
    try_("items", buffering=buffer(maxItems=items))
for size in (262144, 1048576, 262143, 1048577):
    try_("bytes", buffering=buffer(maxBytes=size))
for ms in (25, 30000, 24, 30001):
    try_("ms", buffering=buffer(timeoutMs=ms))
for buffering in (None, {}, []):
    try_("buffering", buffering=buffering)
for body in (b"", b"{", b"[]", json.dumps(subscription(x="y" * 65536)).encode()):
    say("body", subscribe(identifier, body)[2]["errorMessage"])
say("several", subscribe(identifier, {"schemaVersion": "2022-07-01", "types": [], "destination": to(
    "http://sandbox.localdomain")})[::2])
thread = threading.Thread(target=follow)
thread.start()
while not os.path.exists("/tmp/function"):
    time.sleep(0.01)
say("late", subscribe(identifier, subscription())[::2])
say("late", subscribe(identifier, subscription(), "/2020-08-15/logs")[::2])
""", """
def handler(event, context):
    open("/tmp/function", "w").close()
""")
    assert invoke(functions, name)[0] is None
    said(name, "late", 2)
    ok = [200, "OK"]

    def bad(message):
        return [400, message]

    assert said(name, "version") == [ok, ok, ok, bad("schemaVersion is not supported"),
                                     bad("schemaVersion is not provided")]
    assert said(name, "types") == [ok, ok] + [bad("types should not be empty")] * 2 + [
        bad("types should be platform, function or extension")] * 2
    assert said(name, "uri") == [
        ok, ok, bad("port is out of range"), bad("URI port is not provided"), bad("port 9001 is reserved"),
        bad("URI scheme should be http"), bad("URI host should be sandbox.localdomain"), bad("URI is not valid"),
        bad("URI is not provided"), ok, bad("URI path is not valid"),
    ]
    assert said(name, "protocol") == [bad("protocol should be HTTP or TCP")] * 2
    assert said(name, "port") == [ok, ok, bad("URI port is not provided")] + [bad("port is out of range")] * 3
    assert said(name, "items") == [ok, ok] + [bad("maxItems should be between 1000 and 10000")] * 5
    assert said(name, "bytes") == [ok, ok] + [bad("maxBytes should be between 262144 and 1048576")] * 2
    assert said(name, "ms") == [ok, ok] + [bad("timeoutMs should be between 25 and 30000")] * 2
    assert said(name, "buffering") == [ok, ok, bad("buffering should be an object")]
    assert said(name, "body") == ["The request body is not a JSON object"] * 4
    assert said(name, "several") == [[400, {
        "errorType": "ValidationError", "errorMessage": "URI port is not provided; types should not be empty",
    }]]
    assert said(name, "late") == [
        [403, {"errorType": f"{api}.SubscriptionClosed", "errorMessage": f"{api} API subscription is closed already"}]
        for api in ("Telemetry", "Logs")
    ]


def test_an_extension_that_is_too_slow_is_told_how_much_it_has_missed(functions, extended):
    name = extended(TELEMETRY + """
state = {"function": 0, "dropped": 0}
def slow(path, events):
    while not os.path.exists("/tmp/printed"):
        time.sleep(0.01)
    for event in events:
        if event["type"] == "platform.logsDropped":
            state["dropped"] += event["record"]["droppedRecords"]
            state["reason"] = event["record"]["reason"]
            state["bytes"] = event["record"]["droppedBytes"]
        else:
            state["function"] += 1
    if state["dropped"] and state["function"] + state["dropped"] >= 20000:
        open("/tmp/result", "w").write(json.dumps(state))
listen(slow)
subscribe(identifier, subscription(types=["function"]))
follow()
""", """
import os, time
LINES = 20000
def handler(event, context):
    for i in range(LINES):
        print("line", i, "x" * 100)
    open("/tmp/printed", "w").close()
    while not os.path.exists("/tmp/result") or not open("/tmp/result").read():
        print("another")
        time.sleep(0.05)
    return open("/tmp/result").read()
""", Timeout=30, MemorySize=256)
    error, answer = invoke(functions, name)
    assert error is None, answer
    state = json.loads(answer)
    assert 0 < state["dropped"] < 20000 and state["bytes"] > 100 * state["dropped"]
    assert state["function"] + state["dropped"] >= 20000
    assert state["reason"].startswith("Consumer seems to have fallen behind")


def test_telemetry_waits_for_a_listener_that_comes_later(functions, extended, said):
    name = extended(TELEMETRY + """
subscribe(identifier, subscription(types=["platform"]))
threading.Timer(0.4, listen, [batch]).start()
follow()
""", WHEN_TOLD + SAY)
    assert invoke(functions, name)[0] is None
    events = said(name, "told", 8)
    assert kinds_of(events)[0] == "platform.initStart" and kinds_of(events)[-1] == "platform.report"


def test_a_batch_that_is_refused_is_sent_again(functions, extended, said):
    name = extended(TELEMETRY + """
import http.server
answers = [500, 400]
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        events = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status = answers.pop() if answers else 200
        say("kinds", [status] + [event["type"] for event in events])
        self.send_response(status)
        self.end_headers()
    def log_message(self, *arguments):
        pass
server = http.server.HTTPServer(("sandbox.localdomain", 4243), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
subscribe(identifier, subscription(types=["platform"]))
follow()
""")
    assert invoke(functions, name)[0] is None
    first, second, third = said(name, "kinds", 3)[:3]
    assert [first[0], second[0], third[0]] == [400, 500, 200]
    assert first[1:] == second[1:] == third[1:]


# --- hostile extensions ------------------------------------------------------------------------


HOSTILE = API + """
def each(path, method, bodies, **headers):
    return sorted({ask(method, path, body, **headers)[0] for body in bodies})

BODIES = [b"", b"null", b"[]", b"[" * 30000, b'{"events": ' + b"[" * 30000, b"\\xff\\xfe", b'{"events": [' + b'"INVOKE",' * 5000,
          b'{"events": "INVOKE"}', b'{"events": [["INVOKE"]]}', b'{"events": [null]}', b'{"events": ["' + b"x" * 70000 + b'"]}']
say("register", each("/2020-01-01/extension/register", "POST", BODIES, Lambda_Extension_Name=NAME))
identifier = register("INVOKE", "SHUTDOWN")[1]["Lambda-Extension-Identifier"]

def subscription(uri="http://sandbox.localdomain:4243/", types=("platform",), **buffering):
    return {"schemaVersion": "2022-12-13", "types": list(types), "destination": {"protocol": "HTTP", "URI": uri}, "buffering": buffering}

WRONG = BODIES + [subscription(uri) for uri in (
    "http://127.0.0.1:4243/", "http://sandbox.localdomain.evil.example:80/", "http://sandbox.localdomain@evil.example:80/", "http://[::1]:4243/",
    "file:///etc/passwd", "http://sandbox.localdomain:0/", "http://sandbox.localdomain:65536/", "http://sandbox.localdomain:-1/",
    "http://sandbox.localdomain:9001/", "http://sandbox.localdomain:4243:80/", "http://sandbox.localdomain:4243/" + "p" * 256,
    "http://sandbox.localdomain:4243/a b", "http://sandbox.localdomain:4243/\\r\\nX: y", "http://sandbox.localdomain:99999999999999999999/")]
WRONG += [subscription(types=["platform", "all"]), subscription(types=[]), subscription(maxItems=999), subscription(maxBytes=1e9),
          subscription(timeoutMs=-1), subscription(timeoutMs="25"), {**subscription(), "destination": []}, {**subscription(), "buffering": [1]}]
say("subscribe", each("/2022-07-01/telemetry", "PUT", WRONG, Lambda_Extension_Identifier=identifier))
say("logs", each("/2020-08-15/logs", "PUT", BODIES, Lambda_Extension_Identifier=identifier))

OTHER = os.environ.get("OTHER", "00000000-0000-4000-8000-000000000000")
say("other", [ask(method, path, body, Lambda_Extension_Identifier=one, Lambda_Extension_Function_Error_Type="Extension.X")[0]
              for one in (OTHER, "not-an-id", "") for method, path, body in (
                  ("GET", "/2020-01-01/extension/event/next", None), ("POST", "/2020-01-01/extension/init/error", {}),
                  ("POST", "/2020-01-01/extension/exit/error", {}), ("PUT", "/2022-07-01/telemetry", subscription()),
                  ("PUT", "/2020-08-15/logs", subscription()))])
taken = []
listen(lambda path, events: taken.extend((path, event["type"]) for event in events))
say("flood", each("/2022-07-01/telemetry", "PUT", [subscription(f"http://sandbox.localdomain:4243/{i}") for i in range(300)],
                  Lambda_Extension_Identifier=identifier))
while next_event(identifier)[2]["eventType"] != "SHUTDOWN":
    while not any(kind == "platform.start" for path, kind in taken):
        time.sleep(0.05)
    say("paths", sorted({path for path, kind in taken if kind == "platform.start"}))
"""


def test_hostile_requests_of_an_extension_harm_nobody(functions, extended, said):
    quiet = extended(API + """
identifier = register("INVOKE")[1]["Lambda-Extension-Identifier"]
say("id", identifier)
while True:
    say("next", next_event(identifier)[0])
""")
    assert invoke(functions, quiet)[0] is None
    [other] = said(quiet, "id")
    name = extended(HOSTILE, Environment={"Variables": {"OTHER": other}})
    error, answer = invoke(functions, name)
    assert error is None, answer
    assert said(name, "register") == [[403]]
    assert said(name, "subscribe") == [[400]]
    assert said(name, "logs") == [[400]]
    assert said(name, "other") == [[403] * 15]
    assert said(name, "flood") == [[200]]
    assert said(name, "paths") == [["/299"]]  # the last subscription is the one that counts
    assert invoke(functions, quiet)[0] is None
    assert len(said(quiet, "next", 2)) == 2
    assert said(quiet, "id") == [other]  # it is the same sandbox still
