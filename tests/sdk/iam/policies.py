"""Policy documents and their parts."""

import json

from orderly_fixtures import ACCOUNT


def statements(*items):
    return json.dumps({"Version": "2012-10-17", "Statement": list(items)})


def allow(action, resource="*", **rest):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **rest}


def deny(action, resource="*", **rest):
    return {**allow(action, resource, **rest), "Effect": "Deny"}


def trust(**principal):
    return statements({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


FROM_ACCOUNT = trust(AWS=ACCOUNT)


def clear(iam, kind, name):
    """Delete a role, user or group with everything that is attached to it."""
    argument = {f"{kind.title()}Name": name}
    for policy in getattr(iam, f"list_{kind}_policies")(**argument)["PolicyNames"]:
        getattr(iam, f"delete_{kind}_policy")(PolicyName=policy, **argument)
    for policy in getattr(iam, f"list_attached_{kind}_policies")(**argument)["AttachedPolicies"]:
        getattr(iam, f"detach_{kind}_policy")(PolicyArn=policy["PolicyArn"], **argument)
    if kind == "user":
        for key in iam.list_access_keys(**argument)["AccessKeyMetadata"]:
            iam.delete_access_key(AccessKeyId=key["AccessKeyId"], **argument)
        for group in iam.list_groups_for_user(**argument)["Groups"]:
            iam.remove_user_from_group(GroupName=group["GroupName"], **argument)
    if kind == "group":
        for user in iam.get_group(**argument)["Users"]:
            iam.remove_user_from_group(UserName=user["UserName"], **argument)
    getattr(iam, f"delete_{kind}")(**argument)


def role_arn(name):
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"
