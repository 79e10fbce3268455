"""A server of its own for tests of functions, with the clients, names and roles that they need."""

import json

import boto3
import orderly_server
from botocore.config import Config
from orderly_fixtures import LAMBDA_TRUST


class OwnWorld:
    """A server whose clock nobody else uses, and which can be killed."""

    def __init__(self, environment=None):
        self.server = orderly_server.Server(environment=environment).start()
        self.count = 0
        self.clients = {}

    def close(self):
        self.server.end()

    def advance(self, seconds):
        self.server.advance_clock(seconds)

    def client(self, service, **credentials):
        credentials = credentials or {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        key = (service, *credentials.values())
        if key not in self.clients:
            self.clients[key] = boto3.client(
                service, endpoint_url=self.server.endpoint, region_name="us-east-1", **credentials,
                config=Config(retries={"max_attempts": 0}, read_timeout=120, parameter_validation=False,
                              max_pool_connections=50))
        return self.clients[key]

    @property
    def functions(self):
        return self.client("lambda")

    def name(self, kind):
        self.count += 1
        return f"{kind}-{self.count}"

    def role(self, allow, resource="*"):
        """The ARN of a role of functions that may do this."""
        iam, name = self.client("iam"), self.name("role")
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=LAMBDA_TRUST)["Role"]["Arn"]
        iam.attach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(allow), "Resource": resource}]}
        if allow:
            iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=json.dumps(document))
        return arn
