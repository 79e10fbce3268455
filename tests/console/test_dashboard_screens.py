"""CloudWatch's dashboards: made, filled with every kind of widget, edited, saved and deleted, by the buttons' names."""

import datetime
import json
import urllib.request

import pytest
from keyboard import Keyboard, Mouse
from looks import address, each_look, sideways
from playwright.sync_api import expect


@pytest.fixture
def page(console):
    return console("cloudwatch/dashboards")


@pytest.fixture
def namespace(unique):
    return unique("Shop")


@pytest.fixture
def count(client, namespace):
    """count(metric, value, Orders="new") stores a value of the last minute."""

    def put(metric, value, at=None, **dimensions):
        client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=[{
            "MetricName": metric, "Value": value, **({"Timestamp": at} if at else {}),
            "Dimensions": [{"Name": name, "Value": text} for name, text in dimensions.items()]}])

    return put


@pytest.fixture
def dashboard(client, unique):
    """dashboard(widget, …) stores one with these widgets, and returns its name."""
    made = []

    def put(*widgets, **body):
        made.append(unique("board"))
        client("cloudwatch").put_dashboard(DashboardName=made[-1], DashboardBody=json.dumps({"widgets": widgets, **body}))
        return made[-1]

    yield put
    left = [name for name in made if stored_names(client, name)]
    if left:
        client("cloudwatch").delete_dashboards(DashboardNames=left)


def stored_names(client, prefix):
    return [one["DashboardName"] for one in client("cloudwatch").list_dashboards(DashboardNamePrefix=prefix)["DashboardEntries"]]


def stored(client, name):
    return json.loads(client("cloudwatch").get_dashboard(DashboardName=name)["DashboardBody"])


def metric(title, *metrics, **properties):
    return {"type": "metric", "width": 12, "height": 6, "properties": {
        "title": title, "metrics": list(metrics), "region": "us-east-1", "period": 60, "stat": "Sum", **properties}}


def text(markdown):
    return {"type": "text", "width": 12, "height": 4, "properties": {"markdown": markdown}}


def widget(page, title):
    return page.get_by_role("region", name=title, exact=True)


def act(page, title, action):
    page.get_by_role("button", name=f"Actions of {title}").click()
    page.get_by_role("menuitem", name=action, exact=True).click()


def test_a_dashboard_is_created_filled_saved_and_deleted(page, client, unique, namespace, count):
    count("Stored", 7, Shop="north")
    name = unique("created")
    page.get_by_role("button", name="Create dashboard").click()
    page.get_by_label("Dashboard name").fill(name)
    page.get_by_role("dialog").get_by_role("button", name="Create dashboard").click()
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
    expect(page.get_by_text("This dashboard has no widgets")).to_be_visible()

    page.get_by_role("button", name="Add widget").click()
    page.get_by_label("Widget type").select_option(label="Number")
    page.get_by_label("Title").fill("Stored orders")
    page.get_by_label("Add metric").select_option(label=f"{namespace} Stored Shop=north")
    page.get_by_label("Statistic").select_option("Sum")
    page.get_by_label("Width (columns)").fill("8")
    page.get_by_role("button", name="Create widget").click()
    expect(widget(page, "Stored orders").get_by_role("definition")).to_have_text("7")
    expect(page.get_by_text("Unsaved changes")).to_be_visible()
    assert stored(client, name) == {"widgets": []}

    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Unsaved changes")).to_have_count(0)
    assert stored(client, name)["widgets"] == [{
        "type": "metric", "x": 0, "y": 0, "width": 8, "height": 6,
        "properties": {"metrics": [[namespace, "Stored", "Shop", "north"]], "stat": "Sum", "period": 300, "region": "us-east-1",
                       "view": "singleValue", "stacked": False, "title": "Stored orders"}}]
    page.reload()
    expect(widget(page, "Stored orders").get_by_role("definition")).to_have_text("7")

    act(page, "Stored orders", "Delete")
    expect(widget(page, "Stored orders")).to_have_count(0)
    page.get_by_role("button", name="Discard changes").click()
    expect(widget(page, "Stored orders")).to_be_visible()

    page.get_by_role("button", name="Actions", exact=True).click()
    page.get_by_role("menuitem", name="Delete dashboard").click()
    page.get_by_label("To confirm, type delete").fill("delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="Dashboards")).to_be_visible()
    assert stored_names(client, name) == []


@pytest.fixture
def now_s(endpoint):
    """now_s() is the time of the server, whose clock other tests may have moved."""
    return lambda: json.load(urllib.request.urlopen(f"{endpoint}/_orderly/clock"))["now_ms"] / 1000


@pytest.fixture
def every_kind(client, dashboard, namespace, count, unique, now_s):
    """A dashboard with a widget of each kind."""
    moment = datetime.datetime.fromtimestamp(now_s() - 60, datetime.timezone.utc)  # one minute: metric math adds the two
    count("Sent", 3, at=moment, Shop="north")
    count("Lost", 30, at=moment, Shop="north")
    cloudwatch, logs, group = client("cloudwatch"), client("logs"), unique("/shop/")
    alarm = unique("LostOrders")
    cloudwatch.put_metric_alarm(AlarmName=alarm, Namespace=namespace, MetricName="Lost", Period=60, EvaluationPeriods=1, Threshold=1,
                                Dimensions=[{"Name": "Shop", "Value": "north"}], Statistic="Sum", TreatMissingData="ignore",
                                ComparisonOperator="GreaterThanThreshold")
    cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="test")
    arn = cloudwatch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"][0]["AlarmArn"]
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[
        {"timestamp": round(now_s() * 1000), "message": "order O1234 is lost"}])
    both = [namespace, "Sent", "Shop", "north"], [".", "Lost", ".", "."]
    body = dashboard(
        metric("A line", *both, annotations={"horizontal": [{"value": 5, "label": "too many"}]}),
        metric("An area", *both, stacked=True),
        metric("A number", *both, view="singleValue"),
        metric("A gauge", *both, view="gauge", yAxis={"left": {"min": 0, "max": 60}}),
        metric("A gauge of no range", *both, view="gauge"),
        metric("Bars", *both, view="bar"),
        metric("A pie", *both, view="pie"),
        metric("Data", *both, view="table"),
        metric("Math", [{"expression": "m1 + m2", "label": "all"}], [*both[0], {"id": "m1", "visible": False}],
               [*both[1], {"id": "m2", "visible": False}], view="singleValue"),
        metric("Of an alarm", annotations={"alarms": [arn]}),
        text("# Runbook\nSee **the** [wiki](https://wiki.example/orders).\n\n- one\n- two"),
        {"type": "alarm", "width": 12, "height": 4, "properties": {"title": "Alarms", "alarms": [arn, arn + "gone"]}},
        {"type": "log", "width": 24, "height": 6, "properties": {
            "title": "Events", "region": "us-east-1", "view": "table", "query": f"SOURCE '{group}' | fields @message | limit 5"}},
        {"type": "explorer", "width": 6, "height": 4, "properties": {}},
        start="-P1D",
    )
    return body, alarm


def shows_every_kind(page, alarm):
    """Each widget shows what it has; what is below the end of the page is looked at first."""
    for title in ("A line", "An area", "Of an alarm"):
        widget(page, title).scroll_into_view_if_needed()
        expect(widget(page, title).locator("canvas")).to_be_visible()
    for title, shown in {
        "A number": ["3", "30"], "Math": ["33"], "A gauge": ["Sent", "30", "60"], "A gauge of no range": ["edit the widget"],
        "Bars": ["Sent", "30"], "A pie": ["Sent: 3 (9.1 %)", "Lost: 30 (90.9 %)"], "Data": ["Lost", "30"], "Alarms": [alarm, "In alarm", "There is no such alarm"],
        "Events": ["order O1234 is lost"], "Text": ["Runbook", "wiki", "two"], "explorer": ["are not drawn here"],
    }.items():
        widget(page, title).scroll_into_view_if_needed()
        for words in shown:
            expect(widget(page, title).get_by_text(words, exact=words.isdigit()).first).to_be_visible()


def test_every_kind_of_widget_shows_what_it_has(console, violations, every_kind):
    name, alarm = every_kind
    page = console(f"cloudwatch/dashboards/{name}")
    for look in each_look(page):
        shows_every_kind(page, alarm)
        assert violations(page) == [], look
        assert sideways(page) <= 0, look


def test_a_graph_of_two_metrics_is_a_table_too(console, every_kind):
    page = console(f"cloudwatch/dashboards/{every_kind[0]}")
    page.get_by_role("button", name="Table of An area").click()
    rows = page.get_by_role("region", name="Values of An area").get_by_role("row")
    expect(rows.filter(has_text="Sent").get_by_role("cell").last).to_have_text("3")
    expect(rows.filter(has_text="Lost").get_by_role("cell").last).to_have_text("30")


def test_the_source_is_edited_and_the_servers_refusal_keeps_the_draft(console, client, dashboard):
    name = dashboard(text("before"))
    page = console(f"cloudwatch/dashboards/{name}")
    page.get_by_role("button", name="Actions", exact=True).click()
    page.get_by_role("menuitem", name="View/edit source").click()
    editor = page.get_by_role("textbox", name="Dashboard source")
    Mouse(page).fill(editor, '{"widgets": [')
    expect(page.get_by_role("button", name="Update", exact=True)).to_be_disabled()
    Mouse(page).fill(editor, '{"widgets": [{"type": "text"}]}')
    page.get_by_role("button", name="Update", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("/widgets/0")
    Mouse(page).fill(editor, json.dumps({"widgets": [{**text("after"), "width": 25}]}))
    page.get_by_role("button", name="Update", exact=True).click()
    expect(widget(page, "Text")).to_contain_text("after")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("The dashboard body is invalid, there are 1 validation errors")
    expect(page.get_by_role("alert")).to_contain_text("Should be <= 24")
    expect(page.get_by_text("Unsaved changes")).to_be_visible()
    assert stored(client, name) == {"widgets": [text("before")]}

    act(page, "Text", "Edit")
    page.get_by_label("Width (columns)").fill("24")
    page.get_by_role("button", name="Update widget").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Unsaved changes")).to_have_count(0)
    assert stored(client, name) == {"widgets": [{**text("after"), "width": 24}]}


def test_what_the_console_does_not_know_stays_in_the_body(console, client, dashboard):
    other = {"type": "custom", "x": 0, "y": 0, "width": 6, "height": 3, "properties": {"endpoint": "arn:x", "params": {"a": [1]}}}
    graph = metric("Orders", ["N", "M", {"color": "#112233"}], timezone="+0100", table={"layout": "vertical"})
    kept = {"variables": [{"type": "pattern", "pattern": "a", "inputType": "input", "id": "v"}], "periodOverride": "inherit", "own": 1}
    name = dashboard(other, {**graph, "x": 6, "y": 0}, **kept)
    page = console(f"cloudwatch/dashboards/{name}")
    act(page, "Orders", "Edit")
    page.get_by_label("Title").fill("All orders")
    page.get_by_role("button", name="Update widget").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Unsaved changes")).to_have_count(0)
    graph["properties"]["title"] = "All orders"
    assert stored(client, name) == {"widgets": [other, {**graph, "x": 6, "y": 0}], **kept}


def test_the_time_range_and_the_period_are_part_of_the_address(console, dashboard, namespace, count, now_s):
    hour = (now_s() - 100 * 60) // 3600 * 3600  # so that no period of hours ends between the two
    for minute in (10, 11):
        count("Late", 4, at=datetime.datetime.fromtimestamp(hour + minute * 60, datetime.timezone.utc))
    name = dashboard(metric("Late orders", [namespace, "Late"], view="singleValue"))
    page = console(f"cloudwatch/dashboards/{name}?minutes=60")
    figure = widget(page, "Late orders").get_by_role("definition")
    expect(figure).to_have_text("--")
    page.get_by_label("Time range").select_option(label="3 hours")
    expect(figure).to_have_text("4")
    page.get_by_label("Period override").select_option(label="6 hours")
    page.goto(address(page))
    expect(page.get_by_label("Period override")).to_have_value("21600")
    page.get_by_label("Time range").select_option(label="1 day")
    expect(figure).to_have_text("8")

    page.get_by_label("Time range").select_option(label="Custom…")
    page.get_by_label("Start (UTC)").fill("2020-01-01T00:00")
    page.get_by_label("End (UTC)").fill("2020-01-01T00:00")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("alert")).to_have_text("The start should be before the end.")
    page.get_by_label("End (UTC)").fill("2020-01-02T00:00")
    page.get_by_role("button", name="Apply").click()
    expect(figure).to_have_text("--")
    expect(page.get_by_label("Time range")).to_have_value("between")


def test_refresh_and_new_values_are_shown(console, dashboard, namespace, count, now_s):
    moment = datetime.datetime.fromtimestamp(now_s() - 60, datetime.timezone.utc)  # so that no period ends between the two
    count("Now", 1, at=moment)
    name = dashboard(metric("Now", [namespace, "Now"], view="singleValue"), start="-P1D", periodOverride="inherit")
    page = console(f"cloudwatch/dashboards/{name}?period=86400")
    figure = widget(page, "Now").get_by_role("definition")
    expect(figure).to_have_text("1")
    count("Now", 4, at=moment)
    page.get_by_role("button", name="Refresh").click()
    expect(figure).to_have_text("5")


def test_a_widget_that_cannot_be_read_says_so_and_the_others_stay(console, dashboard, namespace, count):
    count("Fine", 3)
    name = dashboard(
        metric("Broken", ["N"]),
        {"type": "log", "width": 12, "height": 4, "properties": {"title": "No query", "query": "SOURCE 'a' | nonsense"}},
        metric("Wrong", [{"expression": "nonsense("}]),
        metric("Fine", [namespace, "Fine"], view="singleValue"),
    )
    page = console(f"cloudwatch/dashboards/{name}")
    expect(widget(page, "Broken").get_by_role("alert")).to_contain_text("/metrics/0 should have a namespace, a name")
    expect(widget(page, "No query").get_by_role("alert")).to_be_visible()
    expect(widget(page, "Wrong").get_by_role("alert")).to_contain_text("ValidationError")
    expect(widget(page, "Fine").get_by_role("definition")).to_have_text("3")
    act(page, "Broken", "Edit")
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("/metrics/0")


def test_a_draft_says_when_somebody_else_has_saved(console, client, dashboard):
    name = dashboard(text("mine"))
    page = console(f"cloudwatch/dashboards/{name}")
    act(page, "Text", "Duplicate")
    expect(widget(page, "Text")).to_have_count(2)
    client("cloudwatch").put_dashboard(DashboardName=name, DashboardBody=json.dumps({"widgets": [text("theirs")]}))
    expect(page.get_by_text("Somebody else has saved this dashboard.")).to_be_visible()
    page.get_by_role("button", name="Discard changes").click()
    expect(widget(page, "Text")).to_contain_text("theirs")


def test_a_dashboard_is_saved_under_another_name_and_found_by_it(console, client, dashboard, unique):
    name, other = dashboard(text("copied")), unique("copy")
    page = console(f"cloudwatch/dashboards/{name}")
    page.get_by_role("button", name="Actions", exact=True).click()
    page.get_by_role("menuitem", name="Save dashboard as…").click()
    page.get_by_label("Dashboard name").fill("not a name")
    page.get_by_role("button", name="Save dashboard").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Dashboard name").fill(other)
    page.get_by_role("button", name="Save dashboard").click()
    expect(page.get_by_role("heading", level=1, name=other)).to_be_visible()
    assert stored(client, other) == stored(client, name)
    expect(page.locator("i.live")).to_be_visible()  # the page listens to keys, too
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="A page, a queue")).to_be_focused()
    page.keyboard.type(other)
    expect(page.get_by_role("option", name=f"{other} Dashboard")).to_be_visible()


def test_a_dashboard_is_made_and_deleted_with_the_keyboard_alone(page, client, unique):
    name, user = unique("keys"), Keyboard(page)
    user.press(page.get_by_role("button", name="Create dashboard"))
    user.fill(page.get_by_label("Dashboard name"), name)
    user.press(page.get_by_role("dialog").get_by_role("button", name="Create dashboard"))
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
    user.press(page.get_by_role("button", name="Add widget"))
    user.choose(page.get_by_label("Widget type"), label="Text")
    user.fill(page.get_by_label("Markdown"), "by keys")
    user.press(page.get_by_role("button", name="Create widget"))
    expect(widget(page, "Text")).to_contain_text("by keys")
    user.press(page.get_by_role("button", name="Actions of Text"))
    user.press(page.get_by_role("menuitem", name="Duplicate"))
    expect(widget(page, "Text")).to_have_count(2)
    user.press(page.get_by_role("button", name="Save", exact=True))
    expect(page.get_by_text("Unsaved changes")).to_have_count(0)
    assert [one["properties"] for one in stored(client, name)["widgets"]] == [{"markdown": "by keys"}] * 2
    user.press(page.get_by_role("button", name="Actions", exact=True))
    user.press(page.get_by_role("menuitem", name="Delete dashboard"))
    user.fill(page.get_by_label("To confirm, type delete"), "delete")
    user.press(page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True))
    expect(page.get_by_role("heading", level=1, name="Dashboards")).to_be_visible()
    assert stored_names(client, name) == []


@pytest.mark.parametrize("kind", ["Line", "Text", "Alarm status", "Logs table"])
def test_the_form_of_each_kind_is_accessible(console, dashboard, violations, kind):
    page = console(f"cloudwatch/dashboards/{dashboard(text('x'))}")
    page.get_by_role("button", name="Add widget").click()
    page.get_by_label("Widget type").select_option(label=kind)
    assert violations(page) == []


def test_alarms_and_log_groups_are_chosen_by_their_names(console, client, dashboard, unique):
    cloudwatch, group, alarm = client("cloudwatch"), unique("/chosen/"), unique("Chosen")
    client("logs").create_log_group(logGroupName=group)
    cloudwatch.put_metric_alarm(AlarmName=alarm, Namespace="n", MetricName="m", Period=60, EvaluationPeriods=1, Statistic="Sum",
                                Threshold=1, ComparisonOperator="GreaterThanThreshold")
    name = dashboard()
    page = console(f"cloudwatch/dashboards/{name}")
    page.get_by_role("button", name="Add widget").click()
    page.get_by_label("Widget type").select_option(label="Alarm status")
    page.get_by_label("Add alarm").select_option(label=alarm)
    page.get_by_role("button", name="Create widget").click()
    expect(widget(page, "Alarms").get_by_role("link", name=alarm)).to_be_visible()
    page.get_by_role("button", name="Add widget").click()
    page.get_by_label("Widget type").select_option(label="Logs table")
    page.get_by_label("Add log group").select_option(label=group)
    page.get_by_label("Query").press_sequentially(" ")
    page.get_by_role("button", name="Create widget").click()
    expect(widget(page, "Logs").get_by_text("No data found for this time range")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Unsaved changes")).to_have_count(0)
    [alarms, logs] = stored(client, name)["widgets"]
    assert alarms["properties"]["alarms"] == [f"arn:aws:cloudwatch:us-east-1:000000000000:alarm:{alarm}"]
    assert logs["properties"]["query"].startswith(f"SOURCE '{group}' | ")


def test_a_graph_of_metrics_is_added_to_a_dashboard(console, client, dashboard, namespace, count):
    count("Graphed", 2, Shop="north")
    name = dashboard(text("first"))
    page = console("cloudwatch/metrics?statistic=Maximum")
    page.get_by_label("Namespace").select_option(namespace)
    page.get_by_label("Select Graphed").check()
    page.get_by_role("button", name="Add to dashboard").click()
    page.get_by_label("Select a dashboard").select_option(name)
    page.get_by_label("Customize the widget title").fill("Graphed here")
    page.get_by_role("dialog").get_by_role("button", name="Add to dashboard").click()
    expect(widget(page, "Graphed here").locator("canvas")).to_be_visible()
    assert stored(client, name)["widgets"][1] == {
        "type": "metric", "x": 12, "y": 0, "width": 12, "height": 6, "properties": {
            "metrics": [[namespace, "Graphed", "Shop", "north"]], "view": "timeSeries", "stacked": False, "stat": "Maximum",
            "period": 300, "region": "us-east-1", "title": "Graphed here"}}


def test_a_long_dashboard_asks_only_for_what_is_seen(console, dashboard, namespace, count):
    count("Many", 1)
    name = dashboard(*[{**metric(f"Graph {n}", [namespace, "Many"], view="singleValue"), "width": 24} for n in range(200)])
    page = console("server")
    asked = []
    page.on("request", lambda request: asked.append(request.headers.get("x-amz-target", "").endswith("GetMetricData")))
    console(f"cloudwatch/dashboards/{name}")
    expect(widget(page, "Graph 0").get_by_role("definition")).to_have_text("1")
    assert 0 < sum(asked) < 20
    widget(page, "Graph 199").scroll_into_view_if_needed()
    expect(widget(page, "Graph 199").get_by_role("definition")).to_have_text("1")
    assert sum(asked) < 60


def test_a_gauge_says_its_range_and_bars_are_as_long_as_their_values(console, every_kind):
    page = console(f"cloudwatch/dashboards/{every_kind[0]}")
    widget(page, "A gauge").scroll_into_view_if_needed()
    expect(page.get_by_role("img", name="Lost: 30, of 0 to 60")).to_be_visible()
    widget(page, "Bars").scroll_into_view_if_needed()
    bars = widget(page, "Bars").locator("rect")
    expect(bars).to_have_count(2)
    assert [float(bar.get_attribute("width")) for bar in bars.all()] == [10, 100]


def test_a_widget_is_made_a_gauge_with_its_range(console, client, dashboard, namespace, count):
    count("Orders", 7)
    name = dashboard(metric("Orders", [namespace, "Orders"], view="singleValue"))
    page = console(f"cloudwatch/dashboards/{name}")
    act(page, "Orders", "Edit")
    page.get_by_label("Widget type").select_option(label="Gauge")
    page.get_by_label("Left axis: least").fill("0")
    page.get_by_label("Left axis: most").fill("10.5")
    page.get_by_role("button", name="Update widget").click()
    expect(page.get_by_role("img", name="Orders: 7, of 0 to 10.5")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Unsaved changes")).to_have_count(0)
    assert stored(client, name)["widgets"][0]["properties"]["yAxis"] == {"left": {"min": 0, "max": 10.5}}


@pytest.fixture
def kinds(namespace, count):
    """Orders of two kinds, and the widget of one of them."""
    count("Orders", 3, Kind="new")
    count("Orders", 30, Kind="old")
    return metric("Orders", [namespace, "Orders", "Kind", "none"], view="singleValue")


def test_a_variable_that_is_searched_for_shows_another_resource(console, client, dashboard, namespace, kinds):
    variable = {"type": "property", "property": "Kind", "inputType": "select", "id": "kind", "label": "Kind of order",
                "search": f'{{{namespace},Kind}} MetricName="Orders"', "populateFrom": "Kind", "defaultValue": "__FIRST", "visible": True}
    name = dashboard(kinds, variables=[variable])
    page = console(f"cloudwatch/dashboards/{name}")
    figure = widget(page, "Orders").get_by_role("definition")
    expect(page.get_by_label("Kind of order")).to_have_value("new")
    expect(figure).to_have_text("3")
    page.get_by_label("Kind of order").select_option("old")
    expect(figure).to_have_text("30")
    page.goto(address(page))
    expect(page.get_by_label("Kind of order")).to_have_value("old")
    expect(figure).to_have_text("30")
    assert stored(client, name) == {"widgets": [kinds], "variables": [variable]}


def test_a_pattern_that_is_typed_is_put_in_when_it_is_entered_and_hidden_ones_have_their_default(console, dashboard, kinds):
    name = dashboard(kinds, text("Orders of STAGE"), variables=[
        {"type": "pattern", "pattern": "none", "inputType": "input", "id": "kind", "label": "Kind", "visible": True},
        {"type": "pattern", "pattern": "STAGE", "inputType": "radio", "id": "stage", "visible": False,
         "values": [{"value": "test"}, {"value": "prod"}], "defaultValue": "prod"}])
    page = console(f"cloudwatch/dashboards/{name}")
    expect(widget(page, "Text")).to_contain_text("Orders of prod")
    expect(page.get_by_label("STAGE")).to_have_count(0)
    figure = widget(page, "Orders").get_by_role("definition")
    expect(figure).to_have_text("--")
    page.get_by_label("Kind", exact=True).fill("old")
    page.keyboard.press("Enter")
    expect(figure).to_have_text("30")


def test_a_variable_is_created_used_and_deleted(console, client, dashboard, kinds, violations):
    name = dashboard(kinds)
    page = console(f"cloudwatch/dashboards/{name}")
    page.get_by_role("button", name="Actions", exact=True).click()
    page.get_by_role("menuitem", name="Variables").click()
    page.get_by_role("button", name="Create a variable").click()
    page.get_by_label("Property that the variable changes").fill("Kind")
    page.get_by_label("Label", exact=True).fill("Kind of order")
    page.get_by_label("Radio button").check()
    page.get_by_role("button", name="Add value").click()
    page.get_by_label("Value 1").fill("new")
    page.get_by_role("button", name="Add value").click()
    page.get_by_label("Value 2").fill("old")
    page.get_by_label("Label 2").fill("Old ones")
    page.get_by_label("The first value is chosen at first").check()
    assert violations(page) == []
    page.get_by_role("button", name="Add variable").click()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    figure = widget(page, "Orders").get_by_role("definition")
    expect(figure).to_have_text("3")
    page.get_by_label("Old ones").check()
    expect(figure).to_have_text("30")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Unsaved changes")).to_have_count(0)
    assert stored(client, name)["variables"] == [{
        "type": "property", "property": "Kind", "inputType": "radio", "id": "Kindoforder", "label": "Kind of order",
        "values": [{"value": "new"}, {"value": "old", "label": "Old ones"}], "defaultValue": "__FIRST", "visible": True}]

    page.get_by_role("button", name="Actions", exact=True).click()
    page.get_by_role("menuitem", name="Variables").click()
    page.get_by_role("button", name="Delete Kind of order").click()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(page.get_by_label("Old ones")).to_have_count(0)
    expect(figure).to_have_text("--")
