"""A server with roles and users, for tests of what they use."""

import json
import urllib.request

import boto3
import orderly_server
from orderly_fixtures import ACCOUNT

MINUTE = 60  # so often the server stores what was used
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}]})


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions, resource="*", **more):
    return {"Effect": "Allow", "Action": actions, "Resource": resource, **more}


class House:
    """A server with roles and users, and clients that act as them."""

    def __init__(self):
        self.server = orderly_server.Server().start()

    def client(self, service, region="us-east-1", key="test", secret="test", token=None):
        return boto3.client(service, endpoint_url=self.server.endpoint, region_name=region, aws_access_key_id=key,
                            aws_secret_access_key=secret, aws_session_token=token)

    @property
    def iam(self):
        return self.client("iam")

    def role(self, name, **policies):
        arn = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        for policy, statements in policies.items():
            self.iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=document(*statements))
        return arn

    def acting(self, arn):
        keys = self.client("sts").assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
        return lambda service, region="us-east-1": self.client(
            service, region, keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])

    def user(self, name, *statements):
        arn = self.iam.create_user(UserName=name)["User"]["Arn"]
        if statements:
            self.iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
        key = self.iam.create_access_key(UserName=name)["AccessKey"]
        return arn, lambda service, region="us-east-1": self.client(
            service, region, key["AccessKeyId"], key["SecretAccessKey"])

    def report(self, arn, granularity="SERVICE_LEVEL", **page):
        job = self.iam.generate_service_last_accessed_details(Arn=arn, Granularity=granularity)["JobId"]
        return self.iam.get_service_last_accessed_details(JobId=job, **page)

    def services(self, arn, **more):
        return {one["ServiceNamespace"]: one for one in self.report(arn, **more)["ServicesLastAccessed"]}

    def uses(self, arn):
        with urllib.request.urlopen(f"{self.server.endpoint}/_orderly/iam/last-accessed?as={arn}") as reply:
            return json.load(reply)

    def end(self):
        self.server.end()
