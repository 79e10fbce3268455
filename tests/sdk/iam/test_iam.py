"""IAM and STS as boto3 sees them, and what their policies do to calls of other services."""

import contextlib
import datetime
import json
import re
import time

import botocore.exceptions
import changes
import pytest
from orderly_fixtures import ACCOUNT
from policies import FROM_ACCOUNT, allow, clear, deny, role_arn, statements, trust

OTHER_ACCOUNT = "111122223333"
LOGS_ONLY = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
SQS_FULL = "arn:aws:iam::aws:policy/AmazonSQSFullAccess"


# --- Roles -------------------------------------------------------------------------------------


def test_a_role_is_shown_as_it_was_made(iam, new_role):
    name = new_role(trust(Service="lambda.amazonaws.com"), Path="/team/", Description="works",
                    MaxSessionDuration=7200, Tags=[{"Key": "team", "Value": "orders"}])
    role = iam.get_role(RoleName=name)["Role"]
    assert role["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/team/{name}"
    assert re.fullmatch("AROA[A-Z2-7]{17}", role["RoleId"])
    assert role["Path"] == "/team/"
    assert role["Description"] == "works"
    assert role["MaxSessionDuration"] == 7200
    assert role["Tags"] == [{"Key": "team", "Value": "orders"}]
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert abs(role["CreateDate"].timestamp() - time.time()) < 86400 * 30


def role_of(answer):
    """What AWS's answers say of a role, without its document."""
    return {name: value for name, value in answer["Role"].items() if name not in ("AssumeRolePolicyDocument", "CreateDate")}


def test_a_new_role_s_answer_has_no_duration_and_no_use(iam, unique):
    """As recorded from AWS: Description and MaxSessionDuration come with GetRole and ListRoles, RoleLastUsed with GetRole only."""
    path = f"/{unique('bare')}/"
    made = iam.create_role(RoleName=unique("made"), AssumeRolePolicyDocument=FROM_ACCOUNT, Path=path, Description="d",
                           MaxSessionDuration=7200)
    name = made["Role"]["RoleName"]
    try:
        plain = {"Path": path, "RoleName": name, "RoleId": made["Role"]["RoleId"], "Description": "d",
                 "Arn": f"arn:aws:iam::{ACCOUNT}:role{path}{name}"}
        assert role_of(made) == {key: value for key, value in plain.items() if key != "Description"}
        assert role_of(iam.get_role(RoleName=name)) == {**plain, "MaxSessionDuration": 7200, "RoleLastUsed": {}}
        [listed] = iam.list_roles(PathPrefix=path)["Roles"]
        assert role_of({"Role": listed}) == {**plain, "MaxSessionDuration": 7200}
        changed = iam.update_role_description(RoleName=name, Description="e")
        assert role_of(changed) == {**plain, "Description": "e"}
        assert role_of(iam.get_role(RoleName=name)) == {**plain, "Description": "e", "MaxSessionDuration": 7200,
                                                        "RoleLastUsed": {}}
    finally:
        iam.delete_role(RoleName=name)


def test_a_role_shows_its_last_use(iam, sts, new_role):
    name = new_role()
    sts.assume_role(RoleArn=iam.get_role(RoleName=name)["Role"]["Arn"], RoleSessionName="session")
    used = iam.get_role(RoleName=name)["Role"]["RoleLastUsed"]
    assert set(used) == {"LastUsedDate", "Region"} and used["Region"] == "us-east-1"


@pytest.mark.parametrize("path", ["/aws-service-role/", "/aws-service-role/ecs.amazonaws.com/", "/aws-reserved/",
                                  "/aws-reserved/sso.amazonaws.com/"])
def test_paths_of_roles_that_aws_makes_are_not_given(iam, unique, refused, path):
    error = refused(iam.create_role, RoleName=unique("role"), AssumeRolePolicyDocument=FROM_ACCOUNT, Path=path)
    prefix = "/".join(path.split("/")[:2]) + "/"
    assert (error["code"], error["status"]) == ("InvalidInput", 400)
    assert error["message"] == f"Path prefix '{prefix}' can only be used for AWS Service linked Roles"


@pytest.mark.parametrize("path", ["/aws-service-roles/", "/aws/", "/team/aws-reserved/"])
def test_paths_that_only_look_like_these_are(iam, new_role, path):
    assert iam.get_role(RoleName=new_role(Path=path))["Role"]["Path"] == path


def test_a_role_that_only_aws_may_change_is_not_changed():
    """Only AWS makes such a role, so the test moves one to such a path."""
    own = changes.OwnServer()
    iam = own.client("iam")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=FROM_ACCOUNT, Path="/team/")
    own.server.stop()
    with contextlib.closing(changes.database(own.server)) as database:
        database.execute("update iam_identity set path = '/aws-service-role/x.amazonaws.com/'")
    own.server.start()
    document = statements(allow("sqs:*"))
    for change, arguments in [
        ("delete_role", {}), ("update_role", {"MaxSessionDuration": 7200}),
        ("update_assume_role_policy", {"PolicyDocument": FROM_ACCOUNT}),
        ("attach_role_policy", {"PolicyArn": LOGS_ONLY}), ("detach_role_policy", {"PolicyArn": LOGS_ONLY}),
        ("put_role_policy", {"PolicyName": "p", "PolicyDocument": document}),
        ("delete_role_policy", {"PolicyName": "p"}),
        ("put_role_permissions_boundary", {"PermissionsBoundary": LOGS_ONLY}), ("delete_role_permissions_boundary", {}),
    ]:
        with pytest.raises(iam.exceptions.UnmodifiableEntityException) as caught:
            getattr(iam, change)(RoleName="r", **arguments)
        assert caught.value.response["Error"]["Message"] == (
            "Cannot perform the operation on the protected role 'r' - this role is only modifiable by AWS"), change
    iam.update_role(RoleName="r", Description="ours")
    assert iam.get_role(RoleName="r")["Role"]["Description"] == "ours"
    own.end()


def test_names_are_unique_whatever_their_case(iam, new_role, refused):
    name = new_role()
    error = refused(iam.create_role, RoleName=name.upper(), AssumeRolePolicyDocument=FROM_ACCOUNT)
    assert error["code"] == "EntityAlreadyExists" and error["status"] == 409
    assert error["message"] == f"Role with name {name.upper()} already exists."


def test_a_missing_role_is_named_in_the_error(iam, refused):
    error = refused(iam.get_role, RoleName="nobody")
    assert (error["code"], error["status"]) == ("NoSuchEntity", 404)
    assert error["message"] == "The role with name nobody cannot be found."


def test_roles_are_listed_in_pages(iam, new_role, unique):
    path = f"/{unique('list')}/"
    names = sorted(new_role(Path=path) for _ in range(5))
    paginator = iam.get_paginator("list_roles")
    pages = list(paginator.paginate(PathPrefix=path, PaginationConfig={"PageSize": 2}))
    assert [len(page["Roles"]) for page in pages] == [2, 2, 1]
    assert [role["RoleName"] for page in pages for role in page["Roles"]] == names
    assert "Tags" not in pages[0]["Roles"][0]


def test_a_foreign_marker_is_refused(iam, refused):
    assert refused(iam.list_roles, Marker="???")["code"] == "ValidationError"


def test_a_role_with_policies_cannot_be_deleted(iam, new_role, refused):
    name = new_role()
    iam.attach_role_policy(RoleName=name, PolicyArn=LOGS_ONLY)
    error = refused(iam.delete_role, RoleName=name)
    assert error["code"] == "DeleteConflict"
    assert error["message"] == "Cannot delete entity, must detach all policies first."
    iam.detach_role_policy(RoleName=name, PolicyArn=LOGS_ONLY)
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=statements(allow("sqs:*")))
    assert refused(iam.delete_role, RoleName=name)["message"] == "Cannot delete entity, must delete policies first."


def test_a_role_can_be_changed(iam, new_role):
    name = new_role(Description="before")
    iam.update_role(RoleName=name, Description="after", MaxSessionDuration=43200)
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust(Service="sns.amazonaws.com"))
    role = iam.get_role(RoleName=name)["Role"]
    assert (role["Description"], role["MaxSessionDuration"]) == ("after", 43200)
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "sns.amazonaws.com"}
    assert iam.update_role_description(RoleName=name, Description="again")["Role"]["Description"] == "again"


def test_what_update_role_does_not_name_stays(iam, new_role):
    name = new_role(Description="kept", MaxSessionDuration=7200)
    for change, expected in [({}, ("kept", 7200)), ({"MaxSessionDuration": 3600}, ("kept", 3600)),
                             ({"Description": "new"}, ("new", 3600))]:
        iam.update_role(RoleName=name, **change)
        role = iam.get_role(RoleName=name)["Role"]
        assert (role["Description"], role["MaxSessionDuration"]) == expected


def test_tags_are_put_and_taken(iam, new_role, refused):
    name = new_role(Tags=[{"Key": "a", "Value": "1"}])
    iam.tag_role(RoleName=name, Tags=[{"Key": "A", "Value": "2"}, {"Key": "b", "Value": ""}])
    assert iam.list_role_tags(RoleName=name)["Tags"] == [{"Key": "A", "Value": "2"}, {"Key": "b", "Value": ""}]
    iam.untag_role(RoleName=name, TagKeys=["a"])
    assert iam.list_role_tags(RoleName=name)["Tags"] == [{"Key": "b", "Value": ""}]
    twice = refused(iam.tag_role, RoleName=name, Tags=[{"Key": "x", "Value": ""}, {"Key": "X", "Value": ""}])
    assert (twice["code"], twice["message"]) == (
        "InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")


def test_keys_of_a_policy_s_tags_differ_by_their_case(iam, new_policy, unique, refused):
    lower, upper = {"Key": "a", "Value": "lower"}, {"Key": "A", "Value": "upper"}
    arn = new_policy(Tags=[lower, upper])
    assert iam.list_policy_tags(PolicyArn=arn)["Tags"] == [upper, lower]
    page = iam.list_policy_tags(PolicyArn=arn, MaxItems=1)
    assert page["Tags"] + iam.list_policy_tags(PolicyArn=arn, Marker=page["Marker"])["Tags"] == [upper, lower]
    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "a", "Value": "new"}])
    iam.untag_policy(PolicyArn=arn, TagKeys=["A"])
    assert iam.list_policy_tags(PolicyArn=arn)["Tags"] == [{"Key": "a", "Value": "new"}]
    for call, more in ((iam.tag_policy, {"PolicyArn": arn}),
                       (iam.create_policy, {"PolicyName": unique("twice"), "PolicyDocument": statements(allow("sqs:*"))})):
        twice = refused(call, Tags=[lower, {"Key": "a", "Value": "again"}], **more)
        assert (twice["code"], twice["message"]) == ("InvalidInput", "Duplicate tag keys found.")


KEY_PATTERN = r"Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+"


@pytest.mark.parametrize("method, arguments, sentence", [
    ("tag_role", {"RoleName": "r", "Tags": [{"Key": "k!", "Value": ""}]}, f"'tags.1.member.key' failed to satisfy constraint: {KEY_PATTERN}"),
    ("tag_user", {"UserName": "u", "Tags": [{"Key": "k", "Value": "v" * 257}]},
     "'tags.1.member.value' failed to satisfy constraint: Member must have length less than or equal to 256"),
    ("tag_role", {"RoleName": "r", "Tags": [{"Key": str(i), "Value": ""} for i in range(51)]},
     "'tags' failed to satisfy constraint: Member must have length less than or equal to 50"),
    ("untag_role", {"RoleName": "r", "TagKeys": ["k!"]},
     "'tagKeys' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 128, "
     f"Member must have length greater than or equal to 1, {KEY_PATTERN}, Member must not be null]"),
    ("get_policy_version", {"PolicyArn": "arn:aws:iam::000000000000:policy/p", "VersionId": "x"},
     r"'versionId' failed to satisfy constraint: Member must satisfy regular expression pattern: v[1-9][0-9]*(\.[A-Za-z0-9-]*)?"),
    ("list_roles", {"MaxItems": 1001}, "'maxItems' failed to satisfy constraint: Member must have value less than or equal to 1000"),
])
def test_a_refusal_does_not_repeat_the_value(iam, refused, method, arguments, sentence):
    error = refused(getattr(iam, method), **arguments)
    assert (error["code"], error["message"]) == ("ValidationError", f"1 validation error detected: Value at {sentence}")


def test_tags_of_aws_s_own_are_not_given(iam, new_role, refused):
    tags = [{"Key": "AWS:team", "Value": "orders"}]
    assert refused(iam.tag_role, RoleName=new_role(), Tags=tags)["code"] == "InvalidInput"


def test_a_role_is_in_no_instance_profile(iam, new_role):
    assert iam.list_instance_profiles_for_role(RoleName=new_role())["InstanceProfiles"] == []


@pytest.mark.parametrize("document, message", [
    ("nonsense", "This policy contains invalid Json"),
    (statements({"Effect": "Allow", "Action": "sts:AssumeRole"}), "Missing required field Principal"),
    (trust(), "Missing required field Principal cannot be empty!"),
    (trust(AWS=[]), "Missing required field Principal cannot be empty!"),
    (statements({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}),
     "AssumeRole policy may only specify STS AssumeRole actions."),
    (statements({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*"}),
     "Has prohibited field Resource"),
    (trust(AWS="arn:aws:iam::000000000000:user/*"),
     'Invalid principal in policy: "AWS":"arn:aws:iam::000000000000:user/*"'),
    (trust(AWS="arn:aws:iam::000000000000:role/nobody"),
     'Invalid principal in policy: "AWS":"arn:aws:iam::000000000000:role/nobody"'),
])
def test_a_malformed_trust_policy_is_refused(iam, unique, refused, document, message):
    error = refused(iam.create_role, RoleName=unique("role"), AssumeRolePolicyDocument=document)
    assert (error["code"], error["message"]) == ("MalformedPolicyDocument", message)


def test_shapes_are_validated_in_aws_words(iam, refused):
    error = refused(iam.create_role, RoleName="a b", AssumeRolePolicyDocument=FROM_ACCOUNT)
    assert error["code"] == "ValidationError"
    assert error["message"] == (
        "1 validation error detected: Value at 'roleName' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: [\w+=,.@-]+"
    )


# --- Policies ----------------------------------------------------------------------------------


def test_inline_policies_are_kept(iam, new_role, refused):
    name = new_role()
    document = {"Version": "2012-10-17", "Statement": allow("dynamodb:PutItem", "arn:aws:dynamodb:*:*:table/Ü*")}
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(document, ensure_ascii=False))
    assert iam.list_role_policies(RoleName=name)["PolicyNames"] == ["own"]
    assert iam.get_role_policy(RoleName=name, PolicyName="own")["PolicyDocument"] == document
    iam.delete_role_policy(RoleName=name, PolicyName="own")
    error = refused(iam.get_role_policy, RoleName=name, PolicyName="own")
    assert (error["code"], error["message"]) == ("NoSuchEntity", "The role policy with name own cannot be found.")


def test_inline_policies_share_one_allowance(iam, new_role, refused):
    name = new_role()
    large = statements(*[allow("sqs:SendMessage", f"arn:aws:sqs:*:*:{'q' * 100}{i}") for i in range(50)])
    iam.put_role_policy(RoleName=name, PolicyName="one", PolicyDocument=large)
    error = refused(iam.put_role_policy, RoleName=name, PolicyName="two", PolicyDocument=large)
    assert error["code"] == "LimitExceeded"
    assert error["message"] == f"Maximum policy size of 10240 bytes exceeded for role {name}"


@pytest.mark.parametrize("document, message", [
    ("nonsense", "Syntax errors in policy."),
    (statements({"Effect": "Allow", "Resource": "*"}), "Policy statement must contain actions."),
    (statements({"Effect": "Allow", "Action": "sqs:*"}), "Policy statement must contain resources."),
    (statements(allow("SendMessage")), "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."),
    (statements(allow("sqs:*", "orders")), 'Resource orders must be in ARN format or "*".'),
    (json.dumps({"Statement": allow("sqs:*")}), "Policy document must be version 2012-10-17 or greater."),
])
def test_a_malformed_policy_is_refused(iam, unique, refused, document, message):
    error = refused(iam.create_policy, PolicyName=unique("policy"), PolicyDocument=document)
    assert (error["code"], error["message"]) == ("MalformedPolicyDocument", message)


def test_a_managed_policy_has_versions(iam, new_policy, refused):
    arn = new_policy(allow("sqs:*"), Description="queues")
    policy = iam.get_policy(PolicyArn=arn)["Policy"]
    assert (policy["DefaultVersionId"], policy["Description"], policy["AttachmentCount"]) == ("v1", "queues", 0)
    second = iam.create_policy_version(PolicyArn=arn, PolicyDocument=statements(allow("sns:*")), SetAsDefault=True)
    assert second["PolicyVersion"]["VersionId"] == "v2"
    assert [v["VersionId"] for v in iam.list_policy_versions(PolicyArn=arn)["Versions"]] == ["v2", "v1"]
    shown = iam.get_policy_version(PolicyArn=arn, VersionId="v2")["PolicyVersion"]
    assert shown["IsDefaultVersion"] and shown["Document"]["Statement"][0]["Action"] == "sns:*"
    default = refused(iam.delete_policy_version, PolicyArn=arn, VersionId="v2")
    assert (default["code"], default["message"]) == ("DeleteConflict", "Cannot delete the default version of a policy.")
    assert refused(iam.delete_policy, PolicyArn=arn)["code"] == "DeleteConflict"
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
    missing = arn + "-not"
    for call, of in ((iam.get_policy_version, arn), (iam.get_policy_version, missing), (iam.set_default_policy_version, missing)):
        error = refused(call, PolicyArn=of, VersionId="v2")
        assert (error["code"], error["message"]) == (
            "NoSuchEntity", f"Policy {of} version v2 does not exist or is not attachable.")


def test_a_policy_has_at_most_five_versions(iam, new_policy, refused):
    arn = new_policy()
    for _ in range(4):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=statements(allow("sns:*")))
    error = refused(iam.create_policy_version, PolicyArn=arn, PolicyDocument=statements(allow("sns:*")))
    assert error["code"] == "LimitExceeded" and "up to 5 versions" in error["message"]


def test_an_attached_policy_knows_to_whom(iam, new_role, new_policy, refused):
    name, arn = new_role(), new_policy()
    iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    assert iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"][0]["PolicyArn"] == arn
    assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 1
    entities = iam.list_entities_for_policy(PolicyArn=arn)
    assert [role["RoleName"] for role in entities["PolicyRoles"]] == [name]
    assert entities["PolicyUsers"] == [] and entities["PolicyGroups"] == []
    assert refused(iam.delete_policy, PolicyArn=arn)["message"] == "Cannot delete a policy attached to entities."
    iam.detach_role_policy(RoleName=name, PolicyArn=arn)
    error = refused(iam.detach_role_policy, RoleName=name, PolicyArn=arn)
    assert (error["code"], error["message"]) == ("NoSuchEntity", f"Policy {arn} was not found.")


def test_a_missing_policy_cannot_be_attached(iam, new_role, refused):
    arn = "arn:aws:iam::aws:policy/NoSuchThing"
    error = refused(iam.attach_role_policy, RoleName=new_role(), PolicyArn=arn)
    assert error["code"] == "NoSuchEntity"
    assert error["message"] == f"Policy {arn} does not exist or is not attachable."


@pytest.mark.parametrize("arn", ["longpolicynamebutnoarn", "arn:aws:iam::aws:role/NotAPolicy"])
def test_what_is_not_a_policy_s_arn_is_not_valid(iam, new_role, refused, arn):
    """As recorded from AWS; an ARN that is well-formed but of no policy is another error."""
    name = new_role()
    for call in (lambda: iam.attach_role_policy(RoleName=name, PolicyArn=arn),
                 lambda: iam.detach_role_policy(RoleName=name, PolicyArn=arn),
                 lambda: iam.get_policy(PolicyArn=arn)):
        error = refused(call)
        assert (error["code"], error["status"], error["message"]) == ("ValidationError", 400, f"ARN {arn} is not valid.")


def test_a_new_policy_s_answer_has_no_description(iam, unique):
    """As recorded from AWS: Description comes with GetPolicy, which also has Tags, perhaps an empty list."""
    tags = [{"Key": "team", "Value": "orders"}]
    for given, made, shown in [({}, {}, {"Tags": []}), ({"Description": "d"}, {}, {"Description": "d", "Tags": []}),
                               ({"Tags": tags}, {"Tags": tags}, {"Tags": tags})]:
        name = unique("described") + str(len(given) + len(shown))
        policy = iam.create_policy(PolicyName=name, PolicyDocument=statements(allow("sqs:*")), **given)["Policy"]
        try:
            plain = {name: value for name, value in policy.items() if name not in ("Description", "Tags")}
            assert set(plain) == {"PolicyName", "PolicyId", "Arn", "Path", "DefaultVersionId", "AttachmentCount",
                                  "PermissionsBoundaryUsageCount", "IsAttachable", "CreateDate", "UpdateDate"}
            assert policy == {**plain, **made}
            assert iam.get_policy(PolicyArn=policy["Arn"])["Policy"] == {**plain, **shown}
        finally:
            iam.delete_policy(PolicyArn=policy["Arn"])


def test_a_policy_of_aws_has_an_empty_list_of_tags(iam):
    assert iam.get_policy(PolicyArn=LOGS_ONLY)["Policy"]["Tags"] == []


@pytest.mark.parametrize("resource, message", [
    ("arn:aws:sqs:us-east-1:OrderQueue", "The policy failed legacy parsing"),
    ("arn:aws", "Resource vendor must be fully qualified and cannot contain regexes."),
    ("arn:aws:s3:us-east-1::b", "Resource arn:aws:s3:us-east-1::b can not contain region information."),
    ("a", 'Resource a must be in ARN format or "*".'),
    ("a:bsdf", 'Partition "bsdf" is not valid for resource "arn:bsdf:*:*:*:*".'),
    ("a:b:csdf", 'Partition "b" is not valid for resource "arn:b:csdf:*:*:*".'),
    ("a:b:c:d:e:f:g:h", 'Partition "b" is not valid for resource "arn:b:c:d:e:f:g:h".'),
    ("aws:s3:::b", 'Partition "s3" is not valid for resource "arn:s3:::b:*".'),
    (["arn:error:s3:::b", "arn:error:s3::b"], 'Partition "error" is not valid for resource "arn:error:s3:::b".'),
    ("arn:aws:iam::000000000000:someone",
     'IAM resource path must either be "*", root, or start with user/, federated-user/, role/, group/, instance-profile/, mfa/, '
     "server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/."),
])
def test_a_policy_whose_resource_could_never_match_is_refused(iam, unique, refused, resource, message):
    error = refused(iam.create_policy, PolicyName=unique("never"), PolicyDocument=statements(allow("sqs:*", resource)))
    assert (error["code"], error["status"], error["message"]) == ("MalformedPolicyDocument", 400, message)


def test_a_policy_that_does_not_exist_has_no_entities(iam, refused):
    missing = f"arn:aws:iam::{ACCOUNT}:policy/Missing"
    error = refused(iam.list_entities_for_policy, PolicyArn=missing)
    assert (error["code"], error["status"], error["message"]) == (
        "NoSuchEntity", 404, f"Policy {missing} does not exist or is not attachable.")
    error = refused(iam.get_policy, PolicyArn=missing)
    assert (error["code"], error["message"]) == ("NoSuchEntity", f"Policy {missing} was not found.")


def test_a_new_policy_s_answer_has_its_tags_as_they_were_given(iam, unique):
    tags = [{"Key": key, "Value": "v"} for key in ("b", "z", "a")]
    policy = iam.create_policy(PolicyName=unique("ordered"), PolicyDocument=statements(allow("sqs:*")), Tags=tags)["Policy"]
    assert policy["Tags"] == tags
    assert sorted(tag["Key"] for tag in iam.get_policy(PolicyArn=policy["Arn"])["Policy"]["Tags"]) == ["a", "b", "z"]


def test_a_boundary_is_the_arn_of_a_policy(iam, user, refused):
    wrong = f"arn:aws:iam::{ACCOUNT}:not_a_policy/invalid"
    error = refused(iam.put_user_permissions_boundary, UserName=user, PermissionsBoundary=wrong)
    assert (error["code"], error["status"], error["message"]) == ("InvalidInput", 400, f"ARN {wrong} is not valid.")
    iam.put_user_permissions_boundary(UserName=user, PermissionsBoundary=SQS_FULL)
    assert iam.get_user(UserName=user)["User"]["PermissionsBoundary"] == {
        "PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": SQS_FULL}


@pytest.mark.parametrize("path", ["*", "root", "user/a", "access-report/a", "us*", "${aws:username}"])
def test_a_policy_may_be_about_what_iam_has(iam, unique, path):
    iam.create_policy(PolicyName=unique("path"), PolicyDocument=statements(allow("iam:*", f"arn:aws:iam::000000000000:{path}")))


LATE = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*", "Condition": {"DateGreaterThan": {"a": "late"}}}
LOUD = {"Effect": "ALLOW", "Action": "sqs:*", "Resource": "*"}


@pytest.mark.parametrize("statement, version, message", [
    (LATE, "2012-10-17", "The policy failed legacy parsing"),
    (LATE, "2008-10-17", "Policy document must be version 2012-10-17 or greater."),
    (LOUD, "2012-10-17", "The policy failed legacy parsing"),
    (LOUD, "2008-10-17", "Policy document must be version 2012-10-17 or greater."),
    ([LOUD, {**LOUD, "Effect": "loud"}], "2012-10-17", "Syntax errors in policy."),
    ({**LATE, "Condition": {"DateGreaterThan": {"a": {}}}}, "2012-10-17", "Syntax errors in policy."),
    ({**LATE, "Condition": {"DateGreaterThan": {"a": ["late", []]}}}, "2012-10-17", "Syntax errors in policy."),
    ({"Effect": "Allow", "Action": "invalid"}, "2012-10-17", "Policy statement must contain resources."),
    ({"Effect": "Allow"}, "2012-10-17", "Policy statement must contain actions."),
])
def test_of_several_errors_in_a_policy_aws_names_the_same(iam, unique, refused, statement, version, message):
    document = json.dumps({"Version": version, "Statement": statement})
    error = refused(iam.create_policy, PolicyName=unique("wrong"), PolicyDocument=document)
    assert (error["code"], error["message"]) == ("MalformedPolicyDocument", message)


def test_policies_of_aws_and_of_the_account_are_listed(iam, new_policy):
    arn = new_policy()
    local = [policy["Arn"] for policy in iam.list_policies(Scope="Local")["Policies"]]
    of_aws = [policy["Arn"] for policy in iam.list_policies(Scope="AWS", MaxItems=1000)["Policies"]]
    assert arn in local and arn not in of_aws
    assert {SQS_FULL, LOGS_ONLY, "arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess"} <= set(of_aws)
    pages = iam.get_paginator("list_policies").paginate(PaginationConfig={"PageSize": 7})
    everything = [policy["Arn"] for page in pages for policy in page["Policies"]]
    assert len(everything) == len(set(everything)) and {arn, *of_aws} <= set(everything)


def test_policies_of_aws_cannot_be_changed(iam, refused):
    assert iam.get_policy_version(PolicyArn=SQS_FULL, VersionId="v1")["PolicyVersion"]["Document"]["Statement"]
    assert refused(iam.delete_policy, PolicyArn=SQS_FULL)["code"] == "AccessDenied"


def test_a_user_has_no_password_no_groups_and_no_devices(iam, user, refused):
    for method, name in [("list_mfa_devices", "MFADevices"), ("list_groups_for_user", "Groups"),
                         ("list_signing_certificates", "Certificates"), ("list_ssh_public_keys", "SSHPublicKeys")]:
        reply = getattr(iam, method)(UserName=user)
        assert (reply[name], reply["IsTruncated"]) == ([], False)
        error = refused(getattr(iam, method), UserName="nobody")
        assert (error["code"], error["message"]) == (
            "NoSuchEntity", "The user with name nobody cannot be found.")
        assert refused(getattr(iam, method), UserName=user, Marker="mine")["message"] == "Invalid Marker."
    assert iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"] == []
    assert iam.list_mfa_devices()["MFADevices"] == []  # of the account's root
    error = refused(iam.get_login_profile, UserName=user)
    assert (error["code"], error["status"], error["message"]) == (
        "NoSuchEntity", 404, f"Login Profile for User {user} cannot be found.")
    assert refused(iam.get_login_profile, UserName="nobody")["message"] == "The user with name nobody cannot be found."


def details(iam, *filters):
    """All that GetAccountAuthorizationDetails tells, one entity in each page: {list: {ARN: entity}}."""
    found = {}
    for page in iam.get_paginator("get_account_authorization_details").paginate(
            Filter=list(filters), PaginationConfig={"PageSize": 1}):
        lists = {name: page[name] for name in ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")}
        assert sum(map(len, lists.values())) <= 1 and page["IsTruncated"] == ("Marker" in page)
        for name, items in lists.items():
            for item in items:
                assert item["Arn"] not in found.setdefault(name, {})
                found[name][item["Arn"]] = item
    return found


def test_an_audit_reads_everything_that_the_account_allows(iam, unique, new_policy, new_role):
    old, new = allow("sqs:*"), allow("sqs:ReceiveMessage")
    own = new_policy(old, Description="mine", Tags=[{"Key": "a", "Value": "b"}])
    iam.create_policy_version(PolicyArn=own, PolicyDocument=statements(new), SetAsDefault=True)
    role_name, user_name = new_role(), unique("user")
    user = iam.create_user(UserName=user_name)["User"]
    role = iam.get_role(RoleName=role_name)["Role"]
    iam.put_role_policy(RoleName=role_name, PolicyName="inline", PolicyDocument=statements(deny("sns:*")))
    for policy in (own, LOGS_ONLY):
        iam.attach_role_policy(RoleName=role_name, PolicyArn=policy)
    iam.tag_role(RoleName=role_name, Tags=[{"Key": "k", "Value": "v"}])
    iam.put_user_permissions_boundary(UserName=user_name, PermissionsBoundary=SQS_FULL)

    found = details(iam)
    one = found["RoleDetailList"][role["Arn"]]
    assert one.pop("CreateDate") == iam.get_role(RoleName=role_name)["Role"]["CreateDate"]
    assert one == {
        "Path": "/", "RoleName": role_name, "RoleId": role["RoleId"], "Arn": role["Arn"],
        "AssumeRolePolicyDocument": role["AssumeRolePolicyDocument"], "InstanceProfileList": [], "RoleLastUsed": {},
        "RolePolicyList": [{"PolicyName": "inline", "PolicyDocument": json.loads(statements(deny("sns:*")))}],
        "AttachedManagedPolicies": sorted(
            ({"PolicyName": arn.split("/")[-1], "PolicyArn": arn} for arn in (own, LOGS_ONLY)),
            key=lambda policy: policy["PolicyArn"]),
        "Tags": [{"Key": "k", "Value": "v"}],
    }
    one = found["UserDetailList"][user["Arn"]]
    assert (one["UserName"], one["UserPolicyList"], one["GroupList"], one["AttachedManagedPolicies"], one["Tags"],
            one["PermissionsBoundary"]) == (
        user_name, [], [], [], [],
        {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": SQS_FULL})
    one = found["Policies"][own]
    assert (one["PolicyName"], one["DefaultVersionId"], one["AttachmentCount"], one["PermissionsBoundaryUsageCount"],
            one["IsAttachable"], one["Description"]) == (own.split("/")[-1], "v2", 1, 0, True, "mine")
    assert [(version["VersionId"], version["IsDefaultVersion"], version["Document"])
            for version in one["PolicyVersionList"]] == [
        ("v2", True, json.loads(statements(new))), ("v1", False, json.loads(statements(old)))]
    assert found["Policies"][LOGS_ONLY]["AttachmentCount"] >= 1
    boundary = found["Policies"][SQS_FULL]
    assert boundary["PermissionsBoundaryUsageCount"] >= 1
    assert boundary["PolicyVersionList"][0]["Document"]["Statement"]
    assert all(policy["AttachmentCount"] + policy["PermissionsBoundaryUsageCount"] > 0
               for arn, policy in found["Policies"].items() if arn.startswith("arn:aws:iam::aws:"))

    kinds = {"User": "UserDetailList", "Role": "RoleDetailList", "LocalManagedPolicy": "Policies",
             "AWSManagedPolicy": "Policies"}
    for kind, name in kinds.items():
        assert set(details(iam, kind)) == {name}
    assert details(iam, "Group") == {}
    assert {arn for kind in ("LocalManagedPolicy", "AWSManagedPolicy") for arn in details(iam, kind)["Policies"]} \
        == set(details(iam, "LocalManagedPolicy", "AWSManagedPolicy")["Policies"]) == set(found["Policies"])
    clear(iam, "user", user_name)


def test_a_page_of_an_audit_ends_when_its_documents_are_a_mebibyte(client):
    iam, names = client("iam", aws_access_key_id=OTHER_ACCOUNT), ["one", "two", "three", "four", "five"]
    document = statements(allow("sqs:*")) + " " * 100_000  # replies have three characters for each of these
    for name in names:
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=FROM_ACCOUNT)
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document)
    pages, marker = [], {}
    while not pages or pages[-1]["IsTruncated"]:
        pages.append(iam.get_account_authorization_details(**marker))
        marker = {"Marker": pages[-1].get("Marker")}
    listed = [[role["RoleName"] for role in page["RoleDetailList"]] for page in pages]
    assert listed == [["five", "four", "one", "three"], ["two"]]
    for name in names:
        clear(iam, "role", name)


# --- Users and keys ----------------------------------------------------------------------------


@pytest.fixture
def user(iam, unique):
    name = unique("user")
    iam.create_user(UserName=name)
    yield name
    clear(iam, "user", name)


def test_a_user_is_bound_by_its_policies(iam, client, user, refused):
    key = iam.create_access_key(UserName=user)["AccessKey"]
    assert key["AccessKeyId"].startswith("AKIA") and len(key["AccessKeyId"]) == 20
    assert len(key["SecretAccessKey"]) == 40
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    identity = client("sts", **keys).get_caller_identity()
    assert identity["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/{user}"
    assert re.fullmatch("AIDA[A-Z2-7]{17}", identity["UserId"])

    denied = refused(client("iam", **keys).get_user)
    assert denied["message"] == (
        f"User: arn:aws:iam::{ACCOUNT}:user/{user} is not authorized to perform: iam:GetUser on resource: "
        f"arn:aws:iam::{ACCOUNT}:user/{user} because no identity-based policy allows the iam:GetUser action"
    )
    own = f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}"
    iam.put_user_policy(UserName=user, PolicyName="self", PolicyDocument=statements(allow("iam:Get*", own)))
    assert client("iam", **keys).get_user()["User"]["UserName"] == user


def test_an_inactive_key_is_unknown(iam, client, user, refused):
    key = iam.create_access_key(UserName=user)["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    iam.update_access_key(UserName=user, AccessKeyId=key["AccessKeyId"], Status="Inactive")
    assert refused(client("sts", **keys).get_caller_identity)["code"] == "InvalidClientTokenId"
    iam.update_access_key(UserName=user, AccessKeyId=key["AccessKeyId"], Status="Active")
    assert client("sts", **keys).get_caller_identity()["Arn"].endswith(user)


def test_a_wrong_secret_is_refused(iam, client, user, refused):
    key = iam.create_access_key(UserName=user)["AccessKey"]
    wrong = client("sts", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key="wrong")
    assert refused(wrong.get_caller_identity)["code"] == "SignatureDoesNotMatch"


def test_a_user_has_at_most_two_keys(iam, user, refused):
    iam.create_access_key(UserName=user)
    iam.create_access_key(UserName=user)
    error = refused(iam.create_access_key, UserName=user)
    assert (error["code"], error["message"]) == ("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2")
    assert len(iam.list_access_keys(UserName=user)["AccessKeyMetadata"]) == 2
    assert refused(iam.delete_user, UserName=user)["message"] == "Cannot delete entity, must delete access keys first."


def test_the_root_may_have_keys_too(iam, client, refused):
    key = iam.create_access_key()["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    assert client("sts", **keys).get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert client("iam", **keys).get_user()["User"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    iam.delete_access_key(AccessKeyId=key["AccessKeyId"])
    assert refused(client("sts", **keys).get_caller_identity)["code"] == "InvalidClientTokenId"


# --- Becoming a role ---------------------------------------------------------------------------


def test_the_administrator_is_the_account_s_root(sts):
    identity = sts.get_caller_identity()
    assert (identity["Account"], identity["UserId"]) == (ACCOUNT, ACCOUNT)
    assert identity["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"


def test_a_key_of_twelve_digits_is_another_account(client):
    identity = client("sts", aws_access_key_id=OTHER_ACCOUNT).get_caller_identity()
    assert identity["Arn"] == f"arn:aws:iam::{OTHER_ACCOUNT}:root"


def test_times_are_whole_seconds(iam, sts, new_role):
    name = new_role()
    created = iam.get_role(RoleName=name)["Role"]["CreateDate"]
    expires = sts.assume_role(RoleArn=role_arn(name), RoleSessionName="me")["Credentials"]["Expiration"]
    assert created.microsecond == expires.microsecond == 0


def test_a_session_is_the_role_s(iam, sts, new_role, become):
    name = new_role()
    reply = sts.assume_role(RoleArn=role_arn(name), RoleSessionName="worker", DurationSeconds=900)
    role_id = iam.get_role(RoleName=name)["Role"]["RoleId"]
    assert reply["AssumedRoleUser"] == {
        "AssumedRoleId": f"{role_id}:worker",
        "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/worker",
    }
    assert reply["Credentials"]["AccessKeyId"].startswith("ASIA")
    assert become(name, "other")("sts").get_caller_identity() | {"ResponseMetadata": 0} == {
        "UserId": f"{role_id}:other",
        "Account": ACCOUNT,
        "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/other",
        "ResponseMetadata": 0,
    }
    assert iam.get_role(RoleName=name)["Role"]["RoleLastUsed"]["Region"] == "us-east-1"


@pytest.mark.parametrize("least, size", [(0, 192), (192, 192), (193, 196), (4096, 4096)])
def test_a_session_s_token_is_as_long_as_was_asked(sts, new_role, become, least, size):
    name = new_role()
    asked = {"RoleArn": role_arn(name), "RoleSessionName": "me", "MinimumSessionTokenSize": least}
    assert len(sts.assume_role(**asked)["Credentials"]["SessionToken"]) == size
    assert become(name, MinimumSessionTokenSize=least)("sts").get_caller_identity()["Account"] == ACCOUNT


def test_a_role_is_assumed_only_by_whom_it_trusts(client, sts, new_role, refused):
    name = new_role(trust(Service="lambda.amazonaws.com"))
    error = refused(sts.assume_role, RoleArn=role_arn(name), RoleSessionName="me")
    assert (error["code"], error["status"]) == ("AccessDenied", 403)
    assert error["message"].startswith(
        f"User: arn:aws:iam::{ACCOUNT}:root is not authorized to perform: sts:AssumeRole on resource: {role_arn(name)}"
    )
    missing = refused(sts.assume_role, RoleArn=role_arn("nobody"), RoleSessionName="me")
    assert missing["message"].replace("nobody", name) == error["message"]
    stranger = client("sts", aws_access_key_id=OTHER_ACCOUNT)
    assert refused(stranger.assume_role, RoleArn=role_arn(new_role()), RoleSessionName="me")["code"] == "AccessDenied"
    shared = new_role(trust(AWS=OTHER_ACCOUNT))
    assert stranger.assume_role(RoleArn=role_arn(shared), RoleSessionName="me")["Credentials"]


@pytest.mark.parametrize("arn", ["nothing-valid-in-here", "arn::b:::something/test-role", "arn:a::::something/test-role",
                                 "arn:a:::something/test-role", "arn:a:a::aaaaaaaaaa:"])
def test_what_is_not_an_arn_is_no_role(sts, refused, arn):
    error = refused(sts.assume_role, RoleArn=arn, RoleSessionName="session")
    assert (error["code"], error["status"], error["message"]) == ("ValidationError", 400, f"{arn} is invalid")


@pytest.mark.parametrize("arn", ["arn:a:a:::something-else", f"arn:aws:iam::{ACCOUNT}:role/nobody"])
def test_what_is_an_arn_of_no_role_is_not_allowed(sts, refused, arn):
    error = refused(sts.assume_role, RoleArn=arn, RoleSessionName="session")
    assert (error["code"], error["status"]) == ("AccessDenied", 403)


def test_an_external_id_can_be_required(sts, new_role, refused):
    name = new_role(statements({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole",
                                "Condition": {"StringEquals": {"sts:ExternalId": "secret"}}}))
    arguments = {"RoleArn": role_arn(name), "RoleSessionName": "me"}
    assert refused(sts.assume_role, **arguments)["code"] == "AccessDenied"
    assert refused(sts.assume_role, ExternalId="other", **arguments)["code"] == "AccessDenied"
    assert sts.assume_role(ExternalId="secret", **arguments)["Credentials"]


def test_a_session_lasts_no_longer_than_the_role_allows(sts, new_role, refused):
    error = refused(sts.assume_role, RoleArn=role_arn(new_role()), RoleSessionName="me", DurationSeconds=7200)
    assert error["code"] == "ValidationError"
    assert error["message"] == "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."


@pytest.mark.parametrize("code", [{"SerialNumber": "arn:aws:iam::000000000000:mfa/me"}, {"TokenCode": "123456"}])
def test_no_code_of_a_device_is_right(sts, new_role, refused, code):
    error = refused(sts.assume_role, RoleArn=role_arn(new_role()), RoleSessionName="me", **code)
    assert (error["code"], error["status"], error["message"]) == (
        "AccessDenied", 403, "MultiFactorAuthentication failed with invalid MFA one time pass code."
    )


def test_a_session_token_is_needed(client, sts, new_role, refused):
    credentials = sts.assume_role(RoleArn=role_arn(new_role()), RoleSessionName="me")["Credentials"]
    keys = {"aws_access_key_id": credentials["AccessKeyId"], "aws_secret_access_key": credentials["SecretAccessKey"]}
    assert refused(client("sts", **keys).get_caller_identity)["code"] == "InvalidClientTokenId"
    wrong = client("sts", aws_session_token="wrong", **keys)
    assert refused(wrong.get_caller_identity)["code"] == "InvalidClientTokenId"


def test_a_session_runs_out(client, sts, new_role, refused, advance_clock):
    name = new_role()
    reply = sts.assume_role(RoleArn=role_arn(name), RoleSessionName="me", DurationSeconds=900)["Credentials"]
    assert reply["Expiration"] > datetime.datetime.now(datetime.timezone.utc)
    late = client("sts", aws_access_key_id=reply["AccessKeyId"], aws_secret_access_key=reply["SecretAccessKey"],
                  aws_session_token=reply["SessionToken"])
    advance_clock(840)
    late.get_caller_identity()
    advance_clock(60)
    assert refused(late.get_caller_identity)["code"] == "ExpiredToken"
    sts.assume_role(RoleArn=role_arn(name), RoleSessionName="sweeps")
    assert refused(late.get_caller_identity)["code"] == "ExpiredToken"


# --- What policies do --------------------------------------------------------------------------


@pytest.fixture
def queue(client, unique):
    sqs = client("sqs")
    url = sqs.create_queue(QueueName=unique("queue"))["QueueUrl"]
    yield url
    sqs.delete_queue(QueueUrl=url)


def queue_arn(url):
    return f"arn:aws:sqs:us-east-1:{ACCOUNT}:{url.rsplit('/', 1)[1]}"


def test_a_change_of_policies_binds_at_once(iam, new_role, become, queue, refused):
    name = new_role()
    sqs = become(name)("sqs")
    send = {"QueueUrl": queue, "MessageBody": "hi"}
    for _ in range(3):
        denied = refused(sqs.send_message, **send)
        assert "AccessDenied" in denied["code"]
        assert denied["message"] == (
            f"User: arn:aws:sts::{ACCOUNT}:assumed-role/{name}/session is not authorized to perform: sqs:SendMessage "
            f"on resource: {queue_arn(queue)} because no identity-based policy allows the sqs:SendMessage action"
        )
        iam.put_role_policy(RoleName=name, PolicyName="own",
                            PolicyDocument=statements(allow("sqs:SendMessage", queue_arn(queue))))
        sqs.send_message(**send)
        iam.put_role_policy(RoleName=name, PolicyName="deny", PolicyDocument=statements(deny("sqs:Send*")))
        assert refused(sqs.send_message, **send)["message"].endswith(
            "with an explicit deny in an identity-based policy")
        iam.delete_role_policy(RoleName=name, PolicyName="deny")
        sqs.send_message(**send)
        iam.delete_role_policy(RoleName=name, PolicyName="own")


def test_attached_policies_and_their_versions_bind(iam, new_role, new_policy, become, queue, refused):
    name, arn = new_role(), new_policy(allow("sqs:*"))
    iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    sqs = become(name)("sqs")
    sqs.send_message(QueueUrl=queue, MessageBody="hi")
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=statements(allow("sns:*")), SetAsDefault=True)
    refused(sqs.send_message, QueueUrl=queue, MessageBody="hi")
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    sqs.send_message(QueueUrl=queue, MessageBody="hi")


def test_a_session_policy_cuts_down(iam, new_role, become, queue, refused):
    name = new_role()
    iam.attach_role_policy(RoleName=name, PolicyArn=SQS_FULL)
    sqs = become(name, Policy=statements(allow("sqs:Receive*")))("sqs")
    sqs.receive_message(QueueUrl=queue)
    assert refused(sqs.send_message, QueueUrl=queue, MessageBody="hi")["message"].endswith(
        "because no session policy allows the sqs:SendMessage action")
    reader = become(name, PolicyArns=[{"arn": "arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess"}])("sqs")
    reader.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    refused(reader.send_message, QueueUrl=queue, MessageBody="hi")


@pytest.mark.parametrize("managed", [[], [{"arn": "arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess"}]])
def test_only_a_session_policy_of_the_version_with_variables_has_variables(
        iam, new_role, become, queue, refused, managed):
    """Alone, and beside managed policies, which have that version.  The variable has no value but its default."""
    name = new_role()
    iam.attach_role_policy(RoleName=name, PolicyArn=SQS_FULL)
    document = statements(allow("sqs:SendMessage", f"arn:aws:sqs:*:*:${{aws:SourceArn, '{queue.split('/')[-1]}'}}"))
    become(name, Policy=document, PolicyArns=managed)("sqs").send_message(QueueUrl=queue, MessageBody="hi")
    older = document.replace("2012-10-17", "2008-10-17")
    for one in (older, older.replace('"Version": "2008-10-17", ', "")):
        sqs = become(name, Policy=one, PolicyArns=managed)("sqs")
        refused(sqs.send_message, QueueUrl=queue, MessageBody="hi")


def test_a_session_policy_is_of_the_role_s_account(client, sts, new_role, unique, refused):
    other = client("iam", aws_access_key_id=OTHER_ACCOUNT)
    arn = other.create_policy(PolicyName=unique("p"), PolicyDocument=statements(allow("sqs:*")))["Policy"]["Arn"]
    error = refused(sts.assume_role, RoleArn=role_arn(new_role()), RoleSessionName="me", PolicyArns=[{"arn": arn}])
    assert error["message"] == f"Policy {arn} does not exist or is not attachable."
    other.delete_policy(PolicyArn=arn)


def test_a_malformed_session_policy_is_refused(sts, new_role, refused):
    arguments = {"RoleArn": role_arn(new_role()), "RoleSessionName": "me"}
    assert refused(sts.assume_role, Policy="{}", **arguments)["code"] == "MalformedPolicyDocument"
    large = statements(allow([f"sqs:{'x' * 100}{i}" for i in range(30)]))
    assert refused(sts.assume_role, Policy=large, **arguments)["code"] == "PackedPolicyTooLarge"


def test_a_boundary_cuts_down(iam, new_role, new_policy, become, queue, refused):
    boundary = new_policy(allow("sqs:Receive*"))
    name = new_role(PermissionsBoundary=boundary)
    iam.attach_role_policy(RoleName=name, PolicyArn=SQS_FULL)
    shown = iam.get_role(RoleName=name)["Role"]["PermissionsBoundary"]
    assert shown["PermissionsBoundaryArn"] == boundary
    sqs = become(name)("sqs")
    sqs.receive_message(QueueUrl=queue)
    assert refused(sqs.send_message, QueueUrl=queue, MessageBody="hi")["message"].endswith(
        "because no permissions boundary allows the sqs:SendMessage action")
    assert refused(iam.delete_policy, PolicyArn=boundary)["code"] == "DeleteConflict"
    iam.delete_role_permissions_boundary(RoleName=name)
    sqs.send_message(QueueUrl=queue, MessageBody="hi")


def test_a_queue_s_policy_lets_a_role_in(client, new_role, become, queue, refused):
    name = new_role()
    sqs = become(name)("sqs")
    policy = statements({"Effect": "Allow", "Principal": {"AWS": role_arn(name)}, "Action": "sqs:SendMessage",
                         "Resource": queue_arn(queue)})
    client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    sqs.send_message(QueueUrl=queue, MessageBody="hi")
    refused(sqs.receive_message, QueueUrl=queue)


def test_a_queue_s_policy_is_one_that_binds_or_none(client, queue, refused):
    """A policy that is stored but not understood would lose its denials."""
    sqs = client("sqs")
    rule = {"Effect": "Deny", "Principal": "*", "Action": "sqs:SendMessage", "Resource": queue_arn(queue)}
    for change in ({"Principal": {"AWS": "nobody"}}, {"Effect": "Never"}, {"Condition": {"StringIs": {"a": "b"}}}):
        error = refused(sqs.set_queue_attributes, QueueUrl=queue,
                        Attributes={"Policy": statements({**rule, **change})})
        assert "Policy" in error["message"]
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": statements(rule)})
    refused(sqs.add_permission, QueueUrl=queue, Label="bad", AWSAccountIds=["nobody"], Actions=["SendMessage"])
    assert refused(sqs.send_message, QueueUrl=queue, MessageBody="hi")["message"].endswith(
        "with an explicit deny in a resource-based policy")


def test_a_topic_s_policy_is_one_that_binds_or_none(client, unique, refused):
    sns = client("sns")
    topic = sns.create_topic(Name=unique("t"))["TopicArn"]
    rule = {"Effect": "Deny", "Principal": {"AWS": "nobody"}, "Action": "sns:Publish", "Resource": topic}
    assert refused(sns.set_topic_attributes, TopicArn=topic, AttributeName="Policy",
                   AttributeValue=statements(rule))["code"] == "InvalidParameter"
    sns.delete_topic(TopicArn=topic)


def test_a_resource_s_policy_names_roles_and_users_that_exist(iam, client, queue, new_role, unique, make_function, refused):
    """Of this account; of another one, AWS knows more than we do.  A policy stays when its role is deleted."""
    sqs, sns, aws_lambda = client("sqs"), client("sns"), client("lambda")
    topic = sns.create_topic(Name=unique("t"))["TopicArn"]
    function = make_function({"index.mjs": "export const handler = () => 1;"})
    nobody = f"arn:aws:iam::{ACCOUNT}:role/nobody"
    policy = statements({"Effect": "Allow", "Principal": {"AWS": nobody}, "Action": "*", "Resource": "*"})
    error = refused(sqs.set_queue_attributes, QueueUrl=queue, Attributes={"Policy": policy})
    assert (error["code"], error["message"]) == ("InvalidAttributeValue", "Invalid value for the parameter Policy.")
    assert refused(sqs.create_queue, QueueName=unique("q"), Attributes={"Policy": policy})["message"] == error["message"]
    error = refused(sns.set_topic_attributes, TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    assert (error["code"], error["message"]) == ("InvalidParameter", "Invalid parameter: Policy Error: PrincipalNotFound")
    grant = {"FunctionName": function, "StatementId": "s", "Action": "lambda:InvokeFunction"}
    error = refused(aws_lambda.add_permission, Principal=nobody, **grant)
    assert (error["code"], error["message"]) == (
        "InvalidParameterValueException", "The provided principal was invalid. Please check the principal and try again.")

    role = iam.get_role(RoleName=new_role())["Role"]["Arn"]
    for known in (role, ACCOUNT, f"arn:aws:iam::{OTHER_ACCOUNT}:role/nobody"):
        allowed = policy.replace(nobody, known)
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": allowed})
        sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=allowed)
        aws_lambda.add_permission(Principal=known, **{**grant, "StatementId": str(hash(known))})
    sns.delete_topic(TopicArn=topic)


def test_a_user_s_key_has_no_session_token(user_with, client, new_role, sts, refused):
    """As with a token that is left over in the environment; AWS refuses it, too."""
    user = user_with("sts", allow("*"))
    keys = user._request_signer._credentials
    token = sts.assume_role(RoleArn=role_arn(new_role()), RoleSessionName="me")["Credentials"]["SessionToken"]
    user.get_caller_identity()
    for one in (token, "wrong"):
        beside = client("sts", aws_access_key_id=keys.access_key, aws_secret_access_key=keys.secret_key,
                        aws_session_token=one)
        error = refused(beside.get_caller_identity)
        assert (error["code"], error["message"]) == (
            "InvalidClientTokenId", "The security token included in the request is invalid.")


def test_tags_of_the_principal_are_conditions(iam, new_role, become, queue, refused):
    name = new_role(Tags=[{"Key": "floor", "Value": "2"}, {"Key": "team", "Value": "orders"}])
    condition = {"StringEquals": {"aws:PrincipalTag/team": "orders", "aws:PrincipalTag/floor": "2"}}
    iam.put_role_policy(RoleName=name, PolicyName="own",
                        PolicyDocument=statements(allow("sqs:*", Condition=condition)))
    sqs = become(name)("sqs")
    sqs.send_message(QueueUrl=queue, MessageBody="hi")
    iam.tag_role(RoleName=name, Tags=[{"Key": "team", "Value": "others"}])
    refused(sqs.send_message, QueueUrl=queue, MessageBody="hi")


def test_a_delegated_administrator_is_held_to_a_boundary(iam, new_role, new_policy, become, refused):
    """As in AWS's guide: iam:PermissionsBoundary is the boundary that a request sets, or that the identity has."""
    boundary = new_policy(allow("sqs:*"))
    inside, outside = new_role(PermissionsBoundary=boundary), new_role()
    delegate = new_role()
    held = {"StringEquals": {"iam:PermissionsBoundary": boundary}}
    actions = ["iam:AttachRolePolicy", "iam:DetachRolePolicy", "iam:PutRolePolicy", "iam:DeleteRolePolicy"]
    iam.put_role_policy(RoleName=delegate, PolicyName="own",
                        PolicyDocument=statements(allow(actions, Condition=held)))
    as_delegate = become(delegate)("iam")
    as_delegate.attach_role_policy(RoleName=inside, PolicyArn=SQS_FULL)
    as_delegate.put_role_policy(RoleName=inside, PolicyName="inline", PolicyDocument=statements(allow("*")))
    as_delegate.delete_role_policy(RoleName=inside, PolicyName="inline")
    as_delegate.detach_role_policy(RoleName=inside, PolicyArn=SQS_FULL)
    assert refused(as_delegate.attach_role_policy, RoleName=outside, PolicyArn=SQS_FULL)["code"] == "AccessDenied"


def test_tags_of_what_is_administered_are_conditions(iam, new_role, new_policy, become, refused):
    mine, other = new_role(Tags=[{"Key": "team", "Value": "orders"}]), new_role()
    delegate = new_role()
    of_team = {"StringEquals": {"aws:ResourceTag/team": "orders"}}
    as_team = {"StringEquals": {"aws:RequestTag/note": "x"}, "ForAllValues:StringEquals": {"aws:TagKeys": ["note"]}}
    iam.put_role_policy(RoleName=delegate, PolicyName="own", PolicyDocument=statements(
        allow(["iam:GetRole", "iam:GetPolicy", "sts:AssumeRole"], Condition=of_team),
        allow(["iam:TagRole", "iam:TagPolicy"], Condition=as_team)))
    as_delegate = become(delegate)("iam")
    as_delegate.get_role(RoleName=mine)
    refused(as_delegate.get_role, RoleName=other)
    become(delegate)("sts").assume_role(RoleArn=role_arn(mine), RoleSessionName="me")
    refused(become(delegate)("sts").assume_role, RoleArn=role_arn(other), RoleSessionName="me")
    policy, note = new_policy(allow("sqs:*")), {"Key": "note", "Value": "x"}
    as_delegate.tag_role(RoleName=other, Tags=[note])
    as_delegate.tag_policy(PolicyArn=policy, Tags=[note])
    refused(as_delegate.tag_role, RoleName=other, Tags=[{"Key": "note", "Value": "y"}])
    refused(as_delegate.tag_policy, PolicyArn=policy, Tags=[note, {"Key": "more", "Value": "x"}])


def test_who_makes_something_with_tags_must_be_allowed_to_tag_it(iam, new_role, become, unique, refused):
    delegate = new_role()
    iam.put_role_policy(RoleName=delegate, PolicyName="own", PolicyDocument=statements(
        allow(["iam:CreateRole", "iam:CreateUser", "iam:CreatePolicy"])))
    as_delegate, tags = become(delegate)("iam"), [{"Key": "a", "Value": "b"}]
    document = statements(allow("sqs:*"))
    for action, call, arguments in (
        ("TagRole", as_delegate.create_role, {"RoleName": unique("r"), "AssumeRolePolicyDocument": FROM_ACCOUNT}),
        ("TagUser", as_delegate.create_user, {"UserName": unique("u")}),
        ("TagPolicy", as_delegate.create_policy, {"PolicyName": unique("p"), "PolicyDocument": document}),
    ):
        assert f"not authorized to perform: iam:{action} on" in refused(call, Tags=tags, **arguments)["message"]


def test_older_sessions_of_a_role_can_be_revoked(
        iam, new_role, become, queue, refused, advance_clock, now_ms):
    """With exactly the policy that AWS's console attaches as AWSRevokeOlderSessions."""
    name = new_role()
    iam.attach_role_policy(RoleName=name, PolicyArn=SQS_FULL)
    older = become(name)("sqs")
    older.send_message(QueueUrl=queue, MessageBody="hi")
    advance_clock(2)
    now = datetime.datetime.fromtimestamp(now_ms() / 1000, datetime.timezone.utc)
    condition = {"DateLessThan": {"aws:TokenIssueTime": now.strftime("%Y-%m-%dT%H:%M:%SZ")}}
    iam.put_role_policy(RoleName=name, PolicyName="AWSRevokeOlderSessions",
                        PolicyDocument=statements(deny("*", Condition=condition)))
    assert refused(older.send_message, QueueUrl=queue, MessageBody="hi")["message"].endswith(
        "with an explicit deny in an identity-based policy")
    become(name)("sqs").send_message(QueueUrl=queue, MessageBody="hi")


def test_a_new_session_removes_few_expired_ones():
    own = changes.OwnServer()
    own.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=FROM_ACCOUNT)
    arguments = {"RoleArn": role_arn("r"), "RoleSessionName": "me", "DurationSeconds": 900}
    for _ in range(20):
        own.client("sts").assume_role(**arguments)
    own.restart_recording(removed="delete on iam_session", made="insert on iam_session")
    own.advance(1000)
    for _ in range(3):
        own.client("sts").assume_role(**arguments)
    words = own.stop_and_read()
    assert changes.largest_run(words, "removed", until="made") == 8
    assert words.count("removed") == 20
    own.end()


def test_a_role_may_assume_another(client, new_role, become, refused):
    first = new_role()
    second = new_role(trust(AWS=role_arn(first)))
    as_first = become(first)("sts")
    chained = as_first.assume_role(RoleArn=role_arn(second), RoleSessionName="two")["Credentials"]
    identity = client("sts", aws_access_key_id=chained["AccessKeyId"], aws_session_token=chained["SessionToken"],
                      aws_secret_access_key=chained["SecretAccessKey"]).get_caller_identity()
    assert identity["Arn"].endswith(f"{second}/two")
    third = new_role()
    assert refused(as_first.assume_role, RoleArn=role_arn(third), RoleSessionName="three")["code"] == "AccessDenied"


def test_a_session_that_a_session_opens_lasts_an_hour_at_most(iam, new_role, become):
    first = new_role()
    second = new_role(trust(AWS=role_arn(first)))
    iam.update_role(RoleName=second, MaxSessionDuration=7200)
    assume = become(first)("sts").assume_role
    assert assume(RoleArn=role_arn(second), RoleSessionName="two", DurationSeconds=3600)["Credentials"]
    with pytest.raises(botocore.exceptions.ClientError) as refusal:
        assume(RoleArn=role_arn(second), RoleSessionName="two", DurationSeconds=3601)
    assert refusal.value.response["Error"] == {
        "Type": "Sender", "Code": "ValidationError",
        "Message": "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."}


def test_a_role_made_again_does_not_inherit_sessions(iam, new_role, become, queue, refused):
    name = new_role()
    iam.attach_role_policy(RoleName=name, PolicyArn=SQS_FULL)
    sqs = become(name)("sqs")
    sqs.send_message(QueueUrl=queue, MessageBody="hi")
    clear(iam, "role", name)
    refused(sqs.send_message, QueueUrl=queue, MessageBody="hi")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=FROM_ACCOUNT)
    iam.attach_role_policy(RoleName=name, PolicyArn=SQS_FULL)
    refused(sqs.send_message, QueueUrl=queue, MessageBody="hi")


def test_sessions_of_a_deleted_role_authenticate_nowhere(iam, client, new_role, become, queue, refused):
    """Not even where a policy allows everybody, or where no permission is needed."""
    name = new_role()
    session = become(name)
    policy = statements({"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"})
    client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    session("sqs").send_message(QueueUrl=queue, MessageBody="hi")
    session("sts").get_caller_identity()
    clear(iam, "role", name)
    invalid = "The security token included in the request is invalid."
    for attempt in range(2):
        for call, arguments in (
            (session("sqs").send_message, {"QueueUrl": queue, "MessageBody": "hi"}),
            (session("sts").get_caller_identity, {}),
            (session("iam").list_roles, {}),
        ):
            error = refused(call, **arguments)
            assert (error["code"], error["message"], error["status"]) == ("InvalidClientTokenId", invalid, 403)
        for call in (session("dynamodb").list_tables, session("lambda").list_functions):
            error = refused(call)
            assert (error["code"], error["message"]) == ("UnrecognizedClientException", invalid)
        if attempt == 0:
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=FROM_ACCOUNT)


def test_a_policy_with_a_key_twice_is_refused(iam, sts, client, new_role, queue, unique, refused):
    """One parser would use the first, another the last: AWS refuses such a policy."""
    rule = json.dumps({"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"})
    twice = f'{{"Version": "2012-10-17", "Statement": [{rule.replace("Allow", "Deny")}], "Statement": [{rule}]}}'
    without_principal = twice.replace('"Principal": "*", ', "")
    name = new_role()
    for call, arguments in (
        (iam.create_policy, {"PolicyName": unique("p"), "PolicyDocument": without_principal}),
        (iam.put_role_policy, {"RoleName": name, "PolicyName": "p", "PolicyDocument": without_principal}),
        (iam.update_assume_role_policy, {"RoleName": name, "PolicyDocument": twice}),
        (iam.create_role, {"RoleName": unique("r"), "AssumeRolePolicyDocument": twice}),
        (sts.assume_role, {"RoleArn": role_arn(name), "RoleSessionName": "me", "Policy": without_principal}),
    ):
        error = refused(call, **arguments)
        assert (error["code"], error["message"]) == ("MalformedPolicyDocument", "Syntax errors in policy.")
    refused(client("sqs").set_queue_attributes, QueueUrl=queue, Attributes={"Policy": twice})
    topic = client("sns").create_topic(Name=unique("t"))["TopicArn"]
    refused(client("sns").set_topic_attributes, TopicArn=topic, AttributeName="Policy", AttributeValue=twice)
    client("sns").delete_topic(TopicArn=topic)
