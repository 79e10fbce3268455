"""Filter patterns of CloudWatch Logs: TestMetricFilter's answers, and the kinds of patterns in FilterLogEvents."""

import time

import pytest

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TestMetricFilter.html
APACHE = [
    '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534',
    '127.0.0.1 - frank [10/Oct/2000:13:35:22 -0700] "GET /about-us/index.html HTTP/1.0" 200 5324',
    '127.0.0.1 - frank [10/Oct/2000:13:50:35 -0700] "GET /apache_pb.gif HTTP/1.0" 404 4355',
    '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /products/index.html HTTP/1.0" 400 1534',
]


def test_the_matches_of_a_pattern_come_with_their_fields(logs):
    reply = logs.test_metric_filter(filterPattern="[..., request=*.html*, status_code=4*,]", logEventMessages=APACHE)
    assert reply["matches"] == [
        {"eventNumber": 0, "eventMessage": APACHE[0], "extractedValues": {
            "$status_code": "404", "$request": "GET /index.html HTTP/1.0", "$7": "1534",
            "$4": "10/Oct/2000:13:25:15 -0700", "$3": "frank", "$2": "-", "$1": "127.0.0.1"}},
        {"eventNumber": 3, "eventMessage": APACHE[3], "extractedValues": {
            "$status_code": "400", "$request": "GET /products/index.html HTTP/1.0", "$7": "1534",
            "$4": "10/Oct/2000:13:25:15 -0700", "$3": "frank", "$2": "-", "$1": "127.0.0.1"}},
    ]


def test_other_patterns_extract_nothing(logs):
    messages = ["[ERROR] it broke", '{"level": "ERROR"}', "[INFO] all fine"]
    for pattern, number in [('"[ERROR]"', 0), ('{ $.level = "ERROR" }', 1), ("%f[a-z]ne$%", 2)]:
        reply = logs.test_metric_filter(filterPattern=pattern, logEventMessages=messages)
        assert reply["matches"] == [
            {"eventNumber": number, "eventMessage": messages[number], "extractedValues": {}}], pattern


def test_fifty_messages_are_tested_at_once_and_no_more(logs, refused):
    assert len(logs.test_metric_filter(filterPattern="", logEventMessages=["m"] * 50)["matches"]) == 50
    assert refused(logs.test_metric_filter, filterPattern="", logEventMessages=["m"] * 51)["code"] == \
        "InvalidParameterException"


@pytest.mark.parametrize("pattern, sentence", [
    ("{ $.a = 1", "If a filter pattern starts with '{' it must end with '}'"),
    ("%a(b)%", "Invalid character(s) in term 'a(b)'"),
    ("{ $.a }", "Invalid filter pattern"),
])
def test_a_bad_pattern_is_refused_with_its_reason(logs, refused, unique, pattern, sentence):
    group = f"/tests/{unique('g')}"
    logs.create_log_group(logGroupName=group)
    for call, arguments in ((logs.test_metric_filter, {"logEventMessages": ["m"]}),
                            (logs.filter_log_events, {"logGroupName": group})):
        error = refused(call, filterPattern=pattern, **arguments)
        assert (error["code"], error["message"]) == ("InvalidParameterException", sentence)


def test_every_kind_of_pattern_filters_a_group(logs, unique):
    group = f"/tests/{unique('g')}"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    lines = APACHE[:2] + ['{"orderId": "O1", "total": 12.5}', '{"orderId": "O2", "total": 7}', "a plain line"]
    at_ms = round(time.time() * 1000)
    logs.put_log_events(logGroupName=group, logStreamName="s",
                        logEvents=[{"timestamp": at_ms + i, "message": line} for i, line in enumerate(lines)])

    def found(pattern):
        events = logs.filter_log_events(logGroupName=group, filterPattern=pattern)["events"]
        return [lines.index(event["message"]) for event in events]

    assert found("[ip, ..., bytes > 2000]") == [1]
    assert found("{ $.total > 10 }") == [2]
    assert found('{ $.orderId = "O*" && $.total != 12.5 }') == [3]
    assert found("%^a\\s[a-z]+%") == [4]
    assert found("GET -about") == [0]
