"""Where the focus is when the keyboard alone is used: it stays where somebody works, and is never out of sight."""

import re

import orderly_server
import pytest
from keyboard import Keyboard, has_focus
from looks import resize
from playwright.sync_api import expect

NARROW = 360, 740


@pytest.fixture
def queue(make_queue):
    return make_queue().rsplit("/", 1)[1]


def test_the_link_to_the_content_leads_there_and_keeps_the_page(console, queue):
    page = console(f"sqs/queues/{queue}?tab=tags")
    expect(page.get_by_role("tab", name="Tagging", selected=True)).to_be_visible()
    page.evaluate("window.same = true")
    steps = page.evaluate("history.length")
    page.keyboard.press("Tab")
    assert has_focus(page.get_by_role("link", name="To the content"))
    page.keyboard.press("Enter")
    assert has_focus(page.locator("main"))
    expect(page).to_have_url(re.compile(rf"/{queue}\?tab=tags$"))
    assert page.evaluate("[window.same, history.length]") == [True, steps]
    page.keyboard.press("Tab")
    assert has_focus(page.get_by_role("navigation", name="Breadcrumbs").get_by_role("link").first)


def hold(page, words):
    """Requests with those words in their address or their form wait; returns the list of those that wait."""
    held = []

    def keep(route):
        if words in route.request.url or words in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    page.route("**/*", keep)
    return held


def draw(page):
    """What was pressed has had its effect."""
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def wait_for_one(page, held):
    """Waits until a request is held; there is no other one."""
    orderly_server.wait_until(lambda: draw(page) or held, what="the request")
    draw(page)
    assert len(held) == 1


def test_a_button_that_works_keeps_the_focus_and_is_not_pressed_twice(console, queue):
    page = console(f"sqs/queues/{queue}/messages")
    peek = page.get_by_role("button", name="Peek at messages")
    expect(peek).to_be_enabled()
    held = hold(page, "/_aws/sqs/messages")
    peek.focus()
    page.keyboard.press("Enter")
    expect(peek).to_have_attribute("aria-busy", "true")
    expect(peek).to_be_disabled()
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    draw(page)
    assert has_focus(peek)
    wait_for_one(page, held)
    held.pop().continue_()
    expect(peek).to_be_enabled()
    assert has_focus(peek)
    page.keyboard.press("Enter")
    expect(peek).to_be_disabled()
    wait_for_one(page, held)
    held.pop().abort()


def test_who_removes_a_row_goes_on_in_its_list(console, queue):
    page = console(f"sqs/queues/{queue}/messages")
    add = page.get_by_role("button", name="Add new attribute")
    remove = [page.get_by_role("button", name=f"Remove attribute {n}") for n in (1, 2)]
    for _ in remove:
        add.press("Enter")
    remove[0].press("Enter")
    expect(remove[1]).to_have_count(0)
    expect(remove[0]).to_be_focused()
    page.keyboard.press("Enter")
    expect(remove[0]).to_have_count(0)
    expect(add).to_be_focused()


def test_who_removes_a_message_attribute_goes_on_at_the_button_that_adds_one(console, client, unique):
    name = unique("topic")
    topic = client("sns").create_topic(Name=name)["TopicArn"]
    page = console(f"sns/topics/{topic}/publish")
    add = page.get_by_role("button", name="Add another attribute")
    add.press("Enter")
    page.get_by_role("button", name="Remove attribute 1").press("Enter")
    expect(add).to_be_focused()


def test_who_removes_an_attribute_of_an_item_goes_on_at_the_button_that_adds_one(console, client, unique):
    table = unique("table")
    client("dynamodb").create_table(
        TableName=table,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    page = console(f"dynamodb/tables/{table}/item")
    add = page.get_by_role("button", name="Add new attribute")
    add.press("Enter")
    page.get_by_role("menuitem", name="Map", exact=True).press("Enter")
    insert = page.get_by_role("button", name="Insert a field into")
    insert.press("Enter")
    page.get_by_role("menuitem", name="String", exact=True).press("Enter")
    remove = page.get_by_role("button", name="Remove")
    expect(remove).to_have_count(2)
    remove.nth(1).press("Enter")
    expect(remove).to_have_count(1)
    expect(insert).to_be_focused()
    remove.press("Enter")
    expect(remove).to_have_count(0)
    expect(add).to_be_focused()


def test_what_is_found_has_the_focus_in_its_page(console):
    page = console("sqs/queues")
    expect(page.locator("i.live")).to_be_visible()  # the page listens to keys, too
    page.keyboard.press("/")
    page.get_by_role("combobox", name="A page, a queue").fill("Clock and state")
    expect(page.get_by_role("listbox", name="Found").get_by_role("option").first).to_contain_text("Clock and state")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Clock and state")).to_be_visible()
    expect(page.locator("main")).to_be_focused()


def test_a_refused_form_keeps_the_focus_and_is_sent_once_at_a_time(console):
    page = console("sns/create-topic")
    name, create = page.get_by_label("Name", exact=True), page.get_by_role("button", name="Create topic")
    name.fill("no such name!")
    held = hold(page, "CreateTopic")
    create.focus()
    page.keyboard.press("Enter")
    expect(create).to_be_disabled()
    page.keyboard.press("Enter")
    name.press("Enter")
    wait_for_one(page, held)
    create.focus()
    held.pop().continue_()
    expect(page.get_by_role("alert")).to_contain_text("Invalid parameter")
    assert has_focus(create)
    page.keyboard.press("Enter")
    expect(create).to_be_disabled()
    wait_for_one(page, held)
    held.pop().abort()


def test_what_the_arrows_choose_in_the_finder_is_in_sight(console, client, unique):
    name = unique("sight")
    for i in range(40):
        client("sqs").create_queue(QueueName=f"{name}-{i:02}")
    page = console()
    expect(page.locator("i.live")).to_be_visible()  # the page listens to keys, too
    page.keyboard.press("/")
    field = page.get_by_role("combobox", name="A page, a queue")
    field.fill(name)
    options = page.locator("[role=option]")
    expect(options).to_have_count(41)  # the last one looks for traces

    def chosen_in_sight():
        at = page.locator("[role=option][aria-selected=true]").bounding_box()
        whole = page.get_by_role("listbox").bounding_box()
        return whole["y"] <= at["y"] and at["y"] + at["height"] <= whole["y"] + whole["height"]

    for key, times in (("ArrowDown", 30), ("ArrowUp", 29), ("ArrowUp", 2)):
        for _ in range(times):
            field.press(key)
            assert chosen_in_sight()
    expect(options.last).to_have_attribute("aria-selected", "true")


def test_on_a_narrow_page_the_list_of_services_closes_with_escape_and_with_any_of_its_links(console):
    page = console("sqs/queues")
    resize(page, *NARROW)
    services = page.get_by_role("navigation", name="Services")
    expect(services).to_be_hidden()
    Keyboard(page).press(page.get_by_role("button", name="Open the list of services"))
    expect(services).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(services).to_be_hidden()
    expect(page.get_by_role("button", name="Open the list of services")).to_be_focused()
    for name in ("SQS", "SNS"):
        page.keyboard.press("Enter") if name == "SQS" else page.get_by_role("button", name="Open the list of services").click()
        services.get_by_role("link", name=name, exact=True).click()
        expect(services).to_be_hidden()
    expect(page.get_by_role("heading", level=1, name="Topics")).to_be_visible()


def test_who_deletes_from_a_list_goes_on_in_it(console, queue):
    """The button that was pressed is disabled: nothing is chosen any more."""
    page = console("sqs/queues")
    page.get_by_role("searchbox", name="Search queues").fill(queue)
    page.get_by_role("row").filter(has_text=queue).get_by_role("checkbox").press("Space")
    page.get_by_role("button", name="Delete", exact=True).press("Enter")
    field = page.get_by_role("dialog").get_by_role("textbox")
    expect(field).to_be_focused()
    page.keyboard.insert_text(queue)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("region", name="Queues")).to_be_focused()
