"""What a screen is looked at with: the options of a browser's context, by name."""

LOOKS = {
    "light": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "narrow": {"viewport": {"width": 380, "height": 800}, "color_scheme": "light"},
}
