"""The Node.js bootstrap, as a nodejs* function, its callers and its log see it."""

import re
import socket
import time

import pytest

from .conftest import LOG_GROUP, LOG_STREAM, NODE, RUNTIMES, Elapsed, frame_of
from .fakes import FUNCTION_ARN

ECHO = "export const handler = async (event) => event;"


def test_an_async_handler_answers_with_what_it_returns(node):
    function = node("index.handler", {"index.mjs": ECHO})
    answer = function.invoke({"text": "Grüße, 世界 🎁", "number": 1.5})
    assert answer.kind == "response"
    assert answer.value == {"text": "Grüße, 世界 🎁", "number": 1.5}


def test_a_handler_that_returns_nothing_answers_null(node):
    function = node("index.handler", {"index.mjs": "export const handler = async () => {};"})
    assert function.invoke({}).body == b"null"


def test_a_warm_function_keeps_its_state_and_its_connection(node):
    function = node("index.handler", {
        "index.mjs": "let count = 0; export const handler = async () => ++count;"})
    assert [function.invoke({}).value for _ in range(50)] == list(range(1, 51))
    assert function.api.connections == 1


def test_six_megabytes_pass_both_ways(node):
    function = node("index.handler", {"index.mjs": ECHO})
    event = "é" * (3 * 1024 * 1024 - 10)
    assert function.invoke(event).value == event


@pytest.mark.parametrize("files, handler", [
    ({"index.mjs": ECHO}, "index.handler"),
    ({"index.js": "exports.handler = async (event) => event;"}, "index.handler"),
    ({"index.cjs": "exports.handler = async (event) => event;"}, "index.handler"),
    ({"index.js": ECHO, "package.json": '{"type": "module"}'}, "index.handler"),
    ({"src/api/order.mjs": ECHO}, "src/api/order.handler"),
    ({"index.mjs": "export const orders = { create: async (event) => event };"}, "index.orders.create"),
])
def test_the_handler_is_found_where_aws_looks_for_it(node, files, handler):
    assert node(handler, files).invoke({"found": True}).value == {"found": True}


def test_a_thrown_error_is_reported_and_logged(node):
    function = node("index.handler", {"index.mjs": """
        export const handler = async () => { throw new RangeError("no such\\norder"); };
        """})
    answer = function.invoke({})
    assert answer.kind == "error"
    assert answer.error_type == answer.value["errorType"] == "RangeError"
    assert answer.value["errorMessage"] == "no such\norder"
    assert answer.value["trace"][:2] == ["RangeError: no such", "order"]
    assert re.match(r'[^\t]+Z\t%s\tERROR\tInvoke Error \t\{"errorType":"RangeError",'
                    r'"errorMessage":"no such\\norder","stack":\[' % answer.request_id,
                    function.log()[-1])


def test_a_function_that_threw_serves_the_next_invocation(node):
    function = node("index.handler", {"index.mjs": """
        export const handler = async (event) => { if (event.bad) throw new Error("bad"); return "good"; };
        """})
    assert function.invoke({"bad": True}).kind == "error"
    assert function.invoke({}).value == "good"


def test_a_handler_that_throws_before_its_promise_is_an_error_too(node):
    function = node("index.handler", {"index.js": "exports.handler = () => { throw new Error('at once'); };"})
    assert function.invoke({}).value["errorMessage"] == "at once"


def test_a_rejection_without_an_error_names_its_type(node):
    function = node("index.handler", {"index.mjs": "export const handler = () => Promise.reject('why');"})
    assert function.invoke({}).value == {"errorType": "string", "errorMessage": "why", "trace": []}


def test_an_event_that_is_no_json_is_an_error(node):
    function = node("index.handler", {"index.mjs": ECHO})
    assert function.invoke(raw=b"{oops").value["errorType"] == "SyntaxError"


def test_an_answer_that_json_cannot_hold_is_an_error(node):
    function = node("index.handler", {"index.mjs": """
        export const handler = async () => { const ring = {}; ring.ring = ring; return ring; };
        """})
    assert function.invoke({}).value["errorMessage"] == "Unable to stringify response body"


def test_a_callback_answers_once_the_event_loop_is_empty(node):
    function = node("index.handler", {"index.js": """
        let late = false;
        exports.handler = (event, context, callback) => {
          setTimeout(() => { late = true; }, 50);
          callback(null, { get late() { return late; } });
        };
        """})
    assert function.invoke({}).value == {"late": True}


def test_a_callback_answers_at_once_if_it_need_not_wait(node):
    function = node("index.handler", {"index.js": """
        exports.handler = (event, context, callback) => {
          context.callbackWaitsForEmptyEventLoop = false;
          setTimeout(() => {}, 60000);
          callback(null, "at once");
        };
        """})
    assert function.invoke({}).value == "at once"
    assert function.invoke({}).value == "at once"


def test_a_callback_with_an_error_fails(node):
    function = node("index.handler", {"index.js": """
        exports.handler = (event, context, callback) => callback(new TypeError("called back"));
        """})
    assert function.invoke({}).value["errorType"] == "TypeError"


@pytest.mark.parametrize("call, kind, value", [
    ("context.succeed('yes')", "response", "yes"),
    ("context.done(null, 'done')", "response", "done"),
    ("context.fail('no')", "error", {"errorType": "string", "errorMessage": "no", "trace": []}),
])
def test_the_context_answers_as_it_did_in_old_times(node, call, kind, value):
    function = node("index.handler", {"index.js": "exports.handler = (event, context) => { %s; };" % call})
    answer = function.invoke({})
    assert (answer.kind, answer.value) == (kind, value)


def test_a_handler_that_leaves_nothing_to_wait_for_answers_null(node):
    function = node("index.handler", {"index.mjs": "export const handler = () => new Promise(() => {});"})
    assert function.invoke({}).body == b"null"
    assert function.invoke({}).body == b"null"


def test_callback_handlers_are_refused_from_node_24_on(node):
    function = node("index.handler", {"index.js": "exports.handler = (event, context, callback) => 0;"},
                    AWS_EXECUTION_ENV="AWS_Lambda_nodejs24.x")
    answer = function.answer()
    assert answer.kind == "init error"
    assert answer.error_type == "Runtime.CallbackHandlerDeprecated"


def test_the_context_tells_of_the_invocation(node):
    function = node("index.handler", {"index.mjs": """
        export const handler = async (event, context) => ({
          ...context, remaining: context.getRemainingTimeInMillis(), trace: process.env._X_AMZN_TRACE_ID,
        });
        """})
    with Elapsed() as elapsed:
        answer = function.invoke({}, {
            "Lambda-Runtime-Client-Context": '{"custom":{"shop":"1"}}',
            "Lambda-Runtime-Cognito-Identity": '{"cognitoIdentityId":"id"}'})
    assert 30_000 - elapsed.ms - 2 <= answer.value.pop("remaining") <= 30_000
    assert answer.value["clientContext"] == {"custom": {"shop": "1"}}
    assert answer.value["identity"] == {"cognitoIdentityId": "id"}
    assert answer.value["awsRequestId"] == answer.request_id
    assert answer.value["invokedFunctionArn"] == FUNCTION_ARN
    assert answer.value["functionName"] == "Probe"
    assert answer.value["functionVersion"] == "$LATEST"
    assert answer.value["memoryLimitInMB"] == "128"
    assert answer.value["logGroupName"] == LOG_GROUP
    assert answer.value["logStreamName"] == LOG_STREAM
    assert answer.value["callbackWaitsForEmptyEventLoop"] is True
    assert answer.value["trace"].startswith("Root=1-5bef4de7")


def test_console_records_are_one_line_each_in_the_format_of_aws(node):
    function = node("index.handler", {"index.mjs": """
        console.log("at start");
        export const handler = async () => {
          console.log("order %s:", "O1234", { quantity: 1 });
          console.info("two\\nlines");
          console.warn("warned");
          console.error("failed");
          console.debug("details");
          console.trace("here");
          console.log();
        };
        """})
    request_id = function.invoke({}).request_id
    records = [record.split("\t", 3) for record in function.log()]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", record[0]) for record in records)
    assert records[0][1:] == ["undefined", "INFO", "at start"]
    assert [record[1:] for record in records[1:6]] == [
        [request_id, "INFO", "order O1234: { quantity: 1 }"],
        [request_id, "INFO", "two\rlines"],
        [request_id, "WARN", "warned"],
        [request_id, "ERROR", "failed"],
        [request_id, "DEBUG", "details"],
    ]
    assert records[6][1:3] == [request_id, "TRACE"]
    assert records[6][3] == "here"
    assert records[7][1:] == [request_id, "INFO", "undefined"]
    assert len(records) == 8


def test_a_record_is_a_frame_where_the_server_reads_frames(node):
    function = node("index.handler", {"index.mjs": """
        export const handler = async () => {
          process.stdout.write("no end");
          console.warn("two\\nlines é");
          process.stdout.write("printed\\n");
          return process.env._LAMBDA_TELEMETRY_LOG_FD ?? "hidden";
        };
        """}, _LAMBDA_TELEMETRY_LOG_FD="1")
    assert function.invoke({}).value == "hidden"
    log = function.log_file.read_bytes()
    kind, micros, record = frame_of(log[6:])
    assert (log[:6], kind, record.split("\t")[2:]) == (b"no end", 0xa55a0003, ["WARN", "two\nlines é"])
    assert log.endswith(record.encode() + b"printed\n")
    assert abs(micros / 1e6 - time.time()) < 3600


@pytest.mark.parametrize("files, handler, error_type, message", [
    ({}, "index.handler", "Runtime.ImportModuleError", "Error: Cannot find module 'index'"),
    ({"index.js": "require('absent');"}, "index.handler", "Runtime.ImportModuleError",
     "Error: Cannot find module 'absent'"),
    ({"index.mjs": "import 'absent';"}, "index.handler", "Error", "Cannot find package 'absent'"),
    ({"index.mjs": ECHO}, "index.other", "Runtime.HandlerNotFound",
     "index.other is undefined or not exported"),
    ({"index.mjs": "export const handler = 1;"}, "index.handler", "Runtime.HandlerNotFound",
     "index.handler is not a function"),
    ({"index.mjs": "export const = ;"}, "index.handler", "Runtime.UserCodeSyntaxError",
     "SyntaxError: Unexpected token '='"),
    ({"index.js": "exports. = ;"}, "index.handler", "Runtime.UserCodeSyntaxError",
     "SyntaxError: Unexpected token '='"),
    ({"index.mjs": ECHO}, "../index.handler", "Runtime.MalformedHandlerName",
     "'../index.handler' is not a valid handler name. Use absolute paths"),
    ({"index.mjs": ECHO}, "index", "Runtime.MalformedHandlerName", "Bad handler"),
    ({"index.mjs": "throw new TypeError('at start');"}, "index.handler", "TypeError", "at start"),
])
def test_a_function_that_cannot_be_loaded_says_why_and_ends(node, files, handler, error_type, message):
    function = node(handler, files)
    answer = function.answer()
    assert answer.kind == "init error"
    assert answer.error_type == answer.value["errorType"] == error_type
    assert answer.value["errorMessage"].startswith(message)
    assert "\tERROR\tUncaught Exception \t{\"errorType\":\"%s\"" % error_type in function.log()[-1]
    assert function.exit_status() == 129


def test_a_rejection_that_nobody_handles_is_reported_and_ends_the_process(node):
    function = node("index.handler", {"index.mjs": """
        export const handler = () => { Promise.reject(new Error("forgotten")); return new Promise(() => {}); };
        """})
    answer = function.invoke({})
    assert answer.error_type == "Runtime.UnhandledPromiseRejection"
    assert answer.value["errorMessage"] == "Error: forgotten"
    assert "\tERROR\tUnhandled Promise Rejection \t" in function.log()[-1]
    assert function.exit_status() == 128


def test_an_exception_that_nobody_catches_is_reported_and_ends_the_process(node):
    function = node("index.handler", {"index.mjs": """
        export const handler = () => new Promise(() => setTimeout(() => { throw new Error("later"); }));
        """})
    answer = function.invoke({})
    assert (answer.kind, answer.value["errorMessage"]) == ("error", "later")
    assert function.exit_status() == 129


def test_an_async_handler_whose_promise_can_never_settle_fails_and_the_next_event_is_served(node):
    function = node("index.handler", {"index.mjs": """
        export const handler = async (event) => (event.waits ? await new Promise(() => {}) : "served");
        """})
    answer = function.invoke({"waits": True})
    assert (answer.kind, answer.error_type) == ("error", "Runtime.NodeJsExit")
    assert answer.value["errorMessage"] == (
        "The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a Promise that was "
        "never settled. For more information, see https://nodejs.org/docs/latest/api/process.html#exit-codes")
    assert "\tERROR\tInvoke Error \t{\"errorType\":\"Runtime.NodeJsExit\"" in function.log()[-1]
    assert function.invoke({"waits": False}).value == "served"


@pytest.mark.parametrize("late, error, status", [
    ("Promise.reject(new Error('late'))", "Error: late", 128),
    ("setImmediate(() => { throw new Error('late'); })", "late", 129),
])
@pytest.mark.parametrize("generation", [22, 24])
def test_an_error_right_after_the_answer_is_the_answer_from_node_24_on(node, generation, late, error, status):
    source = "export const handler = async () => { %s; return 'answered'; };" % late
    function = node("index.handler", {"index.mjs": source}, AWS_EXECUTION_ENV=f"AWS_Lambda_nodejs{generation}.x")
    answer = function.invoke({})
    assert (answer.kind, answer.value) == ("response", "answered") if generation < 24 else (
        answer.kind, answer.value["errorMessage"]) == ("error", error)
    assert function.exit_status() == status


def test_a_function_that_exits_keeps_its_exit_status(node):
    function = node("index.handler", {"index.mjs": "export const handler = () => process.exit(7);"})
    function.api.send(b"{}")
    assert function.exit_status() == 7


def test_what_a_function_logs_before_it_exits_is_not_lost(node):
    ours, its = socket.socketpair()
    function = node("index.handler", {"index.mjs": """
        export const handler = () => {
          for (let n = 0; n < 5000; n++)
            console.log("x".repeat(100));
          process.exit(7);
        };
        """}, stdout=its)
    its.close()
    function.api.send(b"{}")
    with ours, ours.makefile() as log:
        assert len(log.readlines()) == 5000
    assert function.exit_status() == 7


IMPORTS_SDK = """
    import { SQSClient } from "@aws-sdk/client-sqs";
    export const handler = async () => typeof SQSClient;
    """
REQUIRES_SDK = """
    const { SQSClient } = require("@aws-sdk/client-sqs");
    exports.handler = async () => typeof SQSClient;
    """


@pytest.mark.parametrize("files", [{"index.mjs": IMPORTS_SDK}, {"index.js": REQUIRES_SDK}])
def test_the_aws_sdk_resolves_in_a_folder_without_node_modules(node, node_modules, files):
    assert node("index.handler", files).invoke({}).value == "function"


@pytest.mark.parametrize("files", [{"index.mjs": IMPORTS_SDK}, {"index.js": REQUIRES_SDK}])
def test_the_aws_sdk_resolves_through_a_link_beside_the_task_root(start, node_modules, tmp_path, files):
    link = tmp_path / "function0" / "node_modules"
    link.parent.mkdir()
    link.symlink_to(node_modules)
    function = start([NODE, str(RUNTIMES / "nodejs" / "bootstrap.mjs")], "index.handler", files)
    assert function.invoke({}).value == "function"


def test_a_package_that_the_function_brings_wins_over_ours(node, node_modules):
    function = node("index.handler", {
        "index.mjs": IMPORTS_SDK,
        "node_modules/@aws-sdk/client-sqs/package.json": '{"main": "index.js"}',
        "node_modules/@aws-sdk/client-sqs/index.js": "exports.SQSClient = 'its own';"})
    assert function.invoke({}).value == "string"


def test_every_listed_client_can_be_imported(node, node_modules):
    names = ["client-cloudwatch-logs", "client-dynamodb", "client-iam", "client-lambda", "client-sns",
             "client-sqs", "client-sts", "lib-dynamodb", "util-dynamodb"]
    imports = "".join('import "@aws-sdk/%s";\n' % name for name in names)
    function = node("index.handler", {"index.mjs": imports + ECHO})
    assert function.invoke("all of them").value == "all of them"


def test_the_lock_file_names_no_registry():
    assert '"resolved"' not in (RUNTIMES / "nodejs" / "package-lock.json").read_text()


OLD_SDK = {
    "node_modules/aws-sdk/package.json": '{"main": "lib/aws.js", "version": "2.1692.0"}',
    "node_modules/aws-sdk/lib/aws.js": "require('./node_loader'); module.exports = require('./core');",
    "node_modules/aws-sdk/lib/core.js": """
        function Config() {}
        Config.prototype.update = function (options) { Object.assign(this, options); };
        module.exports = { Config, config: new Config() };
        """,
    "node_modules/aws-sdk/lib/node_loader.js": """
        const AWS = module.exports = require('./core');
        AWS.config = new AWS.Config();
        """,
}


@pytest.mark.parametrize("name, source", [
    ("index.js", "const AWS = require('aws-sdk'); exports.handler = async () => AWS.config.endpoint ?? null;"),
    ("index.mjs", "import AWS from 'aws-sdk'; export const handler = async () => AWS.config.endpoint ?? null;"),
])
def test_version_2_of_the_sdk_gets_the_endpoint_that_it_does_not_read_itself(node, name, source):
    function = node("index.handler", {name: source, **OLD_SDK}, AWS_ENDPOINT_URL="http://orderly")
    assert function.invoke({}).value == "http://orderly"
    function = node("index.handler", {name: source, **OLD_SDK}, AWS_ENDPOINT_URL="")
    assert function.invoke({}).value is None


HANDLED = "callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack"


@pytest.mark.parametrize("thrown, error_type, message", [
    ("undefined", "handled", HANDLED),
    ("null", "handled", HANDLED),
    ("Object.create(null)", "handled", HANDLED),
    ("Object.assign(new Error('m'), { name: Symbol('s') })", "handled", HANDLED),
    ("new Proxy(new Error('m'), { get() { throw new Error('trap'); } })", "handled", HANDLED),
    ("Object.defineProperty(new Error('m'), 'message', { get() { throw new Error('getter'); } })", "handled", HANDLED),
    ("{ toString() { throw new Error('text'); } }", "handled", HANDLED),
    ("Symbol('s')", "symbol", "Symbol(s)"),
    ("7n", "bigint", "7"),
    ("''", "string", ""),
    ("() => 1", "function", "() => 1"),
    ("Object.assign(new Error('m'), { name: undefined })", "undefined", "m"),
    ("Object.assign(new Error('m'), { stack: 5 })", "Error", "m"),
    ("Object.assign(new Error('m'), { name: 'two\\nlines \\u00e9' })", "two\nlines é", "m"),
    ("Object.assign(new Error('m'), { name: 'n'.repeat(100000) })", "n" * 100000, "m"),
    ("(() => { const e = new Error('m'); e.cause = e; e.self = e; e.list = [e]; return e; })()", "Error", "m"),
    ("Object.assign(new Error('m'), { big: 7n, toJSON() { throw new Error('json'); } })", "Error", "m"),
    ("Object.assign(new Error('m'), { stack: 'at x\\n'.repeat(100000) })", "Error", "m"),
])
@pytest.mark.parametrize("how", ["async () => { throw %s; }", "() => { throw %s; }", "(e, c, callback) => c.done(%s || 'handled')"],
                         ids=["rejected", "thrown", "done"])
def test_whatever_is_thrown_is_reported_and_the_next_invocation_is_served(node, thrown, error_type, message, how):
    if "done" in how and thrown in ("undefined", "null", "''"):
        return  # no error at all
    handler = how % f"({thrown})"
    function = node("index.handler", {"index.js": """
        const handler = %s;
        let count = 0;
        exports.handler = (event, context, callback) => (count++ ? callback(null, "served") : handler(event, context, callback));
        """ % handler})
    answer = function.invoke({})
    assert (answer.kind, answer.value["errorType"], answer.value["errorMessage"]) == ("error", error_type, message)
    assert answer.error_type == "".join(one if " " <= one <= "~" else "?" for one in error_type[:256])
    assert function.invoke({}).value == "served"


@pytest.mark.parametrize("answer, body", [
    ("7n", None), ("{ n: 7n }", None), ("(() => { const a = []; a.push(a); return a; })()", None),
    ("{ toJSON() { throw new Error('no'); } }", None), ("new Proxy({}, { ownKeys() { throw new Error('no'); } })", None),
    ("Symbol('s')", b"null"), ("() => 1", b"null"), ("NaN", b"null"), ("(async function* () { yield 1; })()", b"{}"),
    ("new Map([[1, 2]])", b"{}"), ("'\\ud800'", b'"\\ud800"'), ("{ toJSON: () => undefined }", b"null"),
])
def test_whatever_is_returned_is_answered_or_refused_and_the_next_invocation_is_served(node, answer, body):
    function = node("index.handler", {"index.js": "let count = 0; exports.handler = async () => (count++ ? 'served' : %s);" % answer})
    told = function.invoke({})
    if body is None:
        assert (told.kind, told.value["errorType"], told.value["errorMessage"]) == (
            "error", "Error", "Unable to stringify response body")
    else:
        assert (told.kind, told.body) == ("response", body)
    assert function.invoke({}).value == "served"


def test_a_thenable_that_settles_twice_answers_once(node):
    function = node("index.handler", {"index.js": """
        exports.handler = () => ({ then(resolve, reject) { resolve('first'); reject(new Error('second')); resolve('third'); } });
        """})
    assert [function.invoke({}).body for _ in range(2)] == [b'"first"'] * 2
    assert function.log() == []


@pytest.mark.parametrize("body, answer", [
    ("callback(null, 'called');", "called"),
    ("callback(null, 'called'); return 'returned';", "called"),
    ("callback(null, 'called'); callback(null, 'again');", "called"),
    ("callback(null, 'called'); context.succeed('again');", "called"),
    ("callback(null, 'called'); throw new Error('ignored');", "called"),
    ("await null; callback(null, 'called'); return 'returned';", "called"),
    ("setTimeout(() => callback(null, 'too late')); return 'returned';", "returned"),
    ("context.succeed('succeeded'); return 'returned';", "succeeded"),
    ("context.callbackWaitsForEmptyEventLoop = false; callback(null, 'called'); return 'returned';", "called"),
])
def test_the_first_answer_of_an_async_handler_counts(node, body, answer):
    function = node("index.handler", {"index.js": "exports.handler = async (event, context, callback) => { %s };" % body})
    assert [function.invoke({}).value for _ in range(2)] == [answer] * 2
    assert function.log() == []


def test_a_thrown_value_that_is_no_error_is_logged_as_one(node):
    function = node("index.handler", {"index.mjs": "export const handler = async () => { throw 'why'; };"})
    assert function.invoke({}).value == {"errorType": "string", "errorMessage": "why", "trace": []}
    assert '\tInvoke Error \t{"errorType":"Error","errorMessage":"why","stack":["Error: why",' in function.log()[-1]


@pytest.mark.parametrize("reason", ["undefined", "null", "Object.create(null)", "{ toString() { throw 1; } }", "Symbol('s')",
                                    "new Proxy({}, { get() { throw 1; } })"])
def test_whatever_nobody_handles_is_reported_and_ends_the_process(node, reason):
    function = node("index.handler", {"index.js": """
        exports.handler = () => { Promise.reject(%s); return new Promise(() => {}); };
        """ % reason})
    assert function.invoke({}).error_type == "Runtime.UnhandledPromiseRejection"
    assert function.exit_status() == 128


@pytest.mark.parametrize("late", ["throw new Error('late')", "Promise.reject(new Error('late'))"])
def test_what_fails_after_the_answer_ends_the_process_and_is_in_the_log(node, late):
    function = node("index.handler", {"index.js": """
        const { existsSync } = require("node:fs");
        exports.handler = async () => {
          const poll = setInterval(() => {
            if (!existsSync("asked")) return;
            clearInterval(poll);
            %s;
          }, 10);
          return 1;
        };
        """ % late})
    answer = function.invoke({})
    assert (answer.kind, answer.value) == ("response", 1)
    for _ in range(2):
        function.api.asked.get(timeout=20)
    (function.task_root / "asked").touch()
    assert function.exit_status() in (128, 129)
    assert "late" in function.log()[-1]
    assert function.api.answers.empty()
