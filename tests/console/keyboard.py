"""A page that is used with the keyboard alone: each control is reached by Tab.

Keyboard(page) has the few things that the tutorials do with a mouse, under the same names as Mouse.
"""

from playwright.sync_api import expect

MOST_TABS = 400
MOST_ARROWS = 40

# Where the focus is, as seen by an element; a radio button is reached with any of its group.
WHERE = """e => {
  const active = e.getRootNode().activeElement
  if (!e.isConnected) return "replaced"
  if (e.contains(active) || (e.type === "radio" && active?.type === "radio" && active.name === e.name)) return "reached"
  return document.activeElement?.classList.contains("code") ? "code" : "elsewhere"
}"""


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
            self.arrow_until("ArrowRight", lambda: has_focus(control), control)
        elif role == "menuitem":
            self.arrow_until("ArrowDown", lambda: has_focus(control), control)
        else:
            self.go_to(control)
        self.keys.press("Enter")

    def fill(self, field, text):
        self.go_to(field)
        self.keys.press("Control+a")
        self.keys.insert_text(text)

    def choose(self, select, value=None, label=None):
        self.go_to(select)
        chosen = "s => s.selectedOptions[0]?." + ("label" if label else "value")
        self.arrow_until("ArrowDown", lambda: select.evaluate(chosen) == (label or value), label or value)

    def check(self, choice):
        """Tab reaches one button of a group of radio buttons; the arrows reach the others."""
        expect(choice).to_be_visible()
        if choice.get_attribute("type") != "radio":
            self.go_to(choice)
            if not choice.is_checked():
                self.keys.press("Space")
            return
        self.go_to(choice)
        self.arrow_until("ArrowDown", choice.is_checked, choice)

    def arrow_until(self, arrow, reached, what):
        for _ in range(MOST_ARROWS):
            if reached():
                return
            self.keys.press(arrow)
        raise AssertionError(f"{what} is not reached by the arrows")

    def go_to(self, control):
        """Its element is searched for once, and again when the page has replaced it."""
        expect(control).to_be_visible()
        expect(control).to_be_enabled()
        element = control.element_handle()
        for _ in range(MOST_TABS):
            where = element.evaluate(WHERE)
            if where == "reached":
                return
            if where == "replaced":
                element = control.element_handle()
                continue
            if where == "code":
                self.keys.press("Control+m")  # in the code editor Tab is a character, until this
            self.keys.press("Tab")
        raise AssertionError(f"{control} is not reached by Tab")


def has_focus(locator):
    return locator.evaluate("e => e.contains(e.getRootNode().activeElement)")
