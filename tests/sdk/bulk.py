"""Calls by the hundred: an SDK's call takes six times the processor's time."""

import functools
import hashlib
import hmac
import http.client
import time
import urllib.parse

import botocore.parsers
import botocore.serialize


def keyed(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")


class Bulk:
    """Bulk(client).operation(Name=...) asks, answers and refuses as the boto3 client does, on one connection.

    It neither validates nor retries.
    """

    def __init__(self, client):
        self.service = client.meta.service_model
        self.names = client.meta.method_to_api_mapping
        self.exceptions = client.exceptions
        self.serializer = botocore.serialize.create_serializer(self.service.resolved_protocol, include_validation=False)
        self.parser = botocore.parsers.create_parser(self.service.resolved_protocol)
        self.host = urllib.parse.urlsplit(client.meta.endpoint_url).netloc
        self.connection = http.client.HTTPConnection(self.host, timeout=120)
        self.region = client.meta.region_name
        self.credentials = client._request_signer._credentials.get_frozen_credentials()

    def __getattr__(self, name):
        operation = self.service.operation_model(self.names[name])
        return lambda **parameters: self.call(operation, parameters)

    def signed(self, method, path, query, headers, body):
        """The headers, and those of their Signature Version 4."""
        now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        scope = [now[:8], self.region, self.service.signing_name, "aws4_request"]
        key = functools.reduce(keyed, scope, b"AWS4" + self.credentials.secret_key.encode())
        headers = {**headers, "Host": self.host, "X-Amz-Date": now}
        lines = sorted(f"{name.lower()}:{value}\n" for name, value in headers.items())
        names = ";".join(line.split(":")[0] for line in lines)
        request = f"{method}\n{path}\n{query}\n{''.join(lines)}\n{names}\n{hashlib.sha256(body).hexdigest()}"
        text = f"AWS4-HMAC-SHA256\n{now}\n{'/'.join(scope)}\n{hashlib.sha256(request.encode()).hexdigest()}"
        return {**headers, "Authorization": f"AWS4-HMAC-SHA256 Credential={self.credentials.access_key}/{'/'.join(scope)}, "
                f"SignedHeaders={names}, Signature={keyed(key, text).hex()}"}

    def call(self, operation, parameters):
        request = self.serializer.serialize_to_request(parameters, operation)
        method, path, body = request["method"], request["url_path"], request["body"]
        body = urllib.parse.urlencode(body).encode() if isinstance(body, dict) else body
        query = urllib.parse.urlencode(sorted(dict(request["query_string"]).items()))
        self.connection.request(method, path + (query and "?" + query), body,
                                self.signed(method, path, query, request["headers"], body))
        reply = self.connection.getresponse()
        answer = {"status_code": reply.status, "headers": dict(reply.getheaders()), "body": reply.read()}
        parsed = self.parser.parse(answer, operation.output_shape)
        if reply.status >= 300:
            raise self.exceptions.from_code(parsed["Error"]["Code"])(parsed, operation.name)
        return parsed
