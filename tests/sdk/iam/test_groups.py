"""Groups of users: their policies bind every user in them, from the next request on."""

import json
import re
import threading
import urllib.parse
import urllib.request

import pytest
from orderly_fixtures import ACCOUNT
from policies import allow, clear, deny, statements

SQS_FULL = "arn:aws:iam::aws:policy/AmazonSQSFullAccess"
MISSING = ("NoSuchEntity", 404, "The group with name nobody cannot be found.")


@pytest.fixture
def new_group(iam, unique):
    """new_group(statement, ...) makes a group with the inline policy "own", and returns its name."""
    names = []

    def make(*items, **arguments):
        name = unique(f"group{len(names)}")
        iam.create_group(GroupName=name, **arguments)
        names.append(name)
        if items:
            iam.put_group_policy(GroupName=name, PolicyName="own", PolicyDocument=statements(*items))
        return name

    yield make
    for name in names:
        clear(iam, "group", name)


@pytest.fixture
def new_user(iam, client, unique):
    """new_user(*groups) returns a name, and clients that act as this user; names may have changed at the end."""
    made = []

    def make(*groups):
        name = unique(f"user{len(made)}")
        made.append(iam.create_user(UserName=name)["User"]["UserId"])
        key = iam.create_access_key(UserName=name)["AccessKey"]
        for group in groups:
            iam.add_user_to_group(GroupName=group, UserName=name)
        keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
        return name, lambda service: client(service, **keys)

    yield make
    for user in iam.list_users(MaxItems=1000)["Users"]:
        if user["UserId"] in made:
            clear(iam, "user", user["UserName"])


def error_of(refused, call, **arguments):
    error = refused(call, **arguments)
    return error["code"], error["status"], error["message"]


def arn(kind, name, path="/"):
    return f"arn:aws:iam::{ACCOUNT}:{kind}{path}{name}"


def names(groups):
    return [group["GroupName"] for group in groups]


def test_a_group_is_made_shown_and_deleted(iam, unique, refused):
    name = unique("Group")
    made = iam.create_group(GroupName=name, Path="/teams/")["Group"]
    assert made == {"Path": "/teams/", "GroupName": name, "GroupId": made["GroupId"], "Arn": arn("group", name, "/teams/"),
                    "CreateDate": made["CreateDate"]}
    assert re.fullmatch("AGPA[A-Z2-7]{17}", made["GroupId"])
    reply = iam.get_group(GroupName=name)
    assert (reply["Group"], reply["Users"], reply["IsTruncated"]) == (made, [], False)
    assert iam.list_groups(PathPrefix="/teams/")["Groups"] == [made]
    assert iam.list_groups(PathPrefix="/others/")["Groups"] == []
    assert error_of(refused, iam.create_group, GroupName=name.lower()) == (
        "EntityAlreadyExists", 409, f"Group with name {name.lower()} already exists.")
    iam.create_user(UserName=name)  # a name of its own
    iam.delete_user(UserName=name)
    iam.delete_group(GroupName=name)
    assert error_of(refused, iam.delete_group, GroupName=name) == (
        "NoSuchEntity", 404, f"The group with name {name} cannot be found.")


@pytest.mark.parametrize("operation", [
    "get_group", "update_group", "delete_group", "list_group_policies", "list_attached_group_policies"])
def test_a_group_must_exist(iam, operation, refused):
    assert error_of(refused, getattr(iam, operation), GroupName="nobody") == MISSING


def test_users_come_into_a_group_and_leave_it(iam, new_group, new_user, refused):
    one, other = new_group(), new_group()
    ann, bob = new_user()[0], new_user()[0]
    for _ in range(2):  # again, without an error
        iam.add_user_to_group(GroupName=one, UserName=ann)
    iam.add_user_to_group(GroupName=other, UserName=ann)
    iam.add_user_to_group(GroupName=one, UserName=bob)
    assert [user["UserName"] for user in iam.get_group(GroupName=one)["Users"]] == sorted([ann, bob])
    assert iam.get_group(GroupName=other)["Users"] == [
        user for user in iam.list_users(MaxItems=1000)["Users"] if user["UserName"] == ann]
    assert iam.list_groups_for_user(UserName=ann)["Groups"] == [
        iam.get_group(GroupName=name)["Group"] for name in sorted([one, other])]
    assert error_of(refused, iam.add_user_to_group, GroupName="nobody", UserName=ann) == MISSING
    assert error_of(refused, iam.remove_user_from_group, GroupName="nobody", UserName=ann) == MISSING
    for call in (iam.add_user_to_group, iam.remove_user_from_group):
        assert error_of(refused, call, GroupName=one, UserName="nobody") == (
            "NoSuchEntity", 404, "The user with name nobody cannot be found.")
    for _ in range(2):
        iam.remove_user_from_group(GroupName=one, UserName=ann)
    assert names(iam.list_groups_for_user(UserName=ann)["Groups"]) == [other]
    assert [user["UserName"] for user in iam.get_group(GroupName=one)["Users"]] == [bob]


def test_lists_come_in_pages(iam, new_group, new_user):
    group, users = new_group(), [new_user()[0] for _ in range(3)]
    for user in users:
        iam.add_user_to_group(GroupName=group, UserName=user)
    pages = list(iam.get_paginator("get_group").paginate(GroupName=group, PaginationConfig={"PageSize": 2}))
    assert [[user["UserName"] for user in page["Users"]] for page in pages] == [sorted(users)[:2], sorted(users)[2:]]
    groups = [group, new_group(), new_group()]
    for name in groups:
        iam.add_user_to_group(GroupName=name, UserName=users[0])
    pages = iam.get_paginator("list_groups_for_user").paginate(UserName=users[0], PaginationConfig={"PageSize": 2})
    assert [names(page["Groups"]) for page in pages] == [sorted(groups)[:2], sorted(groups)[2:]]


def test_what_is_in_use_is_not_deleted(iam, new_group, new_user, refused):
    group = new_group(allow("sqs:*"))
    user = new_user(group)[0]
    key = iam.list_access_keys(UserName=user)["AccessKeyMetadata"][0]["AccessKeyId"]
    iam.delete_access_key(UserName=user, AccessKeyId=key)
    conflict = ("DeleteConflict", 409, "Cannot delete entity, must remove users from group first.")
    assert error_of(refused, iam.delete_user, UserName=user) == conflict
    assert error_of(refused, iam.delete_group, GroupName=group) == conflict
    iam.remove_user_from_group(GroupName=group, UserName=user)
    iam.attach_group_policy(GroupName=group, PolicyArn=SQS_FULL)
    assert error_of(refused, iam.delete_group, GroupName=group)[2] == "Cannot delete entity, must detach all policies first."
    iam.detach_group_policy(GroupName=group, PolicyArn=SQS_FULL)
    assert error_of(refused, iam.delete_group, GroupName=group)[2] == "Cannot delete entity, must delete policies first."


def test_inline_policies_of_a_group(iam, new_group, refused):
    group, document = new_group(), statements(allow("sqs:*"))
    iam.put_group_policy(GroupName=group, PolicyName="b", PolicyDocument=document)
    iam.put_group_policy(GroupName=group, PolicyName="a", PolicyDocument=document)
    reply = iam.get_group_policy(GroupName=group, PolicyName="a")
    assert (reply["GroupName"], reply["PolicyName"], reply["PolicyDocument"]) == (group, "a", json.loads(document))
    assert iam.list_group_policies(GroupName=group)["PolicyNames"] == ["a", "b"]
    missing = ("NoSuchEntity", 404, "The group policy with name c cannot be found.")
    assert error_of(refused, iam.get_group_policy, GroupName=group, PolicyName="c") == missing
    assert error_of(refused, iam.delete_group_policy, GroupName=group, PolicyName="c") == missing
    assert refused(iam.put_group_policy, GroupName=group, PolicyName="c", PolicyDocument="{}")["code"] == "MalformedPolicyDocument"
    for name in ("a", "b"):
        iam.delete_group_policy(GroupName=group, PolicyName=name)
    assert iam.list_group_policies(GroupName=group)["PolicyNames"] == []


def test_inline_policies_of_a_group_have_5120_characters_together(iam, new_group, refused):
    def of_size(size):
        document = statements(allow("sqs:*", "SIZE")).replace(" ", "")
        return document.replace("SIZE", "arn:aws:sqs:*:*:" + "x" * (size - len(document) - 12))

    group = new_group()
    iam.put_group_policy(GroupName=group, PolicyName="a", PolicyDocument=of_size(2120))
    assert error_of(refused, iam.put_group_policy, GroupName=group, PolicyName="b", PolicyDocument=of_size(3001)) == (
        "LimitExceeded", 409, f"Maximum policy size of 5120 bytes exceeded for group {group}")
    iam.put_group_policy(GroupName=group, PolicyName="b", PolicyDocument=of_size(3000))


def test_managed_policies_of_a_group(iam, new_group, new_policy, refused):
    group, arns = new_group(), sorted(new_policy() for _ in range(11))
    for policy in arns[:10]:
        iam.attach_group_policy(GroupName=group, PolicyArn=policy)
    attached = iam.list_attached_group_policies(GroupName=group)["AttachedPolicies"]
    assert attached == [{"PolicyName": policy.split("/")[-1], "PolicyArn": policy} for policy in arns[:10]]
    assert error_of(refused, iam.attach_group_policy, GroupName=group, PolicyArn=arns[10]) == (
        "LimitExceeded", 409, "Cannot exceed quota for PoliciesPerGroup: 10")
    assert iam.get_policy(PolicyArn=arns[0])["Policy"]["AttachmentCount"] == 1
    group_id = iam.get_group(GroupName=group)["Group"]["GroupId"]
    for chosen in ({}, {"EntityFilter": "Group"}):
        entities = iam.list_entities_for_policy(PolicyArn=arns[0], **chosen)
        assert (entities["PolicyGroups"], entities["PolicyUsers"], entities["PolicyRoles"]) == (
            [{"GroupName": group, "GroupId": group_id}], [], [])
    assert iam.list_entities_for_policy(PolicyArn=arns[0], EntityFilter="User")["PolicyGroups"] == []
    assert error_of(refused, iam.delete_policy, PolicyArn=arns[0])[0] == "DeleteConflict"
    for policy in arns[:10]:
        iam.detach_group_policy(GroupName=group, PolicyArn=policy)
    assert error_of(refused, iam.detach_group_policy, GroupName=group, PolicyArn=arns[0]) == (
        "NoSuchEntity", 404, f"Policy {arns[0]} was not found.")


def test_a_user_is_in_ten_groups_at_most(iam, new_group, new_user, refused):
    groups = [new_group() for _ in range(11)]
    user = new_user(*groups[:10])[0]
    assert error_of(refused, iam.add_user_to_group, GroupName=groups[10], UserName=user) == (
        "LimitExceeded", 409, "Cannot exceed quota for GroupsPerUser: 10")
    iam.add_user_to_group(GroupName=groups[0], UserName=user)  # is in it
    iam.remove_user_from_group(GroupName=groups[0], UserName=user)
    iam.add_user_to_group(GroupName=groups[10], UserName=user)
    assert names(iam.list_groups_for_user(UserName=user)["Groups"]) == sorted(groups[1:])


def test_an_account_has_300_groups_at_most(client, refused):
    iam = client("iam", aws_access_key_id="300300300300")
    for i in range(300):
        iam.create_group(GroupName=f"g{i}")
    assert error_of(refused, iam.create_group, GroupName="one-more") == (
        "LimitExceeded", 409, "Cannot exceed quota for GroupsPerAccount: 300")
    assert refused(iam.create_group, GroupName="g1")["code"] == "EntityAlreadyExists"
    assert iam.get_account_summary()["SummaryMap"]["Groups"] == 300
    iam.delete_group(GroupName="g0")
    iam.create_group(GroupName="one-more")
    for group in iam.list_groups(MaxItems=1000)["Groups"]:
        iam.delete_group(GroupName=group["GroupName"])


# ---- what they allow ----


def may(call, **arguments):
    try:
        call(**arguments)
        return True
    except call.__self__.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException", "AuthorizationError"), error
        return False


def test_every_change_of_a_group_binds_the_next_request(iam, new_group, new_user, new_policy, refused):
    group = new_group()
    name, acting = new_user()
    sqs = acting("sqs")
    assert not may(sqs.list_queues)
    iam.put_group_policy(GroupName=group, PolicyName="own", PolicyDocument=statements(allow("sqs:ListQueues")))
    assert not may(sqs.list_queues)
    iam.add_user_to_group(GroupName=group, UserName=name)
    assert may(sqs.list_queues)
    iam.delete_group_policy(GroupName=group, PolicyName="own")
    assert not may(sqs.list_queues)
    managed = new_policy(allow("sqs:ListQueues"))
    iam.attach_group_policy(GroupName=group, PolicyArn=managed)
    assert may(sqs.list_queues)
    iam.create_policy_version(PolicyArn=managed, PolicyDocument=statements(allow("sns:*")), SetAsDefault=True)
    assert not may(sqs.list_queues)
    iam.set_default_policy_version(PolicyArn=managed, VersionId="v1")
    assert may(sqs.list_queues)
    iam.update_group(GroupName=group, NewPath="/moved/")
    assert may(sqs.list_queues)
    iam.remove_user_from_group(GroupName=group, UserName=name)
    assert not may(sqs.list_queues)
    iam.add_user_to_group(GroupName=group, UserName=name)
    assert may(sqs.list_queues)
    iam.detach_group_policy(GroupName=group, PolicyArn=managed)
    assert not may(sqs.list_queues)


def test_one_group_s_deny_wins_over_another_s_allow(new_group, new_user, refused):
    name, acting = new_user(new_group(allow("sqs:*")), new_group(deny("sqs:ListQueues")))
    assert not may(acting("sqs").list_queues)
    error = refused(acting("sqs").list_queues)
    assert error["message"].endswith("with an explicit deny in an identity-based policy")


def test_a_boundary_reduces_what_a_group_allows(iam, new_group, new_user, new_policy):
    name, acting = new_user(new_group(allow(["sqs:ListQueues", "sns:ListTopics"])))
    iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=new_policy(allow("sqs:*")))
    assert may(acting("sqs").list_queues)
    assert not may(acting("sns").list_topics)
    iam.delete_user_permissions_boundary(UserName=name)
    assert may(acting("sns").list_topics)


def test_variables_in_a_group_s_policy_are_the_user_s(new_group, new_user, make_queue, client, refused):
    name, acting = new_user(new_group(allow("sqs:GetQueueUrl", "arn:aws:sqs:*:*:${aws:username}")))
    client("sqs").create_queue(QueueName=name)
    assert may(acting("sqs").get_queue_url, QueueName=name)
    assert not may(acting("sqs").get_queue_url, QueueName=name + "-other")
    client("sqs").delete_queue(QueueUrl=client("sqs").get_queue_url(QueueName=name)["QueueUrl"])


def test_a_long_poll_ends_when_its_user_has_left_the_group(iam, new_group, new_user, client, make_queue):
    group, url = new_group(allow("sqs:*")), make_queue()
    name, acting = new_user(group)
    sqs, sent, answer = acting("sqs"), threading.Event(), []
    sqs.meta.events.register("before-send.sqs.ReceiveMessage", lambda **_: sent.set())

    def poll():
        try:
            answer.append(sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20))
        except sqs.exceptions.ClientError as error:
            answer.append(error.response["Error"]["Code"])

    thread = threading.Thread(target=poll)
    thread.start()
    assert sent.wait(60)
    for _ in range(20):  # each is a whole round trip: the receive arrived long before the last one
        iam.get_group(GroupName=group)
    iam.remove_user_from_group(GroupName=group, UserName=name)
    client("sqs").send_message(QueueUrl=url, MessageBody="not for this user")
    thread.join()
    assert answer[0] in ("AccessDenied", "AccessDeniedException")
    assert [one["Body"] for one in client("sqs").receive_message(QueueUrl=url)["Messages"]] == ["not for this user"]


def test_a_group_is_nobody_that_a_policy_could_name(iam, new_group, make_queue, client, refused):
    principal = {"Effect": "Allow", "Principal": {"AWS": arn("group", new_group())}, "Action": "sqs:*", "Resource": "*"}
    error = refused(client("sqs").set_queue_attributes, QueueUrl=make_queue(), Attributes={"Policy": statements(principal)})
    assert error["code"] == "InvalidAttributeValue"


# ---- who tells it ----


def test_explain_names_the_group(endpoint, new_group, new_user):
    group = new_group(allow("sqs:ListQueues", Sid="Look"), deny("sqs:DeleteQueue", Sid="Keep"))
    name, _ = new_user(group)

    def explain(action):
        query = urllib.parse.urlencode({"action": action, "resource": "arn:aws:sqs:us-east-1:000000000000:q", "as": arn("user", name)})
        with urllib.request.urlopen(f"{endpoint}/_orderly/iam/explain?{query}") as reply:
            return json.load(reply)

    assert explain("sqs:ListQueues") == {
        "allowed": True, "reason": f'statement 1 ("Look") of the policy own of the group {group} allows it', "statement": 1,
        "sid": "Look", "policy": "own", "group": group, "resourceFound": False, "lookedAt": [f"own of the group {group}"]}
    denied = explain("sqs:DeleteQueue")
    assert (denied["allowed"], denied["group"], denied["sid"]) == (False, group, "Keep")
    assert denied["reason"] == (
        f'the statement "Keep" in the policy own of the group {group} denies {arn("user", name)} '
        'sqs:DeleteQueue on arn:aws:sqs:us-east-1:000000000000:q')


def test_a_simulation_knows_the_user_s_groups(iam, new_group, new_user):
    group = new_group(allow("sqs:ListQueues"))
    name, _ = new_user(group)
    for source in (arn("user", name), arn("group", group)):
        result, = iam.simulate_principal_policy(PolicySourceArn=source, ActionNames=["sqs:ListQueues"])["EvaluationResults"]
        assert (result["EvalDecision"], [(one["SourcePolicyId"], one["SourcePolicyType"]) for one in result["MatchedStatements"]]) == (
            "allowed", [(f"group_{group}_own", "group")])
    iam.remove_user_from_group(GroupName=group, UserName=name)
    result, = iam.simulate_principal_policy(PolicySourceArn=arn("user", name), ActionNames=["sqs:ListQueues"])["EvaluationResults"]
    assert result["EvalDecision"] == "implicitDeny"


def test_an_audit_knows_groups(iam, new_group, new_user):
    group = new_group(allow("sqs:*"), Path="/audited/")
    name, _ = new_user(group)
    iam.attach_group_policy(GroupName=group, PolicyArn=SQS_FULL)
    made = iam.get_group(GroupName=group)["Group"]
    listed = iam.get_account_authorization_details(Filter=["Group"])["GroupDetailList"]
    assert [one for one in listed if one["GroupName"] == group] == [{
        **made, "GroupPolicyList": [{"PolicyName": "own", "PolicyDocument": json.loads(statements(allow("sqs:*")))}],
        "AttachedManagedPolicies": [{"PolicyName": "AmazonSQSFullAccess", "PolicyArn": SQS_FULL}]}]
    users = iam.get_account_authorization_details(Filter=["User"], MaxItems=1000)["UserDetailList"]
    assert [user["GroupList"] for user in users if user["UserName"] == name] == [[group]]


def test_reports_of_access_know_groups(iam, new_group, new_user):
    group = new_group(allow("sqs:*"))
    name, acting = new_user(group)
    acting("sqs").list_queues()
    granting = {"PolicyName": "own", "PolicyType": "INLINE", "EntityType": "GROUP", "EntityName": group}
    for subject in (arn("group", group), arn("user", name)):
        entry, = iam.list_policies_granting_service_access(Arn=subject, ServiceNamespaces=["sqs"])["PoliciesGrantingServiceAccess"]
        assert entry == {"ServiceNamespace": "sqs", "Policies": [granting]}
        job = iam.generate_service_last_accessed_details(Arn=subject)["JobId"]
        service, = iam.get_service_last_accessed_details(JobId=job)["ServicesLastAccessed"]
        assert (service["ServiceNamespace"], service["LastAuthenticatedEntity"], service["TotalAuthenticatedEntities"]) == (
            "sqs", arn("user", name), 1)
        entity, = iam.get_service_last_accessed_details_with_entities(JobId=job, ServiceNamespace="sqs")["EntityDetailsList"]
        assert (entity["EntityInfo"]["Arn"], entity["EntityInfo"]["Type"]) == (arn("user", name), "USER")


def test_the_summary_counts(client, unique):
    iam = client("iam", aws_access_key_id="300300300301")
    empty = iam.get_account_summary()["SummaryMap"]
    assert {key: value for key, value in empty.items() if not key.endswith("Quota") and value} == {"GlobalEndpointTokenVersion": 1}
    assert {key: value for key, value in empty.items() if key.endswith("Quota")} == {
        "UsersQuota": 5000, "GroupsQuota": 300, "RolesQuota": 1000, "PoliciesQuota": 1500, "PolicyVersionsInUseQuota": 10000,
        "VersionsPerPolicyQuota": 5, "PolicySizeQuota": 6144, "AssumeRolePolicySizeQuota": 2048, "UserPolicySizeQuota": 2048,
        "GroupPolicySizeQuota": 5120, "RolePolicySizeQuota": 10240, "AttachedPoliciesPerUserQuota": 10,
        "AttachedPoliciesPerGroupQuota": 10, "AttachedPoliciesPerRoleQuota": 10, "GroupsPerUserQuota": 10,
        "AccessKeysPerUserQuota": 2, "SigningCertificatesPerUserQuota": 2, "ServerCertificatesQuota": 20,
        "InstanceProfilesQuota": 1000}
    iam.create_user(UserName="u")
    iam.create_group(GroupName="g")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=statements(
        {"Effect": "Allow", "Principal": {"AWS": "300300300301"}, "Action": "sts:AssumeRole"}))
    policy = iam.create_policy(PolicyName="p", PolicyDocument=statements(allow("sqs:*")))["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=statements(allow("sqs:*")))
    full = iam.get_account_summary()["SummaryMap"]
    assert {key: full[key] - empty[key] for key in full if full[key] != empty[key]} == {
        "Users": 1, "Groups": 1, "Roles": 1, "Policies": 1, "PolicyVersionsInUse": 2}


# ---- new names ----


def test_a_user_keeps_everything_under_a_new_name(iam, client, unique, new_group, new_user, new_role, make_queue, refused):
    group, url = new_group(allow("sqs:ListQueues")), make_queue()
    name, acting = new_user(group)
    new_name = unique("renamed")
    iam.tag_user(UserName=name, Tags=[{"Key": "team", "Value": "a"}])
    sender = {"Effect": "Allow", "Principal": {"AWS": arn("user", name)}, "Action": "sqs:SendMessage", "Resource": "*"}
    client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": statements(sender)})
    before = iam.get_user(UserName=name)["User"]
    iam.update_user(UserName=name, NewUserName=new_name, NewPath="/teams/")
    moved = arn("user", new_name, "/teams/")
    assert iam.get_user(UserName=new_name)["User"] == {**before, "UserName": new_name, "Path": "/teams/", "Arn": moved}
    assert refused(iam.get_user, UserName=name)["code"] == "NoSuchEntity"
    assert acting("sts").get_caller_identity()["Arn"] == moved
    assert may(acting("sqs").list_queues)
    assert may(acting("sqs").send_message, QueueUrl=url, MessageBody="m")
    shown = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]
    assert json.loads(shown)["Statement"][0]["Principal"] == {"AWS": moved}
    assert len(iam.list_access_keys(UserName=new_name)["AccessKeyMetadata"]) == 1
    iam.create_user(UserName=name)  # another one, without what the first had
    assert "Tags" not in iam.get_user(UserName=name)["User"]
    assert iam.list_groups_for_user(UserName=name)["Groups"] == []
    iam.delete_user(UserName=name)


def test_a_name_is_taken_once(iam, new_user, new_group, refused):
    name, other = new_user()[0], new_user()[0]
    assert error_of(refused, iam.update_user, UserName=name, NewUserName=other.upper()) == (
        "EntityAlreadyExists", 409, f"User with name {other.upper()} already exists.")
    iam.update_user(UserName=name, NewUserName=name.upper())  # its own name, in other letters
    assert iam.get_user(UserName=name.upper())["User"]["UserName"] == name.upper()
    assert error_of(refused, iam.update_user, UserName="nobody", NewUserName="x")[0] == "NoSuchEntity"
    one, two = new_group(), new_group()
    assert error_of(refused, iam.update_group, GroupName=one, NewGroupName=two) == (
        "EntityAlreadyExists", 409, f"Group with name {two} already exists.")


def test_a_group_keeps_its_users_under_a_new_name(iam, unique, new_user, refused):
    name, new_name = unique("before"), unique("after")
    iam.create_group(GroupName=name)
    iam.put_group_policy(GroupName=name, PolicyName="own", PolicyDocument=statements(allow("sqs:*")))
    user, acting = new_user(name)
    assert may(acting("sqs").list_queues)
    iam.update_group(GroupName=name, NewGroupName=new_name)
    assert iam.get_group(GroupName=new_name)["Group"]["Arn"] == arn("group", new_name)
    assert refused(iam.get_group, GroupName=name)["code"] == "NoSuchEntity"
    assert may(acting("sqs").list_queues)
    clear(iam, "group", new_name)
    assert not may(acting("sqs").list_queues)


@pytest.mark.parametrize("kind", ["user", "group"])
def test_who_renames_needs_both_names(iam, unique, new_user, kind, refused):
    old, new = unique("old"), unique("new")
    title = kind.title()
    getattr(iam, f"create_{kind}")(**{f"{title}Name": old})
    name, acting = new_user()
    update = getattr(acting("iam"), f"update_{kind}")
    arguments = {f"{title}Name": old, f"New{title}Name": new, "NewPath": "/p/"}
    for allowed in ([arn(kind, old)], [arn(kind, new, "/p/")], [arn(kind, old), arn(kind, new)]):
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=statements(allow(f"iam:Update{title}", allowed)))
        assert not may(update, **arguments)
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=statements(
        allow(f"iam:Update{title}", [arn(kind, old), arn(kind, new, "/p/")])))
    assert may(update, **arguments)
    clear(iam, kind, new)
