"""What tests do with a page of a browser."""

import json


def js(value):
    return json.dumps(value)


def refused(page, fetch):
    """Does this fetch() fail, or return an answer that the page cannot read?"""
    return page.run(f"try {{ const r = await fetch({fetch}); return r.type === 'opaque' }} catch (e) {{ return true }}")
