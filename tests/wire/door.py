"""Requests to the door, signed or not, and their replies."""

import http.client
import json

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

JSON = {"Content-Type": "application/json"}


class Reply:
    def __init__(self, raw):
        self.status, self.body = raw.status, raw.read().decode()
        self.headers = {name.lower(): value for name, value in raw.getheaders()}

    @property
    def message(self):
        return json.loads(self.body)["message"]

    @property
    def cors(self):
        return {name: value for name, value in self.headers.items() if name.startswith("access-control-")}


def send(endpoint, method, path, headers=None, body=None):
    connection = http.client.HTTPConnection(endpoint.split("//")[1], timeout=30)
    try:
        connection.request(method, path, body, headers or {})
        return Reply(connection.getresponse())
    finally:
        connection.close()


def signed(endpoint, headers, body="{}", service="dynamodb", host=None, keys=("test", "test"), method="POST", path="/"):
    """The given headers, with a signature."""
    aws = AWSRequest(method, endpoint + path, data=body, headers={"Host": host or endpoint.split("//")[1], **headers})
    SigV4Auth(Credentials(*keys), service, "us-east-1").add_auth(aws)
    return dict(aws.headers.items())


def boto(server, service, keys=("test", "test")):
    return boto3.client(service, endpoint_url=server.endpoint, region_name="us-east-1", aws_access_key_id=keys[0],
                        aws_secret_access_key=keys[1], config=Config(retries={"max_attempts": 0}))


def create_queue(server, account):
    body = json.dumps({"QueueName": "q"})
    target = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.CreateQueue"}
    assert send(server.endpoint, "POST", "/", signed(server.endpoint, target, body, "sqs", keys=(account, "any")), body).status == 200
