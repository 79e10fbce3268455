"""What a screen is looked at with: the options of a browser's context, by name; and a page's size and address."""

LOOKS = {
    "light": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "narrow": {"viewport": {"width": 380, "height": 800}, "color_scheme": "light"},
}


def resize(page, width, height):
    """The page has that size when this returns: Chromium tells it to the page later than it answers."""
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_function("size => innerWidth === size[0] && innerHeight === size[1]", arg=[width, height])


def address(page):
    """What the page's address is now: page.url may still be what it was before the last step."""
    return page.evaluate("location.href")


def each_look(page):
    """Goes through the looks on one page, which is loaded once: yields the name of each."""
    for name, look in LOOKS.items():
        page.emulate_media(color_scheme=look["color_scheme"])
        resize(page, **look["viewport"])
        yield name


def sideways(page):
    """By how many pixels the page itself scrolls sideways."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
