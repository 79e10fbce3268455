"""Reads *.http files, sends their requests byte by byte, and compares the replies."""

import dataclasses
import http.client
import json
import re
import socket
import urllib.parse

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

METHOD = re.compile(r"^(GET|POST|PUT|DELETE|HEAD|OPTIONS|PATCH) ", re.M)
PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
TARGETS = {"AmazonSQS": "sqs", "DynamoDB_20120810": "dynamodb",
           "DynamoDBStreams_20120810": "dynamodb", "Logs_20140328": "logs"}
VERSIONS = {"2010-03-31": "sns", "2012-11-05": "sqs", "2010-05-08": "iam", "2011-06-15": "sts",
            "2010-08-01": "cloudwatch"}


@dataclasses.dataclass
class Message:
    first: str
    headers: "list[tuple[str, str]]"
    body: str

    def header(self, name):
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclasses.dataclass
class Reply:
    status: int
    headers: "dict[str, str]"
    body: bytes


def read_message(text):
    head, _, body = text.strip("\n").partition("\n\n")
    first, *lines = head.split("\n")
    return Message(first, [tuple(part.strip() for part in line.split(":", 1)) for line in lines], body.strip("\n"))


def read_exchanges(text):
    """[(request, expected reply)] of a file."""
    exchanges = []
    for part in re.split(r"^===$", text, flags=re.M):
        request, arrow, reply = part.partition("\n--> ")
        assert arrow, "an exchange needs a line that begins with -->"
        exchanges.append((read_message(request[METHOD.search(request).start() :]), read_message(reply)))
    return exchanges


def fill(text, known):
    return PLACEHOLDER.sub(lambda found: known.get(found[1], found[0]), text)


# --- Sending -----------------------------------------------------------------------------------


def service_of(request):
    target = (request.header("X-Amz-Target") or "").split(".")[0]
    if target in TARGETS:
        return TARGETS[target]
    form = urllib.parse.parse_qs(request.body if "Version=" in request.body else request.first)
    for version in form.get("Version", []):
        if version.split(" ")[0] in VERSIONS:
            return VERSIONS[version.split(" ")[0]]
    return "lambda" if re.match(r"\S+ /20\d\d-", request.first) else "sqs"


def content_type_of(request):
    if request.header("X-Amz-Target"):
        return "application/x-amz-json-1.1" if "Logs_" in request.header("X-Amz-Target") else "application/x-amz-json-1.0"
    return "application/x-www-form-urlencoded" if request.body.startswith("Action=") else "application/json"


def sign(request, endpoint, headers, body):
    said = (request.header("Sign") or "").split()
    if said == ["none"]:
        return headers
    options = dict(part.split("=", 1) for part in said if "=" in part)
    service = next((part for part in said if "=" not in part), None) or service_of(request)
    method, target = request.first.split(" ")[:2]
    aws = AWSRequest(method, endpoint + target, data=body, headers={k: v for k, v in headers.items() if k != "Content-Length"})
    credentials = Credentials(options.get("key", "test"), options.get("secret", "test"))
    SignerAt(credentials, service, options.get("region", "us-east-1"), options.get("date")).add_auth(aws)
    return {**dict(aws.headers.items()), "Content-Length": headers["Content-Length"]}


class SignerAt(SigV4Auth):
    """A signer with a settable time."""

    def __init__(self, credentials, service, region, date):
        super().__init__(credentials, service, region)
        self.date = date

    def _modify_request_before_signing(self, request):
        if self.date:
            request.context["timestamp"] = self.date
        super()._modify_request_before_signing(request)


def send(endpoint, request):
    body = request.body.encode()
    host = endpoint.split("//")[1]
    headers = {name: value for name, value in request.headers if name != "Sign"}
    headers.setdefault("Host", host)
    if body and not request.header("Content-Type"):
        headers["Content-Type"] = content_type_of(request)
    headers["Content-Length"] = str(len(body))
    headers = sign(request, endpoint, headers, body)
    connection = http.client.HTTPConnection(host, timeout=30)
    try:
        method, target = request.first.split(" ")[:2]
        connection.connect()
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        connection.endheaders(body)  # in one piece: a head alone may be refused before its body names the operation
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)
        reply = connection.getresponse()
        return Reply(reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read())
    finally:
        connection.close()


# --- Comparing ---------------------------------------------------------------------------------


class Different(AssertionError):
    pass


def match_text(expected, actual, known, where):
    """Matches a text and notes the values of the placeholders."""
    pattern, names, at = "", [], 0
    for found in PLACEHOLDER.finditer(expected):
        pattern += re.escape(expected[at : found.start()])
        at = found.end()
        if found[1] in known:
            pattern += re.escape(known[found[1]])
        elif found[1] == "any" or found[1] in names:
            pattern += ".*?" if found[1] == "any" else f"(?P={found[1]})"
        else:
            names.append(found[1])
            pattern += f"(?P<{found[1]}>.+?)"
    matched = re.fullmatch(pattern + re.escape(expected[at:]), actual, re.S)
    if not matched:
        raise Different(f"{where}: expected {expected!r}, got {actual!r}")
    known.update(matched.groupdict())


def match_object(expected, actual, known, where):
    open_ended = "..." in expected
    names = set(expected) - {"..."}
    if not isinstance(actual, dict) or names - set(actual) or (set(actual) - names and not open_ended):
        raise Different(f"{where}: expected members {sorted(expected)}, got {actual!r}")
    for name in names:
        match_json(expected[name], actual[name], known, f"{where}.{name}")


def match_json(expected, actual, known, where="body"):
    if expected == "{any}":
        return
    if isinstance(expected, dict):
        match_object(expected, actual, known, where)
    elif isinstance(expected, list):
        if not isinstance(actual, list) or len(expected) != len(actual):
            raise Different(f"{where}: expected {expected!r}, got {actual!r}")
        for i, (one, other) in enumerate(zip(expected, actual)):
            match_json(one, other, known, f"{where}[{i}]")
    elif isinstance(expected, str) and isinstance(actual, str):
        match_text(expected, actual, known, where)
    elif expected != actual or type(expected) is not type(actual):
        raise Different(f"{where}: expected {expected!r}, got {actual!r}")


def without_space(xml):
    return re.sub(r">\s+<", "><", re.sub(r"^<\?xml.*?\?>\s*", "", xml.strip()))


def match_body(expected, actual, known):
    if expected == "(empty)":
        if actual:
            raise Different(f"expected no body, got {actual!r}")
    elif expected.startswith(("{", "[")) and not PLACEHOLDER.match(expected):
        match_json(json.loads(expected), json.loads(actual), known)
    elif expected.startswith("<"):
        match_text(without_space(expected), without_space(actual), known, "body")
    elif expected:
        match_text(expected, actual, known, "body")


def match_reply(expected, reply, known):
    if int(expected.first) != reply.status:
        raise Different(f"expected status {expected.first}, got {reply.status}: {reply.body.decode(errors='replace')}")
    for name, value in expected.headers:
        actual = reply.headers.get(name.lower())
        if value == "absent":
            if actual is not None:
                raise Different(f"header {name} should be absent, is {actual!r}")
        elif actual is None:
            raise Different(f"header {name} is missing from {reply.headers}")
        else:
            match_text(value, actual, known, f"header {name}")
    match_body(expected.body, reply.body.decode(), known)


def run(text, endpoint, unique):
    known = {"endpoint": endpoint, "host": endpoint.split("//")[1], "unique": unique}
    for number, (request, expected) in enumerate(read_exchanges(text), 1):
        filled = Message(fill(request.first, known), [(n, fill(v, known)) for n, v in request.headers], fill(request.body, known))
        try:
            match_reply(expected, send(endpoint, filled), known)
        except Different as difference:
            raise AssertionError(f"exchange {number} ({filled.first}): {difference}") from None
