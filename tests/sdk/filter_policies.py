"""Filter policies with messages that they take and messages that they leave, drawn from AWS's documentation:
https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html and the pages below it.

BOTH: as attributes and as a body.  ATTRIBUTES, BODY: for that scope only.
"""

INTERESTS = "customer_interests"
PRICE = "price_usd"

# (policy, messages that it takes, messages that it leaves)
BOTH = [
    # --- Exact matching, and its arrays
    ({INTERESTS: ["rugby", "tennis"]},
     [{INTERESTS: "rugby"}, {INTERESTS: "tennis"}, {INTERESTS: ["rugby", "tennis"]}, {INTERESTS: ["baseball", "rugby"]},
      {INTERESTS: "rugby", "other": "x"}],
     [{INTERESTS: "baseball"}, {INTERESTS: ["baseball"]}, {INTERESTS: "Rugby"}, {INTERESTS: "rug"}, {"other": "rugby"},
      {INTERESTS: []}]),
    # --- Anything-but matching
    ({INTERESTS: [{"anything-but": ["rugby", "tennis"]}]},
     [{INTERESTS: "baseball"}, {INTERESTS: "football"}, {INTERESTS: ["rugby", "baseball"]}],
     [{INTERESTS: "rugby"}, {INTERESTS: ["rugby"]}, {INTERESTS: ["rugby", "tennis"]}, {"other": "baseball"}]),
    ({INTERESTS: [{"anything-but": "rugby"}]},
     [{INTERESTS: "tennis"}, {INTERESTS: 5}],
     [{INTERESTS: "rugby"}]),
    # --- ... with a prefix, a suffix, a wildcard, without case
    ({"event": [{"anything-but": {"prefix": "order-"}}]},
     [{"event": "data-entry"}, {"event": "order_number"}, {"event": ["order-a", "data"]}],
     [{"event": "order-cancelled"}, {"event": "order-"}, {"event": ["order-a"]}]),
    ({"event": [{"anything-but": {"prefix": ["order-", "bill-"]}}]},
     [{"event": "data-bill-"}],
     [{"event": "order-1"}, {"event": "bill-1"}]),
    ({"file": [{"anything-but": {"suffix": ".png"}}]},
     [{"file": "a.jpg"}, {"file": ".png.jpg"}],
     [{"file": "a.png"}, {"file": ".png"}]),
    ({"file": [{"anything-but": {"suffix": [".png", ".gif"]}}]},
     [{"file": "a.jpg"}],
     [{"file": "a.png"}, {"file": "a.gif"}]),
    ({"path": [{"anything-but": {"wildcard": "*/lib/*"}}]},
     [{"path": "/usr/bin/x"}, {"path": "/lib"}],
     [{"path": "/usr/lib/x"}, {"path": "/lib/"}]),
    ({"path": [{"anything-but": {"wildcard": ["*/lib/*", "*/bin/*"]}}]},
     [{"path": "/usr/share/x"}],
     [{"path": "/usr/lib/x"}, {"path": "/usr/bin/x"}]),
    ({INTERESTS: [{"anything-but": {"equals-ignore-case": "tennis"}}]},
     [{INTERESTS: "rugby"}, {INTERESTS: "tennis2"}],
     [{INTERESTS: "TENNIS"}, {INTERESTS: "tennis"}]),
    ({INTERESTS: [{"anything-but": {"equals-ignore-case": ["tennis", "rugby"]}}]},
     [{INTERESTS: "golf"}],
     [{INTERESTS: "Tennis"}, {INTERESTS: "rugBY"}]),
    # --- Equals-ignore-case matching
    ({INTERESTS: [{"equals-ignore-case": "tennis"}]},
     [{INTERESTS: "TENNIS"}, {INTERESTS: "Tennis"}, {INTERESTS: ["golf", "tEnnis"]}],
     [{INTERESTS: "tennis "}, {INTERESTS: "golf"}, {INTERESTS: 5}]),
    # --- Addresses
    ({"source_ip": [{"cidr": "10.0.0.0/24"}]},
     [{"source_ip": "10.0.0.0"}, {"source_ip": "10.0.0.255"}, {"source_ip": "10.0.0.17"}],
     [{"source_ip": "10.1.1.0"}, {"source_ip": "10.0.1.0"}, {"source_ip": "9.255.255.255"}, {"source_ip": "somewhere"}]),
    ({"source_ip": [{"cidr": "2001:db8::/32"}]},
     [{"source_ip": "2001:db8::1"}, {"source_ip": "2001:0db8:ffff::1"}],
     [{"source_ip": "2001:db9::1"}, {"source_ip": "10.0.0.1"}]),
    # --- Prefix, suffix, wildcard
    ({INTERESTS: [{"prefix": "bas"}]},
     [{INTERESTS: "baseball"}, {INTERESTS: "basketball"}, {INTERESTS: "bas"}, {INTERESTS: ["golf", "baseball"]}],
     [{INTERESTS: "rugby"}, {INTERESTS: "ba"}, {INTERESTS: "Baseball"}, {INTERESTS: ["golf"]}]),
    ({INTERESTS: [{"suffix": "ball"}]},
     [{INTERESTS: "baseball"}, {INTERESTS: "basketball"}, {INTERESTS: "ball"}],
     [{INTERESTS: "rugby"}, {INTERESTS: "balls"}, {INTERESTS: "BALL"}]),
    ({INTERESTS: [{"prefix": {"equals-ignore-case": "BAS"}}]},
     [{INTERESTS: "baseball"}, {INTERESTS: "Basketball"}],
     [{INTERESTS: "abas"}]),
    ({INTERESTS: [{"suffix": {"equals-ignore-case": "BALL"}}]},
     [{INTERESTS: "baseball"}, {INTERESTS: "BaseBall"}],
     [{INTERESTS: "balls"}]),
    ({INTERESTS: [{"wildcard": "*ball"}]},
     [{INTERESTS: "baseball"}, {INTERESTS: "ball"}],
     [{INTERESTS: "rugby"}, {INTERESTS: "ballet"}]),
    ({INTERESTS: [{"wildcard": "b*t*l"}]},
     [{INTERESTS: "basketball"}, {INTERESTS: "btl"}],
     [{INTERESTS: "baseball"}, {INTERESTS: "btlx"}]),
    # --- Numbers
    ({PRICE: [{"numeric": ["=", 301.5]}]},
     [{PRICE: 301.5}, {PRICE: 3.015e2}, {PRICE: [100, 301.5]}],
     [{PRICE: 301.51}, {PRICE: "301.5"}, {PRICE: -301.5}]),
    ({PRICE: [301.5]}, [{PRICE: 301.5}, {PRICE: 301.50}], [{PRICE: 301}]),
    ({PRICE: [{"numeric": ["<", 0]}]}, [{PRICE: -1}, {PRICE: -0.00001}], [{PRICE: 0}, {PRICE: 1}]),
    ({PRICE: [{"numeric": ["<=", 0]}]}, [{PRICE: 0}, {PRICE: -5}], [{PRICE: 0.00001}]),
    ({PRICE: [{"numeric": [">", 0]}]}, [{PRICE: 0.00001}], [{PRICE: 0}, {PRICE: "1"}]),
    ({PRICE: [{"numeric": [">=", 0]}]}, [{PRICE: 0}, {PRICE: 1e9}], [{PRICE: -0.00001}]),
    ({PRICE: [{"numeric": [">", 0, "<=", 150]}]},
     [{PRICE: 0.5}, {PRICE: 150}, {PRICE: [151, 150]}],
     [{PRICE: 0}, {PRICE: 150.00001}, {PRICE: -1}, {PRICE: "100"}]),
    ({PRICE: [{"numeric": [">=", 10, "<", 20]}]}, [{PRICE: 10}, {PRICE: 19.99999}], [{PRICE: 20}, {PRICE: 9.99999}]),
    ({PRICE: [{"numeric": ["<", 5]}, {"numeric": [">", 100]}]}, [{PRICE: 4}, {PRICE: 101}], [{PRICE: 5}, {PRICE: 100}]),
    ({PRICE: [{"anything-but": [100, 500]}]},
     [{PRICE: 101}, {PRICE: [100, 50]}, {PRICE: "100"}],
     [{PRICE: 100}, {PRICE: 500.0}, {PRICE: [100, 500]}]),
    ({PRICE: [{"anything-but": 100}]}, [{PRICE: 99.99999}], [{PRICE: 100}]),
    # --- A key that is there, or not
    ({"store": [{"exists": True}]},
     [{"store": "fans"}, {"store": 5}, {"store": ["a"]}],
     [{INTERESTS: "rugby"}, {"store": []}]),
    ({"store": [{"exists": False}]}, [{INTERESTS: "rugby"}], [{"store": "fans"}, {"store": 5}]),
    ({"store": ["fans", {"exists": False}]}, [{"store": "fans"}, {"other": "x"}], [{"store": "other"}]),
    # --- AND, OR
    ({INTERESTS: ["rugby"], PRICE: [{"numeric": [">", 100]}]},
     [{INTERESTS: "rugby", PRICE: 105}],
     [{INTERESTS: "rugby", PRICE: 100}, {INTERESTS: "golf", PRICE: 105}, {INTERESTS: "rugby"}, {PRICE: 105}]),
    ({INTERESTS: ["rugby", "football", "baseball"]},
     [{INTERESTS: "football"}, {INTERESTS: "baseball"}],
     [{INTERESTS: "golf"}]),
    ({"source": ["aws.cloudwatch"], "$or": [{"metricName": ["CPUUtilization"]}, {"namespace": ["AWS/EC2"]}]},
     [{"source": "aws.cloudwatch", "metricName": "CPUUtilization"}, {"source": "aws.cloudwatch", "namespace": "AWS/EC2"},
      {"source": "aws.cloudwatch", "metricName": "x", "namespace": "AWS/EC2"}],
     [{"source": "aws.cloudwatch"}, {"metricName": "CPUUtilization"}, {"source": "x", "namespace": "AWS/EC2"},
      {"source": "aws.cloudwatch", "namespace": "AWS/ES"}]),
    ({"source": ["aws.cloudwatch"],
      "$or": [{"metricName": ["CPUUtilization", "ReadLatency"]}, {"namespace": ["AWS/EC2", "AWS/ES"], "unit": ["Count"]}]},
     [{"source": "aws.cloudwatch", "metricName": "ReadLatency"},
      {"source": "aws.cloudwatch", "namespace": "AWS/ES", "unit": "Count"}],
     [{"source": "aws.cloudwatch", "namespace": "AWS/ES"}, {"source": "aws.cloudwatch", "unit": "Count"}]),
    # --- The documentation's example: a shop's topic
    ({"store": ["example_corp"], "event": [{"anything-but": "order_cancelled"}],
      INTERESTS: ["rugby", "football", "baseball"], PRICE: [{"numeric": [">=", 100]}]},
     [{"store": "example_corp", "event": "order_placed", INTERESTS: ["soccer", "rugby", "hockey"], PRICE: 210.75}],
     [{"store": "example_corp", "event": "order_cancelled", INTERESTS: ["soccer", "rugby", "hockey"], PRICE: 210.75},
      {"store": "example_corp", "event": "order_placed", INTERESTS: ["soccer", "hockey"], PRICE: 210.75},
      {"store": "example_corp", "event": "order_placed", INTERESTS: ["rugby"], PRICE: 99.99},
      {"event": "order_placed", INTERESTS: ["rugby"], PRICE: 210.75}]),
    # --- true, false and null in arrays
    ({"flags": [True]}, [{"flags": [True]}, {"flags": [False, True]}], [{"flags": [False]}, {"flags": ["true"]}]),
    ({"flags": [None]}, [{"flags": [None]}, {"flags": ["a", None]}], [{"flags": ["null"]}, {"flags": "null"}]),
    ({"flags": [False, None]}, [{"flags": [False]}, {"flags": [None]}], [{"flags": [True]}, {"flags": [0]}]),
    ({"flags": [{"anything-but": ["a"]}]}, [{"flags": [None]}, {"flags": [5]}], [{"flags": ["a", "a"]}]),
    # --- Several conditions for one key
    ({"colour": ["red", "orange", {"prefix": "bl"}]},
     [{"colour": "red"}, {"colour": "orange"}, {"colour": "blue"}, {"colour": "black"}],
     [{"colour": "green"}, {"colour": "Red"}]),
    ({"size": [{"anything-but": ["small", "medium"]}]}, [{"size": "large"}], [{"size": "small"}, {"size": "medium"}]),
    ({PRICE: [{"numeric": [">=", 100, "<=", 200]}, {"numeric": [">", 300]}]},
     [{PRICE: 100}, {PRICE: 200}, {PRICE: 301}],
     [{PRICE: 99}, {PRICE: 201}, {PRICE: 300}]),
]

ATTRIBUTES = [
    ({"data": [{"exists": True}]}, [{"data": "x"}], [{"data": b"x"}, {}]),
    ({"data": [{"exists": False}]}, [{"data": b"x"}, {}], [{"data": "x"}]),
    ({"data": ["x"]}, [{"data": "x"}], [{"data": b"x"}]),
    ({INTERESTS: ["[\"rugby\"]"]}, [{INTERESTS: "[\"rugby\"]"}], [{INTERESTS: ["rugby"]}]),
]


def dotted(parts):
    return ".".join("a" * parts)


METRIC = {"Trigger": {"Namespace": ["AWS/EC2"], "Dimensions": {"name": ["InstanceId"], "value": [{"prefix": "i-"}]}}}
BODY = [
    ({"customer": {"interests": ["rugby"]}},
     [{"customer": {"interests": "rugby"}}, {"customer": {"interests": ["golf", "rugby"]}}],
     [{"customer": {"interests": "golf"}}, {"interests": "rugby"}, {"customer": "rugby"}]),
    # --- Names with dots: names in names, in policies and in messages
    ({"customer": {"interests": ["rugby"]}},
     [{"customer.interests": "rugby"}, {"customer.interests": ["golf", "rugby"]},
      {"customer": "x", "customer.interests": "rugby"}, {"customer": {"interests": "golf"}, "customer.interests": "rugby"}],
     [{"customer.interests": "golf"}, {"customer.interests.now": "rugby"}, {"customer": {"customer.interests": "rugby"}}]),
    ({"object.nested": ["v"]},
     [{"object": {"nested": "v"}}, {"object.nested": "v"}, {"object": [{"nested": "x"}, {"nested": "v"}]}],
     [{"object": {"nested": "w"}}, {"nested": "v"}, {"object": "v"}, {"object": {"object.nested": "v"}}]),
    ({"object.nested.test": ["v"]},
     [{"object": {"nested": {"test": "v"}}}, {"object.nested.test": "v"}, {"object.nested": {"test": "v"}},
      {"object": {"nested.test": "v"}}],
     [{"object": {"nested": {"test": "w"}}}, {"object.nested": "v"}]),
    ({"a.b": [1], "a.c": [2], "a": {"d": [3]}},
     [{"a.b": 1, "a.c": 2, "a.d": 3}, {"a.b": 1, "a": {"c": 2, "d": 3}}, {"a": [{"b": 1}, {"b": 1, "c": 2, "d": 3}]}],
     [{"a": [{"b": 1, "c": 2}, {"d": 3}]}, {"a.b": 1, "a.c": 2}]),
    ({"a.b": [{"exists": False}]}, [{"a": {"c": 1}}, {"a.c": 1}, {}], [{"a.b": 1}, {"a": {"b": 1}}]),
    ({"$or": [{"a.b": [1]}, {"a": {"c.d": [2]}}]}, [{"a": {"b": 1}}, {"a.c": {"d": 2}}], [{"a": {"b": 2}}]),
    # A name of 128 parts, as deep as a JSON text may be, is names in names; one of 129 is not.
    ({dotted(128): ["v"]}, [{dotted(64): {dotted(64): "v"}}, {dotted(128): "v"}], [{dotted(127): "v"}, {dotted(129): "v"}]),
    ({dotted(129): ["v"]}, [], [{dotted(64): {dotted(65): "v"}}]),
    ({"a..b": [1], ".": [2]}, [{"a": {"": {"b": 1}}, "": {"": 2}}, {"a..b": 1, ".": 2}], [{"a.b": 1, ".": 2}]),
    ({"store": [{"exists": False}]}, [{}, {"store": {"name": "x"}}], [{"store": None}, {"store": ""}]),
    ({"store": [{"exists": True}]}, [{"store": None}, {"store": False}], [{"store": {"name": "x"}}, {}]),
    ({"shop": {"store": [{"exists": False}]}}, [{"shop": {"other": 1}}, {}], [{"shop": {"store": 1}}]),
    ({"on": [True]}, [{"on": True}], [{"on": "true"}, {"on": False}, {"on": 1}]),
    ({"on": [None]}, [{"on": None}], [{"on": "null"}, {"on": False}, {}]),
    (METRIC,
     [{"Trigger": {"Namespace": "AWS/EC2", "Dimensions": [{"name": "ImageId", "value": "i-1"},
                                                          {"name": "InstanceId", "value": "i-1"}]}}],
     [{"Trigger": {"Namespace": "AWS/EC2", "Dimensions": [{"name": "InstanceId", "value": "x"},
                                                          {"name": "ImageId", "value": "i-1"}]}},
      {"Trigger": {"Namespace": "AWS/EC2", "Dimensions": []}}]),
    ({"a": {"$or": [{"b": [1]}, {"c": [2]}]}}, [{"a": {"b": 1}}, {"a": {"c": 2}}], [{"a": {"b": 2}}, {"b": 1}]),
    ({"$or": [{"a": {"b": [1]}}, {"c": [2]}]}, [{"a": {"b": 1}}, {"c": 2}], [{"a": {"b": 2}}, {"c": 1}]),
    ({"a": ["x"]}, [{"a": [["x"]]}, {"a": [["y"], "x"]}], [{"a": {"x": "x"}}]),
    ({"text": ["é\u4e2d"]}, [{"text": "é\u4e2d"}], [{"text": "e\u4e2d"}]),
]


def rows():
    """(scope, policy, message, is it taken?)"""
    for scopes, cases in ((("MessageAttributes", "MessageBody"), BOTH), (("MessageAttributes",), ATTRIBUTES),
                          (("MessageBody",), BODY)):
        for scope in scopes:
            for policy, taken, left in cases:
                yield from ((scope, policy, message, True) for message in taken)
                yield from ((scope, policy, message, False) for message in left)
