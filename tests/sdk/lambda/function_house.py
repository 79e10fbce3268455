"""A server of its own, its folders, and its functions."""

import json
import pathlib

import boto3
from botocore.config import Config
from orderly_fixtures import LAMBDA_TRUST, REGION, zip_of


class House:
    """A server, its folders, and a client for each service."""

    def __init__(self, server):
        self.server = server
        self.data = pathlib.Path(server.data)
        self.functions = self.data / "functions"
        self.made = {}

    def client(self, service, **credentials):
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", **credentials}
        key = (service, tuple(sorted(keys.items())))
        if key not in self.made:
            self.made[key] = boto3.client(
                service,
                endpoint_url=self.server.endpoint,
                region_name=REGION,
                config=Config(retries={"max_attempts": 0}, read_timeout=300),
                **keys,
            )
        return self.made[key]

    def role(self):
        iam = self.client("iam")
        try:
            return iam.get_role(RoleName="packages")["Role"]["Arn"]
        except iam.exceptions.NoSuchEntityException:
            iam.create_role(RoleName="packages", AssumeRolePolicyDocument=LAMBDA_TRUST)
            iam.attach_role_policy(RoleName="packages", PolicyArn="arn:aws:iam::aws:policy/AmazonSQSFullAccess")
            return self.role()

    def create(self, name, code, **settings):
        """Make a function from a zip file or from the source of a Python module."""
        package = code if isinstance(code, bytes) else zip_of({"index.py": code})
        return self.client("lambda").create_function(
            FunctionName=name,
            **{"Runtime": "python3.11", "Handler": "index.handler", "Timeout": 30, **settings},
            Role=self.role(),
            Code={"ZipFile": package},
        )

    def invoke(self, name, **event):
        reply = self.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
        return reply.get("FunctionError"), reply["Payload"].read().decode()
