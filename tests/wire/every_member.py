"""Every member of an operation's input, made wrong in every way that a protocol can carry.

  for label, changed in variants(model, operation, base, protocol):
      request_bytes(host, service, model, operation, protocol, changed(base))

A tree is the input in Python; Raw is JSON that is sent unchanged, Text the bytes of a form's field, of a part of
the path or of a header.
"""

import base64
import datetime
import json
import urllib.parse

DEEPEST = 5
LONG = 5000
MOMENT = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
ABSENT = object()


class Raw(str):
    """JSON that is sent unchanged."""


class Text(bytes):
    """The text of a form's field, a path or a header, already percent-encoded."""


# # --- Wrong values --------------------------------------------------------------------------------

WRONG_JSON = {
    "null": "null", "true": "true", "7": "7", "0": "0", "-1": "-1", "a fraction": "1.5", "minus zero": "-0.0",
    "past every number": "1e400", "2^63": "9223372036854775808", "-2^63-1": "-9223372036854775809",
    "a text": '"x"', "an empty text": '""', "an empty list": "[]", "a list of null": "[null]",
    "a list of lists": "[[{}]]", "an empty object": "{}", "an object of null": '{"x": null}',
    "an object with an empty name": '{"": ""}',
}
TEXTS_JSON = {
    "U+0000": r'"a\u0000b"', "U+0001": r'"\u0001"', "U+000B": r'"a\u000b"', "CR LF": r'"a\r\nb"',
    "U+FFFE": r'"\ufffe"', "U+FFFF": r'"a\uffff"', "a lone surrogate": r'"a\ud800"', "beyond ASCII": '"é😀"',
    "too long": json.dumps("x" * LONG), "too long beyond ASCII": json.dumps("é" * LONG, ensure_ascii=False),
    "base64": '"YQ=="', "number text": '"1"', "markup": r'"<a>&\"]]>"',
}
TEXTS_FORM = {
    "an empty text": b"", "a text": b"x", "7": b"7", "0": b"0", "-1": b"-1", "a fraction": b"1.5",
    "minus zero": b"-0.0", "past every number": b"1e400", "2^63": b"9223372036854775808",
    "-2^63-1": b"-9223372036854775809", "true": b"true", "null": b"null", "an object": b"%7B%7D",
    "U+0000": b"a%00b", "U+0001": b"%01", "U+000B": b"a%0B", "CR LF": b"a%0D%0Ab", "U+FFFE": b"%EF%BF%BE",
    "U+FFFF": b"a%EF%BF%BF", "a surrogate": b"a%ED%A0%80", "no UTF-8": b"%FF", "a cut character": b"a%C3",
    "a broken escape": b"%zz", "beyond ASCII": b"%C3%A9%F0%9F%98%80", "too long": b"x" * LONG,
    "too long beyond ASCII": b"%C3%A9" * LONG, "base64": b"YQ%3D%3D", "markup": b"%3Ca%3E%26%22%5D%5D%3E",
}


def values_of(kind, form):
    """{label: value} to try at that place; a key of a map is always a text."""
    if form:
        return {label: Text(text) for label, text in TEXTS_FORM.items()}
    wrong = {} if kind == "key" else WRONG_JSON
    texts = TEXTS_JSON if kind in ("string", "blob", "key", "timestamp") else {"number text": '"1"', "U+0000": r'"\u0000"'}
    return {label: Raw(text) for label, text in {**wrong, **texts}.items()}


# # --- Places ------------------------------------------------------------------------------------


class Key:
    """The step from a map to the name of one of its entries."""

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return f"key {self.name}"


def resolved(model, kind):
    """The Shape of a type; a scalar is its own name."""
    while isinstance(kind, str) and kind in model.shapes:
        shape = model.shapes[kind]
        if shape.kind not in ("structure", "list", "map"):
            return shape.kind
        return shape
    return kind


def example(model, kind, depth=0):
    """A value of that type, with the required members only."""
    shape = resolved(model, kind)
    if isinstance(shape, str):
        value = model.shapes[kind].values[:1] if kind in model.shapes else []
        return value[0] if value else {"string": "x", "blob": b"x", "boolean": True, "timestamp": 1}.get(shape, 1)
    if shape.kind == "structure":
        return {name: example(model, member.type, depth + 1) for name, member in shape.members.items()
                if member.required and depth < DEEPEST}
    one = example(model, shape.element, depth + 1)
    return [one] if shape.kind == "list" else {"k": one}


def places(model, kind, tree, steps=(), seen=()):
    """The steps to every place inside the input, with the type of each."""
    shape = resolved(model, kind)
    if steps:
        yield steps, shape if isinstance(shape, str) else shape.kind
    if isinstance(shape, str) or len(steps) >= DEEPEST or seen.count(kind if isinstance(kind, str) else id(kind)) > 1:
        return
    seen = seen + (kind if isinstance(kind, str) else id(kind),)
    if shape.kind == "structure":
        for name, member in shape.members.items():
            yield from places(model, member.type, tree.get(name) if isinstance(tree, dict) else None, steps + (name,), seen)
    elif shape.kind == "list":
        yield from places(model, shape.element, tree[0] if tree else None, steps + (0,), seen)
    else:
        for name in tree or {"k": None}:
            yield steps + (Key(name),), "key"
            yield from places(model, shape.element, (tree or {}).get(name), steps + (name,), seen)


def edited(model, kind, tree, steps, value):
    """The tree with that value at the end of the steps; makes what is missing on the way."""
    if not steps:
        return value
    shape, step, rest = resolved(model, kind), steps[0], steps[1:]
    if tree is None:
        tree = example(model, kind)
    if shape.kind == "list":
        inner = edited(model, shape.element, tree[0] if tree else None, rest, value)
        return ([] if inner is ABSENT else [inner]) + list(tree[1:])
    if isinstance(step, Key):
        return {(value if name == step.name else name): one for name, one in (tree or {step.name: None}).items()}
    member = shape.members[step] if shape.kind == "structure" else None
    tree = {} if shape.union else dict(tree)
    tree[step] = edited(model, member.type if member else shape.element, tree.get(step), rest, value)
    if tree[step] is ABSENT:
        del tree[step]
    return tree


def in_text(shape, steps, protocol):
    """Is the value sent as text: in a form, in the path, in the query, in a header?"""
    return protocol == "query" or shape.members[steps[0]].location in ("path", "query", "header", "headers")


def variants(model, operation, base, protocol):
    """[(what is wrong where, the function that changes an input so)] of an operation."""
    kind = model.operations[operation].input
    shape = model.shapes[kind]

    def change(steps, value):
        return lambda tree: edited(model, kind, tree, steps, value)

    yield "as it should be", lambda tree: tree
    for steps, type_there in places(model, kind, base):
        if type_there != "key":
            yield f"{steps}: absent", change(steps, ABSENT)
        for label, value in values_of(type_there, in_text(shape, steps, protocol)).items():
            if steps[-1] == "WaitTimeSeconds" and label == "7":
                continue  # this value is right, and takes seven seconds
            yield f"{steps}: {label}", change(steps, value)


# --- Onto the wire -----------------------------------------------------------------------------


def to_json(value):
    if isinstance(value, Raw):
        return value
    if isinstance(value, dict):
        return "{" + ", ".join(f"{to_json(name)}: {to_json(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(to_json, value)) + "]"
    if isinstance(value, bytes):
        return json.dumps(base64.b64encode(value).decode())
    return json.dumps(value)


def to_text(value):
    """Percent-encoded bytes of a scalar."""
    if isinstance(value, Text):
        return bytes(value)
    if isinstance(value, bytes):
        value = base64.b64encode(value).decode()
    if isinstance(value, bool):
        value = str(value).lower()
    return urllib.parse.quote(str(value), safe="").encode()


def form_fields(model, kind, name, value, flattened=False):
    """The fields of a form: (name, value), percent-encoded."""
    shape = resolved(model, kind)
    dot = name + b"." if name else b""
    if isinstance(shape, str) or not isinstance(value, (dict, list)):
        yield name, to_text(value)
    elif shape.kind == "structure":
        for member_name, one in value.items():
            member = shape.members[member_name]
            yield from form_fields(model, member.type, dot + member.wire.encode(), one, member.flattened)
    elif shape.kind == "list":
        prefix = dot if flattened else dot + shape.item.encode() + b"."
        for number, one in enumerate(value, 1):
            yield from form_fields(model, shape.element, prefix + str(number).encode(), one)
    else:
        prefix = dot if flattened else dot + b"entry."
        for number, (key, one) in enumerate(value.items(), 1):
            numbered = prefix + str(number).encode() + b"."
            yield numbered + shape.entry[0].encode(), to_text(key)
            yield from form_fields(model, shape.element, numbered + shape.entry[1].encode(), one)


def signed_head(host, method, target, service, content_type, body, more=()):
    credential = f"Credential=000000000000/{MOMENT[:8]}/us-east-1/{service}/aws4_request"
    lines = [
        f"{method} ".encode() + target + b" HTTP/1.1",
        f"Host: {host}".encode(),
        f"X-Amz-Date: {MOMENT}".encode(),
        f"Authorization: AWS4-HMAC-SHA256 {credential}, SignedHeaders=host;x-amz-date, Signature={'0' * 64}".encode(),
        b"Content-Type: " + content_type.encode(),
        b"Content-Length: " + str(len(body)).encode(),
        *more,
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def query_request(host, service, model, operation, version, tree):
    fields = [(b"Action", operation.encode()), (b"Version", version.encode())]
    fields += form_fields(model, model.operations[operation].input, b"", tree)
    body = b"&".join(name + b"=" + value for name, value in fields)
    return signed_head(host, "POST", b"/", service, "application/x-www-form-urlencoded", body)


def json_request(host, service, model, operation, version, tree):
    body = to_json(tree).encode()
    target = f"X-Amz-Target: {model.header['target'][0]}.{operation}".encode()
    return signed_head(host, "POST", b"/", service, f"application/x-amz-json-{version}", body, [target])


def rest_request(host, service, model, operation, version, tree):
    members = model.shapes[model.operations[operation].input].members
    method, target, _ = model.operations[operation].http
    target, _, fixed = target.encode().partition(b"?")
    query, headers, body = [fixed] if fixed else [], [], {}
    payload = None
    for name, value in tree.items():
        member = members[name]
        if member.location == "path":
            target = target.replace(b"{" + member.wire.encode() + b"}", to_text(value))
        elif member.location == "query" and not isinstance(value, list):
            query.append(member.wire.encode() + b"=" + to_text(value))
        elif member.location == "query":
            query += [member.wire.encode() + b"=" + to_text(one) for one in value]
        elif member.location == "header":
            text = urllib.parse.unquote_to_bytes(to_text(value))
            if not any(byte < 0x20 for byte in text):  # a header cannot carry those
                headers.append(member.wire.encode() + b": " + text)
        elif member.location == "payload":
            payload = to_json(value).encode()
        else:
            body[name] = value
    for member in members.values():
        target = target.replace(b"{" + member.wire.encode() + b"}", b"")
    sent = payload if payload is not None else b"" if method in ("GET", "DELETE") else to_json(body).encode()
    return signed_head(host, method, target + (b"?" + b"&".join(query) if query else b""), service, "application/json",
                       sent, headers)


def request_bytes(host, service, model, operation, protocol, tree):
    name, _, version = protocol.partition("-")
    encode = {"query": query_request, "json": json_request, "rest": rest_request}[name]
    service = model.header.get("signing", [service])[0]
    return encode(host, service, model, operation, model.version if name == "query" else version, tree)
