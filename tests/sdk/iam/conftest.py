"""Roles and policies, which are removed after each test."""

import pytest
from policies import FROM_ACCOUNT, allow, clear, role_arn, statements


@pytest.fixture(scope="module")
def iam(client):
    return client("iam")


@pytest.fixture(scope="module")
def sts(client):
    return client("sts")


@pytest.fixture
def new_policy(iam, unique):
    """new_policy(statement, ...) returns a managed policy's ARN."""
    arns = []

    def make(*items, **arguments):
        name = unique(f"policy{len(arns)}")
        document = statements(*items or [allow("sqs:*")])
        arns.append(iam.create_policy(PolicyName=name, PolicyDocument=document, **arguments)["Policy"]["Arn"])
        return arns[-1]

    yield make
    for arn in arns:
        for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
            if not version["IsDefaultVersion"]:
                iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
        iam.delete_policy(PolicyArn=arn)


@pytest.fixture
def new_role(iam, unique, new_policy):
    """new_role(...) returns a role's name; roles are deleted at the end of the test, before their policies."""
    names = []

    def make(document=FROM_ACCOUNT, **arguments):
        name = unique(f"role{len(names)}")
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=document, **arguments)
        names.append(name)
        return name

    yield make
    for name in names:
        clear(iam, "role", name)


@pytest.fixture
def become(sts, client):
    """become(role, ...) makes clients of a session of that role."""

    def assume(name, session="session", **arguments):
        credentials = sts.assume_role(RoleArn=role_arn(name), RoleSessionName=session, **arguments)["Credentials"]

        def as_role(service):
            return client(
                service,
                aws_access_key_id=credentials["AccessKeyId"],
                aws_secret_access_key=credentials["SecretAccessKey"],
                aws_session_token=credentials["SessionToken"],
            )

        return as_role

    return assume
