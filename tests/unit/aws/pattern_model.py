"""An independent model of event patterns, and random patterns and events for it.

The model is the documentation's text, not the C code's structure: an event is first taken apart into all the values
that each path has, and a pattern is a set of conditions on paths.
"""

import ipaddress
import json
import re
from decimal import Decimal

TEXTS = ["", "a", "ab", "abc", "Ab", "b", "ba", "cab", "10.0.0.1", "10.0.1.1", "a*b", "x", "null", "5"]
NUMBERS = ["0", "5", "5.0", "-1", "1e1", "10", "2.5", "2.500001", "2.50001", "999999999", "-7.25"]
WORDS = ["null", "true", "false"]
KEYS = ["k", "l", "m", "n"]


class Number(str):
    """A number as it is written."""


def dumps(value):
    """JSON whose numbers are written as they came."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{dumps(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(dumps, value)) + "]"
    return json.dumps(value)


# --- The model ---------------------------------------------------------------------------------


def figure(number):
    """Five digits after the point count."""
    return round(Decimal(number) * 100000)


def number_is(operator, left, right):
    return {"=": left == right, "<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator]


def wildcard_pattern(text):
    parts = re.split(r"(\\.|\*)", text)
    return "".join(".*" if part == "*" else re.escape(part[1] if part.startswith("\\") else part) for part in parts if part)


def same(one, other):
    if isinstance(one, Number) and isinstance(other, Number):
        return figure(one) == figure(other)
    return type(one) is type(other) and one == other


def text_has(operator, operand, text):
    if operator == "equals-ignore-case":
        return text.lower() == operand.lower()
    if operator in ("prefix", "suffix"):
        if isinstance(operand, dict):
            operand, text = operand["equals-ignore-case"].lower(), text.lower()
        return text.startswith(operand) if operator == "prefix" else text.endswith(operand)
    if operator == "wildcard":
        return re.fullmatch(wildcard_pattern(operand), text, re.DOTALL) is not None
    if operator == "cidr":
        try:
            return ipaddress.ip_address(text) in ipaddress.ip_network(operand)
        except ValueError:
            return False
    raise AssertionError(operator)


def as_list(value):
    return value if isinstance(value, list) else [value]


def takes(condition, value):
    """Does the condition take the value, which is there and is neither a list nor an object?"""
    if not isinstance(condition, dict):
        return same(condition, value)
    [(operator, operand)] = condition.items()
    is_text = isinstance(value, str) and not isinstance(value, Number)
    if operator == "exists":
        return operand
    if operator == "numeric":
        pairs = zip(operand[::2], operand[1::2])
        return isinstance(value, Number) and all(number_is(sign, figure(value), figure(bound)) for sign, bound in pairs)
    if operator == "anything-but":
        if isinstance(operand, dict):
            [(inner, texts)] = operand.items()
            return not (is_text and any(text_has(inner, text, value) for text in as_list(texts)))
        return not any(same(one, value) for one in as_list(operand))
    return is_text and text_has(operator, operand, value)


def leaves(value):
    """The values of a field: of a list, those of its elements."""
    if isinstance(value, list):
        return [leaf for one in value for leaf in leaves(one)]
    return [] if isinstance(value, dict) else [value]


def objects(value):
    if isinstance(value, list) and value:
        return [one for item in value for one in objects(item)]
    return [value if isinstance(value, dict) else {}]


def values_at(value, path):
    """All values of the path, in all elements of the lists on it."""
    if isinstance(value, list):
        return [found for one in value for found in values_at(one, path)]
    if not path:
        return leaves(value)
    return values_at(value[path[0]], path[1:]) if isinstance(value, dict) and path[0] in value else []


def matches(pattern, event, whole=None, path=()):
    whole = event if whole is None else whole
    for key, wanted in pattern.items():
        if key == "$or":
            if not any(matches(one, event, whole, path) for one in wanted):
                return False
        elif isinstance(wanted, dict):
            if not any(matches(wanted, one, whole, (*path, key)) for one in objects(event.get(key, {}))):
                return False
        else:
            values = leaves(event[key]) if key in event else []
            absent = {"exists": False} in wanted and not values_at(whole, (*path, key))
            if not absent and not any(takes(condition, value) for condition in wanted for value in values):
                return False
    return True


# --- Random patterns and events ----------------------------------------------------------------


def scalar(random):
    kind = random.random()
    if kind < 0.5:
        return random.choice(TEXTS)
    return Number(random.choice(NUMBERS)) if kind < 0.85 else json.loads(random.choice(WORDS))


def bounds(random):
    if random.random() < 0.6:
        return [random.choice(["=", "<", "<=", ">", ">="]), Number(random.choice(NUMBERS))]
    low, high = sorted(random.sample(["-8", "-1", "0", "2.5", "5", "10", "11"], 2), key=Decimal)
    return [random.choice([">", ">="]), Number(low), random.choice(["<", "<="]), Number(high)]


def exception(random):
    kind = random.random()
    if kind < 0.25:
        return random.choice(TEXTS)
    if kind < 0.4:
        return Number(random.choice(NUMBERS))
    if kind < 0.6:
        return random.sample(TEXTS, random.randint(1, 3))
    if kind < 0.7:
        return [Number(one) for one in random.sample(NUMBERS, random.randint(1, 3))]
    operator = random.choice(["prefix", "suffix", "wildcard", "equals-ignore-case"])
    operands = WILDCARDS if operator == "wildcard" else [text for text in TEXTS if text]
    return {operator: random.choice(operands) if random.random() < 0.5 else random.sample(operands, 2)}


WILDCARDS = ["*", "a*", "*b", "a*b", "*a*", "a*b*c", "ab", "*.0.*", "a\\**"]
CIDRS = ["10.0.0.0/24", "10.0.0.0/15", "10.0.0.1/31", "0.0.0.0/0", "2001:db8::/32"]


def condition(random):
    operator = random.choice(["value"] * 4 + ["prefix", "suffix", "wildcard", "cidr", "equals-ignore-case", "exists",
                                              "numeric", "numeric", "anything-but", "anything-but"])
    if operator == "value":
        return scalar(random)
    if operator in ("prefix", "suffix"):
        text = random.choice(TEXTS)
        return {operator: text if random.random() < 0.7 else {"equals-ignore-case": text}}
    operand = {
        "wildcard": lambda: random.choice(WILDCARDS),
        "cidr": lambda: str(ipaddress.ip_network(random.choice(CIDRS), strict=False)),
        "equals-ignore-case": lambda: random.choice(TEXTS),
        "exists": lambda: random.random() < 0.5,
        "numeric": lambda: bounds(random),
        "anything-but": lambda: exception(random),
    }[operator]()
    return {operator: operand}


def pattern(random, depth=0):
    made = {}
    for key in random.sample(KEYS, random.choice([1, 1, 2, 2, 3])):
        if depth < 2 and random.random() < 0.2:
            made[key] = pattern(random, depth + 1)
        else:
            made[key] = [condition(random) for _ in range(random.choice([1, 1, 2, 3]))]
    if depth == 0 and random.random() < 0.15:
        made["$or"] = [pattern(random, 2) for _ in range(2)]
    return made


def value(random, depth):
    kind = random.random()
    if kind < 0.65:
        return scalar(random)
    if kind < 0.85:
        return [value(random, depth + 1) for _ in range(random.randint(0, 3))] if depth < 3 else []
    return event(random, depth + 1) if depth < 3 else {}


def event(random, depth=0):
    return {key: value(random, depth) for key in random.sample(KEYS, random.randint(0 if depth else 1, 4))}


def value_near(random, wanted):
    """A value that one of the conditions perhaps takes."""
    one = random.choice(wanted)
    if not isinstance(one, dict):
        return one
    [(operator, operand)] = one.items()
    if operator in ("prefix", "suffix", "equals-ignore-case") and isinstance(operand, str):
        return random.choice(["x" + operand, operand + "x", operand, operand.upper()])
    if operator == "numeric":
        return Number(random.choice(operand[1::2])) if random.random() < 0.4 else Number(random.choice(NUMBERS))
    if operator == "cidr":
        return random.choice(["10.0.0.1", "10.0.1.1", "2001:db8::7"])
    return scalar(random)


def event_near(random, pattern):
    """An event that the pattern perhaps takes."""
    made = event(random)
    for key, wanted in pattern.items():
        if key == "$or":
            made.update(event_near(random, random.choice(wanted)))
        elif isinstance(wanted, dict):
            made[key] = event_near(random, wanted)
            if random.random() < 0.3:
                made[key] = [event(random, 2), made[key]]
        elif wanted == [{"exists": False}] and random.random() < 0.8:
            made.pop(key, None)
        else:
            made[key] = value_near(random, wanted)
            if random.random() < 0.2:
                made[key] = [scalar(random), made[key]]
    return made
