"""The operations that no other module names: their requests cannot be made large, and are sent as usual."""

import json
import pathlib
import sys

import boto3
from botocore import xform_name
from botocore.config import Config

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "wire"))
from base_requests import World, base_requests  # noqa: E402

PAYLOADS = {"Payload", "InvokeArgs"}  # of which an SDK takes the bytes
worlds = {}  # endpoint -> the resources that the requests use, made at the first request


def client_at(endpoint, service):
    return boto3.client(service, endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="test",
                        aws_secret_access_key="test", config=Config(retries={"max_attempts": 0}, inject_host_prefix=False))


def requests_at(endpoint):
    if endpoint not in worlds:
        worlds[endpoint] = base_requests(World(lambda service: client_at(endpoint, service)))
    return worlds[endpoint]


def call(client, operation, arguments):
    arguments = {name: json.dumps(value) if name in PAYLOADS else value for name, value in arguments.items()}
    try:
        getattr(client, xform_name(operation))(**arguments)
    except client.exceptions.ClientError:
        pass  # exists already, or is deleted already


def entry(service, operation):
    def request(client):
        before, arguments = requests_at(client.meta.endpoint_url)[service][operation]()
        for name, others in before:
            call(client, name, others)
        call(client, operation, arguments)

    return {"name": f"{operation}, as usual", "service": service,
            "prepare": lambda client: requests_at(client.meta.endpoint_url), "request": request}


def entries_besides(named):
    """An entry for each operation that is served and not in `named`, a set of (service, operation)."""

    class Anything:
        def __getattr__(self, name):
            return name

    every = base_requests(Anything())
    return [entry(service, operation) for service in every for operation in every[service] if (service, operation) not in named]
