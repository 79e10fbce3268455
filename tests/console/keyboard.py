"""A page that is used with the keyboard alone: each control is reached by Tab.

Keyboard(page) has the few things that the tutorials do with a mouse, under the same names as Mouse.
"""

import re

from playwright.sync_api import expect

MOST_TABS = 400
MOST_ARROWS = 40

# Where the focus is, as seen by an element: "reached" (a radio button is reached with any of its group), or how often to
# press Tab before looking again. So often at least, for each look takes as long as some keys: once for each element on the
# way that surely takes the focus, up to a code editor, which keeps it.
WHERE = """e => {
  const root = e.getRootNode(), within = root.activeElement, active = document.activeElement
  if (!e.isConnected) return "replaced"
  if (e.disabled) return "disabled"
  if (e.contains(within) || (e.type === "radio" && within?.type === "radio" && within.name === e.name)) return "reached"
  if (active?.classList.contains("code")) return "code"
  const target = root.host?.closest(".code") ?? e
  const group = one => e.type === "radio" && one.type === "radio" && one.name === e.name
  const around = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document
  const next = [...around.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex], .code")].filter(one =>
    active.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING && !one.disabled
    && one.checkVisibility({visibilityProperty: true}) && (one.tabIndex >= 0 || one.matches(".code"))
    && (one.type !== "radio" || one.checked || group(one)))
  const last = next.findIndex(one => one.matches(".code") || target.contains(one) || group(one))
  const ahead = active.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_FOLLOWING
  return Math.max(last < 0 && !ahead ? next.length : last + 1, 1)
}"""
FOCUSED = "e => e.contains(e.getRootNode().activeElement)"


class Mouse:
    """As most people work."""

    def __init__(self, page):
        self.page = page

    def press(self, control):
        control.click()

    def fill(self, field, text):
        """In the code editor, fill() may lose its selection between the choice of the old text and the new one."""
        if field.evaluate("e => e.isContentEditable"):
            field.click()
            self.page.keyboard.press("Control+a")
            self.page.keyboard.insert_text(text)
        else:
            field.fill(text)

    def choose(self, select, **option):
        select.select_option(**option)

    def check(self, choice):
        choice.check()


def write_code(page, label, text):
    """Replaces the content of the code editor with that label."""
    Mouse(page).fill(page.get_by_role("textbox", name=label), text)


class Keyboard:
    def __init__(self, page):
        self.page = page
        self.keys = page.keyboard

    def press(self, control):
        """Tabs and the items of menus are reached by the arrows, once Tab has reached their list."""
        expect(control).to_be_visible()
        role = control.get_attribute("role")
        if role == "tab":
            self.go_to(self.page.get_by_role("tablist").first)
            self.arrow_until("ArrowRight", control, FOCUSED)
        elif role == "menuitem":
            self.arrow_until("ArrowDown", control, FOCUSED)
        else:
            self.go_to(control)
        self.keys.press("Enter")

    def fill(self, field, text):
        self.go_to(field)
        self.keys.press("Control+a")
        self.keys.insert_text(text)

    def choose(self, select, label):
        """The list of choices may still be loaded."""
        expect(select.locator("option").filter(has_text=re.compile(f"^{re.escape(label)}$"))).to_be_attached()
        self.go_to(select)
        self.arrow_until("ArrowDown", select, "(e, label) => e.selectedOptions[0]?.label === label", label)

    def check(self, choice):
        """Tab reaches one button of a group of radio buttons; the arrows reach the others."""
        expect(choice).to_be_visible()
        if choice.get_attribute("type") != "radio":
            self.go_to(choice)
            if not choice.is_checked():
                self.keys.press("Space")
            return
        self.go_to(choice)
        self.arrow_until("ArrowDown", choice, "e => e.checked")

    def arrow_until(self, arrow, control, reached, wanted=None):
        for _ in range(MOST_ARROWS):
            if control.evaluate(reached, wanted):
                return
            self.keys.press(arrow)
        raise AssertionError(f"{control} is not reached by the arrows")

    def go_to(self, control):
        """Its element is searched for once, and again when the page has replaced it."""
        expect(control).to_be_visible()
        element = control.element_handle()
        left = MOST_TABS
        while left > 0:
            where = element.evaluate(WHERE)
            if where == "reached":
                return
            left -= 1
            if where == "replaced":
                element = control.element_handle()
            elif where == "disabled":
                expect(control).to_be_enabled()
            elif where == "code":
                self.keys.press("Control+m")  # in the code editor Tab is a character, until this
                self.keys.press("Tab")
            else:
                for _ in range(where):
                    self.keys.press("Tab")
                left -= where
        raise AssertionError(f"{control} is not reached by Tab")


def has_focus(locator):
    return locator.evaluate(FOCUSED)
