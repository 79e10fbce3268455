"""What is asked before something that was typed is lost, and where the focus of a keyboard goes with a dialog."""

import json

import pytest
from playwright.sync_api import expect

LEAVES = "() => dispatchEvent(new Event('beforeunload', {cancelable: true}))"  # what a reload and a closed tab ask
LEAVE = "Leave this page? What you have changed here is not saved, and is lost."
CLOSE = "Close this? What you have typed here is not saved, and is lost."
LONG, SHORT = "x" * 40, "x" * 39


@pytest.fixture
def questions():
    """questions(page, yes, …) answers as many questions, and returns the list of what is asked."""

    def answer(page, *answers):
        asked, waiting = [], list(answers)

        def hear(dialog):
            asked.append(dialog.message)
            if waiting.pop(0):
                dialog.accept()
            else:
                dialog.dismiss()

        page.on("dialog", hear)
        return asked

    return answer


@pytest.fixture
def topic(client, unique):
    return client("sns").create_topic(Name=unique("topic"))["TopicArn"]


@pytest.fixture
def publishing(console, topic):
    page = console(f"sns/topics/{topic.rsplit(':', 1)[1]}")
    page.get_by_role("button", name="Publish message").or_(page.get_by_role("link", name="Publish message")).first.click()
    return page


def body(page):
    return page.get_by_label("Message body to send to the endpoint")


def list_of_topics(page):
    return page.get_by_role("link", name="SNS", exact=True).first


def test_a_link_asks_before_a_long_text_is_lost(publishing, questions):
    asked = questions(publishing, False, True)
    body(publishing).fill(LONG)
    list_of_topics(publishing).click()
    assert asked == [LEAVE]
    expect(body(publishing)).to_have_value(LONG)
    list_of_topics(publishing).click()
    expect(publishing.get_by_role("heading", level=1, name="Topics")).to_be_visible()
    assert asked == [LEAVE] * 2 and publishing.evaluate(LEAVES)


def test_back_asks_and_the_page_stays_as_it_is(publishing, questions, topic):
    asked = questions(publishing, False, True)
    body(publishing).fill(LONG)
    at = publishing.url
    with publishing.expect_event("dialog"):
        publishing.evaluate("history.back()")
    publishing.wait_for_function("at => location.href === at && history.state === null", arg=at)
    expect(body(publishing)).to_have_value(LONG)
    publishing.evaluate("history.back()")
    expect(publishing.get_by_role("heading", level=1, name=topic.rsplit(":", 1)[1])).to_be_visible()
    assert asked == [LEAVE] * 2


def test_a_short_text_is_not_asked_about(publishing, questions):
    asked = questions(publishing)
    body(publishing).fill(SHORT)
    assert publishing.evaluate(LEAVES)
    list_of_topics(publishing).click()
    expect(publishing.get_by_role("heading", level=1, name="Topics")).to_be_visible()
    assert asked == []


def test_a_reload_asks_until_the_text_has_been_sent(publishing):
    body(publishing).fill(LONG)
    assert not publishing.evaluate(LEAVES)
    publishing.get_by_role("button", name="Publish message").click()
    expect(publishing.get_by_role("heading", name="Message published")).to_be_visible()
    assert publishing.evaluate(LEAVES)


def test_code_that_is_not_deployed_is_asked_about_until_it_is_discarded(console, make_function, questions):
    name = make_function("def handler(event, context):\n    return event\n")
    page = console(f"lambda/functions/{name}")
    asked = questions(page, False)
    editor = page.get_by_role("textbox", name="index.py")
    editor.click()
    page.keyboard.insert_text("#")
    expect(page.get_by_text("Changes not deployed")).to_be_visible()
    assert not page.evaluate(LEAVES)
    page.get_by_role("tab", name="Configuration").click()
    assert not page.evaluate(LEAVES)
    page.get_by_role("link", name="Lambda", exact=True).first.click()
    assert asked == [LEAVE]
    page.get_by_role("tab", name="Code").click()
    page.get_by_role("button", name="Discard changes").click()
    expect(page.get_by_text("Changes not deployed")).to_be_hidden()
    assert page.evaluate(LEAVES)


@pytest.fixture
def dashboard(client, console, unique):
    name = unique("dashboard")
    client("cloudwatch").put_dashboard(DashboardName=name, DashboardBody=json.dumps({"widgets": []}))
    return console(f"cloudwatch/dashboards/{name}")


def choose(page, name):
    page.get_by_role("button", name="Actions").press("Enter")
    page.get_by_role("menuitem", name=name).press("Enter")


def test_escape_closes_a_dialog_with_a_long_text_only_after_a_question(dashboard, questions):
    asked = questions(dashboard, False, True)
    choose(dashboard, "View/edit source")
    dialog = dashboard.get_by_role("dialog")
    editor = dialog.get_by_role("textbox")
    editor.click()
    dashboard.keyboard.press("Control+a")
    dashboard.keyboard.insert_text('{"widgets": [], "periodOverride": "auto"}')
    dashboard.keyboard.press("Escape")
    assert asked == [CLOSE]
    expect(editor).to_be_visible()
    dashboard.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert asked == [CLOSE] * 2


def test_a_dialog_begins_in_its_first_field_and_gives_the_focus_back_to_the_menu(dashboard):
    choose(dashboard, "Save dashboard as…")
    expect(dashboard.get_by_role("dialog").get_by_role("textbox").first).to_be_focused()
    dashboard.keyboard.press("Escape")
    expect(dashboard.get_by_role("dialog")).to_be_hidden()
    expect(dashboard.get_by_role("button", name="Actions")).to_be_focused()


def test_enter_deletes_once_the_word_is_complete(console, client, topic):
    page = console(f"sns/topics/{topic.rsplit(':', 1)[1]}")
    page.get_by_role("button", name="Delete", exact=True).first.press("Enter")
    field = page.get_by_label("To confirm, type delete me")
    expect(field).to_be_focused()
    page.keyboard.insert_text("delete m")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("button", name="Delete")).to_be_disabled()
    page.keyboard.insert_text("e")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("heading", level=1, name="Topics")).to_be_visible()
    assert topic not in [one["TopicArn"] for one in client("sns").list_topics()["Topics"]]


def test_a_dialog_that_opens_as_another_one_ends_stays_open(console, client, unique):
    name = unique("queue")
    client("sqs").create_queue(QueueName=name)
    page = console(f"sqs/queues/{name}")
    purge, dialog = page.get_by_role("button", name="Purge", exact=True), page.get_by_role("dialog")
    purge.first.click()
    expect(dialog).to_be_visible()
    heard = page.evaluate("""async () => {
        const named = name => [...document.querySelectorAll('button')].find(one => one.textContent.trim() === name)
        const first = document.querySelector('dialog')
        const closed = new Promise(resolve => first.addEventListener('close', () => resolve('closed'), {once: true}))
        const purge = named('Purge')
        named('Cancel').click()
        while (first.isConnected) await Promise.resolve()
        purge.click()
        return await closed
    }""")
    assert heard == "closed"
    expect(dialog).to_have_count(1)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
