"""Where a function finds its server: the address that the server listens on, or loopback in a network of its own."""

import json

import boto3
import orderly_server
import pytest
from orderly_fixtures import LAMBDA_TRUST, zip_of

ASK = """
import os, urllib.request
def handler(event, context):
    endpoint = os.environ["AWS_ENDPOINT_URL"]
    with urllib.request.urlopen(endpoint + "/_orderly/health") as reply:
        return [endpoint, reply.status]
"""


@pytest.mark.parametrize("host, sandbox, address", [
    ("127.0.0.1", "off", "127.0.0.1"), ("127.0.0.2", "off", "127.0.0.2"), ("::1", "off", "[::1]"), ("0.0.0.0", "off", "127.0.0.1"),
    ("127.0.0.2", "required", "127.0.0.1")])
def test_a_function_reaches_its_server_at_the_address_that_it_listens_on(host, sandbox, address):
    key = {"aws_access_key_id": "AKIAROOT", "aws_secret_access_key": "secret"}
    server = orderly_server.Server("--host", host, "--sandbox", sandbox, "--auth", "strict", "--root-access-key-id", "AKIAROOT",
                                   environment={"ORDERLY_ROOT_SECRET_ACCESS_KEY": "secret"}).start()
    try:
        listens = {"::1": "[::1]", "0.0.0.0": "127.0.0.1"}.get(host, host)
        iam, functions = (boto3.client(service, endpoint_url=f"http://{listens}:{server.port}", region_name="us-east-1", **key)
                          for service in ("iam", "lambda"))
        role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=LAMBDA_TRUST)["Role"]["Arn"]
        functions.create_function(FunctionName="f", Runtime="python3.11", Handler="index.handler", Role=role, Timeout=60,
                                  Code={"ZipFile": zip_of({"index.py": ASK})})
        answer = json.loads(functions.invoke(FunctionName="f")["Payload"].read())
        assert answer == [f"http://{address}:{server.port}", 200], server.log
    finally:
        server.end()
