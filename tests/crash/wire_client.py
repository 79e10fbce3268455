"""A small signed client for load: one keep-alive connection, JSON protocols, no retries."""

import datetime
import hashlib
import hmac
import http.client
import json
import urllib.parse


def digest(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class Refused(Exception):
    """The server answered with an error."""

    def __init__(self, status, body):
        super().__init__(f"{status} {body}")
        self.status = status


class WireClient:
    def __init__(self, port):
        self.host = f"127.0.0.1:{port}"
        self.connection = http.client.HTTPConnection(self.host, timeout=30)
        self.keys = {}

    def close(self):
        self.connection.close()

    def signing_key(self, day, service):
        if (day, service) not in self.keys:
            key = b"AWS4test"
            for part in (day, "us-east-1", service, "aws4_request"):
                key = digest(key, part)
            self.keys[day, service] = key
        return self.keys[day, service]

    def headers(self, service, target, body, content_type="application/x-amz-json-1.0"):
        at = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        scope = f"{at[:8]}/us-east-1/{service}/aws4_request"
        names = "content-type;host;x-amz-date;x-amz-target"
        canonical = (
            f"POST\n/\n\ncontent-type:{content_type}\nhost:{self.host}\nx-amz-date:{at}\n"
            f"x-amz-target:{target}\n\n{names}\n{hashlib.sha256(body).hexdigest()}"
        )
        hashed = hashlib.sha256(canonical.encode()).hexdigest()
        signature = digest(self.signing_key(at[:8], service), f"AWS4-HMAC-SHA256\n{at}\n{scope}\n{hashed}").hex()
        return {
            "Host": self.host,
            "Content-Type": content_type,
            "X-Amz-Date": at,
            "X-Amz-Target": target,
            "Authorization": f"AWS4-HMAC-SHA256 Credential=test/{scope}, SignedHeaders={names}, Signature={signature}",
        }

    def ask(self, body, headers):
        self.connection.request("POST", "/", body, headers)
        reply = self.connection.getresponse()
        text = reply.read()
        if reply.status != 200:
            raise Refused(reply.status, text.decode())
        return text

    def call(self, service, target, arguments):
        body = json.dumps(arguments).encode()
        return json.loads(self.ask(body, self.headers(service, target, body)) or b"{}")

    def query(self, service, version, action, **arguments):
        """A call in the Query protocol; returns the reply's XML."""
        body = urllib.parse.urlencode({"Action": action, "Version": version, **arguments}).encode()
        headers = self.headers(service, "", body, "application/x-www-form-urlencoded")
        del headers["X-Amz-Target"]
        return self.ask(body, headers).decode()

    def sqs(self, operation, **arguments):
        return self.call("sqs", f"AmazonSQS.{operation}", arguments)

    def dynamodb(self, operation, **arguments):
        return self.call("dynamodb", f"DynamoDB_20120810.{operation}", arguments)
