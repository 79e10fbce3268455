"""IAM's screens: roles, users and policies, by the buttons' names."""

import json

import pytest
from keyboard import write_code
from orderly_fixtures import ACCOUNT
from playwright.sync_api import expect

TUTORIAL_POLICIES = ["AmazonDynamoDBFullAccess", "AmazonSQSFullAccess", "AWSLambdaBasicExecutionRole"]
TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/Orders"


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=2)


def trust(service="lambda.amazonaws.com"):
    return {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}


PUT_ITEM = {"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": TABLE}


@pytest.fixture
def page(console):
    return console("iam/roles")


@pytest.fixture
def role(client, unique):
    """A role without policies that Lambda may assume: its name."""
    name = unique("Role")
    client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document(trust()))
    return name


def attached_names(client, role):
    attached = client("iam").list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    return sorted(policy["PolicyName"] for policy in attached)


def choose_policy(page, name):
    page.get_by_label("Search policies").fill(name)
    page.get_by_label(f"Select {name}", exact=True).check()


def choose_action(page, name):
    page.get_by_role("button", name="Add permissions").click()
    page.get_by_role("menuitem", name=name).click()


def confirm(page, typed, action="Delete"):
    page.get_by_label(f"To confirm, type {typed}").fill(typed)
    page.get_by_role("dialog").get_by_role("button", name=action, exact=True).click()


def test_the_tutorials_role_is_created_in_three_steps(console, page, client, unique):
    name = unique("Order")
    console("iam/roles")
    page.get_by_role("button", name="Create role").first.click()
    page.get_by_label("AWS service").check()
    page.get_by_label("Use case").select_option("Lambda")
    page.get_by_role("button", name="Next").click()
    for policy in TUTORIAL_POLICIES:
        choose_policy(page, policy)
    expect(page.get_by_text("3 selected")).to_be_visible()
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Role name").fill(name)
    page.get_by_role("button", name="Create role").click()
    expect(page.get_by_text(f"Role {name} created.")).to_be_visible()

    made = client("iam").get_role(RoleName=name)["Role"]
    assert made["AssumeRolePolicyDocument"] == json.loads(document(trust()))
    assert made["Path"] == "/" and made["MaxSessionDuration"] == 3600
    assert attached_names(client, name) == sorted(TUTORIAL_POLICIES)
    for policy in TUTORIAL_POLICIES:
        expect(page.get_by_role("link", name=policy)).to_be_visible()


def test_a_role_trusts_an_account_or_what_a_custom_policy_says(console, page, client, unique):
    for label, expected in [
        ("AWS account", {"AWS": "arn:aws:iam::481665095854:root"}),
        ("Custom trust policy", {"Service": "sns.amazonaws.com"}),
    ]:
        name = unique(label.replace(" ", ""))
        console("iam/create-role")
        page.get_by_label(label).check()
        if label == "AWS account":
            page.get_by_label("Account ID").fill("481665095854")
        else:
            write_code(page, "Custom trust policy", document(trust("sns.amazonaws.com")))
        page.get_by_role("button", name="Next").click()
        page.get_by_role("button", name="Next").click()
        page.get_by_label("Role name").fill(name)
        page.get_by_role("button", name="Create role").click()
        expect(page.get_by_text(f"Role {name} created.")).to_be_visible()
        [statement] = client("iam").get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == expected


def test_an_inline_policy_is_checked_by_the_server_and_its_json_by_line_and_column(console, page, client, role):
    console(f"iam/roles/{role}")
    choose_action(page, "Create inline policy")
    create = page.get_by_role("button", name="Create policy")
    write_code(page, "Policy editor", '{"Version": "2012-10-17",\n "Statement": [{"Effect": "Allow" "Action": "sqs:*"}]}')
    expect(page.get_by_text("Line 2, column 35")).to_be_visible()
    expect(create).to_be_disabled()

    write_code(page, "Policy editor", document({**PUT_ITEM, "Action": "PutItem"}))
    page.get_by_label("Policy name").fill("DynamoPutItemPolicy")
    create.click()
    expect(page.get_by_role("alert")).to_have_text(
        "MalformedPolicyDocument: Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
    )
    assert client("iam").list_role_policies(RoleName=role)["PolicyNames"] == []

    write_code(page, "Policy editor", document(PUT_ITEM))
    create.click()
    expect(page.get_by_role("link", name="DynamoPutItemPolicy")).to_be_visible()
    stored = client("iam").get_role_policy(RoleName=role, PolicyName="DynamoPutItemPolicy")
    assert stored["PolicyDocument"] == json.loads(document(PUT_ITEM))


def test_an_inline_policy_is_edited_and_removed(console, page, client, role):
    client("iam").put_role_policy(RoleName=role, PolicyName="Own", PolicyDocument=document(PUT_ITEM))
    console(f"iam/roles/{role}")
    page.get_by_role("link", name="Own").click()
    expect(page.get_by_role("textbox", name="Policy editor")).to_contain_text("dynamodb:PutItem")
    changed = {**PUT_ITEM, "Action": "dynamodb:GetItem"}
    write_code(page, "Policy editor", document(changed))
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("Policy Own updated.")).to_be_visible()
    stored = client("iam").get_role_policy(RoleName=role, PolicyName="Own")["PolicyDocument"]
    assert stored == json.loads(document(changed))

    page.get_by_label("Select Own", exact=True).check()
    page.get_by_role("button", name="Remove", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Removed Own")).to_be_visible()
    assert client("iam").list_role_policies(RoleName=role)["PolicyNames"] == []


def test_policies_are_attached_and_removed_many_at_once(console, page, client, role):
    console(f"iam/roles/{role}")
    choose_action(page, "Attach policies")
    choose_policy(page, "AmazonSQSFullAccess")
    choose_policy(page, "AmazonSNSFullAccess")
    page.get_by_role("button", name="Add permissions").click()
    expect(page.get_by_text(f"Policies have been attached to {role}.")).to_be_visible()
    assert attached_names(client, role) == ["AmazonSNSFullAccess", "AmazonSQSFullAccess"]
    for name in attached_names(client, role):
        expect(page.get_by_label(f"Select {name}", exact=True)).to_be_visible()
    page.get_by_label("Select all").check()
    page.get_by_role("button", name="Remove", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("No policies")).to_be_visible()
    assert attached_names(client, role) == []


def test_trust_summary_and_tags_of_a_role_are_edited(console, page, client, role):
    console(f"iam/roles/{role}")
    page.get_by_role("button", name="Edit summary").click()
    page.get_by_label("Description").fill("for orders")
    page.get_by_label("Maximum session duration").fill("7200")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("2 h", exact=True)).to_be_visible()

    page.get_by_role("tab", name="Trust relationships").click()
    page.get_by_role("button", name="Edit trust policy").click()
    write_code(page, "Trust policy editor", document(trust("sns.amazonaws.com")))
    page.get_by_role("button", name="Update policy").click()
    expect(page.get_by_text("Trust policy updated.")).to_be_visible()

    page.get_by_role("tab", name="Tags").click()
    page.get_by_role("button", name="Manage tags").click()
    page.get_by_role("button", name="Add new tag").click()
    page.get_by_label("Key 1").fill("team")
    page.get_by_label("Value 1").fill("shop")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("cell", name="shop")).to_be_visible()

    found = client("iam").get_role(RoleName=role)["Role"]
    assert (found["Description"], found["MaxSessionDuration"]) == ("for orders", 7200)
    assert found["AssumeRolePolicyDocument"] == json.loads(document(trust("sns.amazonaws.com")))
    assert found["Tags"] == [{"Key": "team", "Value": "shop"}]


def test_a_role_is_deleted_with_its_policies_after_its_name_is_typed(console, page, client, role):
    client("iam").put_role_policy(RoleName=role, PolicyName="Own", PolicyDocument=document(PUT_ITEM))
    client("iam").attach_role_policy(RoleName=role, PolicyArn="arn:aws:iam::aws:policy/AmazonSQSFullAccess")
    console(f"iam/roles/{role}")
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True)).to_be_disabled()
    confirm(page, role)
    expect(page.get_by_text(f"Role {role} deleted.")).to_be_visible()
    assert role not in [one["RoleName"] for one in client("iam").list_roles()["Roles"]]


def test_what_a_role_may_do_names_the_statement_that_decides(console, page, client, role):
    client("iam").put_role_policy(
        RoleName=role, PolicyName="DynamoPutItemPolicy", PolicyDocument=document({**PUT_ITEM, "Sid": "Orders"})
    )
    console(f"iam/roles/{role}?tab=may")
    grants = page.get_by_role("table", name="Permissions by service")
    expect(grants.get_by_role("row").nth(1)).to_contain_text("DynamoDB")
    expect(grants.get_by_role("row").nth(1)).to_contain_text("PutItem")
    page.get_by_label("Action", exact=True).fill("dynamodb:PutItem")
    page.get_by_label("Resource", exact=True).fill(TABLE)
    page.get_by_role("button", name="Simulate").click()
    expect(page.get_by_text("1 (Orders)")).to_be_visible()
    expect(page.get_by_text("allowed", exact=True)).to_be_visible()
    page.get_by_label("Action", exact=True).fill("dynamodb:DeleteItem")
    page.get_by_role("button", name="Simulate").click()
    expect(page.get_by_text("denied", exact=True)).to_be_visible()


def test_a_role_loses_what_it_never_used(console, page, client, role):
    used = document({"Effect": "Allow", "Action": ["dynamodb:ListT*", "dynamodb:PutItem"], "Resource": "*"},
                    {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"})
    iam = client("iam")
    iam.put_role_policy(RoleName=role, PolicyName="Wide", PolicyDocument=used)
    iam.put_role_policy(RoleName=role, PolicyName="Idle", PolicyDocument=document({"Effect": "Allow", "Action": "sns:*", "Resource": "*"}))
    account = client("sts").get_caller_identity()["Account"]
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=document(
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}))
    keys = client("sts").assume_role(RoleArn=f"arn:aws:iam::{account}:role/{role}", RoleSessionName="session")["Credentials"]
    client("dynamodb", aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"],
           aws_session_token=keys["SessionToken"]).list_tables()
    console(f"iam/roles/{role}?tab=last-accessed")
    row = page.get_by_role("table", name="Used").get_by_role("row").nth(1)
    expect(row).to_contain_text("dynamodb:ListTables")
    unused = page.get_by_role("table", name="Could be removed").get_by_role("row")
    expect(unused).to_have_count(4)
    expect(unused.filter(has_text="Wide").first).to_contain_text("dynamodb:PutItem")
    expect(unused.filter(has_text="sqs:*")).to_contain_text("whole statement")
    page.get_by_role("button", name="Remove what Wide never used").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("Policy Wide updated.")).to_be_visible()
    left = iam.get_role_policy(RoleName=role, PolicyName="Wide")["PolicyDocument"]
    assert left["Statement"] == [{"Effect": "Allow", "Action": ["dynamodb:ListTables"], "Resource": "*"}]
    page.get_by_role("button", name="Remove what Idle never used").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete policy").click()
    expect(page.get_by_text("Everything that the policies name was used")).to_be_visible()
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == ["Wide"]


def test_a_users_keys_are_shown_once_deactivated_and_deleted(console, page, client, unique):
    name = unique("ann")
    console("iam/users")
    page.get_by_role("button", name="Create user").first.click()
    page.get_by_label("User name").fill(name)
    choose_policy(page, "AmazonSQSReadOnlyAccess")
    page.get_by_role("button", name="Create user").click()
    expect(page.get_by_text(f"User {name} created.")).to_be_visible()
    expect(page.get_by_role("link", name="AmazonSQSReadOnlyAccess")).to_be_visible()

    page.get_by_role("tab", name="Security credentials").click()
    page.get_by_role("button", name="Create access key").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Secret access key")
    [key] = client("iam").list_access_keys(UserName=name)["AccessKeyMetadata"]
    expect(dialog).to_contain_text(key["AccessKeyId"])
    dialog.get_by_role("button", name="Done").click()
    expect(page.get_by_text("Secret access key", exact=True)).to_have_count(0)

    row = page.get_by_role("row").filter(has_text=key["AccessKeyId"])
    expect(row.get_by_role("cell", name="None", exact=True)).to_be_visible()
    expect(row.get_by_role("cell", name="N/A", exact=True)).to_have_count(2)
    made = client("iam").create_access_key(UserName=name)["AccessKey"]
    client("sqs", region_name="eu-west-1", aws_access_key_id=made["AccessKeyId"],
           aws_secret_access_key=made["SecretAccessKey"]).list_queues()
    page.reload()
    used = page.get_by_role("row").filter(has_text=made["AccessKeyId"])
    for cell in ("eu-west-1", "sqs"):
        expect(used.get_by_role("cell", name=cell, exact=True)).to_be_visible()
    expect(used.locator("time")).to_have_count(2)
    expect(row.locator("time")).to_have_count(1)
    client("iam").delete_access_key(UserName=name, AccessKeyId=made["AccessKeyId"])

    page.get_by_role("button", name=f"Deactivate {key['AccessKeyId']}").click()
    expect(page.get_by_text("Inactive")).to_be_visible()
    [key] = client("iam").list_access_keys(UserName=name)["AccessKeyMetadata"]
    assert key["Status"] == "Inactive"
    page.get_by_role("button", name=f"Delete {key['AccessKeyId']}").click()
    confirm(page, key["AccessKeyId"])
    expect(page.get_by_text("No access keys")).to_be_visible()
    assert client("iam").list_access_keys(UserName=name)["AccessKeyMetadata"] == []


def test_a_policy_gets_versions_and_is_attached(console, page, client, role, unique):
    name = unique("OrdersPolicy")
    console("iam/policies")
    page.get_by_role("button", name="Create policy").click()
    write_code(page, "Policy editor", document(PUT_ITEM))
    page.get_by_label("Policy name").fill(name)
    page.get_by_role("button", name="Create policy").click()
    expect(page.get_by_text(f"Policy {name} created.")).to_be_visible()
    arn = f"arn:aws:iam::{ACCOUNT}:policy/{name}"

    page.get_by_role("button", name="Edit policy").click()
    write_code(page, "Policy editor", document({**PUT_ITEM, "Action": "dynamodb:*"}))
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("its new version is the default")).to_be_visible()
    assert client("iam").get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v2"

    page.get_by_role("tab", name="Policy versions").click()
    page.get_by_role("button", name="Set as default v1").click()
    expect(page.get_by_text("v1 is now the default.")).to_be_visible()
    page.get_by_role("button", name="Delete v2").click()
    expect(page.get_by_text("Deleted v2.")).to_be_visible()
    assert [one["VersionId"] for one in client("iam").list_policy_versions(PolicyArn=arn)["Versions"]] == ["v1"]

    page.get_by_role("tab", name="Entities attached").click()
    page.get_by_role("button", name="Attach", exact=True).click()
    page.get_by_label("Entity name").select_option(role)
    page.get_by_role("button", name="Attach policy").click()
    expect(page.get_by_role("link", name=role)).to_be_visible()
    assert attached_names(client, role) == [name]
    page.get_by_role("button", name=f"Detach {role}").click()
    expect(page.get_by_text("Not attached")).to_be_visible()
    assert attached_names(client, role) == []


def test_every_page_is_accessible(console, page, accessible, client, role, unique):
    user = unique("user")
    client("iam").create_user(UserName=user)
    client("iam").put_role_policy(RoleName=role, PolicyName="Own", PolicyDocument=document(PUT_ITEM))
    pages = ["iam/roles", "iam/create-role", "iam/users", "iam/create-user", "iam/policies", "iam/create-policy"]
    for tab in ["", "?tab=trust", "?tab=may", "?tab=tags", "/attach-policies", "/inline-policy"]:
        pages.append(f"iam/roles/{role}{tab}")
    pages += [f"iam/users/{user}?tab=credentials", "iam/policies/arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FAmazonSQSFullAccess"]
    for address in pages:
        console(address)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.get_by_text("Loading…")).to_have_count(0)
        accessible()


@pytest.mark.parametrize("screen", ["roles", "users", "policies"])
def test_a_list_shows_what_another_client_creates_and_deletes_without_a_reload(console, client, unique, screen):
    iam, name = client("iam"), unique("Live")
    calls = {
        "roles": (lambda: iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust())), lambda _: iam.delete_role(RoleName=name)),
        "users": (lambda: iam.create_user(UserName=name), lambda _: iam.delete_user(UserName=name)),
        "policies": (lambda: iam.create_policy(PolicyName=name, PolicyDocument=document(PUT_ITEM)),
                     lambda made: iam.delete_policy(PolicyArn=made["Policy"]["Arn"])),
    }
    create, delete = calls[screen]
    page = console(f"iam/{screen}")
    expect(page.locator("i.live")).to_be_visible()
    row = page.get_by_role("link", name=name, exact=True)
    expect(row).to_have_count(0)
    made = create()
    expect(row).to_be_visible()
    delete(made)
    expect(row).to_have_count(0)


def test_a_user_shows_the_policies_of_its_groups_and_leaves_them_when_deleted(console, page, client, unique):
    iam, user, group = client("iam"), unique("user"), unique("clerks")
    iam.create_user(UserName=user)
    iam.create_group(GroupName=group)
    iam.put_group_policy(GroupName=group, PolicyName="writing", PolicyDocument=document(PUT_ITEM))
    console(f"iam/users/{user}")
    expect(page.get_by_text("No policies")).to_be_visible()
    expect(page.get_by_role("table", name="Permissions of groups")).to_have_count(0)
    iam.add_user_to_group(GroupName=group, UserName=user)
    page.reload()
    page.get_by_role("button", name=f"Show writing of {group}").click()
    expect(page.get_by_label(f"Document of writing of {group}")).to_contain_text("dynamodb:PutItem")
    page.get_by_role("button", name="Delete", exact=True).click()
    confirm(page, user)
    expect(page.get_by_text(f"User {user} deleted.")).to_be_visible()
    assert iam.get_group(GroupName=group)["Users"] == []

    policy = iam.create_policy(PolicyName=group, PolicyDocument=document(PUT_ITEM))["Policy"]["Arn"]
    iam.attach_group_policy(GroupName=group, PolicyArn=policy)
    console(f"iam/policies/{policy.replace(':', '%3A').replace('/', '%2F')}")
    page.get_by_role("tab", name="Entities attached").click()
    page.get_by_role("button", name=f"Detach {group}").click()
    expect(page.get_by_text("Not attached")).to_be_visible()
    assert iam.list_attached_group_policies(GroupName=group)["AttachedPolicies"] == []
    iam.delete_policy(PolicyArn=policy)
    iam.delete_group_policy(GroupName=group, PolicyName="writing")
    iam.delete_group(GroupName=group)
