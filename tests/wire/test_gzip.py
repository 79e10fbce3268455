"""Replies that are gzip'd: DynamoDB's, when they are large and the client asks for it."""
import gzip
import http.client
import json
import uuid
import zlib

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

LARGEST_UNPACKED = 8 * 1024


@pytest.fixture
def call(endpoint):
    """call(target, body, accept) returns the reply's headers, in lower case, and its body as sent."""
    service = {"DynamoDB_20120810": "dynamodb", "AmazonSQS": "sqs"}

    def send(target, body, accept=None):
        headers = {"Host": endpoint.split("//")[1], "X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.0"}
        if accept is not None:
            headers["Accept-Encoding"] = accept
        aws = AWSRequest("POST", endpoint + "/", data=json.dumps(body), headers=headers)
        SigV4Auth(Credentials("test", "test"), service[target.split(".")[0]], "us-east-1").add_auth(aws)
        connection = http.client.HTTPConnection(endpoint.split("//")[1], timeout=60)
        connection.putrequest("POST", "/", skip_host=True, skip_accept_encoding=True)
        for name, value in aws.headers.items():
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(aws.body)))
        connection.endheaders(aws.body)
        response = connection.getresponse()
        reply = {name.lower(): value for name, value in response.getheaders()}, response.read()
        connection.close()
        assert response.status == 200, reply
        return reply

    return send


@pytest.fixture
def item(call):
    """item(size, accept) returns GetItem's reply, whose unpacked body has that many bytes."""
    table = f"gzip-{uuid.uuid4().hex[:8]}"
    call("DynamoDB_20120810.CreateTable",
         {"TableName": table, "BillingMode": "PAY_PER_REQUEST",
          "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
          "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]})
    frame = len('{"Item":{"id":{"S":"k"},"v":{"S":""}}}')

    def get(size, accept=None):
        call("DynamoDB_20120810.PutItem",
             {"TableName": table, "Item": {"id": {"S": "k"}, "v": {"S": "x" * (size - frame)}}})
        headers, body = call("DynamoDB_20120810.GetItem", {"TableName": table, "Key": {"id": {"S": "k"}}}, accept)
        assert int(headers["x-amz-crc32"]) == zlib.crc32(body)
        assert int(headers["content-length"]) == len(body)
        whole = gzip.decompress(body) if "content-encoding" in headers else body
        assert len(whole) == size
        assert json.loads(whole)["Item"]["v"]["S"] == "x" * (size - frame)
        return headers

    yield get
    call("DynamoDB_20120810.DeleteTable", {"TableName": table})


def test_a_large_reply_is_packed_for_a_client_that_asks_and_its_checksum_is_of_what_is_sent(item):
    assert item(LARGEST_UNPACKED + 1, "gzip")["content-encoding"] == "gzip"


def test_a_reply_is_packed_by_a_worker_too(item):
    assert item(300 * 1024, "deflate, gzip;q=0.8")["content-encoding"] == "gzip"


def test_a_small_reply_is_not_packed(item):
    assert "content-encoding" not in item(LARGEST_UNPACKED, "gzip")


@pytest.mark.parametrize("accept", [None, "identity", "gzip;q=0"])
def test_a_reply_is_not_packed_for_a_client_that_does_not_ask(item, accept):
    assert "content-encoding" not in item(LARGEST_UNPACKED + 1, accept)


def test_other_services_do_not_pack(call):
    name = f"gzip-{uuid.uuid4().hex[:8]}"
    url = json.loads(call("AmazonSQS.CreateQueue", {"QueueName": name})[1])["QueueUrl"]
    call("AmazonSQS.SendMessage", {"QueueUrl": url, "MessageBody": "x" * 20000})
    headers, body = call("AmazonSQS.ReceiveMessage", {"QueueUrl": url}, "gzip")
    assert "content-encoding" not in headers and len(body) > 20000
    call("AmazonSQS.DeleteQueue", {"QueueUrl": url})
