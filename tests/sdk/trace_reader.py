"""Traces as GET /_orderly/traces answers them."""

import json
import urllib.error
import urllib.parse
import urllib.request

import pytest
from orderly_fixtures import ACCOUNT


class Traces:
    """GET /_orderly/traces of that server."""

    def __init__(self, endpoint):
        self.endpoint = endpoint

    def get(self, path, **headers):
        request = urllib.request.Request(self.endpoint + "/_orderly/traces" + path, headers=headers)
        with urllib.request.urlopen(request) as reply:
            return json.load(reply)

    def page(self, **filters):
        return self.get("?" + urllib.parse.urlencode(filters))

    def find(self, **filters):
        return self.page(**filters)["traces"]

    def hops(self, **filters):
        """The hops of the only trace that matches."""
        [trace] = self.find(**filters)
        return self.get("/" + trace["traceId"])["hops"]

    def refusal(self, path, **headers):
        with pytest.raises(urllib.error.HTTPError) as caught:
            self.get(path, **headers)
        return caught.value.code, json.load(caught.value)["message"]


def body(order):
    return json.dumps({"orderId": order, "customer": "Ada Lovelace"})


def kinds(hops):
    return [hop["kind"] for hop in hops]


def arn_of_queue(url):
    return f"arn:aws:sqs:us-east-1:{ACCOUNT}:{url.rsplit('/', 1)[1]}"
