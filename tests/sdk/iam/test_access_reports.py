"""AWS's reports of last access: what roles and users used of what their policies allow, also over restarts."""

import changes
import orderly_server
import pytest
from botocore.exceptions import ClientError
from iam_house import MINUTE, House, allow, document
from orderly_fixtures import ACCOUNT

KEPT_JOBS, PAIRS = 1000, 128


@pytest.fixture
def house():
    one = House()
    yield one
    one.end()


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def test_a_roles_report_has_the_services_that_its_policies_reach_with_their_last_use(house):
    arn = house.role("r", own=[allow(["sqs:*", "s3:GetObject"]), allow("dynamodb:ListTables"), allow("sns:*"),
                               {"Effect": "Deny", "Action": "sns:*", "Resource": "*"}])
    house.acting(arn)("sqs", "eu-west-1").list_queues()
    report = house.report(arn)
    assert (report["JobStatus"], report["JobType"], report["IsTruncated"]) == ("COMPLETED", "SERVICE_LEVEL", False)
    assert report["JobCreationDate"] == report["JobCompletionDate"]
    sqs = report["ServicesLastAccessed"].pop()
    assert report["ServicesLastAccessed"] == [
        {"ServiceName": "Amazon DynamoDB", "ServiceNamespace": "dynamodb", "TotalAuthenticatedEntities": 0},
        {"ServiceName": "Amazon S3", "ServiceNamespace": "s3", "TotalAuthenticatedEntities": 0}]
    assert sqs.pop("LastAuthenticated") <= report["JobCreationDate"]
    assert sqs == {"ServiceName": "Amazon SQS", "ServiceNamespace": "sqs", "LastAuthenticatedEntity": arn,
                   "LastAuthenticatedRegion": "eu-west-1", "TotalAuthenticatedEntities": 1}


def test_action_level_has_each_action_that_is_allowed_with_its_last_use(house):
    arn = house.role("r", own=[allow(["sqs:ListQueues", "sqs:GetQueue*"]), allow("sts:*")])
    house.acting(arn)("sqs").list_queues()
    actions = house.services(arn, granularity="ACTION_LEVEL")["sqs"]["TrackedActionsLastAccessed"]
    used = actions.pop()
    assert actions == [{"ActionName": "GetQueueAttributes"}, {"ActionName": "GetQueueUrl"}]
    assert used.pop("LastAccessedTime")
    assert used == {"ActionName": "ListQueues", "LastAccessedEntity": arn, "LastAccessedRegion": "us-east-1"}
    assert "TrackedActionsLastAccessed" not in house.services(arn)["sqs"]


def test_an_administrator_reaches_every_service_and_a_nobody_none(house):
    arn = house.role("r")
    assert house.report(arn)["ServicesLastAccessed"] == []
    house.iam.attach_role_policy(RoleName="r", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    assert list(house.services(arn)) == ["cloudwatch", "dynamodb", "iam", "lambda", "logs", "sns", "sqs", "sts"]
    house.iam.put_role_policy(RoleName="r", PolicyName="not", PolicyDocument=document(
        {"Effect": "Deny", "NotAction": ["sqs:*", "sns:Publish"], "Resource": "*"}))
    assert list(house.services(arn)) == ["sns", "sqs"]


def test_a_denial_of_some_resources_or_under_conditions_leaves_the_service(house):
    deny = {"Effect": "Deny", "Action": "sqs:*"}
    arn = house.role("r", own=[allow("sqs:*"), {**deny, "Resource": "arn:aws:sqs:*:*:x"},
                               {**deny, "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}])
    assert list(house.services(arn)) == ["sqs"]


def test_cloudwatchs_actions_have_the_prefix_of_aws(house):
    """The service signs as "monitoring"; its actions are called otherwise."""
    arn = house.role("r", own=[allow("cloudwatch:*")])
    house.acting(arn)("cloudwatch").describe_alarms()
    assert [one["action"] for one in house.uses(arn)["uses"]] == ["cloudwatch:DescribeAlarms"]
    assert house.services(arn)["cloudwatch"]["TotalAuthenticatedEntities"] == 1


def test_a_policys_report_has_who_used_it(house):
    policy = house.iam.create_policy(PolicyName="p", PolicyDocument=document(allow(["sqs:*", "sns:*"])))["Policy"]["Arn"]
    roles = [house.role(name) for name in ("a", "b")]
    user, acting = house.user("u")
    for name in ("a", "b"):
        house.iam.attach_role_policy(RoleName=name, PolicyArn=policy)
    house.iam.attach_user_policy(UserName="u", PolicyArn=policy)
    house.acting(roles[1])("sqs").list_queues()
    house.server.advance_clock(20)
    acting("sqs").list_queues()
    job = house.iam.generate_service_last_accessed_details(Arn=policy)["JobId"]
    services = house.iam.get_service_last_accessed_details(JobId=job)["ServicesLastAccessed"]
    assert [(one["ServiceNamespace"], one["TotalAuthenticatedEntities"], one.get("LastAuthenticatedEntity")) for one in services] == [
        ("sns", 0, None), ("sqs", 2, user)]
    found = house.iam.get_service_last_accessed_details_with_entities(JobId=job, ServiceNamespace="sqs")
    assert (found["JobStatus"], found["IsTruncated"]) == ("COMPLETED", False)
    entities = found["EntityDetailsList"]
    assert [(one["EntityInfo"]["Arn"], "LastAuthenticated" in one) for one in entities] == [
        (user, True), (roles[1], True), (roles[0], False)]
    assert entities[0]["EntityInfo"] == {"Arn": user, "Name": "u", "Type": "USER", "Path": "/",
                                         "Id": house.iam.get_user(UserName="u")["User"]["UserId"]}
    assert entities[1]["EntityInfo"]["Type"] == "ROLE"
    assert house.iam.get_service_last_accessed_details_with_entities(JobId=job, ServiceNamespace="lambda")["EntityDetailsList"] == []


def test_reports_come_in_pages(house):
    policy = house.iam.create_policy(PolicyName="p", PolicyDocument=document(allow("*")))["Policy"]["Arn"]
    for name in "abc":
        house.role(name)
        house.iam.attach_role_policy(RoleName=name, PolicyArn=policy)
    job = house.iam.generate_service_last_accessed_details(Arn=policy)["JobId"]

    def pages(operation, key, **more):
        marker, found = {}, []
        while True:
            reply = operation(JobId=job, MaxItems=2, **more, **marker)
            found.append(len(reply[key]))
            if not reply["IsTruncated"]:
                return found
            marker = {"Marker": reply["Marker"]}

    assert pages(house.iam.get_service_last_accessed_details, "ServicesLastAccessed") == [2, 2, 2, 2]
    assert pages(house.iam.get_service_last_accessed_details_with_entities, "EntityDetailsList", ServiceNamespace="sqs") == [2, 1]
    assert refusal(house.iam.get_service_last_accessed_details, JobId=job, Marker="x") == ("ValidationError", "Invalid Marker.")


def test_the_policies_that_grant_a_service_are_told(house):
    arn = house.role("r", inline=[allow("sqs:SendMessage")], other=[allow("sns:*")])
    managed = "arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess"
    house.iam.attach_role_policy(RoleName="r", PolicyArn=managed)
    found = house.iam.list_policies_granting_service_access(Arn=arn, ServiceNamespaces=["sqs", "lambda"])
    assert found["IsTruncated"] is False
    assert found["PoliciesGrantingServiceAccess"] == [
        {"ServiceNamespace": "sqs", "Policies": [
            {"PolicyName": "inline", "PolicyType": "INLINE", "EntityType": "ROLE", "EntityName": "r"},
            {"PolicyName": "AmazonSQSReadOnlyAccess", "PolicyType": "MANAGED", "PolicyArn": managed}]},
        {"ServiceNamespace": "lambda", "Policies": []}]
    names = [f"s{i}" for i in range(101)]
    first = house.iam.list_policies_granting_service_access(Arn=arn, ServiceNamespaces=names)
    assert (len(first["PoliciesGrantingServiceAccess"]), first["IsTruncated"]) == (100, True)
    rest = house.iam.list_policies_granting_service_access(Arn=arn, ServiceNamespaces=names, Marker=first["Marker"])
    assert [one["ServiceNamespace"] for one in rest["PoliciesGrantingServiceAccess"]] == ["s100"]


@pytest.mark.parametrize("arn, code, message", [
    (f"arn:aws:iam::{ACCOUNT}:role/none", "NoSuchEntity", f"ARN arn:aws:iam::{ACCOUNT}:role/none was not found."),
    (f"arn:aws:iam::{ACCOUNT}:group/none", "NoSuchEntity", f"ARN arn:aws:iam::{ACCOUNT}:group/none was not found."),
    ("arn:aws:iam::aws:policy/NoSuchPolicy", "NoSuchEntity", "ARN arn:aws:iam::aws:policy/NoSuchPolicy was not found."),
    ("arn:aws:sqs:us-east-1:000000000000:q", "InvalidInput", "Invalid ARN: arn:aws:sqs:us-east-1:000000000000:q."),
    ("not an arn but long enough", "InvalidInput", "Invalid ARN: not an arn but long enough."),
])
def test_who_is_not_there_has_no_report(house, arn, code, message):
    assert refusal(house.iam.generate_service_last_accessed_details, Arn=arn) == (code, message)
    assert refusal(house.iam.list_policies_granting_service_access, Arn=arn, ServiceNamespaces=["sqs"]) == (code, message)


def test_an_entity_that_is_deleted_after_the_job_fails_it(house):
    arn = house.role("r")
    job = house.iam.generate_service_last_accessed_details(Arn=arn)["JobId"]
    house.iam.delete_role(RoleName="r")
    found = house.iam.get_service_last_accessed_details(JobId=job)
    assert (found["JobStatus"], found["ServicesLastAccessed"], found["Error"]) == (
        "FAILED", [], {"Code": "NoSuchEntity", "Message": f"ARN {arn} was not found."})
    found = house.iam.get_service_last_accessed_details_with_entities(JobId=job, ServiceNamespace="sqs")
    assert (found["JobStatus"], found["EntityDetailsList"], found["Error"]["Code"]) == ("FAILED", [], "NoSuchEntity")


def test_a_job_is_only_for_who_asked_for_it(house):
    arn = house.role("r", own=[allow("iam:*")])
    _, user = house.user("u", allow("iam:*"))
    job = house.acting(arn)("iam").generate_service_last_accessed_details(Arn=arn)["JobId"]
    assert house.acting(arn)("iam").get_service_last_accessed_details(JobId=job)["JobStatus"] == "COMPLETED"  # another session
    for other in (user("iam"), house.iam):
        assert refusal(other.get_service_last_accessed_details, JobId=job) == ("NoSuchEntity", f"Job {job} was not found.")


def test_the_newest_thousand_jobs_of_an_account_are_kept(house):
    arn, jobs = house.role("r"), []
    iam = house.iam
    for _ in range(KEPT_JOBS):
        jobs.append(iam.generate_service_last_accessed_details(Arn=arn)["JobId"])
    assert iam.get_service_last_accessed_details(JobId=jobs[0])["JobStatus"] == "COMPLETED"
    iam.generate_service_last_accessed_details(Arn=arn)
    assert refusal(iam.get_service_last_accessed_details, JobId=jobs[0])[0] == "NoSuchEntity"
    assert iam.get_service_last_accessed_details(JobId=jobs[1])["JobStatus"] == "COMPLETED"


def test_a_role_tells_when_and_where_it_was_used_last(house):
    arn = house.role("r", own=[allow("sqs:*")])
    assert house.iam.get_role(RoleName="r")["Role"]["RoleLastUsed"] == {}
    acting = house.acting(arn)
    assumed = house.iam.get_role(RoleName="r")["Role"]["RoleLastUsed"]["LastUsedDate"]
    house.server.advance_clock(5)
    acting("sqs", "eu-west-1").list_queues()
    used = house.iam.get_role(RoleName="r")["Role"]["RoleLastUsed"]
    assert used["Region"] == "eu-west-1" and used["LastUsedDate"] > assumed
    house.server.advance_clock(MINUTE)
    assert house.iam.get_role(RoleName="r")["Role"]["RoleLastUsed"] == used


def wait_stored(house, action):
    house.server.advance_clock(MINUTE)
    orderly_server.wait_until(lambda: changes.rows(house.server, "select 1 from iam_use where action = ?", action), 30, action)


def test_uses_of_a_minute_survive_a_kill_and_a_stop_stores_the_rest(house):
    arn = house.role("r", own=[allow(["sqs:*", "sns:*"])])
    acting = house.acting(arn)
    url = house.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    acting("sqs").send_message(QueueUrl=url, MessageBody="m")
    wait_stored(house, "sqs:SendMessage")
    before, since = house.services(arn)["sqs"], house.uses(arn)["sinceMs"]
    house.server.kill()
    house.server.start()
    assert house.services(arn)["sqs"] == before
    assert [(use["action"], use["resource"]) for use in house.uses(arn)["uses"]] == [
        ("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{ACCOUNT}:q")]
    assert house.uses(arn)["sinceMs"] == since
    house.acting(arn)("sns").list_topics()
    used = house.iam.get_role(RoleName="r")["Role"]["RoleLastUsed"]
    house.server.stop()
    house.server.start()
    assert {use["action"] for use in house.uses(arn)["uses"]} == {"sqs:SendMessage", "SNS:ListTopics"}
    assert house.iam.get_role(RoleName="r")["Role"]["RoleLastUsed"] == used


def test_what_is_stored_is_bounded_and_goes_with_its_role(house):
    arn = house.role("r", own=[allow("sqs:*")])
    sqs = house.acting(arn)("sqs")

    def send(numbers):
        for number in numbers:
            with pytest.raises(sqs.exceptions.QueueDoesNotExist):
                sqs.send_message(QueueUrl=f"{sqs.meta.endpoint_url}/{ACCOUNT}/missing{number}", MessageBody="m")

    def stored():
        return changes.rows(house.server, "select action, resource <> '' from iam_use order by action, resource")

    send(range(PAIRS - 1))
    wait_stored(house, "sqs:SendMessage")
    assert stored() == [("sqs:SendMessage", 1)] * (PAIRS - 1)
    sqs.list_queues()
    wait_stored(house, "sqs:ListQueues")
    assert stored() == [("sqs:ListQueues", 1)] + [("sqs:SendMessage", 1)] * (PAIRS - 1)
    send([PAIRS])
    sqs.get_queue_attributes(QueueUrl=house.client("sqs").create_queue(QueueName="q")["QueueUrl"])
    wait_stored(house, "sqs:GetQueueAttributes")
    assert stored() == [("sqs:GetQueueAttributes", 1), ("sqs:ListQueues", 1), ("sqs:SendMessage", 0)]
    house.iam.delete_role_policy(RoleName="r", PolicyName="own")
    house.iam.delete_role(RoleName="r")
    assert stored() == []
