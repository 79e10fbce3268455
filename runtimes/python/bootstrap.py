"""Runs one python3* function as AWS's own runtime client does; standard library only.

It loads the handler, then repeats: fetch the next invocation, run the handler, report the result.  There is one
invocation at a time, over one kept connection to the Lambda Runtime API:
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import http.client
import importlib
import json
import logging
import os
import re
import sys
import time

API_ROOT = "/2018-06-01/runtime"
OWN_FOLDER = os.path.dirname(os.path.abspath(__file__))
# boto3, and what AWS's runtime brings beside it.
OWN_PACKAGES = [os.path.join(OWN_FOLDER, "site"), os.path.join(OWN_FOLDER, "modules")]

# A function's code must not change, not even by compiled modules beside it: the server would take it for altered.
sys.dont_write_bytecode = True

STANDARD_OUTPUT = 1
# Where one line of standard output is one log event, this replaces a line break inside a record.
LINE_BREAK_IN_RECORD = "\r"
# Of a record in a frame.
FRAME_TYPE = 0xA55A0003
# The times of records in JSON, and AWS's names of levels that Python lacks.
JSON_TIME = "%Y-%m-%dT%H:%M:%SZ"
LEVELS = {"TRACE": "DEBUG"}
# Of an error's type in a header.
MOST_TYPE_LETTERS = 256
# AWS indents the lines of a traceback with this character, so that consoles keep the indentation.
NO_BREAK_SPACE = "\u00a0"


class Fault(Exception):
    """An error of the runtime itself, with AWS's type and words."""

    def __init__(self, error_type, message, trace=None):
        super().__init__(message)
        self.error_type = error_type
        self.trace = trace


class RuntimeApi:
    """The function's side of the Runtime API."""

    def __init__(self, address):
        self.connection = http.client.HTTPConnection(address)

    def request(self, method, path, body=None, headers=None):
        self.connection.request(method, API_ROOT + path, body, headers or {})
        response = self.connection.getresponse()
        return response, response.read()

    def next_invocation(self):
        response, body = self.request("GET", "/invocation/next")
        if response.status != 200:
            raise RuntimeError("The Runtime API answered %d to invocation/next." % response.status)
        return response.headers, body

    def post_response(self, request_id, body):
        path = "/invocation/%s/response" % request_id
        self.request("POST", path, body, {"Content-Type": "application/json"})

    def post_error(self, request_id, error):
        self._post_error("/invocation/%s/error" % request_id, error)

    def post_init_error(self, error):
        self._post_error("/init/error", error)

    def _post_error(self, path, error):
        body = to_json(error)
        letters = error["errorType"][:MOST_TYPE_LETTERS]
        error_type = "".join(letter if " " <= letter <= "~" else "?" for letter in letters)
        self.request("POST", path, body, {
            "Content-Type": "application/json",
            "Lambda-Runtime-Function-Error-Type": error_type,
        })


class Attributes:
    """Named values; an absent one is None."""

    def __init__(self, names, values):
        for name in names:
            setattr(self, name, values.get(name))

    def __repr__(self):
        values = ",".join("%s=%s" % item for item in vars(self).items() if not item[0].startswith("_"))
        return "%s([%s])" % (type(self).__name__, values)


class CognitoIdentity(Attributes):
    def __init__(self, values):
        super().__init__(("cognito_identity_id", "cognito_identity_pool_id"), {
            "cognito_identity_id": values.get("cognitoIdentityId"),
            "cognito_identity_pool_id": values.get("cognitoIdentityPoolId"),
        })


class Client(Attributes):
    def __init__(self, values):
        super().__init__(("installation_id", "app_title", "app_version_name", "app_version_code",
                          "app_package_name"), values)


class ClientContext(Attributes):
    def __init__(self, values):
        super().__init__(("custom", "env"), values)
        self.client = Client(values["client"]) if values.get("client") else None


class LambdaContext(Attributes):
    """What a handler learns about its invocation."""

    def __init__(self, headers):
        self._deadline_ms = int(headers.get("Lambda-Runtime-Deadline-Ms") or 0)
        self.aws_request_id = headers.get("Lambda-Runtime-Aws-Request-Id")
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = headers.get("Lambda-Runtime-Invoked-Function-Arn")
        client_context = json.loads(headers.get("Lambda-Runtime-Client-Context") or "null")
        self.client_context = ClientContext(client_context) if client_context else None
        self.identity = CognitoIdentity(
            json.loads(headers.get("Lambda-Runtime-Cognito-Identity") or "null") or {})

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline_ms - int(time.time() * 1000))

    def log(self, message):
        write_record(str(message))


class Unbuffered:
    """A stream of which nothing is lost, or written twice, when the function is killed, exits at once or forks."""

    def __init__(self, stream):
        self._stream = stream

    def __getattr__(self, name):
        return getattr(self._stream, name)

    def write(self, text):
        count = self._stream.write(text)
        self._stream.flush()
        return count

    def writelines(self, lines):
        self._stream.writelines(lines)
        self._stream.flush()


def write_line(text):
    """Writes a record as one line, also when the handler has closed or replaced the standard output."""
    line = text.replace("\n", LINE_BREAK_IN_RECORD) + "\n"
    try:
        sys.stdout.write(line)
    except Exception:
        os.write(2, line.encode("utf-8", "backslashreplace"))


def frame_writer(descriptor):
    """Writes a record, which may have several lines, as a frame: type, size, time in microseconds, text."""
    def write_frame(text):
        body = text.encode("utf-8", "backslashreplace")
        head = (FRAME_TYPE << 96) + (len(body) << 64) + time.time_ns() // 1000
        rest = head.to_bytes(16, "big") + body
        while rest:
            rest = rest[os.write(descriptor, rest):]

    return write_frame


def record_writer():
    """What the server reads as frames is standard output: records and printed lines keep their order."""
    if os.environ.pop("_LAMBDA_TELEMETRY_LOG_FD", None) != str(STANDARD_OUTPUT):
        return write_line
    return frame_writer(os.dup(STANDARD_OUTPUT))  # the handler may close its own


write_record = record_writer()


class RecordHandler(logging.Handler):
    """Writes each log record as one event of the log."""

    def emit(self, record):
        try:
            write_record(self.format(record))
        except Exception:
            self.handleError(record)


class RequestIdFilter(logging.Filter):
    """Gives every record the id of its request."""

    request_id = ""

    def filter(self, record):
        record.aws_request_id = self.request_id
        return True


class JsonFormatter(logging.Formatter):
    """Writes a record as AWS does when the function's LogFormat is JSON."""

    OWN_FIELDS = frozenset((
        "name msg args levelname levelno pathname filename module exc_info exc_text stack_info lineno funcName "
        "created msecs relativeCreated thread threadName processName process aws_request_id").split())

    def format(self, record):
        is_object = isinstance(record.msg, dict) and not record.args
        result = {
            "timestamp": self.formatTime(record, self.datefmt),
            "level": logging.getLevelName(min(50, max(0, record.levelno)) // 10 * 10),
            "message": record.msg if is_object else record.getMessage(),
            "logger": record.name,
        }
        if record.exc_info and record.exc_info[0]:
            import traceback

            kind, exception, trace = record.exc_info
            result["stackTrace"] = traceback.format_tb(trace)
            result["errorType"] = kind.__name__
            result["errorMessage"] = str(exception)
            result["location"] = "%s:%s:%d" % (record.pathname, record.funcName, record.lineno)
        result["requestId"] = record.aws_request_id
        for name, value in vars(record).items():
            if name not in self.OWN_FIELDS:
                result.setdefault(name, value)
        members = {name: value for name, value in result.items() if value is not None}
        return json.dumps(members, ensure_ascii=False, default=str)


def logs_json():
    return os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"


def make_formatter():
    if logs_json():
        return JsonFormatter(datefmt=JSON_TIME)
    return logging.Formatter("[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s",
                             "%Y-%m-%dT%H:%M:%S")


def set_up_logging():
    formatter = make_formatter()
    formatter.converter = time.gmtime
    handler = RecordHandler()
    handler.setFormatter(formatter)
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper()
    if level:
        logging.getLogger().setLevel(LEVELS.get(level, level))
    request_ids = RequestIdFilter()
    handler.addFilter(request_ids)
    logging.getLogger().addHandler(handler)
    return request_ids


# The text of a Decimal in what json.dumps() has written: a text that no function can return.
DECIMAL = "decimal-%s:" % os.urandom(16).hex()


def escapes_letters():
    """Until Python 3.11, AWS escapes what is not ASCII."""
    minor = os.environ.get("AWS_EXECUTION_ENV", "").rpartition("python3.")[2]
    return minor.isdigit() and int(minor) < 12


def replacement(value):
    """Converts a value that JSON has no form for: AWS accepts the numbers of boto3's tables, and bytes."""
    decimal = sys.modules.get("decimal")  # a function that returns a Decimal has imported the module
    if decimal and isinstance(value, decimal.Decimal):
        return float("nan") if value.is_nan() else DECIMAL + str(value)
    if isinstance(value, bytes):
        return value.decode()
    raise TypeError("Object of type %s is not JSON serializable" % type(value).__name__)


PLAIN = frozenset((str, int, float, bool, type(None)))
USUAL = PLAIN | {dict, list, tuple}


def has_objects(values):
    """Do the values contain something that is an object for AWS's encoder (simplejson), and not for json?"""
    kinds = set(map(type, values))
    if kinds <= PLAIN:
        return False
    if not kinds <= USUAL and any(hasattr(kind, "_asdict") for kind in kinds):
        return True
    for value in values:
        if isinstance(value, dict):
            if bytes in map(type, value) or has_objects(value.values()):
                return True
        elif isinstance(value, (list, tuple)) and has_objects(value):
            return True
    return False


def with_objects(value):
    """The value with dicts in the place of named tuples, and text for keys that are bytes."""
    if not isinstance(value, (str, int, float)) and callable(getattr(value, "_asdict", None)):
        value = value._asdict()
    if isinstance(value, dict):
        return {key.decode() if isinstance(key, bytes) else key: with_objects(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [with_objects(one) for one in value]
    return value


def as_for_aws(value):
    try:
        return with_objects(value) if has_objects((value,)) else value
    except RecursionError:
        return value  # json.dumps() says what is wrong with it


def to_json(value):
    value = as_for_aws(value)
    text = json.dumps(value, ensure_ascii=escapes_letters(), default=replacement)
    if DECIMAL in text:  # its digits, all of them, become a number
        text = re.sub('"%s([^"]*)"' % DECIMAL, r"\1", text)
    return text.encode("utf-8", "surrogatepass")


def make_error(error_type, message, trace, request_id):
    return {"errorMessage": message, "errorType": error_type, "requestId": request_id or "", "stackTrace": trace or []}


def text_of(exception):
    """The exception's message; its own code, which makes the text, may raise something."""
    try:
        return str(exception)
    except Exception:
        return "<exception str() failed>"


def describe(exception, request_id=None):
    """The report of any raised exception, without the runtime's own frames."""
    if isinstance(exception, Fault):
        return make_error(exception.error_type, str(exception), exception.trace, request_id)

    import traceback  # costs 10 ms, which only functions that fail should pay

    frames = traceback.extract_tb(exception.__traceback__)
    first = next((i for i, frame in enumerate(frames) if frame.filename != __file__), 0)
    trace = traceback.format_list(frames[first:])
    return make_error(type(exception).__name__, text_of(exception), trace, request_id)


def log_error(error):
    if logs_json():
        line = {"timestamp": time.strftime(JSON_TIME, time.gmtime()), "level": "ERROR", **error}
        write_record(to_json(line).decode("utf-8", "replace"))
        return
    message = "[ERROR] " + error["errorType"]
    if error["errorMessage"]:
        message += ": " + error["errorMessage"]
    lines = [message, "Traceback (most recent call last):"]
    for entry in error["stackTrace"]:
        for line in entry.splitlines() or [""]:
            text = line.lstrip(" ")
            lines.append(NO_BREAK_SPACE * (len(line) - len(text)) + text)
    write_record("\n".join(lines))


class EndpointForOldBoto:
    """Sets the endpoint of botocore before 1.31 (boto3 1.28), which does not read AWS_ENDPOINT_URL."""

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name != "botocore.session":
            return None
        sys.meta_path.remove(cls)
        from importlib.util import find_spec

        spec = find_spec(name)
        if spec:
            execute = spec.loader.exec_module
            spec.loader.exec_module = lambda module: (execute(module), cls.patch(module))
        return spec

    @staticmethod
    def patch(module):
        version = sys.modules["botocore"].__version__.split(".")
        if (int(version[0]), int(version[1])) >= (1, 31):
            return
        create_client = module.Session.create_client
        endpoint_url_at = create_client.__code__.co_varnames.index("endpoint_url")

        def create_client_here(*arguments, **named):
            if len(arguments) <= endpoint_url_at and not named.get("endpoint_url"):
                named["endpoint_url"] = os.environ.get("AWS_ENDPOINT_URL")
            return create_client(*arguments, **named)

        module.Session.create_client = create_client_here


def load_handler(handler):
    """The function that _HANDLER names ("a/b.handler" or "a.b.handler"), or a Fault."""
    module_name, dot, function_name = handler.rpartition(".")
    if not dot:
        raise Fault("Runtime.MalformedHandlerName",
                    "Bad handler '%s': not enough values to unpack (expected 2, got 1)" % handler)
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise Fault("Runtime.BuiltInModuleConflict",
                    "Cannot use built-in module %s as a handler module" % module_name)
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Fault("Runtime.ImportModuleError",
                    "Unable to import module '%s': %s" % (module_name, error)) from error
    except SyntaxError as error:
        trace = ['  File "%s" Line %s\n    %s' % (error.filename, error.lineno, error.text)]
        raise Fault("Runtime.UserCodeSyntaxError",
                    "Syntax error in module '%s': %s" % (module_name, error), trace) from error
    try:
        return getattr(module, function_name)
    except AttributeError as error:
        raise Fault("Runtime.HandlerNotFound", "Handler '%s' missing on module '%s'"
                    % (function_name, module_name)) from error


def parse_event(body):
    try:
        return json.loads(body)
    except ValueError as error:
        raise Fault("Runtime.UnmarshalError", "Unable to unmarshal input: %s" % error) from error


def render_response(response):
    if isinstance(response, bytes):
        return response
    try:
        return to_json(response)
    except Exception as error:
        raise Fault("Runtime.MarshalError",
                    "Unable to marshal response: %s" % error) from error


def invoke(api, handler, headers, body):
    request_id = headers.get("Lambda-Runtime-Aws-Request-Id")
    trace_id = headers.get("Lambda-Runtime-Trace-Id")
    if trace_id:
        os.environ["_X_AMZN_TRACE_ID"] = trace_id
    else:
        os.environ.pop("_X_AMZN_TRACE_ID", None)
    try:
        response = render_response(handler(parse_event(body), LambdaContext(headers)))
    except Exception as exception:
        error = describe(exception, request_id)
        log_error(error)
        api.post_error(request_id, error)
    else:
        api.post_response(request_id, response)


def layer_folders():
    """Where AWS's runtime searches the folder with the function's layers, which is the argument."""
    if len(sys.argv) < 2:
        return []
    python = os.path.join(sys.argv[1], "python")
    name = os.environ.get("AWS_EXECUTION_ENV", "").rpartition("_")[2] or "python%d.%d" % sys.version_info[:2]
    return [os.path.join(python, "lib", name, "site-packages"), python]


def set_up_path():
    """The function's own folder and its layers replace the folder of this file.  Our packages come after them and
    before the machine's own: the machine's boto3 may be too old to know AWS_ENDPOINT_URL."""
    is_installed = [path.endswith(("site-packages", "dist-packages")) for path in sys.path] + [True]
    at = is_installed.index(True)
    sys.path[at:at] = OWN_PACKAGES
    sys.path[:1] = [os.environ["LAMBDA_TASK_ROOT"]] + layer_folders()


def main():
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.stdout, sys.stderr = Unbuffered(sys.stdout), Unbuffered(sys.stderr)
    set_up_path()
    sys.meta_path.insert(0, EndpointForOldBoto)
    request_ids = set_up_logging()
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        handler = load_handler(os.environ["_HANDLER"])
    except Exception as exception:
        error = describe(exception)
        log_error(error)
        api.post_init_error(error)
        sys.exit(1)
    while True:
        headers, body = api.next_invocation()
        request_ids.request_id = headers.get("Lambda-Runtime-Aws-Request-Id")
        invoke(api, handler, headers, body)


if __name__ == "__main__":
    main()
