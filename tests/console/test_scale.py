"""Many resources, and many tabs: a screen opens with few requests, whatever there is, and its list has a last row."""

import collections
import json

import orderly_server
import pytest
from bulk import Bulk
from orderly_fixtures import zip_of
from playwright.sync_api import expect
from seeds import TRUST

MANY = 320
# Of a screen: its own lists, the rows that are seen, and what every screen asks.
MOST_REQUESTS = 60
MOST_ON_THE_MAP = 160
# The screen, its list, and the name of the last of its resources.
LISTS = {
    "queues": ("sqs/queues", "Queues", "many-0319"),
    "topics": ("sns/topics", "Topics", "many-0319"),
    "tables": ("dynamodb/tables", "Tables", "many-0319"),
    "functions": ("lambda/functions", "Functions", "many-0319"),
    "roles": ("iam/roles", "Roles", "many-0319"),
    "users": ("iam/users", "Users", "many-0319"),
    "log groups": ("cloudwatch/log-groups", "Log groups", "many-0319"),
    "dashboards": ("cloudwatch/dashboards", "Custom dashboards", "many-0319"),
    "layers": ("lambda/layers", "Layers", "many-0319"),
}


@pytest.fixture(scope="module")
def many(reset, client):
    """So many resources of each kind; one queue is the dead-letter queue of another."""
    reset()
    sqs, sns, dynamodb, functions = (Bulk(client(name)) for name in ("sqs", "sns", "dynamodb", "lambda"))
    iam, logs, cloudwatch = (Bulk(client(name)) for name in ("iam", "logs", "cloudwatch"))
    role = iam.create_role(RoleName="first", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    code = zip_of({"index.py": "def handler(event, context): return 1"})

    for number in range(MANY):
        name = f"many-{number:04}"
        sqs.create_queue(QueueName=name)
        sns.create_topic(Name=name)
        dynamodb.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                              AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
        functions.create_function(FunctionName=name, Runtime="python3.12", Role=role, Handler="index.handler", Code={"ZipFile": code})
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
        iam.create_user(UserName=name)
        logs.create_log_group(logGroupName=name)
        cloudwatch.put_dashboard(DashboardName=name, DashboardBody='{"widgets": []}')
        functions.publish_layer_version(LayerName=name, Content={"ZipFile": code})


class Requests:
    """How often each operation was asked for by this page, and what was asked for; after an event it asks the same again."""

    def __init__(self, page):
        self.counts, self.distinct = collections.Counter(), set()
        page.on("request", self.count)

    def count(self, request):
        if "/assets/" not in request.url:
            self.counts[request.headers.get("x-amz-target") or request.url.partition("?")[0]] += 1
            self.distinct.add((request.headers.get("x-amz-target"), request.url, request.post_data))


def quiet(page):
    """Waits until the page has stopped sending requests."""
    page.wait_for_function(
        "() => { const n = performance.getEntriesByType('resource').length; const same = n === window.seen; window.seen = n; return same }",
        polling=600)


@pytest.mark.parametrize("name", LISTS)
def test_a_long_list_opens_with_few_requests_and_reaches_its_last_row(many, console, name):
    path, label, last = LISTS[name]
    page = console("server")
    requests = Requests(page)
    console(path)
    region = page.get_by_role("region", name=label, exact=True)
    expect(region.get_by_role("link").first).to_be_visible()
    quiet(page)
    assert len(requests.distinct) < MOST_REQUESTS, requests.counts

    def scrolled_to_the_last():
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        region.evaluate("list => list.scrollTo(0, list.scrollHeight)")
        return region.get_by_role("link", name=last, exact=True).is_visible()

    orderly_server.wait_until(scrolled_to_the_last, what=f"{last} to be seen")
    assert region.get_by_role("row").count() < MANY, "all rows are in the document"


@pytest.mark.parametrize("name", LISTS)
def test_a_search_in_a_long_list_finds_what_was_not_loaded(many, console, name):
    path, label, last = LISTS[name]
    page = console(path)
    page.get_by_role("searchbox").first.fill(last)
    expect(page.get_by_role("region", name=label, exact=True).get_by_role("link", name=last, exact=True)).to_be_visible()


def test_a_header_says_that_only_loaded_rows_are_sorted(many, console):
    page = console("iam/roles")
    head = page.get_by_role("columnheader", name="Role name")
    expect(head).to_contain_text("of 100 loaded")
    expect(head.get_by_role("button")).to_have_attribute("title", "Sorts the 100 rows that are loaded")
    page = console("iam/roles/first")
    expect(page.get_by_role("columnheader", name="Policy name")).not_to_contain_text("loaded")


def test_the_fullest_of_many_dead_letter_queues_comes_first(many, console, client):
    sqs = client("sqs")
    account = client("sts").get_caller_identity()["Account"]
    url = sqs.get_queue_url(QueueName="many-0000")["QueueUrl"].removesuffix("0000")
    for number in range(20):
        dead = f"arn:aws:sqs:us-east-1:{account}:many-{100 + number:04}"
        policy = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 1})
        sqs.set_queue_attributes(QueueUrl=f"{url}{number:04}", Attributes={"RedrivePolicy": policy})
        for _ in range(3 if number == 15 else 1):
            sqs.send_message(QueueUrl=f"{url}{100 + number:04}", MessageBody=f"dead in {100 + number}")
    page = console("dead-letters")
    expect(page.get_by_text("Of 20 queues with dead letters, the fullest first")).to_be_visible()
    rows = page.get_by_role("table", name="Dead letters").get_by_role("row")
    for row in (1, 2, 3):
        expect(rows.nth(row)).to_contain_text("dead in 115")
    expect(rows.nth(4)).to_contain_text("dead in 100")


@pytest.fixture(scope="module")
def long_lists(client):
    """A function with 60 aliases and 55 versions, and a table with 105 backups."""
    functions, dynamodb, iam = client("lambda"), client("dynamodb"), client("iam")
    role = iam.create_role(RoleName="long", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    functions.create_function(FunctionName="long", Runtime="python3.12", Role=role, Handler="index.handler",
                              Code={"ZipFile": zip_of({"index.py": "def handler(event, context): return 1"})})
    functions.get_waiter("function_active_v2").wait(FunctionName="long", WaiterConfig={"Delay": 1})
    for number in range(60):
        functions.create_alias(FunctionName="long", Name=f"alias-{number:02}", FunctionVersion="$LATEST")
    for number in range(55):
        functions.update_function_configuration(FunctionName="long", Description=str(number))
        functions.get_waiter("function_updated_v2").wait(FunctionName="long", WaiterConfig={"Delay": 1})
        functions.publish_version(FunctionName="long")
    dynamodb.create_table(TableName="long", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                          AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
    dynamodb.get_waiter("table_exists").wait(TableName="long", WaiterConfig={"Delay": 1})
    for number in range(105):
        dynamodb.create_backup(TableName="long", BackupName=f"backup-{number:03}")


# The address, the list's name, its counts before and after its end is seen, and what a request for a later page has: in its address or body.
PAGED = {
    "aliases": ("lambda/functions/long?tab=aliases", "Aliases", "(50+)", "(60)", "/aliases?Marker="),
    "versions": ("lambda/functions/long?tab=versions", "Versions", "(49+)", "(55)", "/versions?Marker="),
    "backups": ("dynamodb/tables/long?tab=backups", "Backups", "(100+)", "(105)", "ExclusiveStartBackupArn"),
}


@pytest.mark.parametrize("name", PAGED)
def test_what_one_resource_has_many_of_comes_page_by_page(long_lists, console, name):
    path, label, first, whole, later = PAGED[name]
    page = console("server")
    asked = []
    page.on("request", lambda request: asked.append(request.url + (request.post_data or "")))
    console(path)
    expect(page.get_by_role("heading", level=2, name=f"{label} {first}")).to_be_visible()
    assert not [request for request in asked if later in request]  # the first page may be asked for again: something has changed
    region = page.get_by_role("region", name=label, exact=True)
    region.get_by_role("button", name="Load more").scroll_into_view_if_needed()
    expect(page.get_by_role("heading", level=2, name=f"{label} {whole}")).to_be_visible()
    assert [request for request in asked if later in request]
    expect(region.get_by_role("button", name="Load more")).to_have_count(0)


def test_an_alias_may_name_a_version_of_a_later_page(long_lists, console, client):
    page = console("lambda/functions/long?tab=aliases")
    page.get_by_role("button", name="Create alias").click()
    page.get_by_label("Name", exact=True).fill("latest-published")
    page.get_by_label("Version", exact=True).select_option("55")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert client("lambda").get_alias(FunctionName="long", Name="latest-published")["FunctionVersion"] == "55"


def test_the_finder_finds_what_was_not_loaded(many, console):
    page = console("server")
    expect(page.locator("i.live")).to_be_visible()  # the page listens to keys, too
    requests = Requests(page)
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="A page, a queue")).to_be_focused()
    quiet(page)
    assert requests.counts.total() < 15, requests.counts
    page.keyboard.type("many-0319")
    for kind in ("Queue", "Topic", "Table", "Function", "Role", "User", "Log group", "Dashboard", "Layer"):
        expect(page.get_by_role("option", name=f"many-0319 {kind}", exact=True)).to_be_visible()


def test_more_dashboards_are_deleted_at_once_than_a_request_may_name(many, console, client):
    cloudwatch = client("cloudwatch")
    for number in range(101):
        cloudwatch.put_dashboard(DashboardName=f"gone-{number:03}", DashboardBody='{"widgets": []}')
    page = console("cloudwatch/dashboards")
    page.get_by_role("searchbox").fill("gone-")
    page.get_by_label("Select all").check()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_label("To confirm, type delete").fill("delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert cloudwatch.list_dashboards(DashboardNamePrefix="gone-")["DashboardEntries"] == []


def test_home_draws_some_of_many_resources_with_few_requests(many, console):
    page = console("server")
    requests = Requests(page)
    console()
    expect(page.get_by_text("more resources are not drawn")).to_be_visible()
    quiet(page)
    assert requests.counts.total() < MOST_ON_THE_MAP, requests.counts


def test_a_field_offers_the_first_of_many_and_finds_the_others(many, console):
    page = console("sqs/create-queue")
    page.get_by_role("group", name="Set this queue to receive undeliverable messages").get_by_label("Enabled").check()
    page.get_by_label("Choose queue").select_option("many-0319")
    page = console("lambda/create-function")
    page.get_by_label("Use an existing role").check()
    page.get_by_label("Find existing role").fill("many-0319")
    page.get_by_label("Existing role", exact=True).select_option("many-0319")


def test_seven_tabs_share_one_stream_and_all_hear_of_changes(chromium, endpoint, client, unique):
    sqs = client("sqs")
    url = sqs.create_queue(QueueName=unique("Tabs"))["QueueUrl"]
    name = url.rsplit("/", 1)[1]
    context = chromium.new_context()
    streams = collections.Counter()
    tabs = []
    for number in range(7):
        tab = context.new_page()
        tab.on("request", lambda request, number=number: streams.update([number] if request.url.endswith("/_orderly/events") else []))
        tab.goto(f"{endpoint}/_orderly/console/sqs/queues/{name}")
        expect(tab.locator("i.live")).to_be_visible()  # so the first tab leads
        tabs.append(tab)
    available = [tab.locator("dt", has_text="Messages available").locator("xpath=following-sibling::dd") for tab in tabs]
    for figure in available:
        expect(figure).to_have_text("0")
    assert streams == {0: 1}
    sqs.send_message(QueueUrl=url, MessageBody="one")
    for figure in available:
        expect(figure).to_have_text("1")
    tabs[0].close()
    expect(tabs[1].locator("i.live")).to_be_visible()
    tabs[1].wait_for_function("() => navigator.locks.query().then(q => q.held.some(one => one.name.startsWith('orderly.events')))")
    sqs.send_message(QueueUrl=url, MessageBody="two")
    for figure in available[1:]:
        expect(figure).to_have_text("2")
    assert streams.total() == 2
    context.close()
