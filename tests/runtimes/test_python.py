"""The Python bootstrap, as a python3* function, its callers and its log see it."""

import json
import re
import shutil
import time

import pytest

from .conftest import LOG_GROUP, LOG_STREAM, PYTHON, RUNTIMES, Elapsed, frame_of
from .fakes import FUNCTION_ARN

ECHO = """
    def handler(event, context):
        return event
    """


def test_a_handler_answers_with_what_it_returns(python):
    function = python("index.handler", {"index.py": ECHO})
    answer = function.invoke({"text": "Grüße, 世界 🎁", "number": 1.5})
    assert answer.kind == "response"
    assert answer.value == {"text": "Grüße, 世界 🎁", "number": 1.5}
    assert "世界".encode() in answer.body


def test_a_warm_function_keeps_its_state_and_its_connection(python):
    function = python("index.handler", {"index.py": """
        calls = []
        def handler(event, context):
            calls.append(event)
            return len(calls)
        """})
    assert [function.invoke({}).value for _ in range(50)] == list(range(1, 51))
    assert function.api.connections == 1


def test_six_megabytes_pass_both_ways(python):
    function = python("index.handler", {"index.py": ECHO})
    event = "é" * (3 * 1024 * 1024 - 10)
    assert function.invoke(event).value == event


@pytest.mark.parametrize("files, handler", [
    ({"index.py": ECHO}, "index.handler"),
    ({"a/b.py": ECHO}, "a/b.handler"),
    ({"a/b.py": ECHO}, "a.b.handler"),
    ({"a/__init__.py": ECHO}, "a.handler"),
    ({"bootstrap.py": ECHO}, "bootstrap.handler"),
])
def test_the_handler_is_found_where_aws_looks_for_it(python, files, handler):
    assert python(handler, files).invoke({"found": True}).value == {"found": True}


def test_a_raised_error_is_reported_and_logged_as_one_record(python):
    function = python("index.handler", {"index.py": """
        def find(orders):
            return orders["x"]

        def handler(event, context):
            return find({})
        """})
    answer = function.invoke({})
    assert answer.kind == "error"
    assert answer.error_type == answer.value["errorType"] == "KeyError"
    assert answer.value["errorMessage"] == "'x'"
    assert answer.value["requestId"] == answer.request_id
    assert len(answer.value["stackTrace"]) == 2
    assert re.match(r'  File "/.*/index\.py", line 6, in handler\n', answer.value["stackTrace"][0])
    assert len(function.log()) == 1
    lines = function.log()[0].split("\r")
    assert lines[:2] == ["[ERROR] KeyError: 'x'", "Traceback (most recent call last):"]
    assert lines[2].startswith('\u00a0\u00a0File "/')
    assert lines[3] == "\u00a0\u00a0\u00a0\u00a0return find({})"


def test_a_function_that_raised_serves_the_next_invocation(python):
    function = python("index.handler", {"index.py": """
        def handler(event, context):
            return 1 / event
        """})
    assert function.invoke(0).value["errorType"] == "ZeroDivisionError"
    assert function.invoke(1).value == 1


def test_an_answer_that_json_cannot_hold_is_an_error(python):
    function = python("index.handler", {"index.py": """
        def handler(event, context):
            return {1, 2}
        """})
    answer = function.invoke({})
    assert answer.error_type == "Runtime.MarshalError"
    assert answer.value["errorMessage"] == \
        "Unable to marshal response: Object of type set is not JSON serializable"


def test_numbers_of_boto3_s_tables_and_bytes_are_answered_as_aws_does(python):
    function = python("index.handler", {"index.py": """
        from decimal import Decimal
        def handler(event, context):
            if event:
                return b'{"raw": true}'
            return {"whole": Decimal("3"), "part": Decimal("12.50"), "none": Decimal("NaN"), "bytes": b"text",
                    "long": Decimal("12345678901234567890.123456789012"), "power": Decimal("1E+3"), "text": "decimal-"}
        """})
    answer = function.invoke({})
    assert answer.body == (b'{"whole": 3, "part": 12.50, "none": NaN, "bytes": "text", '
                           b'"long": 12345678901234567890.123456789012, "power": 1E+3, "text": "decimal-"}')
    assert function.invoke("raw").body == b'{"raw": true}'


def test_named_tuples_are_answered_as_objects_as_aws_does(python):
    function = python("index.handler", {"index.py": """
        import collections, typing
        Point = collections.namedtuple("Point", "x y")
        class Order(typing.NamedTuple):
            id: str
            at: object = None
        class Other:
            def _asdict(self):
                return {"other": Point(5, 6)}
        class Text(str):
            def _asdict(self):
                return {}
        circle = []
        circle.append(circle)
        answers = {
            "one": Point(1, 2),
            "deep": {"orders": [Order("O1", (Point(1, [Point(3, b"z")]), 7))]},
            "other": [Other(), Text("t"), (1, 2), []],
            "bytes": {b"k": 1, "l": {b"m": 2}},
            "circle": circle,
        }
        def handler(event, context):
            return answers[event]
        """})
    assert function.invoke("one").body == b'{"x": 1, "y": 2}'
    assert function.invoke("deep").body == (
        b'{"orders": [{"id": "O1", "at": [{"x": 1, "y": [{"x": 3, "y": "z"}]}, 7]}]}')
    assert function.invoke("other").body == b'[{"other": {"x": 5, "y": 6}}, "t", [1, 2], []]'
    assert function.invoke("bytes").body == b'{"k": 1, "l": {"m": 2}}'
    assert function.invoke("circle").value["errorMessage"] == "Unable to marshal response: Circular reference detected"


@pytest.mark.parametrize("runtime, text", [("python3.11", b'"\\u00fc"'), ("python3.12", '"ü"'.encode()), ("python3.9", b'"\\u00fc"')])
def test_letters_are_escaped_until_python_3_11(python, runtime, text):
    function = python("index.handler", {"index.py": ECHO}, AWS_EXECUTION_ENV="AWS_Lambda_" + runtime)
    assert function.invoke("ü").body == text


def test_an_event_that_is_no_json_is_an_error(python):
    function = python("index.handler", {"index.py": ECHO})
    assert function.invoke(raw=b"{oops").error_type == "Runtime.UnmarshalError"


def test_the_context_tells_of_the_invocation(python):
    function = python("index.handler", {"index.py": """
        import os

        def handler(event, context):
            return {
                "remaining": context.get_remaining_time_in_millis(),
                "names": [context.aws_request_id, context.function_name, context.function_version,
                          context.invoked_function_arn, context.memory_limit_in_mb,
                          context.log_group_name, context.log_stream_name],
                "identity": context.identity.cognito_identity_id,
                "client": [context.client_context.custom, context.client_context.client.app_title],
                "trace": os.environ["_X_AMZN_TRACE_ID"],
            }
        """})
    with Elapsed() as elapsed:
        answer = function.invoke({}, {
            "Lambda-Runtime-Client-Context": '{"custom":{"shop":"1"},"client":{"app_title":"Orders"}}',
            "Lambda-Runtime-Cognito-Identity": '{"cognitoIdentityId":"id"}'})
    assert 30_000 - elapsed.ms - 2 <= answer.value["remaining"] <= 30_000
    assert answer.value["names"] == [answer.request_id, "Probe", "$LATEST", FUNCTION_ARN, "128",
                                     LOG_GROUP, LOG_STREAM]
    assert answer.value["identity"] == "id"
    assert answer.value["client"] == [{"shop": "1"}, "Orders"]
    assert answer.value["trace"].startswith("Root=1-5bef4de7")


def test_the_context_can_do_without_client_and_identity(python):
    function = python("index.handler", {"index.py": """
        def handler(event, context):
            return [context.client_context, context.identity.cognito_identity_id]
        """})
    assert function.invoke({}).value == [None, None]


def test_prints_go_to_the_log_as_they_are_and_before_the_answer(python):
    function = python("index.handler", {"index.py": """
        print("at start")
        def handler(event, context):
            print("order", {"orderId": "O1234"})
            print("ünïcödé")
        """})
    function.invoke({})
    assert function.log() == ["at start", "order {'orderId': 'O1234'}", "ünïcödé"]


@pytest.mark.parametrize("end", ["os._exit(3)", "os.kill(os.getpid(), 9)"])
def test_what_is_printed_without_a_line_break_is_not_lost(python, end):
    function = python("index.handler", {"index.py": """
        import os, sys
        def handler(event, context):
            print("on standard output", end=", ")
            sys.stderr.write("on standard error")
            sys.stdout.writelines([", ", "lines"])
            %s
        """ % end})
    function.api.send(b"{}")
    function.exit_status()
    assert function.log_file.read_bytes() == b"on standard output, on standard error, lines"


def test_what_was_printed_before_a_fork_is_printed_once(python):
    function = python("index.handler", {"index.py": """
        import os
        def handler(event, context):
            print("before", end=" ")
            child = os.fork()
            if not child:
                print("in the child")
                os._exit(0)
            os.waitpid(child, 0)
        """})
    function.invoke({})
    assert function.log() == ["before in the child"]


@pytest.mark.parametrize("change", ["pass", "sys.stdout.close()", "sys.stdout = io.StringIO()", "os.close(1)"])
def test_a_record_is_a_frame_where_the_server_reads_frames(python, change):
    function = python("index.handler", {"index.py": """
        import io, logging, os, sys
        def handler(event, context):
            print("no end", end="")
            %s
            logging.warning("two\\nlines é")
            context.log("by the context")
            raise ValueError(os.environ.get("_LAMBDA_TELEMETRY_LOG_FD", "hidden"))
        """ % change}, _LAMBDA_TELEMETRY_LOG_FD="1")
    assert function.invoke({}).value["errorMessage"] == "hidden"
    log = function.log_file.read_bytes()
    assert log.startswith(b"no end")
    log, records = log[6:], []
    while log:
        kind, micros, record = frame_of(log)
        assert kind == 0xa55a0003 and abs(micros / 1e6 - time.time()) < 3600
        records.append(record)
        log = log[16 + len(record.encode()):]
    assert records[0].endswith("\ttwo\nlines é") and records[1] == "by the context"
    assert records[2].startswith("[ERROR] ValueError: hidden\nTraceback (most recent call last):\n\u00a0\u00a0File")
    assert len(records) == 3


def test_a_record_in_json_holds_what_was_logged(python):
    function = python("index.handler", {"index.py": """
        import logging
        from decimal import Decimal
        logging.warning("at start")
        def handler(event, context):
            logging.warning({"order": "O1234", "price": Decimal("1.5")})
            logging.log(35, "%s", {"order": 1}, extra={"when": Decimal("2")})
        """}, AWS_LAMBDA_LOG_FORMAT="JSON")
    request_id = function.invoke({}).request_id
    records = [json.loads(line) for line in function.log()]
    for record in records:
        assert record.pop("timestamp")
    assert records == [
        {"level": "WARNING", "message": "at start", "logger": "root", "requestId": ""},
        {"level": "WARNING", "message": {"order": "O1234", "price": "1.5"}, "logger": "root", "requestId": request_id},
        {"level": "WARNING", "message": "{'order': 1}", "logger": "root", "requestId": request_id, "when": "2"},
    ]


def test_logging_writes_records_in_the_format_of_aws(python):
    function = python("index.handler", {"index.py": """
        import logging

        logger = logging.getLogger("orders")
        logger.warning("at start")
        logging.getLogger().setLevel(logging.INFO)

        def handler(event, context):
            logger.info("order %s", "O1234")
            logger.error("two\\nlines")
            logger.debug("not shown")
        """})
    request_id = function.invoke({}).request_id
    records = [record.split("\t") for record in function.log()]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", record[1]) for record in records)
    assert [(record[0], *record[2:]) for record in records] == [
        ("[WARNING]", "", "at start"),
        ("[INFO]", request_id, "order O1234"),
        ("[ERROR]", request_id, "two\rlines"),
    ]


@pytest.mark.parametrize("files, handler, error_type, message", [
    ({}, "index.handler", "Runtime.ImportModuleError",
     "Unable to import module 'index': No module named 'index'"),
    ({"index.py": "import absent"}, "index.handler", "Runtime.ImportModuleError",
     "Unable to import module 'index': No module named 'absent'"),
    ({"index.py": ECHO}, "index.other", "Runtime.HandlerNotFound",
     "Handler 'other' missing on module 'index'"),
    ({"index.py": "def handler(:\n"}, "index.handler", "Runtime.UserCodeSyntaxError",
     "Syntax error in module 'index': "),
    ({"index.py": ECHO}, "index", "Runtime.MalformedHandlerName", "Bad handler 'index': "),
    ({}, "sys.exit", "Runtime.BuiltInModuleConflict",
     "Cannot use built-in module sys as a handler module"),
    ({"index.py": "raise ValueError('at start')"}, "index.handler", "ValueError", "at start"),
])
def test_a_function_that_cannot_be_loaded_says_why_and_ends(python, files, handler, error_type, message):
    function = python(handler, files)
    answer = function.answer()
    assert answer.kind == "init error"
    assert answer.error_type == answer.value["errorType"] == error_type
    assert answer.value["errorMessage"].startswith(message)
    assert function.log()[-1].startswith("[ERROR] %s: %s" % (error_type, message))
    assert function.exit_status() == 1


def test_a_function_that_exits_keeps_its_exit_status(python):
    function = python("index.handler", {"index.py": """
        import sys
        def handler(event, context):
            sys.exit(7)
        """})
    function.api.send(b"{}")
    assert function.exit_status() == 7


def test_boto3_can_be_imported(python):
    function = python("index.handler", {"index.py": """
        import boto3
        def handler(event, context):
            return boto3.client("sqs").meta.region_name
        """})
    assert function.invoke({}).value == "us-east-1"


def test_the_runtime_s_own_packages_come_after_the_function_s_and_the_library_s(start, tmp_path):
    runtime = tmp_path / "runtime"
    (runtime / "site").mkdir(parents=True)
    shutil.copy(RUNTIMES / "python" / "bootstrap.py", runtime)
    for name in ("lent", "brought", "colorsys"):
        (runtime / "site" / (name + ".py")).write_text("origin = 'lent'")
    function = start([PYTHON, str(runtime / "bootstrap.py")], "index.handler", {
        "brought.py": "origin = 'brought'",
        "index.py": """
            import brought, colorsys, lent
            def handler(event, context):
                return [brought.origin, lent.origin, hasattr(colorsys, "origin")]
            """})
    assert function.invoke({}).value == ["brought", "lent", False]


def test_the_runtime_s_own_packages_come_before_the_machine_s(start, tmp_path):
    runtime = tmp_path / "runtime"
    (runtime / "site").mkdir(parents=True)
    shutil.copy(RUNTIMES / "python" / "bootstrap.py", runtime)
    (runtime / "site" / "boto3.py").write_text("origin = 'lent'")
    function = start([PYTHON, str(runtime / "bootstrap.py")], "index.handler", {
        "index.py": """
            import boto3
            def handler(event, context):
                return boto3.origin
            """})
    assert function.invoke({}).value == "lent"


OLD_BOTOCORE = """
    class Session:
        def create_client(self, service_name, region_name=None, api_version=None, use_ssl=True, verify=None, endpoint_url=None):
            return endpoint_url
    """
ASK_BOTOCORE = """
    from botocore.session import Session
    session = Session()
    def handler(event, context):
        return [session.create_client("sqs"), session.create_client("sqs", endpoint_url="http://own"),
                session.create_client("sqs", None, None, True, None, "http://own")]
    """


@pytest.mark.parametrize("version, here", [("1.29.165", "http://orderly"), ("1.30.0", "http://orderly"), ("1.31.0", None)])
def test_a_botocore_that_does_not_read_the_endpoints_variable_gets_it_all_the_same(python, version, here):
    function = python("index.handler", {
        "index.py": ASK_BOTOCORE, "botocore/session.py": OLD_BOTOCORE,
        "botocore/__init__.py": "__version__ = '%s'" % version}, AWS_ENDPOINT_URL="http://orderly")
    assert function.invoke({}).value == [here, "http://own", "http://own"]


def test_a_function_that_brings_no_botocore_gets_ours_unchanged(python):
    function = python("index.handler", {"index.py": """
        import sys
        def handler(event, context):
            from botocore.session import Session
            return [Session.create_client.__name__, [finder for finder in sys.meta_path if "Boto" in str(finder)]]
        """}, AWS_ENDPOINT_URL="http://orderly")
    assert function.invoke({}).value == ["create_client", []]


@pytest.mark.parametrize("raised, error_type, message", [
    ("type('Bad\\nName é', (Exception,), {})('m')", "Bad\nName é", "m"),
    ("type('N' * 100000, (Exception,), {})('m')", "N" * 100000, "m"),
    ("type('NoText', (Exception,), {'__str__': lambda self: 1 / 0})()", "NoText", "<exception str() failed>"),
    ("type('NoText', (Exception,), {'__str__': lambda self: 5})()", "NoText", "<exception str() failed>"),
    ("Exception('\\ud800')", "Exception", "\ud800"),
    ("Exception('a\\r\\nb\\0')", "Exception", "a\r\nb\0"),
    ("Exception(b'\\xff')", "Exception", "b'\\xff'"),
    ("ExceptionGroup('g', [ValueError(1)])", "ExceptionGroup", "g (1 sub-exception)"),
    ("StopIteration(3)", "StopIteration", "3"),
])
def test_whatever_is_raised_is_reported_and_the_next_invocation_is_served(python, raised, error_type, message):
    function = python("index.handler", {"index.py": """
        calls = []
        def handler(event, context):
            calls.append(1)
            if len(calls) == 1:
                raise %s
            return "served"
        """ % raised})
    answer = function.invoke({})
    value = json.loads(answer.body.decode("utf-8", "surrogatepass"))
    assert (answer.kind, value["errorType"], value["errorMessage"]) == ("error", error_type, message)
    assert answer.error_type == "".join(one if " " <= one <= "~" else "?" for one in error_type[:256])
    assert function.invoke({}).value == "served"


@pytest.mark.parametrize("answer", [
    "deep", "handler(1, 2) if 0 else (yield_ for yield_ in [1])", "set([1])", "{(1, 2): 3}", "object()", "1j", "circle",
    "asyncio.sleep(0)", "b'\\xff'.hex",
])
def test_whatever_cannot_be_answered_is_an_error_and_the_next_invocation_is_served(python, answer):
    function = python("index.handler", {"index.py": """
        import asyncio
        deep = circle = []
        for _ in range(100000):
            deep = [deep]
        circle = [0]
        circle[0] = circle
        calls = []
        def handler(event, context):
            calls.append(1)
            return %s if len(calls) == 1 else "served"
        """ % answer})
    told = function.invoke({})
    assert (told.kind, told.error_type) == ("error", "Runtime.MarshalError")
    assert function.invoke({}).value == "served"


@pytest.mark.parametrize("change", [
    "sys.stdout.close()", "sys.stdout = None", "sys.stdout = 5", "sys.stderr.close(); sys.stdout.close()", "os.close(1)",
    "sys.stdout = io.StringIO()",
])
@pytest.mark.parametrize("fails", [False, True])
def test_a_handler_that_takes_its_standard_output_away_is_served_on(python, change, fails):
    function = python("index.handler", {"index.py": """
        import io, os, sys
        calls = []
        def handler(event, context):
            calls.append(1)
            if len(calls) == 1:
                %s
            if %s:
                raise ValueError("m")
            return "done"
        """ % (change, fails)})
    for _ in range(2):
        told = function.invoke({})
        assert (told.kind, told.value["errorMessage"] if fails else told.value) == (("error", "m") if fails else ("response", "done"))


def test_a_thread_that_exits_or_raises_does_not_end_the_function(python):
    function = python("index.handler", {"index.py": """
        import sys, threading
        def handler(event, context):
            for end in (lambda: sys.exit(3), lambda: 1 / 0):
                thread = threading.Thread(target=end)
                thread.start()
                thread.join()
            return "done"
        """})
    assert [function.invoke({}).value for _ in range(2)] == ["done"] * 2
