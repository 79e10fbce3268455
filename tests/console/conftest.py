"""The console in Chromium, of the SDK tests' server.  Each test has a browser's context and a page of its own; a script's
error fails the test."""

import os
import pathlib
import shutil
import sys

import pytest
from playwright.sync_api import expect, sync_playwright

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "sdk"), str(TESTS / "flow")]
from orderly_fixtures import *  # noqa: E402,F403

AXE = TESTS.parent / "src/console/node_modules/axe-core/axe.min.js"
PATIENCE_MS = 60_000

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def chromium():
    # The one without windows needs a third of the time.
    names = ("chromium-headless-shell", "chromium", "chromium-browser")
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    with sync_playwright() as playwright:
        flags = ["--renderer-process-limit=1"]  # else it starts spare processes, too
        # Only root's Chromium, as in containers, has no sandbox.
        if os.geteuid() == 0:
            flags.append("--no-sandbox")
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def console(chromium, endpoint):
    """console(path) opens that screen, and returns the page."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))

    def visit(path=""):
        page.goto(f"{endpoint}/_orderly/console/{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        return page

    yield visit
    context.close()
    assert errors == []


@pytest.fixture
def violations():
    """violations(page) returns what axe-core finds wrong on the page: a list of rules and elements."""

    def find(page):
        if page.evaluate("window.axe === undefined"):
            page.evaluate(AXE.read_text())
        expect(page.locator("h1").first).to_be_attached()  # a page that is still loading has none
        return page.evaluate(
            "axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.flatMap("
            "v => v.nodes.map(n => `${v.id}: ${n.html.slice(0, 200)}`)))"
        )

    return find


@pytest.fixture
def accessible(page, violations):
    """accessible() fails the test for what axe-core finds wrong on the page as it is."""

    def check():
        assert violations(page) == []

    return check
