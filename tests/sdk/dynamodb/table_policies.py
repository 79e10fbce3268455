"""Resource policies of tables and streams."""

import json

from botocore.exceptions import ClientError

OTHER = "222222222222"
NOT_FOUND = "Resource-based policy not found for the provided ResourceArn: "


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def statement(effect, principal, actions, resource, **more):
    return {"Effect": effect, "Principal": {"AWS": principal}, "Action": actions, "Resource": resource, **more}


def is_allowed(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDeniedException"
        return False
    return True
