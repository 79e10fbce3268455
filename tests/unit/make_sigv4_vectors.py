#!/usr/bin/env python3
"""Write sigv4_vectors.h: requests signed by botocore, for test_sigv4.c.

Usage: tests/unit/make_sigv4_vectors.py > tests/unit/sigv4_vectors.h
"""
import datetime
from types import SimpleNamespace
from unittest import mock
from urllib.parse import urlsplit

from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

NOW = datetime.datetime(2026, 1, 31, 12, 0, 0)
KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SQS = "https://sqs.eu-west-1.amazonaws.com"
LAMBDA = "https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/"
S3 = "https://packages.s3.eu-west-1.amazonaws.com"
JSON = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.SendMessage"}
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}

VECTORS = [
    # name, signer, service, method, url, headers, body, session token
    ("a JSON call", auth.SigV4Auth, "sqs", "POST", SQS + "/", JSON, b'{"MessageBody":"caf\xc3\xa9"}', None),
    ("a session's call", auth.SigV4Auth, "sqs", "POST", SQS + "/", JSON, b"{}", "FwoGZXIvYXdzE//+token=="),
    ("a form", auth.SigV4Auth, "sns", "POST", "https://sns.eu-west-1.amazonaws.com/", FORM,
     b"Action=Publish&Message=a+b%26c&Version=2010-03-31", None),
    ("an encoded path", auth.SigV4Auth, "lambda", "POST",
     LAMBDA + "arn%3Aaws%3Alambda%3Aeu-west-1%3A000000000000%3Afunction%3Ao/invocations", {}, b"{}", None),
    ("a path with dots and double slashes", auth.SigV4Auth, "lambda", "GET",
     "https://lambda.eu-west-1.amazonaws.com//a/./b//../c%20d/~e/", {}, b"", None),
    ("a path that is all dots", auth.SigV4Auth, "lambda", "GET",
     "https://lambda.eu-west-1.amazonaws.com/a/../..", {}, b"", None),
    ("a query out of order", auth.SigV4Auth, "lambda", "GET",
     LAMBDA + "?b=2&a=%20x&B=1&a=%C3%A9&empty=&MaxItems=50&a-b=1", {}, b"", None),
    ("values with much white space", auth.SigV4Auth, "sqs", "POST", SQS + "/",
     {**JSON, "X-Amz-Meta": "  a   b  \t c ", "X-Amz-Empty": ""}, b"{}", None),
    ("a default port", auth.SigV4Auth, "sqs", "POST", "http://localhost:80/", JSON, b"{}", None),
    ("another port", auth.SigV4Auth, "sqs", "POST", "http://localhost:4566/000000000000/q", JSON, b"{}", None),
    ("an object", auth.S3SigV4Auth, "s3", "PUT", S3 + "/a%20b//c/..%C3%A9%2B.zip", {}, b"PK", None),
    ("an unsigned payload", auth.S3SigV4Auth, "s3", "PUT", S3 + "/a.zip",
     {"Content-MD5": "2Z9gpRZFnU1b6ndAnb6+7g=="}, b"PK", None),
    ("a presigned object", auth.S3SigV4QueryAuth, "s3", "GET",
     S3 + "/a%20b/c.zip?response-content-type=text%2Fplain", {}, b"", None),
    ("a presigned call of a session", auth.SigV4QueryAuth, "sts", "GET",
     "https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15", {}, b"", "tok/en+=="),
]


def sign(signer, service, method, url, headers, body, token):
    request = AWSRequest(method=method, url=url, headers=headers, data=body)
    if "Content-MD5" in headers:
        request.context["client_config"] = SimpleNamespace(s3={"payload_signing_enabled": False})
    with mock.patch("botocore.auth.get_current_datetime", lambda *_, **__: NOW):
        signer(Credentials(KEY, SECRET, token), service, "eu-west-1").add_auth(request)
    return request


def wire(request):
    """The request in the form in which it is sent."""
    parts = urlsplit(request.url)
    target = (parts.path or "/") + ("?" + parts.query if parts.query else "")
    host = parts.netloc.removesuffix(":80")
    lines = [f"{request.method} {target} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    body = request.data or b""
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def literal(data):
    """The bytes as C string literals, one for each line."""
    lines = data.split(b"\n")
    pieces = [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
    return "\n".join('     "' + "".join(escape(byte) for byte in piece) + '"' for piece in pieces)


def escape(byte):
    special = {0x0A: "\\n", 0x0D: "\\r", 0x09: "\\t", 0x22: '\\"', 0x5C: "\\\\"}
    return special.get(byte) or (chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03o}")


def main():
    print("/* Made by make_sigv4_vectors.py: requests as botocore signs them.  Do not edit. */")
    print("static const struct { const char *name, *request; } vectors[] = {")
    for name, *what in VECTORS:
        print(f'    {{"{name}",\n{literal(wire(sign(*what)))}}},')
    print("};")


if __name__ == "__main__":
    main()
