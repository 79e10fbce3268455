"""Every operation is denied to who may nothing, and needs exactly the permissions that docs/permissions.md names.

One test for each operation, generated from the models; base_requests.py makes requests that succeed.  A user without
any permission is given what each denial asks for, one permission after the other, until the request is allowed.
"""

import contextlib
import json
import re

import boto3
import orderly_server
import pytest
from base_requests import ACCOUNT, REFUSED, World, base_requests
from botocore.config import Config
from botocore.exceptions import ClientError
from models import MODELS, ROOT

USER = f"arn:aws:iam::{ACCOUNT}:user/without-permissions"
MOST_PERMISSIONS = 10  # that one request needs
ALLOWED = object()
# The report of a job that somebody else has asked for is not found.
OF_WHO_ASKED = ("GetServiceLastAccessedDetails", "GetServiceLastAccessedDetailsWithEntities")


def documented():
    """{service: {operation: [(action, resource, may be missing)]}} of docs/permissions.md."""
    needs, operation = {}, ""
    for line in (ROOT / "docs/permissions.md").read_text().splitlines():
        if line.startswith("## "):
            needs[line[3:]] = operations = {}
        elif match := re.match(r"\| *(\(no operation\)|\w*) *\| `([^`]+)`([^|]*)\| `([^`]+)`", line):
            name, action, condition, resource = match.groups()
            operation = name or operation
            operations.setdefault(operation, []).append((action, resource, condition.strip() != ""))
    return needs


NEEDS = documented()
# What they need depends on their statements.
STATEMENTS = ("ExecuteStatement", "ExecuteTransaction")
# It answers with the denial of each statement: tests/sdk/dynamodb/test_dynamodb_partiql.py.
DENIED_IN_ITS_REPLY = "BatchExecuteStatement"


def operations(anonymous):
    return [(service, name) for service, model in MODELS.items() for name, operation in model.operations.items()
            if not operation.internal and operation.anonymous == anonymous and name != DENIED_IN_ITS_REPLY]


@pytest.fixture(scope="module")
def server():
    server = orderly_server.Server(environment=orderly_server.HASTY_ENVIRONMENT).start()
    yield server
    server.end()


@pytest.fixture(scope="module")
def client(server):
    """client(service): of the account's root; with a key, of its user."""

    def make(service, key=None):
        return boto3.client(service, endpoint_url=server.endpoint, region_name="us-east-1",
                            aws_access_key_id=key["AccessKeyId"] if key else ACCOUNT,
                            aws_secret_access_key=key["SecretAccessKey"] if key else "x",
                            config=Config(retries={"max_attempts": 0}, parameter_validation=False, inject_host_prefix=False))

    return make


@pytest.fixture(scope="module")
def world(client):
    return World(client)


@pytest.fixture(scope="module")
def bases(world):
    return base_requests(world)


@pytest.fixture(scope="module")
def key(client):
    client("iam").create_user(UserName="without-permissions")
    return client("iam").create_access_key(UserName="without-permissions")["AccessKey"]


@pytest.fixture
def grant(client, key):
    """grant([(action, resource)]): the user may do this, and nothing else."""

    def put(permissions):
        document = {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in permissions]}
        client("iam").put_user_policy(UserName="without-permissions", PolicyName="p", PolicyDocument=json.dumps(document))

    yield put
    client("iam").delete_user_policy(UserName="without-permissions", PolicyName="p")


@pytest.fixture
def request_of(client, key, world, bases):
    """request_of(service, operation)() sends the user's request: the denial (status, code, sentence), or ALLOWED."""

    def of(service, operation):
        before, tree = bases[service][operation]()
        tree = {name: json.dumps(value) if name in ("Payload", "InvokeArgs") else value for name, value in tree.items()}

        def send():
            for name, other in before:
                with contextlib.suppress(ClientError):  # it was there, or it was not
                    client(service)._make_api_call(name, other)
            try:
                client(service, key)._make_api_call(operation, tree)
            except ClientError as error:
                about = error.response
                if about["Error"]["Message"] == REFUSED.get(operation):
                    return ALLOWED
                if operation in OF_WHO_ASKED and about["Error"]["Code"] == "NoSuchEntity":
                    return ALLOWED
                return about["ResponseMetadata"]["HTTPStatusCode"], about["Error"]["Code"], about["Error"]["Message"]
            return ALLOWED

        return send

    yield of
    world.stop_slow_queries()


def denial(service, action, resource):
    model = MODELS[service]
    name = model.header.get("access-denied", ["AccessDeniedException"])[0]
    error = model.errors.get(name)
    return (error.status if error else 400 if service == "dynamodb" else 403, error.code if error else name,
            f"User: {USER} is not authorized to perform: {action} on resource: {resource} because no identity-based "
            f"policy allows the {action} action")


def is_resource(pattern, resource, part=False):
    """Does the document's pattern describe this ARN, with the part in brackets, or without it?"""
    whole, within = re.sub(r"\[(.*)\]", r"\1" if part else "", pattern), re.search(r"\[(.*)\$", pattern)
    known = re.escape(whole.replace("${Region}", "us-east-1").replace("${Account}", ACCOUNT))
    known = re.sub(r"\\\$\\\{\w+\\\}", ".+", known)
    return re.fullmatch(known, resource) is not None and (not within or (within[1] in resource) == part)


@pytest.mark.parametrize("service, operation", operations(anonymous=False))
def test_an_operation_needs_exactly_the_permissions_that_are_documented(grant, request_of, service, operation):
    granted, send = [], request_of(service, operation)
    grant([("none:Nothing", "*")])
    while len(granted) <= MOST_PERMISSIONS and (answer := send()) is not ALLOWED:
        match = re.search(r"perform: (\S+) on resource: (\S+)", answer[2])
        assert match, f"with {granted} the answer is {answer}"
        assert answer == denial(service, *match.groups()) and match.groups() not in granted
        granted.append(match.groups())
        grant(granted)
    needed = NEEDS[service][operation] if operation not in STATEMENTS else [
        need for need in NEEDS[service]["(no operation)"] if need[0] == granted[0][0]]
    assert granted[0][0] == needed[0][0]
    for action, resource in granted:
        assert any(action == one and is_resource(pattern, resource) for one, pattern, _ in needed), (action, resource)
    for action, _, may_be_missing in needed:
        assert may_be_missing or action in [one for one, _ in granted], f"{action} is documented, but not needed"


@pytest.fixture(scope="module")
def indexed(client):
    """The ARN of a table with an index."""
    keys = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}
    yield client("dynamodb").create_table(
        TableName="indexed", BillingMode="PAY_PER_REQUEST", **keys,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        GlobalSecondaryIndexes=[{"IndexName": "by-id", "Projection": {"ProjectionType": "ALL"}, **keys}],
    )["TableDescription"]["TableArn"]
    client("dynamodb").delete_table(TableName="indexed")


INDEX = {"TableName": "indexed", "IndexName": "by-id"}


@pytest.mark.parametrize("operation, action, request_", [
    ("Scan", "dynamodb:Scan", INDEX),
    ("Query", "dynamodb:Query",
     {**INDEX, "KeyConditionExpression": "id = :k", "ExpressionAttributeValues": {":k": {"S": "a"}}}),
    ("ExecuteStatement", "dynamodb:PartiQLSelect", {"Statement": 'SELECT * FROM "indexed"."by-id"'}),
])
def test_a_read_of_an_index_needs_permission_for_the_index(client, key, grant, indexed, operation, action, request_):
    def denied():
        with pytest.raises(ClientError) as caught:
            client("dynamodb", key)._make_api_call(operation, request_)
        return caught.value.response["Error"]["Message"]

    [(_, pattern, _)] = NEEDS["dynamodb"].get(operation) or [
        need for need in NEEDS["dynamodb"]["(no operation)"] if need[0] == action]
    assert is_resource(pattern, f"{indexed}/index/by-id", part=True)
    for resource in (indexed + "-other", indexed):
        grant([(action, resource)])
        assert denied() == denial("dynamodb", action, f"{indexed}/index/by-id")[2]
    grant([(action, f"{indexed}/index/by-id")])
    client("dynamodb", key)._make_api_call(operation, request_)


@pytest.mark.parametrize("service, operation", operations(anonymous=True))
def test_an_operation_that_needs_no_permission_is_allowed(grant, request_of, service, operation):
    grant([("none:Nothing", "*")])
    assert request_of(service, operation)() is ALLOWED and operation not in NEEDS.get(service, {})


@pytest.mark.parametrize("service, operation, empty", [("dynamodb", "BatchGetItem", {"RequestItems": {}})])
def test_a_request_that_names_no_resource_is_not_allowed(client, key, grant, service, operation, empty):
    """modelc lets no operation locate its resources by a list that may be empty, so an empty one is invalid."""
    grant([("none:Nothing", "*")])
    with pytest.raises(ClientError) as caught:
        client(service, key)._make_api_call(operation, empty)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert "failed to satisfy constraint: Member must have length greater than or equal to 1" in str(caught.value)
