"""The worst requests to IAM and STS: policies of the largest size, made to backtrack; long lists; evaluation."""

import json

import boto3

ACCOUNT = "000000000000"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}]})
MANAGED_BYTES, USER_INLINE_BYTES, GROUP_INLINE_BYTES, SESSION_BYTES = 6144, 2048, 5120, 2048
MANY = 1000


def ensure(call, **arguments):
    try:
        return call(**arguments)
    except call.__self__.exceptions.EntityAlreadyExistsException:
        return None


def backtracking(size_bytes):
    """A policy of that size whose patterns nearly match, again and again."""
    pattern = "*".join("aaaa" for _ in range(40)) + "*b"
    statements = []
    while True:
        statements.append({"Effect": "Deny", "Action": "*", "Resource": f"arn:aws:sqs:*:*:*{pattern}",
                           "Condition": {"StringLike": {"aws:UserAgent": [f"*{pattern}"]}}})
        document = json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))
        if len(document) > size_bytes:
            statements.pop()
            break
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": statements[:-1] + [allow]}, separators=(",", ":"))


def about_long_keys(size_bytes):
    """A policy of that size whose patterns nearly match the keys of write_long_keys(), which are many."""
    patterns = ["*" + "a" * (size_bytes // 3 - 100) + f"b{i}" for i in range(3)]
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": {"ForAnyValue:StringLike": {"dynamodb:LeadingKeys": patterns}}}
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [deny, allow]}, separators=(",", ":"))


def many_keys(first):
    """A policy whose one statement has 800 condition keys."""
    condition = {"Null": {f"aws:key-{first}-{i}": "true" for i in range(800)}}
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}]})


def make_role(iam, name="worst"):
    ensure(iam.create_role, RoleName=name, AssumeRolePolicyDocument=TRUST)


def make_many_roles(iam):
    arn = f"arn:aws:iam::{ACCOUNT}:policy/worst-attached"
    ensure(iam.create_policy, PolicyName="worst-attached", PolicyDocument=backtracking(500))
    for i in range(MANY):
        if ensure(iam.create_role, RoleName=f"worst-{i:04}", AssumeRolePolicyDocument=TRUST):
            iam.attach_role_policy(RoleName=f"worst-{i:04}", PolicyArn=arn)


def job_of_many(iam):
    return iam.generate_service_last_accessed_details(
        Arn=f"arn:aws:iam::{ACCOUNT}:policy/worst-attached", Granularity="ACTION_LEVEL")["JobId"]


def make_many_users(iam):
    for i in range(MANY):
        ensure(iam.create_user, UserName=f"worst-{i:04}")


def make_many_members(iam):
    make_many_users(iam)
    ensure(iam.create_group, GroupName="worst")
    for i in range(MANY):
        iam.add_user_to_group(GroupName="worst", UserName=f"worst-{i:04}")


def make_many_groups(iam):
    """A user in ten groups with eleven large policies each, as one user can have at most."""
    ensure(iam.create_user, UserName="worst-grouped")
    for p in range(10):
        ensure(iam.create_policy, PolicyName=f"worst-of-groups-{p}", PolicyDocument=backtracking(MANAGED_BYTES))
    for g in range(10):
        if ensure(iam.create_group, GroupName=f"worst-{g}"):
            for p in range(10):
                iam.attach_group_policy(GroupName=f"worst-{g}", PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/worst-of-groups-{p}")
            iam.put_group_policy(GroupName=f"worst-{g}", PolicyName="p", PolicyDocument=backtracking(GROUP_INLINE_BYTES))
        iam.add_user_to_group(GroupName=f"worst-{g}", UserName="worst-grouped")


def make_many_policies(iam):
    for i in range(MANY):
        ensure(iam.create_policy, PolicyName=f"worst-{i:04}", PolicyDocument=backtracking(MANAGED_BYTES))


def bound_client(service, name="worst-bound", policy=backtracking):
    """prepare() for a request by a user whose ten policies are as expensive to evaluate as possible."""

    def prepare(client):
        endpoint = client.meta.endpoint_url
        iam = boto3.client("iam", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="test",
                           aws_secret_access_key="test")
        ensure(iam.create_user, UserName=name)
        for i in range(10):
            ensure(iam.create_policy, PolicyName=f"{name}-{i}", PolicyDocument=policy(MANAGED_BYTES))
            iam.attach_user_policy(UserName=name, PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/{name}-{i}")
        iam.put_user_policy(UserName=name, PolicyName="inline", PolicyDocument=policy(USER_INLINE_BYTES))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        queue = "a" * 80
        boto3.client("sqs", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="test",
                     aws_secret_access_key="test").create_queue(QueueName=queue)
        iam.close()
        return boto3.client(service, endpoint_url=endpoint, region_name="us-east-1",
                            aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])

    return prepare


def send_as_bound(sqs):
    sqs.send_message(QueueUrl=f"{sqs.meta.endpoint_url}/{ACCOUNT}/{'a' * 80}", MessageBody="x")


def make_table(dynamodb):
    try:
        dynamodb.create_table(TableName="worst-keys", BillingMode="PAY_PER_REQUEST",
                              KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
                              AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}])
    except dynamodb.exceptions.ResourceInUseException:
        pass
    return bound_client("dynamodb", "worst-keys", about_long_keys)(dynamodb)


def write_long_keys(dynamodb):
    dynamodb.transact_write_items(TransactItems=[
        {"Put": {"TableName": "worst-keys", "Item": {"k": {"S": "a" * 2040 + f"{i:08}"}}}} for i in range(100)])


def tags(count=50):
    return [{"Key": f"{i:03}" + "k" * 125, "Value": "v" * 256} for i in range(count)]


REQUESTS = [
    {"name": "CreatePolicy: 6,144 characters of patterns", "service": "iam",
     "request": lambda iam: iam.create_policy(PolicyName="worst-new", PolicyDocument=backtracking(MANAGED_BYTES))},
    {"name": "PutUserPolicy: 2,048 characters", "service": "iam",
     "prepare": lambda iam: ensure(iam.create_user, UserName="worst"),
     "request": lambda iam: iam.put_user_policy(
         UserName="worst", PolicyName="p", PolicyDocument=backtracking(USER_INLINE_BYTES))},
    {"name": "PutRolePolicy: 10,240 characters", "service": "iam", "prepare": make_role,
     "request": lambda iam: iam.put_role_policy(RoleName="worst", PolicyName="p", PolicyDocument=backtracking(10_000))},
    {"name": "CreateRole: 50 tags", "service": "iam",
     "request": lambda iam: iam.create_role(RoleName="worst-tagged", AssumeRolePolicyDocument=TRUST, Tags=tags())},
    {"name": "TagRole: 50 tags", "service": "iam", "prepare": make_role,
     "request": lambda iam: iam.tag_role(RoleName="worst", Tags=tags())},
    {"name": "UpdateAssumeRolePolicy", "service": "iam", "prepare": make_role,
     "request": lambda iam: iam.update_assume_role_policy(RoleName="worst", PolicyDocument=TRUST)},
    {"name": f"ListRoles: {MANY}", "service": "iam", "prepare": make_many_roles,
     "request": lambda iam: iam.list_roles(MaxItems=MANY)},
    {"name": f"ListUsers: {MANY}", "service": "iam", "prepare": make_many_users,
     "request": lambda iam: iam.list_users(MaxItems=MANY)},
    {"name": f"GetGroup: {MANY} users", "service": "iam", "prepare": make_many_members,
     "request": lambda iam: iam.get_group(GroupName="worst", MaxItems=MANY)},
    {"name": "PutGroupPolicy: 5,120 characters", "service": "iam",
     "prepare": lambda iam: ensure(iam.create_group, GroupName="worst"),
     "request": lambda iam: iam.put_group_policy(
         GroupName="worst", PolicyName="p", PolicyDocument=backtracking(GROUP_INLINE_BYTES))},
    {"name": "SimulatePrincipalPolicy: ten groups with eleven policies that backtrack, 1,000 actions", "service": "iam",
     "prepare": make_many_groups,
     "request": lambda iam: iam.simulate_principal_policy(
         PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:user/worst-grouped", ActionNames=["sqs:SendMessage"] * 1000,
         ResourceArns=["arn:aws:sqs:us-east-1:000000000000:" + "a" * 2000])},
    {"name": f"ListPolicies: {MANY}", "service": "iam", "prepare": make_many_policies,
     "request": lambda iam: iam.list_policies(MaxItems=MANY)},
    {"name": f"ListEntitiesForPolicy: {MANY} roles", "service": "iam", "prepare": make_many_roles,
     "request": lambda iam: iam.list_entities_for_policy(
         PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/worst-attached", MaxItems=MANY)},
    {"name": f"GenerateServiceLastAccessedDetails: a policy of {MANY} roles", "service": "iam", "prepare": make_many_roles,
     "request": lambda iam: iam.generate_service_last_accessed_details(
         Arn=f"arn:aws:iam::{ACCOUNT}:policy/worst-attached", Granularity="ACTION_LEVEL")},
    {"name": f"GetServiceLastAccessedDetails: a policy of {MANY} roles", "service": "iam", "prepare": make_many_roles,
     "request": lambda iam: iam.get_service_last_accessed_details(JobId=job_of_many(iam))},
    {"name": f"GetServiceLastAccessedDetailsWithEntities: a policy of {MANY} roles", "service": "iam",
     "prepare": make_many_roles,
     "request": lambda iam: iam.get_service_last_accessed_details_with_entities(
         JobId=job_of_many(iam), ServiceNamespace="sqs", MaxItems=MANY)},
    {"name": f"GetAccountAuthorizationDetails: {MANY} roles", "service": "iam", "prepare": make_many_roles,
     "request": lambda iam: iam.get_account_authorization_details(Filter=["Role"], MaxItems=MANY)},
    {"name": f"GetAccountAuthorizationDetails: {MANY} policies", "service": "iam", "prepare": make_many_policies,
     "request": lambda iam: iam.get_account_authorization_details(Filter=["LocalManagedPolicy"], MaxItems=MANY)},
    {"name": "ListPoliciesGrantingServiceAccess: eleven policies that backtrack, 200 services", "service": "iam",
     "prepare": lambda iam: bound_client("iam")(iam) and None,
     "request": lambda iam: iam.list_policies_granting_service_access(
         Arn=f"arn:aws:iam::{ACCOUNT}:user/worst-bound", ServiceNamespaces=["a" * 64] * 200)},
    {"name": "SimulateCustomPolicy: 60 policies that backtrack, 1,000 actions on a long name", "service": "iam",
     "request": lambda iam: iam.simulate_custom_policy(
         PolicyInputList=[backtracking(MANAGED_BYTES)] * 60, ActionNames=["sqs:SendMessage"] * 1000,
         ResourceArns=["arn:aws:sqs:us-east-1:000000000000:" + "a" * 2000],
         ContextEntries=[{"ContextKeyName": "aws:UserAgent", "ContextKeyValues": ["a" * 8000], "ContextKeyType": "string"}])},
    {"name": "SimulatePrincipalPolicy: eleven policies that backtrack, 1,000 actions", "service": "iam",
     "prepare": lambda iam: bound_client("iam")(iam) and None,
     "request": lambda iam: iam.simulate_principal_policy(
         PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:user/worst-bound", ActionNames=["sqs:SendMessage"] * 1000,
         ResourceArns=["arn:aws:sqs:us-east-1:000000000000:" + "a" * 2000])},
    {"name": "GetContextKeysForCustomPolicy: 6,000 keys", "service": "iam",
     "request": lambda iam: iam.get_context_keys_for_custom_policy(PolicyInputList=[many_keys(i) for i in range(8)])},
    {"name": "GetContextKeysForPrincipalPolicy: eleven policies", "service": "iam",
     "prepare": lambda iam: bound_client("iam")(iam) and None,
     "request": lambda iam: iam.get_context_keys_for_principal_policy(
         PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:user/worst-bound")},
    {"name": "AssumeRole: a session policy that backtracks", "service": "sts",
     "prepare": lambda sts: make_role(boto3.client(
         "iam", endpoint_url=sts.meta.endpoint_url, region_name="us-east-1", aws_access_key_id="test",
         aws_secret_access_key="test")),
     "request": lambda sts: sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/worst", RoleSessionName="worst",
                                            Policy=backtracking(SESSION_BYTES))},
    {"name": "SendMessage under eleven policies that backtrack", "service": "sqs", "prepare": bound_client("sqs"),
     "request": send_as_bound},
    {"name": "TransactWriteItems: 100 long keys under eleven policies about keys", "service": "dynamodb",
     "prepare": make_table, "request": write_long_keys},
]
