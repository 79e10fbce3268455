"""Fakes of the servers that a function calls: the Lambda Runtime API and DynamoDB, on loopback ports."""

import hashlib
import hmac
import json
import queue
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ACCESS_KEY_ID = "ASIAEXAMPLE"
SECRET_ACCESS_KEY = "secret/with+signs"
SESSION_TOKEN = "token/+=="
FUNCTION_ARN = "arn:aws:lambda:us-east-1:000000000000:function:Probe"


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, handler, tls=None):
        super().__init__(("127.0.0.1", 0), handler)
        self.connections = 0
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05},
                         daemon=True).start()

    @property
    def address(self):
        return "127.0.0.1:%d" % self.server_port

    def process_request(self, request, client_address):
        self.connections += 1
        super().process_request(request, client_address)

    def handle_error(self, request, client_address):
        """A function that was killed leaves its connections broken: nothing to report."""

    def stop(self):
        self.shutdown()
        self.server_close()


class Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(self, status, body=b"", headers=None, chunked=False):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
            half = len(body) // 2
            parts = [part for part in (body[:half], body[half:]) if part] + [b""]
            body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *arguments):
        """Logs nothing: the tests look at the requests themselves."""


class Answer:
    """A function's report on one invocation, or on its initialization."""

    def __init__(self, kind, body, headers, request_id=None):
        self.kind = kind
        self.body = body
        self.headers = headers
        self.request_id = request_id

    @property
    def value(self):
        return json.loads(self.body)

    @property
    def error_type(self):
        return self.headers.get("Lambda-Runtime-Function-Error-Type")


class RuntimeApi(Server):
    def __init__(self):
        super().__init__(RuntimeApiExchange)
        self.invocations = queue.Queue()
        self.answers = queue.Queue()
        self.asked = queue.Queue()  # one entry for each request for an invocation
        self.chunked = False
        self.closing = False

    def send(self, body, headers=None, timeout_s=30):
        """Queues an invocation and returns its request id."""
        request_id = str(uuid.uuid4())
        self.invocations.put((body, {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": request_id,
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + timeout_s) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": FUNCTION_ARN,
            "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0",
            **(headers or {}),
        }))
        return request_id

    def next_answer(self, timeout_s=20):
        return self.answers.get(timeout=timeout_s)


class RuntimeApiExchange(Exchange):
    def do_GET(self):
        assert self.path == "/2018-06-01/runtime/invocation/next", self.path
        self.server.asked.put(None)
        body, headers = self.server.invocations.get()
        if self.server.closing:
            self.close_connection = True
        self.answer(200, body, headers, chunked=self.server.chunked)

    def do_POST(self):
        body = self.body()
        parts = self.path.removeprefix("/2018-06-01/runtime/").split("/")
        request_id = parts[1] if parts[0] == "invocation" else None
        kind = parts[-1] if request_id else "init error"
        self.server.answers.put(Answer(kind, body, self.headers, request_id))
        self.answer(202, b'{"status":"OK"}', {"Content-Type": "application/json"})


def signature_of(method, path, headers, body, region):
    """The AWS Signature Version 4 that a request with these headers should have, computed from the specification."""
    credential, signed, _ = [part.split("=", 1)[1] for part in
                             headers["Authorization"].split(" ", 1)[1].replace(", ", ",").split(",")]
    key_id, date, scope_region, service, end = credential.split("/")
    assert (key_id, scope_region, service, end) == (ACCESS_KEY_ID, region, "dynamodb", "aws4_request")
    lines = ["%s:%s\n" % (name, " ".join(headers[name].split())) for name in signed.split(";")]
    canonical = "\n".join([method, path, "", "".join(lines), signed, hashlib.sha256(body).hexdigest()])
    scope = "/".join([date, scope_region, service, end])
    text = "\n".join(["AWS4-HMAC-SHA256", headers["X-Amz-Date"], scope,
                      hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + SECRET_ACCESS_KEY).encode()
    for part in (date, scope_region, service, end, text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key.hex(), signed.split(";")


class DynamoDb(Server):
    """Keeps what is put; answers `refusal` (status, error) instead when it is set."""

    def __init__(self, tls=None):
        super().__init__(DynamoDbExchange, tls)
        self.puts, self.trace_ids = [], []
        self.refusal = None
        self.problems = []

    @property
    def items(self):
        return {put["Item"]["orderId"]["S"]: put["Item"] for put in self.puts}


class DynamoDbExchange(Exchange):
    def do_POST(self):
        body = self.body()
        expected, signed = signature_of("POST", self.path, self.headers, body, "us-east-1")
        if not self.headers["Authorization"].endswith("Signature=" + expected):
            self.server.problems.append("wrong signature")
        if "host" not in signed or "x-amz-security-token" not in signed:
            self.server.problems.append("signed only " + ";".join(signed))
        if self.headers["X-Amz-Security-Token"] != SESSION_TOKEN:
            self.server.problems.append("no session token")
        if self.headers["X-Amz-Target"] != "DynamoDB_20120810.PutItem":
            self.server.problems.append("not PutItem")
        headers = {"Content-Type": "application/x-amz-json-1.0"}
        if self.server.refusal:
            status, error = self.server.refusal
            self.answer(status, json.dumps(error).encode(), headers)
            return
        self.server.puts.append(json.loads(body))
        self.server.trace_ids.append(self.headers["X-Amzn-Trace-Id"])
        self.answer(200, b"{}", headers)
