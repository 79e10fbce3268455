"""The resource policies of tables: they bind, and what is refused."""

import json

import pytest
from dynamodb_tables import INVALID, KEY, connect, serving
from orderly_fixtures import ACCOUNT
from table_policies import NOT_FOUND, OTHER, is_allowed, policy, statement


@pytest.fixture(scope="module")
def dynamodb(endpoint):
    return connect(endpoint)


@pytest.fixture
def table(dynamodb, unique):
    """The ARN of a new table."""
    made = dynamodb.create_table(TableName=unique("t"), BillingMode="PAY_PER_REQUEST", **KEY)["TableDescription"]
    yield made["TableArn"]
    dynamodb.delete_table(TableName=made["TableName"])


def allow_root(resource):
    return policy(statement("Allow", f"arn:aws:iam::{ACCOUNT}:root", "dynamodb:GetItem", resource))


def test_a_policy_is_put_shown_and_removed(dynamodb, table, refused):
    first = dynamodb.put_resource_policy(ResourceArn=table, Policy=allow_root(table))["RevisionId"]
    shown = dynamodb.get_resource_policy(ResourceArn=table)
    assert (json.loads(shown["Policy"]), shown["RevisionId"]) == (json.loads(allow_root(table)), first)
    assert dynamodb.put_resource_policy(ResourceArn=table, Policy=allow_root(table))["RevisionId"] == first
    second = dynamodb.put_resource_policy(
        ResourceArn=table, Policy=allow_root("*"), ExpectedRevisionId=first)["RevisionId"]
    assert int(second) > int(first)
    assert dynamodb.delete_resource_policy(ResourceArn=table, ExpectedRevisionId=second)["RevisionId"] == second
    again = dynamodb.delete_resource_policy(ResourceArn=table)["RevisionId"]
    assert int(again) > int(second)
    answer = refused(dynamodb.get_resource_policy, ResourceArn=table)
    assert (answer["code"], answer["message"]) == ("PolicyNotFoundException", NOT_FOUND + table)


def test_a_table_that_never_had_a_policy_has_no_revision(dynamodb, table):
    assert "RevisionId" not in dynamodb.delete_resource_policy(ResourceArn=table)


def test_the_expected_revision_decides(dynamodb, table, refused):
    name = table.split("/")[1]

    def message(call, **more):
        answer = refused(call, ResourceArn=table, **more)
        assert answer["code"] == "PolicyNotFoundException"
        return answer["message"].removeprefix(NOT_FOUND)

    assert message(dynamodb.delete_resource_policy, ExpectedRevisionId="7") == (
        f"Requested update for policy with revision id 7, but table {name} has no associated policy.")
    revision = dynamodb.put_resource_policy(
        ResourceArn=table, Policy=allow_root(table), ExpectedRevisionId="NO_POLICY")["RevisionId"]
    assert message(dynamodb.put_resource_policy, Policy=allow_root("*"), ExpectedRevisionId="7") == (
        f"Requested update for policy with revision id 7, but the policy associated to target table {name} has "
        f"revision id {revision}.")
    assert message(dynamodb.put_resource_policy, Policy=allow_root("*"), ExpectedRevisionId="NO_POLICY") == (
        f"Requested policy update expecting none to be present for table {name}, but a policy exists with revision "
        f"id {revision}.")


def padded(size):
    document = policy(statement("Allow", f"arn:aws:iam::{ACCOUNT}:root", "dynamodb:GetItem", "*", Sid="s"))
    return document + " " * (size - len(document))


@pytest.mark.parametrize(("document", "sentence"), [
    ("", f"{INVALID}Invalid policy document: This policy contains invalid Json"),
    ("[]", f"{INVALID}Invalid policy document: This policy contains invalid Json"),
    (policy(), f"{INVALID}Invalid policy document: Could not parse the policy: Statement is empty!"),
    (policy({"Effect": "Allow"}), f"{INVALID}Invalid policy document: Missing required field Resource"),
    (policy({"Effect": "Allow", "Resource": "*"}), f"{INVALID}Invalid policy document: Could not parse the policy"),
    (policy(*(statement("Allow", ACCOUNT, "dynamodb:GetItem", one, Sid="s") for one in ("*", "*"))),
     f"{INVALID}Invalid policy document: The Statement Ids in the policy are not unique"),
    (padded(20481), f"{INVALID}Maximum policy size of 20480 bytes exceeded"),
    (policy(statement("Allow", "*", "dynamodb:GetItem", "*")),
     "Resource-based policy grants unbounded access in one or more elements. Please revise the policy to ensure "
     "least-privilege form of access"),
    (policy(statement("Allow", f"arn:aws:iam::{ACCOUNT}:role/nobody-has-it", "dynamodb:GetItem", "*")),
     f"{INVALID}Invalid principal in policy document."),
])
def test_a_document_is_refused(dynamodb, table, refused, document, sentence):
    answer = refused(dynamodb.put_resource_policy, ResourceArn=table, Policy=document)
    assert (answer["code"], answer["message"]) == ("ValidationException", sentence)


ROOT = f"arn:aws:iam::{ACCOUNT}:root"


def member(name, value):
    """A statement with one member of its own, as compact text."""
    parts = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "dynamodb:GetItem", "Resource": "*", name: value}
    order = ("Sid", "Effect", "Principal", "Action", "Resource", "Condition")
    return json.dumps({one: parts[one] for one in order if one in parts}, separators=(",", ":"))


@pytest.mark.parametrize(("name", "given", "kept"), [
    ("Sid", "caf\u00e9", None),
    ("Effect", "allow", "Allow"),
    ("Principal", {"AWS": ACCOUNT}, {"AWS": ROOT}),
    ("Principal", {"AWS": [ACCOUNT, ROOT]}, {"AWS": ROOT}),
    ("Principal", {"Service": ["sns.amazonaws.com"], "AWS": [ROOT]}, {"Service": "sns.amazonaws.com", "AWS": ROOT}),
    ("Action", ["dynamodb:GetItem"], "dynamodb:GetItem"),
    ("Action", ["dynamodb:Query", "dynamodb:getitem", "dynamodb:Query"], None),
    ("Resource", ["*"], "*"),
    ("Resource", ["arn:aws:dynamodb:us-east-1:1:table/a", "*"], None),
    ("Condition", {"StringEquals": {"aws:PrincipalAccount": [ACCOUNT], "aws:username": ["a", "b"]}},
     {"StringEquals": {"aws:PrincipalAccount": ACCOUNT, "aws:username": ["a", "b"]}}),
])
def test_a_policy_is_shown_in_its_canonical_form(dynamodb, table, name, given, kept):
    written = json.loads(member(name, given))
    scrambled = json.dumps({"Statement": dict(reversed(written.items())), "Version": "2012-10-17"}, indent=2)
    revision = dynamodb.put_resource_policy(ResourceArn=table, Policy=scrambled)["RevisionId"]
    shown = dynamodb.get_resource_policy(ResourceArn=table)["Policy"]
    expected = member(name, given if kept is None else kept).encode().decode("unicode_escape")
    assert shown == f'{{"Version":"2012-10-17","Statement":[{expected}]}}'
    assert dynamodb.put_resource_policy(ResourceArn=table, Policy=shown)["RevisionId"] == revision


def test_a_policy_without_a_version_shows_the_oldest_one_and_differs_from_one_that_names_it(dynamodb, table):
    without = {"Statement": [json.loads(member("Effect", "Deny"))]}
    first = dynamodb.put_resource_policy(ResourceArn=table, Policy=json.dumps(without))["RevisionId"]
    shown = dynamodb.get_resource_policy(ResourceArn=table)["Policy"]
    assert shown == json.dumps({"Version": "2008-10-17", **without}, separators=(",", ":"))
    assert dynamodb.put_resource_policy(ResourceArn=table, Policy=json.dumps(without))["RevisionId"] == first
    assert dynamodb.put_resource_policy(ResourceArn=table, Policy=shown)["RevisionId"] != first


def test_the_largest_policy_is_taken(dynamodb, table):
    dynamodb.put_resource_policy(ResourceArn=table, Policy=padded(20480))


@pytest.mark.parametrize(("arn", "code", "sentence"), [
    ("orders", "ValidationException", f"{INVALID}ARNs must start with 'arn:': orders"),
    ("arn:aws:sqs:us-east-1:000000000000:q", "ValidationException",
     f"{INVALID}Provided Arn is not a DynamoDB resource arn: arn:aws:sqs:us-east-1:000000000000:q"),
    ("arn:aws:dynamodb:eu-west-1:000000000000:table/x", "ValidationException",
     f"{INVALID}Invalid resource Arn: arn:aws:dynamodb:eu-west-1:000000000000:table/x"),
    ("arn:aws:dynamodb:us-east-1:000000000000:table/x/index/i", "ValidationException",
     f"{INVALID}Invalid resource arn provided, only table or stream is accepted. Provided resource arn: "
     "arn:aws:dynamodb:us-east-1:000000000000:table/x/index/i"),
    ("arn:aws:dynamodb:us-east-1:000000000000:table/x/backup/0170", "ValidationException",
     f"{INVALID}Provided Arn is not a DynamoDB resource arn: arn:aws:dynamodb:us-east-1:000000000000:table/x/backup/0170"),
    ("arn:aws:dynamodb:us-east-1:000000000000:table/nothing-here", "ResourceNotFoundException",
     "Requested resource not found: Table: nothing-here not found"),
])
def test_an_arn_is_refused(dynamodb, refused, arn, code, sentence):
    for call, more in ((dynamodb.get_resource_policy, {}), (dynamodb.delete_resource_policy, {}),
                       (dynamodb.put_resource_policy, {"Policy": allow_root("*")})):
        answer = refused(call, ResourceArn=arn, **more)
        assert (answer["code"], answer["message"]) == (code, sentence)


def test_a_policy_that_locks_its_author_out_needs_a_confirmation(dynamodb, table, refused):
    document = policy(statement("Deny", f"arn:aws:iam::{ACCOUNT}:root", "dynamodb:PutResourcePolicy", "*"))
    answer = refused(dynamodb.put_resource_policy, ResourceArn=table, Policy=document)
    assert (answer["code"], answer["message"]) == (
        "AccessDeniedException", "The new resource policy will not allow you to update the resource policy in the future.")
    dynamodb.put_resource_policy(ResourceArn=table, Policy=document, ConfirmRemoveSelfResourceAccess=True)
    assert refused(dynamodb.put_resource_policy, ResourceArn=table, Policy=allow_root(table))["code"] == (
        "AccessDeniedException")
    dynamodb.delete_resource_policy(ResourceArn=table)


def test_a_policy_that_denies_everything_can_be_removed_by_the_root_only(dynamodb, client, unique, refused):
    name, user = unique("t"), unique("u")
    table = dynamodb.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", **KEY)["TableDescription"]["TableArn"]
    dynamodb.put_resource_policy(ResourceArn=table, ConfirmRemoveSelfResourceAccess=True, Policy=policy(
        {"Effect": "Deny", "Principal": "*", "Action": "dynamodb:*", "Resource": table}))
    denied = "AccessDeniedException"
    assert refused(dynamodb.get_resource_policy, ResourceArn=table)["code"] == denied
    assert refused(dynamodb.put_resource_policy, ResourceArn=table, Policy=allow_root(table))["code"] == denied
    assert refused(dynamodb.delete_table, TableName=name)["code"] == denied
    iam = client("iam")
    iam.create_user(UserName=user)
    iam.put_user_policy(UserName=user, PolicyName="all", PolicyDocument=policy(
        {"Effect": "Allow", "Action": "*", "Resource": "*"}))
    key = iam.create_access_key(UserName=user)["AccessKey"]
    theirs = client("dynamodb", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    assert refused(theirs.delete_resource_policy, ResourceArn=table)["code"] == denied
    dynamodb.delete_resource_policy(ResourceArn=table)
    dynamodb.delete_table(TableName=name)


def test_a_denial_binds_for_the_owner_and_by_name(dynamodb, table, refused):
    name = table.split("/")[1]
    item = {"TableName": name, "Item": {"id": {"S": "1"}}}
    dynamodb.put_item(**item)
    dynamodb.put_resource_policy(ResourceArn=table, Policy=policy(
        statement("Deny", f"arn:aws:iam::{ACCOUNT}:root", "dynamodb:PutItem", table)))
    assert refused(dynamodb.put_item, **item)["code"] == "AccessDeniedException"
    dynamodb.get_item(TableName=name, Key={"id": {"S": "1"}})
    dynamodb.delete_resource_policy(ResourceArn=table)
    dynamodb.put_item(**item)


def test_another_account_reads_a_table_and_its_index_by_arn_when_the_policy_allows_it(refused):
    with serving() as (server, owner):
        other = connect(server.endpoint, key=OTHER)
        index = {"IndexName": "all", "KeySchema": KEY["KeySchema"], "Projection": {"ProjectionType": "ALL"}}
        arn = owner.create_table(TableName="orders", BillingMode="PAY_PER_REQUEST", GlobalSecondaryIndexes=[index],
                                 **KEY)["TableDescription"]["TableArn"]
        owner.put_item(TableName="orders", Item={"id": {"S": "1"}})
        get = {"TableName": arn, "Key": {"id": {"S": "1"}}}
        scan = {"TableName": arn, "IndexName": "all"}
        assert not is_allowed(other.get_item, **get) and not is_allowed(other.scan, **scan)
        actions = ["dynamodb:GetItem", "dynamodb:GetResourcePolicy"]
        owner.put_resource_policy(ResourceArn=arn, Policy=policy(
            statement("Allow", OTHER, actions, arn), statement("Allow", OTHER, "dynamodb:Scan", f"{arn}/index/*")))
        assert other.get_item(**get)["Item"] == {"id": {"S": "1"}}
        assert other.scan(**scan)["Count"] == 1
        assert not is_allowed(other.scan, TableName=arn)
        assert not is_allowed(other.put_item, TableName=arn, Item={"id": {"S": "2"}})
        answer = refused(other.get_resource_policy, ResourceArn=arn)
        assert (answer["code"], answer["message"]) == (
            "ValidationException", "This action is only supported by accounts that match the resource owner’s account.")
        owner.delete_resource_policy(ResourceArn=arn)
        assert not is_allowed(other.get_item, **get)


def test_a_policy_lets_another_account_neither_back_up_nor_restore_nor_configure_a_table(refused):
    with serving() as (server, owner):
        other = connect(server.endpoint, key=OTHER)
        arn = owner.create_table(TableName="orders", BillingMode="PAY_PER_REQUEST",
                                 **KEY)["TableDescription"]["TableArn"]
        owner.put_resource_policy(ResourceArn=arn, Policy=policy(
            statement("Allow", OTHER, "dynamodb:*", "*")))
        assert other.describe_table(TableName=arn)["Table"]["TableArn"] == arn
        other.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "b"}])
        other.update_table(TableName=arn, DeletionProtectionEnabled=False)
        assert other.list_tags_of_resource(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "b"}]
        ttl = {"Enabled": True, "AttributeName": "t"}
        recovery = {"PointInTimeRecoveryEnabled": True}
        for call, arguments in (
                (other.create_backup, {"BackupName": "mine"}), (other.describe_continuous_backups, {}),
                (other.update_continuous_backups, {"PointInTimeRecoverySpecification": recovery}),
                (other.describe_time_to_live, {}), (other.update_time_to_live, {"TimeToLiveSpecification": ttl})):
            assert not is_allowed(call, TableName=arn, **arguments)
        assert not is_allowed(other.execute_statement, Statement=f'SELECT * FROM "{arn}"')
        answer = refused(other.restore_table_to_point_in_time, SourceTableArn=arn, TargetTableName="copy",
                         UseLatestRestorableTime=True)
        assert (answer["code"], answer["message"]) == (
            "ValidationException", "This action is only supported by accounts that match the resource owner’s account.")
        backup = owner.create_backup(TableName="orders", BackupName="ours")["BackupDetails"]["BackupArn"]
        assert not is_allowed(other.restore_table_from_backup, BackupArn=backup, TargetTableName="copy")
        assert not is_allowed(other.describe_backup, BackupArn=backup)


def test_a_table_is_made_with_its_policy(dynamodb, unique, refused):
    name = unique("t")
    parameters = {"TableName": name, "BillingMode": "PAY_PER_REQUEST", **KEY}
    answer = refused(dynamodb.create_table, ResourcePolicy="{}", **parameters)
    assert answer["message"] == f"{INVALID}Invalid policy document: Could not parse the policy"
    arn = dynamodb.create_table(ResourcePolicy=allow_root("*"), **parameters)["TableDescription"]["TableArn"]
    assert json.loads(dynamodb.get_resource_policy(ResourceArn=arn)["Policy"]) == json.loads(allow_root("*"))
    dynamodb.delete_table(TableName=name)
    arn = dynamodb.create_table(**parameters)["TableDescription"]["TableArn"]
    assert refused(dynamodb.get_resource_policy, ResourceArn=arn)["code"] == "PolicyNotFoundException"
    dynamodb.delete_table(TableName=name)


def test_limits_and_endpoints_are_described(dynamodb, endpoint):
    limits = dynamodb.describe_limits()
    del limits["ResponseMetadata"]
    assert limits == {"AccountMaxReadCapacityUnits": 80000, "AccountMaxWriteCapacityUnits": 80000,
                      "TableMaxReadCapacityUnits": 40000, "TableMaxWriteCapacityUnits": 40000}
    assert dynamodb.describe_endpoints()["Endpoints"] == [
        {"Address": endpoint.removeprefix("http://"), "CachePeriodInMinutes": 1440}]
