"""Roles and users that policies name as principals: bound by their ids, shown by their ARNs."""

import json

import pytest
from orderly_fixtures import ACCOUNT, ECHO
from policies import allow, clear, role_arn, statements, trust

OTHER_ACCOUNT = "111122223333"


class Principals:
    """A role and a user of which each may be deleted and made again; a document that names them, one by one."""

    def __init__(self, iam, sts, client, name):
        self.iam, self.sts, self.client, self.name = iam, sts, client, name
        self.ids = {}
        self.make()

    @property
    def arns(self):
        return {"user": f"arn:aws:iam::{ACCOUNT}:user/{self.name}", "role": role_arn(self.name)}

    def make(self):
        self.ids = {
            "user": self.iam.create_user(UserName=self.name)["User"]["UserId"],
            "role": self.iam.create_role(RoleName=self.name, AssumeRolePolicyDocument=trust(AWS=ACCOUNT))["Role"]["RoleId"]}

    def remove(self):
        clear(self.iam, "user", self.name)
        clear(self.iam, "role", self.name)

    def acting(self, service):
        """Clients of the user and of a session of the role."""
        key = self.iam.create_access_key(UserName=self.name)["AccessKey"]
        session = self.sts.assume_role(RoleArn=role_arn(self.name), RoleSessionName="me")["Credentials"]
        return [self.client(service, aws_access_key_id=one["AccessKeyId"], aws_secret_access_key=one["SecretAccessKey"],
                            aws_session_token=one.get("SessionToken")) for one in (key, session)]


@pytest.fixture
def principals(iam, sts, client, unique):
    both = Principals(iam, sts, client, unique("p"))
    yield both
    both.remove()


def grant(action, *principals, resource="*"):
    return allow(action, resource, Principal={"AWS": list(principals)})


def test_a_queue_s_policy_is_bound_to_the_user_and_role_that_it_names(principals, sqs, make_queue, refused):
    """Written with white space and an escape; what is not a principal is kept as it is."""
    url = make_queue()
    document = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Sid": principals.ids["user"], **grant("sqs:SendMessage", *principals.arns.values())}]}, indent=2)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document})

    def shown():
        return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]

    assert shown() == document
    for one in principals.acting("sqs"):
        one.send_message(QueueUrl=url, MessageBody="hi")
    of_old = dict(principals.ids)
    principals.remove()
    with_ids = document.replace(principals.arns["user"], of_old["user"]).replace(principals.arns["role"], of_old["role"])
    assert shown() == with_ids
    principals.make()
    assert shown() == with_ids
    for one in principals.acting("sqs"):
        assert refused(one.send_message, QueueUrl=url, MessageBody="hi")["code"] == "AccessDenied"

    error = refused(sqs.set_queue_attributes, QueueUrl=url, Attributes={"Policy": with_ids})
    assert (error["code"], error["message"]) == ("InvalidAttributeValue", "Invalid value for the parameter Policy.")
    escaped = statements(grant("sqs:SendMessage", *principals.arns.values())).replace("/", "\\/")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": escaped})
    assert json.loads(shown()) == json.loads(escaped)
    for one in principals.acting("sqs"):
        one.send_message(QueueUrl=url, MessageBody="hi")


def test_statements_are_added_beside_one_of_a_deleted_role(principals, sqs, make_queue):
    url = make_queue()
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": statements(
        {"Sid": "old", **grant("sqs:SendMessage", principals.arns["role"])})})
    of_old = principals.ids["role"]
    principals.remove()
    sqs.add_permission(QueueUrl=url, Label="new", AWSAccountIds=[ACCOUNT], Actions=["SendMessage"])
    shown = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]
    assert [one["Principal"]["AWS"] for one in json.loads(shown)["Statement"]] == [
        [of_old], f"arn:aws:iam::{ACCOUNT}:root"]
    principals.make()


def test_a_topic_s_policy_is_bound(principals, client, unique):
    sns, name = client("sns"), unique("t")
    topic = sns.create_topic(Name=name)["TopicArn"]
    document = statements(grant("sns:Publish", principals.arns["role"], resource=topic))
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=document)

    def shown():
        return sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]

    assert shown() == document
    assert sns.create_topic(Name=name, Attributes={"Policy": document})["TopicArn"] == topic
    of_old = principals.ids["role"]
    principals.remove()
    principals.make()
    assert shown() == document.replace(principals.arns["role"], of_old)
    sns.delete_topic(TopicArn=topic)


def test_a_function_s_permission_is_bound(principals, client, make_function):
    aws_lambda, name = client("lambda"), make_function(ECHO)
    added = aws_lambda.add_permission(FunctionName=name, StatementId="s", Action="lambda:InvokeFunction",
                                      Principal=principals.arns["user"])["Statement"]

    def principal():
        return json.loads(aws_lambda.get_policy(FunctionName=name)["Policy"])["Statement"][0]["Principal"]

    assert json.loads(added)["Principal"] == principal() == {"AWS": principals.arns["user"]}
    of_old = principals.ids["user"]
    principals.remove()
    principals.make()
    assert principal() == {"AWS": of_old}
    aws_lambda.remove_permission(FunctionName=name, StatementId="s")


def test_a_table_s_policy_is_bound(principals, dynamodb, unique):
    name = unique("t")
    document = statements(grant("dynamodb:*", f"arn:aws:iam::{ACCOUNT}:root"),
                          grant("dynamodb:GetItem", principals.arns["role"]))
    arn = dynamodb.create_table(
        TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}], ResourcePolicy=document,
    )["TableDescription"]["TableArn"]
    dynamodb.get_waiter("table_exists").wait(TableName=name)
    before = dynamodb.get_resource_policy(ResourceArn=arn)
    assert json.loads(before["Policy"])["Statement"][1]["Principal"] == {"AWS": principals.arns["role"]}
    assert dynamodb.put_resource_policy(ResourceArn=arn, Policy=document)["RevisionId"] == before["RevisionId"]
    of_old = principals.ids["role"]
    principals.remove()
    principals.make()
    assert dynamodb.get_resource_policy(ResourceArn=arn)["Policy"] == before["Policy"].replace(
        principals.arns["role"], of_old)
    assert dynamodb.put_resource_policy(ResourceArn=arn, Policy=document)["RevisionId"] != before["RevisionId"]
    assert dynamodb.get_resource_policy(ResourceArn=arn)["Policy"] == before["Policy"]
    dynamodb.delete_table(TableName=name)


def test_a_trust_policy_is_bound(principals, iam, new_role, refused):
    name = new_role(trust(AWS=principals.arns["user"]))

    def shown():
        return (iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["AWS"],
                next(one for one in iam.get_account_authorization_details(Filter=["Role"])["RoleDetailList"]
                     if one["RoleName"] == name)["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["AWS"])

    def assume():
        return principals.acting("sts")[0].assume_role

    assert shown() == (principals.arns["user"],) * 2
    assume()(RoleArn=role_arn(name), RoleSessionName="me")
    of_old = principals.ids["user"]
    principals.remove()
    assert shown() == (of_old,) * 2
    principals.make()
    assert shown() == (of_old,) * 2
    assert refused(assume(), RoleArn=role_arn(name), RoleSessionName="me")["code"] == "AccessDenied"
    error = refused(iam.update_assume_role_policy, RoleName=name, PolicyDocument=trust(AWS=of_old))
    assert (error["code"], error["message"]) == (
        "MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{of_old}"')
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust(AWS=principals.ids["user"]))
    assert shown() == (principals.arns["user"],) * 2
    assume()(RoleArn=role_arn(name), RoleSessionName="me")


def test_a_denial_of_a_deleted_role_does_not_meet_its_successor(principals, sqs, make_queue, refused):
    url = make_queue()
    everybody = {"Sid": "a", **grant("sqs:SendMessage", ACCOUNT, principals.arns["user"], principals.arns["role"])}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": statements(
        {**grant("sqs:*", *principals.arns.values()), "Effect": "Deny", "Sid": "d"}, everybody)})
    for one in principals.acting("sqs"):
        refused(one.send_message, QueueUrl=url, MessageBody="hi")
    policy = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]
    principals.remove()
    principals.make()
    for statement in json.loads(policy)["Statement"]:
        assert principals.arns["role"] in statement["Principal"]["AWS"]
    for name in ("user", "role"):
        getattr(principals.iam, f"put_{name}_policy")(
            **{f"{name.title()}Name": principals.name}, PolicyName="own", PolicyDocument=statements(allow("sqs:*")))
    for one in principals.acting("sqs"):
        one.send_message(QueueUrl=url, MessageBody="hi")


def test_a_session_is_bound_to_its_role(principals, sqs, make_queue, refused):
    url = make_queue()
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/{principals.name}/me"
    document = statements(grant("sqs:SendMessage", session))
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document})

    def shown():
        return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]

    assert shown() == document
    principals.acting("sqs")[1].send_message(QueueUrl=url, MessageBody="hi")
    of_old = principals.ids["role"]
    principals.remove()
    principals.make()
    assert shown() == document.replace(session, f"{of_old}:me")
    refused(principals.acting("sqs")[1].send_message, QueueUrl=url, MessageBody="hi")


@pytest.mark.parametrize("principal", [
    f"arn:aws:iam::{ACCOUNT}:user/nobody", f"arn:aws:iam::{ACCOUNT}:role/nobody", f"arn:aws:iam::{ACCOUNT}:group/g",
    f"arn:aws:sts::{ACCOUNT}:assumed-role/nobody/s", "AIDAABCDEFGHIJKLMNOPQ", "AROAABCDEFGHIJKLMNOPQ"])
def test_a_trust_policy_names_only_who_exists(iam, unique, refused, principal):
    error = refused(iam.create_role, RoleName=unique("r"), AssumeRolePolicyDocument=trust(AWS=[ACCOUNT, principal]))
    assert (error["code"], error["message"]) == (
        "MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{principal}"')


def test_what_another_account_does_not_have_here_keeps_its_name(iam, new_role):
    other = f"arn:aws:iam::{OTHER_ACCOUNT}:role/there"
    role = iam.get_role(RoleName=new_role(trust(AWS=[other, ACCOUNT])))["Role"]
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["AWS"] == [other, ACCOUNT]
