"""SEARCH(), SORT() and the functions of arrays and times in metric math; labels with values."""

import datetime

import pytest
from refusals import refusal

MINUTE = datetime.timedelta(minutes=1)


@pytest.fixture
def start(world):
    """Midnight of a Friday that has passed, well within the last two weeks."""
    today = datetime.datetime.fromtimestamp(world.now_ms() // 86400000 * 86400, datetime.timezone.utc)
    return today - datetime.timedelta(days=(today.weekday() - 4) % 7 or 7)


@pytest.fixture
def put(world, start):
    def store(name, values, namespace="Shop", minute=0, **dimensions):
        world.cloudwatch.put_metric_data(Namespace=namespace, MetricData=[
            {"MetricName": name, "Value": value, "Timestamp": start + (minute + number) * MINUTE,
             "Dimensions": [{"Name": key, "Value": text} for key, text in dimensions.items()]}
            for number, value in enumerate(values)])

    return store


@pytest.fixture
def ask(world, start):
    def results(expression, *more, minutes=10, **arguments):
        queries = [{"Id": "e", "Expression": expression, "Period": 60}, *more]
        return world.cloudwatch.get_metric_data(MetricDataQueries=queries, StartTime=start, EndTime=start + minutes * MINUTE,
                                                ScanBy="TimestampAscending", **arguments)["MetricDataResults"]

    return results


@pytest.fixture
def shop(put):
    put("OrdersPlaced", [3], Shop="north", Kind="web")
    put("OrdersPlaced", [5], Shop="south", Kind="web")
    put("OrdersPlaced", [4], Shop="north", Kind="phone")
    put("OrdersFailed", [1], Shop="north", Kind="web")
    put("HTTPRequestCount2xx", [7], Shop="north")
    put("Load", [9])
    put("OrdersPlaced", [8], namespace="Other/Shop", Shop="west", Kind="web")


SEARCHES = [
    ("{Shop,Shop,Kind}", [1, 3, 4, 5]), ("{Shop,Kind,Shop}", [1, 3, 4, 5]), ("{Shop}", [9]), ("{Shop,Shop}", [7]), ("{Shop,Kind}", []),
    ('{"Shop","Shop"}', [7]), ('{Shop,Shop,Kind} MetricName="OrdersPlaced"', [3, 4, 5]), ('{Shop,Shop,Kind} MetricName="Orders"', []),
    ("{Shop,Shop,Kind} MetricName=orders", [1, 3, 4, 5]), ("{Shop,Shop,Kind} placed", [3, 4, 5]), ("{Shop,Shop,Kind} PLACED", [3, 4, 5]),
    ("{Shop,Shop,Kind} place", []), ("{Shop,Shop,Kind} OrdersPlaced", [3, 4, 5]), ("{Shop,Shop,Kind} Shop=north", [1, 3, 4]),
    ('{Shop,Shop,Kind} Shop="north" Kind="web"', [1, 3]), ('{Shop,Shop,Kind} Shop="north" AND Kind="web"', [1, 3]),
    ('{Shop,Shop,Kind} Shop="south" OR Kind="phone"', [4, 5]), ('{Shop,Shop,Kind} placed (Shop="south" OR Kind="phone")', [4, 5]),
    ('{Shop,Shop,Kind} Shop=("south" OR north) NOT failed', [3, 4, 5]), ("{Shop,Shop,Kind} NOT web", [4]),
    ('Namespace="Other/Shop"', [8]), ("west", [8]), ("http request", [7]), ("request http", [7]), ("http-request", [7]), ("request-http", []), ("count 2xx", [7]), ("HTTPRequestCount2xx", [7]),
    ('"north" phone', [4]), ("nothing", []), ('MetricName="Load"', [9]), ("shop load", [9]),
]


@pytest.mark.parametrize("search, values", SEARCHES)
def test_searches(shop, ask, search, values):
    found = ask(f"SEARCH('{search}', 'Sum', 60)")
    assert sorted(result["Values"][0] for result in found) == values


def test_the_labels_of_what_is_found_tell_the_series_apart(shop, ask):
    assert sorted(one["Label"] for one in ask("SEARCH('{Shop,Shop,Kind} placed', 'Sum', 60)")) == ["phone north", "web north", "web south"]
    assert sorted(one["Label"] for one in ask("SEARCH('{Shop,Shop,Kind} Shop=north web', 'Sum', 60)")) == [
        "OrdersFailed web north", "OrdersPlaced web north"]
    assert [one["Label"] for one in ask("SEARCH('MetricName=\"Load\"', 'Sum')")] == ["Load"]


@pytest.mark.parametrize("expression, problem", [
    ("SEARCH('', 'Sum', 60)", "SEARCH() without a term, or with more than its terms"),
    ("SEARCH('{Shop', 'Sum', 60)", "a schema in SEARCH() without its end"), ("SEARCH('{}', 'Sum', 60)", "a schema in SEARCH() without a name"),
    ("SEARCH('(a', 'Sum', 60)", "a parenthesis in SEARCH() without its end"), ("SEARCH('a)', 'Sum', 60)", "SEARCH() without a term, or with more than its terms"),
    ("SEARCH('a=', 'Sum', 60)", "a term in SEARCH() is missing"), ("SEARCH('\"a', 'Sum', 60)", "a text in SEARCH() without its closing quote"),
    ("SEARCH('a', 'Summe', 60)", "an unknown statistic in SEARCH()"), ("SEARCH('a', 'Sum', 61)", "a period in SEARCH() that is none, or too short for the range"),
    ("SEARCH('a', 'Sum', 10^30)", "the period of SEARCH() is a number of seconds"), ("SEARCH('a', 'Sum', 0/0)", "the period of SEARCH() is a number of seconds"),
    ("SLICE(METRICS(), 0/0)", "SLICE() of what the array does not have"), ("SEARCH('a', Sum, 60)", "a text in quotes is missing"), ("SEARCH('a')", "SEARCH() takes a text, a statistic and a period"),
    ("SEARCH('" + "(" * 50 + "a" + ")" * 50 + "', 'Sum', 60)", "SEARCH() with too many levels"),
    ("SORT(METRICS(), MEDIAN, ASC)", "SORT() takes an array and AVG, MIN, MAX or SUM"),
    ("SORT(METRICS(), MAX, UP)", "SORT() takes an array, AVG, MIN, MAX or SUM, ASC or DESC, and a limit"),
    ("SORT(METRICS(), MAX, ASC, 0)", "SORT() takes an array, AVG, MIN, MAX or SUM, ASC or DESC, and a limit"),
    ("SLICE(METRICS(), 1)", "SLICE() of what the array does not have"),
    ("ANOMALY_DETECTION_BAND(nothing, 2)", "an id that the request does not have"),
    ("ANOMALY_DETECTION_BAND(e, 2)", "ANOMALY_DETECTION_BAND() of another band"),
    ("ANOMALY_DETECTION_BAND(m, 0)", "ANOMALY_DETECTION_BAND() takes an id and a number of standard deviations"),
    ("ANOMALY_DETECTION_BAND(m, 1001)", "ANOMALY_DETECTION_BAND() takes an id and a number of standard deviations"),
    ("ANOMALY_DETECTION_BAND(1, 2)", "an id that the request does not have"),
    ("ANOMALY_DETECTION_BAND()", "ANOMALY_DETECTION_BAND() takes an id and a number of standard deviations"),
])
def test_what_cannot_be_read_is_refused(ask, expression, problem):
    m = {"Id": "m", "MetricStat": {"Metric": {"Namespace": "Shop", "MetricName": "Load"}, "Period": 60, "Stat": "Sum"}}
    assert refusal(ask, expression, m) == ("ValidationError", f"Error in expression 'e': {problem}")


def test_fifty_levels_of_a_search_are_read(ask):
    assert ask("SEARCH('" + "(" * 49 + "a" + ")" * 49 + "', 'Sum', 60)") == []


def test_at_most_five_hundred_series_are_found(world, ask, start, wait_until):
    world.cloudwatch.put_metric_data(Namespace="Shop", MetricData=[
        {"MetricName": "n", "Value": number, "Timestamp": start, "Dimensions": [{"Name": "Number", "Value": f"{number:03}"}]}
        for number in range(501)])
    wait_until(lambda: len(ask("SEARCH('{Shop,Number}', 'Sum', 60)")) == 500)
    [total] = ask("SUM(SEARCH('{Shop,Number}', 'Sum', 60))")
    assert total["Values"] == [sum(range(500))]


def test_a_page_counts_the_points_of_all_series(world, put, start):
    for number in range(10):
        put("n", range(20), Number=str(number))
    query = [{"Id": "e", "Expression": "SEARCH('{Shop,Number}', 'Sum', 60)", "Period": 60}]
    arguments = {"MetricDataQueries": query, "StartTime": start, "EndTime": start + 20 * MINUTE, "ScanBy": "TimestampAscending"}
    pages, more = [], {}
    while not pages or "NextToken" in pages[-1]:
        pages.append(world.cloudwatch.get_metric_data(**arguments, MaxDatapoints=100, **more))
        more = {"NextToken": pages[-1].get("NextToken")}
    assert [sum(len(one["Values"]) for one in page["MetricDataResults"]) for page in pages] == [100, 100]


# --- Arrays and times --------------------------------------------------------------------------


def found(results):
    return [one["Values"] for one in results]


@pytest.mark.parametrize("expression, values", [
    ("SORT(s, MAX, DESC)", [[1, 9], [4, 5], [3, 3]]), ("SORT(s, MAX, ASC)", [[3, 3], [4, 5], [1, 9]]),
    ("SORT(s, MIN, ASC)", [[1, 9], [3, 3], [4, 5]]), ("SORT(s, SUM, DESC, 2)", [[1, 9], [4, 5]]), ("SORT(s, AVG, ASC, 1)", [[3, 3]]),
    ("REMOVE_EMPTY(s)", [[1, 9], [3, 3], [4, 5]]), ("SLICE(SORT(s, MAX, DESC), 1, 3)", [[4, 5], [3, 3]]),
    ("SLICE(SORT(s, MAX, DESC), 1)", [[4, 5], [3, 3]]), ("DATAPOINT_COUNT(FIRST(s)) * FIRST(s)", [[2, 18]]),
    ("DATAPOINT_COUNT(SLICE(s, 1))", [[2, 2]]), ("METRIC_COUNT(s) * SLICE(s, 1, 2)", [[12, 12]]), ("METRIC_COUNT(SLICE(s, 3)) * LAST(SLICE(s, 2, 3))", [[4, 5]]),
])
def test_functions_of_arrays(put, ask, expression, values):
    for kind, points in (("a", [1, 9]), ("b", [3, 3]), ("c", [4, 5])):
        put("n", points, Kind=kind)
    put("n", [7], minute=30, Kind="d")  # outside the range: no points
    assert found(ask(expression.replace("s", "SEARCH('{Shop,Kind}', 'Sum', 60)"))) == values


def test_an_array_and_one_with_fewer_series(put, ask):
    for kind, points in (("a", [1]), ("b", [2]), ("c", [3])):
        put("n", points, Kind=kind)
    three, two, none = (f"SEARCH('{{Shop,Kind}} {which}', 'Sum', 60)" for which in ("", "NOT c", "nothing"))
    assert found(ask(f"{three} + {two}")) == found(ask(f"{two} + {three}")) == [[2], [4], []]
    assert found(ask(f"{three} + {none}")) == found(ask(f"{none} + {three}")) == [[], [], []]
    assert found(ask(f"{none} + {none}")) == []


def test_functions_of_times(put, ask, start):
    put("n", [1, 1], minute=9 * 60 + 29)
    m = {"Id": "m", "MetricStat": {"Metric": {"Namespace": "Shop", "MetricName": "n"}, "Period": 60, "Stat": "Sum"}, "ReturnData": False}
    at = start + (9 * 60 + 29) * MINUTE
    for function, values in (("EPOCH", [at.timestamp() + 60 * minute for minute in range(-2, 31)]),
                             ("MINUTE", [*range(27, 60)]), ("HOUR", [9] * 33), ("DAY", [5] * 33),
                             ("DATE", [at.day] * 33), ("MONTH", [at.month] * 33), ("YEAR", [at.year] * 33)):
        [result] = ask(f"{function}(m)", m, minutes=600)  # each period has a value, also where the metric has none
        assert (len(result["Values"]), result["Values"][-33:]) == (600, values), function


# --- Labels ------------------------------------------------------------------------------------


@pytest.mark.parametrize("label, labels", [
    ("Filled:", ["Filled: a", "Filled: b"]), ("", ["a", "b"]), ("${MAX} of ${LABEL}", ["2 of a", "3 of b"]), ("${MAX}", ["2", "3"]),
])
def test_the_label_of_an_array_comes_before_those_of_its_series(world, put, start, label, labels):
    put("a", [2])
    put("b", [3])
    stats = [{"Id": name, "MetricStat": {"Metric": {"Namespace": "Shop", "MetricName": name}, "Period": 60, "Stat": "Sum"},
              "ReturnData": False} for name in "ab"]
    found = world.cloudwatch.get_metric_data(StartTime=start, EndTime=start + MINUTE, MetricDataQueries=[
        *stats, {"Id": "e", "Expression": "FILL(METRICS(), 0)", "Label": label}])["MetricDataResults"]
    assert [one["Label"] for one in found] == labels


@pytest.fixture
def label(world, put, start):
    put("n", [4, 1, 7.5, 2], Kind="web")

    def of(text, values=True, **arguments):
        name = "n" if values else "none"
        stat = {"Metric": {"Namespace": "Shop", "MetricName": name, "Dimensions": [{"Name": "Kind", "Value": "web"}]},
                "Period": 60, "Stat": "Sum"}
        [result] = world.cloudwatch.get_metric_data(
            MetricDataQueries=[{"Id": "m", "MetricStat": stat, "Label": text}], StartTime=start, EndTime=start + 10 * MINUTE,
            **arguments)["MetricDataResults"]
        return result["Label"]

    return of


@pytest.mark.parametrize("text, shown", [
    ("plain", "plain"), ("${LABEL}", "n"), ("${AVG} ${SUM} ${DATAPOINT_COUNT}", "3.625 14.5 4"), ("${MIN}-${MAX}", "1-7.5"),
    ("${FIRST}..${LAST}", "4..2"), ("${MIN_MAX_RANGE} ${FIRST_LAST_RANGE}", "6.5 -2"), ("${MIN_MAX_TIME_RANGE}", "1m"),
    ("${FIRST_LAST_TIME_RANGE}", "3m"), ("${PROP('MetricName')} ${PROP('Namespace')}", "n Shop"),
    ("${PROP('Dim.Kind')} ${PROP('Stat')} ${PROP('Period')} ${PROP('Region')}", "web Sum 60 us-east-1"),
    ("${NOTHING} ${PROP('Dim.No')} ${", "${NOTHING} ${PROP('Dim.No')} ${"), ("a${MAX}b${MAX}c", "a7.5b7.5c"),
])
def test_labels(label, text, shown):
    assert label(text) == shown


def test_labels_with_times(label, start):
    day = start.strftime("%Y-%m-%d")
    assert label("${MAX_TIME} ${MIN_TIME} ${FIRST_TIME} ${LAST_TIME}") == f"{day} 00:02 {day} 00:01 {day} 00:00 {day} 00:03"
    assert label("${MAX_TIME}", LabelOptions={"Timezone": "+0130"}) == f"{day} 01:32"
    before = (start - datetime.timedelta(days=1)).strftime("%Y-%m-%d")
    assert label("${MAX_TIME}", LabelOptions={"Timezone": "-0003"}) == f"{before} 23:59"
    for wrong in ("UTC", "0130", "+2400", "+0160", "+1:30"):
        assert refusal(label, "x", LabelOptions={"Timezone": wrong}) == (
            "ValidationError", f"The value {wrong} for parameter Timezone is not supported: it is +hhmm or -hhmm.")


def test_labels_of_what_has_no_points(label):
    assert label("${LABEL} ${DATAPOINT_COUNT} ${SUM} ${MAX} ${AVG} ${LAST_TIME}", values=False) == (
        "none 0 0 ${MAX} ${AVG} ${LAST_TIME}")


@pytest.mark.parametrize("expression, problem", [
    ("SELECT MAX(Orders) FROM Shop", "a query of Metrics Insights, which Orderly does not have"),
    ('INSIGHT_RULE_METRIC("rule", "Sum")', "a text that no function takes"), ("SERVICE_QUOTA(1)", "an unknown function"),
    ("1 + ?", "an unknown sign")])
def test_what_metric_math_does_not_have_is_told(ask, expression, problem):
    assert refusal(ask, expression) == ("ValidationError", f"Error in expression 'e': {problem}")


@pytest.mark.parametrize("operation, why", [
    ("list_metric_streams", "Orderly has no Firehose"), ("describe_insight_rules", "Orderly has no Contributor Insights"),
    ("list_alarm_mute_rules", "DisableAlarmActions silences alarms")])
def test_what_is_not_here_is_refused_with_the_reason(world, operation, why):
    assert why in refusal(getattr(world.cloudwatch, operation))[1]
