"""Lambda's layers: published from a zip file, given to a function, and deleted, by the buttons' names."""

import io
import json
import zipfile

import pytest
from keyboard import Keyboard
from looks import address
from orderly_fixtures import zip_of
from playwright.sync_api import expect

MODULE = zip_of({"python/prices.py": "def price():\n    return 42\n"})
USER = "import prices\n\ndef handler(event, context):\n    return prices.price()\n"


@pytest.fixture
def page(console):
    return console("lambda/layers")


@pytest.fixture
def layer(client, unique):
    """layer("first", "second") publishes a version with each description; what is left is deleted."""
    functions, name = client("lambda"), unique("layer")

    def publish(*descriptions):
        for description in descriptions:
            functions.publish_layer_version(LayerName=name, Description=description, Content={"ZipFile": MODULE})
        return name

    yield publish
    for version in functions.list_layer_versions(LayerName=name)["LayerVersions"]:
        functions.delete_layer_version(LayerName=name, VersionNumber=version["Version"])


def choose_zip(page, content):
    page.get_by_label("Zip file", exact=True).set_input_files({"name": "layer.zip", "mimeType": "application/zip", "buffer": content})


def fact(page, name):
    return page.locator("dt", has_text=name).locator("xpath=following-sibling::dd").first


def confirm_deletion(page):
    page.get_by_label("To confirm, type delete").fill("delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()


def test_a_layer_is_created_used_by_a_function_and_deleted(page, console, client, unique, make_function):
    name, functions = unique("a-price"), client("lambda")  # among the first choices, however many layers there are
    page.get_by_role("button", name="Create layer").click()
    expect(page.get_by_role("button", name="Create", exact=True)).to_be_disabled()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Description").fill("what things cost")
    choose_zip(page, MODULE)
    page.get_by_label("x86_64").check()
    page.get_by_label("Python 3.12").check()
    page.get_by_label("Python 3.13").check()
    page.get_by_label("Python 3.13").uncheck()
    page.get_by_label("License").fill("MIT")
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_role("heading", level=1, name=name, exact=True)).to_be_visible()
    expect(fact(page, "Compatible runtimes")).to_have_text("Python 3.12")
    made = functions.get_layer_version(LayerName=name, VersionNumber=1)
    assert (made["Description"], made["CompatibleRuntimes"], made["CompatibleArchitectures"], made["LicenseInfo"]) == (
        "what things cost", ["python3.12"], ["x86_64"], "MIT")
    arn = made["LayerVersionArn"]
    expect(page.get_by_role("button", name=f"Copy {arn}").first).to_be_visible()

    function = make_function(USER, Runtime="python3.12")
    console(f"lambda/functions/{function}")
    page.get_by_role("button", name="Add a layer").click()
    page.get_by_label("Custom layers").select_option(name)
    page.get_by_label("Version", exact=True).select_option(arn)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("link", name=name, exact=True)).to_have_attribute("href", f"/_orderly/console/lambda/layers/{name}?version=1")
    assert [one["Arn"] for one in functions.get_function_configuration(FunctionName=function)["Layers"]] == [arn]

    console(f"lambda/layers/{name}")
    page.get_by_role("button", name="Delete", exact=True).click()
    confirm_deletion(page)
    expect(page.get_by_role("heading", level=1, name="Layers", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name=name, exact=True)).to_have_count(0)
    assert functions.list_layer_versions(LayerName=name)["LayerVersions"] == []


def test_versions_are_added_shown_downloaded_and_deleted_one_by_one(console, client, layer):
    name = layer("first")
    page = console(f"lambda/layers/{name}")
    page.get_by_role("button", name="Create version").click()
    expect(page.get_by_role("heading", level=1, name=f"Create version: {name}")).to_be_visible()
    page.get_by_label("Description").fill("second")
    choose_zip(page, zip_of({"python/prices.py": "def price():\n    return 43\n"}))
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_text(f"Successfully created layer {name} version 2.")).to_be_visible()
    expect(fact(page, "Description")).to_have_text("second")

    page.get_by_role("link", name="Version 1", exact=True).click()
    expect(fact(page, "Description")).to_have_text("first")
    page.goto(address(page))
    expect(fact(page, "Description")).to_have_text("first")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download").click()
    assert saved.value.suggested_filename == f"{name}-1.zip"
    with zipfile.ZipFile(io.BytesIO(saved.value.path().read_bytes())) as package:
        assert "return 42" in package.read("python/prices.py").decode()

    page.get_by_role("button", name="Delete version 2").click()
    confirm_deletion(page)
    expect(page.get_by_text(f"Deleted version 2 of the layer {name}.")).to_be_visible()
    expect(page.get_by_role("link", name="Version 2", exact=True)).to_have_count(0)
    expect(fact(page, "Description")).to_have_text("first")
    assert [one["Version"] for one in client("lambda").list_layer_versions(LayerName=name)["LayerVersions"]] == [1]


def test_what_is_no_zip_file_is_said_and_a_refusal_keeps_the_form(page):
    page.get_by_role("button", name="Create layer").click()
    page.get_by_label("Name", exact=True).fill("no name")
    choose_zip(page, b"text")
    expect(page.get_by_text("layer.zip is no zip file that can be read.")).to_be_visible()
    expect(page.get_by_role("button", name="Create", exact=True)).to_be_disabled()
    choose_zip(page, MODULE)
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("failed to satisfy constraint")
    expect(page.get_by_label("Name", exact=True)).to_have_value("no name")


def test_the_list_shows_the_newest_version_and_hears_of_others(page, layer):
    name = layer("old", "new")
    row = page.get_by_role("row").filter(has_text=name)
    expect(row).to_contain_text("new")
    expect(row).to_contain_text(f":layer:{name}:2")
    layer("newest")
    expect(row).to_contain_text("newest")
    page.get_by_role("navigation", name="Lambda").get_by_role("link", name="Functions").click()
    expect(page.get_by_role("heading", level=1, name="Functions")).to_be_visible()


def test_a_version_is_deleted_with_the_keyboard_alone(console, client, layer):
    name = layer("first", "second")
    page = console(f"lambda/layers/{name}")
    user = Keyboard(page)
    user.press(page.get_by_role("button", name="Delete version 1"))
    user.fill(page.get_by_label("To confirm, type delete"), "delete")
    user.press(page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True))
    expect(page.get_by_text(f"Deleted version 1 of the layer {name}.")).to_be_visible()
    assert [one["Version"] for one in client("lambda").list_layer_versions(LayerName=name)["LayerVersions"]] == [2]


@pytest.mark.parametrize("look", [
    {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    {"viewport": {"width": 380, "height": 800}, "color_scheme": "light"},
], ids=["dark", "narrow"])
def test_the_pages_of_layers_are_accessible(chromium, endpoint, violations, layer, look):
    name = layer("first", "second")
    context = chromium.new_context(**look)
    page = context.new_page()
    for path, title in [("layers", "Layers"), (f"layers/{name}", name), ("create-layer", "Create layer")]:
        page.goto(f"{endpoint}/_orderly/console/lambda/{path}")
        expect(page.get_by_role("heading", level=1, name=title, exact=True)).to_be_visible()
        if path != "create-layer":
            expect(page.get_by_text("second").locator("visible=true").first).to_be_visible()
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, path
    context.close()


def test_a_version_of_a_layer_is_given_to_an_account_an_organization_and_everybody(console, client, layer, violations):
    name, functions = layer("first"), client("lambda")

    def statements():
        policy = functions.get_layer_version_policy(LayerName=name, VersionNumber=1)["Policy"]
        return {one["Sid"]: one for one in json.loads(policy)["Statement"]}

    page = console(f"lambda/layers/{name}")
    expect(page.get_by_text("No policy statements")).to_be_visible()

    def add(statement, whom, label=None, value=None):
        page.get_by_role("button", name="Add permissions").click()
        page.get_by_label("Statement ID").fill(statement)
        page.get_by_label(whom).check()
        if label:
            page.get_by_label(label).fill(value)
        assert violations(page) == []
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_role("cell", name=statement, exact=True)).to_be_visible()

    add("team", "AWS account", "Principal", "111122223333")
    add("company", "AWS organization", "Organization ID", "o-a1b2c3d4e5")
    add("all", "All accounts")
    found = statements()
    assert set(found) == {"team", "company", "all"}
    assert found["team"]["Principal"] == {"AWS": "arn:aws:iam::111122223333:root"}
    assert found["company"]["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
    assert (found["all"]["Principal"], found["all"].get("Condition")) == ("*", None)

    page.get_by_role("button", name="Delete statement company").click()
    confirm_deletion(page)
    expect(page.get_by_role("cell", name="company", exact=True)).to_have_count(0)
    assert set(statements()) == {"team", "all"}


def test_the_refusal_of_a_permission_stays_in_its_dialog(console, layer):
    page = console(f"lambda/layers/{layer('first')}")
    page.get_by_role("button", name="Add permissions").click()
    page.get_by_label("Statement ID").fill("team")
    page.get_by_label("Principal", exact=True).fill("somebody")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("principal")
    expect(page.get_by_label("Statement ID")).to_have_value("team")
