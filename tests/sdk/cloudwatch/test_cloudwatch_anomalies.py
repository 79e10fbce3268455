"""Anomaly detection: bands of what is expected, detectors, and alarms whose threshold is a band."""

import datetime
import json
import math

import pytest
from refusals import refusal

HOUR, DAY = 3600, 86400
INVALID, COMBINATION = "InvalidParameterValue", "InvalidParameterCombination"


def moment(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)


@pytest.fixture
def now(world):
    """The beginning of an hour, in seconds; the clock is just behind it."""
    world.advance((3600000 - world.now_ms() % 3600000) / 1000 + 0.001)
    return world.now_ms() // 3600000 * 3600


@pytest.fixture
def put(world):
    """put([(seconds, value)]) stores points of Shop/load, and waits until all of them can be read."""
    stored = []

    def count():
        return sum(point["SampleCount"] for point in world.cloudwatch.get_metric_statistics(
            Namespace="Shop", MetricName="load", Period=DAY, Statistics=["SampleCount"], StartTime=moment(min(stored)),
            EndTime=moment(max(stored) + 60))["Datapoints"])

    def store(points):
        for first in range(0, len(points), 1000):
            world.cloudwatch.put_metric_data(Namespace="Shop", MetricData=[
                {"MetricName": "load", "Timestamp": moment(at), "Value": value} for at, value in points[first : first + 1000]])
        stored.extend(at for at, _ in points)
        world.wait_until(lambda: count() == len(stored))

    return store


def query(period=3600, stat="Average", name="load", **more):
    return {"Id": "m1", "MetricStat": {"Metric": {"Namespace": "Shop", "MetricName": name}, "Period": period, "Stat": stat}, **more}


@pytest.fixture
def band(world):
    """band(start, end): [(seconds, lower, upper)] of m1."""

    def read(start, end, expression="ANOMALY_DETECTION_BAND(m1, 2)", **more):
        results = world.cloudwatch.get_metric_data(
            MetricDataQueries=[query(ReturnData=False, **more), {"Id": "ad1", "Expression": expression}],
            StartTime=moment(start), EndTime=moment(end), ScanBy="TimestampAscending")["MetricDataResults"]
        upper, lower = results
        assert (upper["Id"], upper["Label"], lower["Id"], lower["Label"]) == ("ad1", "m1 (upper)", "ad1", "m1 (lower)")
        assert upper["Timestamps"] == lower["Timestamps"]
        return [(round(at.timestamp()), low, high) for at, low, high in zip(upper["Timestamps"], lower["Values"], upper["Values"])]

    return read


def spread(values, width=2):
    mean = sum(values) / len(values)
    deviation = width * math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))
    return pytest.approx(mean - deviation), pytest.approx(mean + deviation)


def test_an_hour_with_enough_values_has_a_band_of_its_own(put, band, now):
    """Four values in each hour: of the week, when there are three at least."""
    history = [(at, 10 + at // HOUR % 168 + at // 900 % 4) for at in range(now - 14 * DAY + 2 * HOUR, now, 900)]
    put(history)
    found = band(now, now + 3 * HOUR, period=900)
    assert [at for at, _, _ in found] == list(range(now, now + 3 * HOUR, 900))
    for at, lower, upper in found:
        same = [value for then, value in history if (then // HOUR - at // HOUR) % 168 == 0]
        assert len(same) == (8 if at >= now + 2 * HOUR else 4) and (lower, upper) == spread(same)
    assert band(now, now + HOUR, "ANOMALY_DETECTION_BAND(m1, 0.5)", period=900)[0][1:] == spread(
        [value for then, value in history if (then // HOUR - now // HOUR) % 168 == 0], 0.5)
    assert band(now, now + HOUR, "ANOMALY_DETECTION_BAND(m1)", period=900) == band(now, now + HOUR, period=900)


def test_hours_with_fewer_values_are_judged_by_the_hour_of_the_day_and_then_by_all(put, band, now):
    by_day = [(now - day * DAY, day) for day in (1, 2, 3)]  # one value for each of three hours of the week
    put(by_day)
    [(_, lower, upper), (_, lower_of_all, upper_of_all)] = band(now, now + 2 * HOUR)
    assert (lower, upper) == spread([1, 2, 3]) and (lower_of_all, upper_of_all) == spread([1, 2, 3])
    put([(now - 5 * HOUR, 50)])
    [(_, lower, upper), (_, lower_of_all, upper_of_all)] = band(now, now + 2 * HOUR)
    assert (lower, upper) == spread([1, 2, 3]) and (lower_of_all, upper_of_all) == spread([1, 2, 3, 50])


def test_nothing_is_expected_from_less_than_three_values_or_from_older_ones(put, band, now):
    put([(now - 10 * DAY, 1), (now - 10 * DAY + HOUR, 2), (now + HOUR, 3)])
    assert band(now, now + HOUR) == []
    put([(now - 9 * DAY, 4)])
    assert len(band(now, now + HOUR)) == 1
    assert len(band(now + 4 * DAY, now + 4 * DAY + HOUR)) == 1  # the first one is two weeks old
    assert len(band(now + 5 * DAY, now + 5 * DAY + HOUR)) == 0  # two are left: the third, and the later one


def test_a_band_may_be_of_an_expression(world, put, now):
    put([(now - number * HOUR, number) for number in range(1, 6)])
    results = world.cloudwatch.get_metric_data(
        MetricDataQueries=[query(ReturnData=False), {"Id": "e1", "Expression": "m1 * 10", "Period": 3600, "ReturnData": False},
                           {"Id": "ad1", "Expression": "ANOMALY_DETECTION_BAND(e1, 1)"}],
        StartTime=moment(now), EndTime=moment(now + HOUR))["MetricDataResults"]
    assert (results[1]["Values"][0], results[0]["Values"][0]) == spread([10, 20, 30, 40, 50], 1)


def test_ten_bands_are_computed_and_one_more_is_refused(world, put, now):
    put([(now - number * HOUR, number) for number in range(1, 6)])

    def ask(count):
        return world.cloudwatch.get_metric_data(
            MetricDataQueries=[query(), *({"Id": f"b{number}", "Expression": "ANOMALY_DETECTION_BAND(m1)"} for number in range(count))],
            StartTime=moment(now), EndTime=moment(now + HOUR))["MetricDataResults"]

    assert len(ask(10)) == 21
    assert refusal(ask, 11) == ("ValidationError", "Error in expression 'b10': more than 10 bands in a request")


# --- detectors


@pytest.fixture
def described(world):
    def read(**more):
        return world.cloudwatch.describe_anomaly_detectors(**more)["AnomalyDetectors"]

    return read


METRIC = {"Namespace": "Shop", "MetricName": "load", "Stat": "Average"}


def test_times_that_a_detector_excludes_are_left_out(world, put, band, described, now):
    put([(now - number * HOUR, 1) for number in range(1, 5)] + [(now - 5 * HOUR, 1000)])
    assert band(now, now + HOUR)[0][2] > 900
    excluded = {"ExcludedTimeRanges": [{"StartTime": moment(now - 5 * HOUR), "EndTime": moment(now - 4 * HOUR)}]}
    world.cloudwatch.put_anomaly_detector(SingleMetricAnomalyDetector=METRIC, Configuration=excluded)
    assert band(now, now + HOUR) == [(now, 1, 1)]
    assert band(now, now + HOUR, stat="Maximum")[0][2] > 900  # a detector is for one statistic
    later = {"ExcludedTimeRanges": [{"StartTime": moment(now - 4 * HOUR), "EndTime": moment(now)}]}
    world.cloudwatch.put_anomaly_detector(SingleMetricAnomalyDetector=METRIC, Configuration=later)
    assert band(now, now + HOUR) == []  # one value is left
    [detector] = described()
    assert detector["Configuration"] == later
    world.cloudwatch.delete_anomaly_detector(SingleMetricAnomalyDetector=METRIC)
    assert band(now, now + HOUR)[0][2] > 900


def test_detectors_are_described_and_deleted(world, put, described, now):
    cloudwatch = world.cloudwatch
    dimensions = [{"Name": "b", "Value": "2"}, {"Name": "a", "Value": "1"}]
    first = cloudwatch.put_anomaly_detector(SingleMetricAnomalyDetector=METRIC)["AnomalyDetectorId"]
    second = cloudwatch.put_anomaly_detector(Namespace="Shop", MetricName="other", Stat="p90", Dimensions=dimensions)["AnomalyDetectorId"]
    math_ = {"MetricDataQueries": [query(ReturnData=False), {"Id": "e1", "Expression": "m1 * 2", "ReturnData": True}]}
    third = cloudwatch.put_anomaly_detector(MetricMathAnomalyDetector=math_)["AnomalyDetectorId"]
    assert cloudwatch.put_anomaly_detector(**METRIC)["AnomalyDetectorId"] == first  # the same one
    ordered = sorted(dimensions, key=lambda one: one["Name"])
    of_first = {"AnomalyDetectorId": first, **METRIC, "StateValue": "PENDING_TRAINING", "SingleMetricAnomalyDetector": METRIC}
    of_second = {"AnomalyDetectorId": second, "Namespace": "Shop", "MetricName": "other", "Stat": "p90", "Dimensions": ordered,
                 "StateValue": "PENDING_TRAINING", "SingleMetricAnomalyDetector": {
                     "Namespace": "Shop", "MetricName": "other", "Stat": "p90", "Dimensions": ordered}}
    of_third = {"AnomalyDetectorId": third, "StateValue": "PENDING_TRAINING", "MetricMathAnomalyDetector": math_}

    def bare(found):
        """Without empty lists, in the order of ids."""
        text = json.loads(json.dumps(found), object_hook=lambda one: {name: value for name, value in one.items() if value != []})
        return sorted(text, key=lambda one: one["AnomalyDetectorId"])

    def ordered_by_id(*detectors):
        return sorted(detectors, key=lambda one: one["AnomalyDetectorId"])

    everything = described(AnomalyDetectorTypes=["METRIC_MATH", "SINGLE_METRIC"])
    assert [one.pop("Configuration") for one in everything] == [{"ExcludedTimeRanges": []}] * 3
    assert bare(everything) == ordered_by_id(of_first, of_second, of_third)
    of_first["Configuration"] = of_second["Configuration"] = of_third["Configuration"] = {}
    assert bare(described()) == ordered_by_id(of_first, of_second)
    assert bare(described(AnomalyDetectorTypes=["METRIC_MATH"])) == [of_third]
    assert bare(described(MetricName="other")) == bare(described(Dimensions=dimensions)) == bare(described(AnomalyDetectorIds=[second])) == [of_second]
    assert described(Namespace="Elsewhere") == []
    page = cloudwatch.describe_anomaly_detectors(MaxResults=1)
    rest = cloudwatch.describe_anomaly_detectors(MaxResults=1, NextToken=page["NextToken"])
    assert bare(page["AnomalyDetectors"] + rest["AnomalyDetectors"]) == ordered_by_id(of_first, of_second) and "NextToken" not in rest
    put([(now - HOUR, 1)])
    assert {one["StateValue"] for one in described(MetricName="load")} == {"TRAINED"}
    assert [one["StateValue"] for one in described(AnomalyDetectorTypes=["METRIC_MATH"])] == ["TRAINED"]
    cloudwatch.delete_anomaly_detector(AnomalyDetectorId=first)
    cloudwatch.delete_anomaly_detector(Namespace="Shop", MetricName="other", Stat="p90", Dimensions=dimensions[::-1])
    cloudwatch.delete_anomaly_detector(MetricMathAnomalyDetector=math_)
    assert described(AnomalyDetectorTypes=["METRIC_MATH", "SINGLE_METRIC"]) == []
    missing = ("ResourceNotFoundException", "The anomaly detector does not exist.")
    assert refusal(cloudwatch.delete_anomaly_detector, AnomalyDetectorId=first) == missing
    assert refusal(cloudwatch.delete_anomaly_detector, **METRIC) == missing
    assert refusal(cloudwatch.delete_anomaly_detector, MetricMathAnomalyDetector=math_) == missing


TOGETHER = "SingleMetricAnomalyDetector, MetricMathAnomalyDetector, and the parameters of a metric cannot be used together."


@pytest.mark.parametrize("wrong, code, sentence", [
    ({}, "MissingParameter", "The parameter Namespace is required."),
    ({"Namespace": "Shop"}, "MissingParameter", "The parameter MetricName is required."),
    ({"SingleMetricAnomalyDetector": {"Namespace": "Shop", "MetricName": "m"}}, "MissingParameter", "The parameter Stat is required."),
    ({**METRIC, "SingleMetricAnomalyDetector": METRIC}, COMBINATION, TOGETHER),
    ({"Stat": "Sum", "MetricMathAnomalyDetector": {"MetricDataQueries": [query()]}}, COMBINATION, TOGETHER),
    ({"SingleMetricAnomalyDetector": {**METRIC, "AccountId": "999999999999"}}, INVALID,
     "Orderly reads metrics of the request's own account only."),
    ({"MetricMathAnomalyDetector": {"MetricDataQueries": [query(ReturnData=False)]}}, "ValidationError",
     "Exactly one element of the metrics list should return data."),
    ({**METRIC, "Configuration": {"ExcludedTimeRanges": [{"StartTime": moment(2), "EndTime": moment(2)}]}}, INVALID,
     "The StartTime of an excluded time range must be before its EndTime."),
    ({**METRIC, "Configuration": {"ExcludedTimeRanges": [{"StartTime": moment(1), "EndTime": moment(2)}] * 11}}, INVALID,
     "ExcludedTimeRanges has at most 10 time ranges."),
    ({"MetricMathAnomalyDetector": {"MetricDataQueries": [query()]},
      "Configuration": {"ExcludedTimeRanges": [{"StartTime": moment(1), "EndTime": moment(2)}]}}, INVALID,
     "Orderly excludes time ranges of metrics only; see docs/compatibility.md."),
])
def test_a_wrong_detector_is_refused(world, wrong, code, sentence):
    found = refusal(world.cloudwatch.put_anomaly_detector, **wrong)
    assert (found[0].removesuffix("Exception").replace("MissingRequiredParameter", "MissingParameter"), found[1]) == (code, sentence)


# --- alarms


def calm(now):
    """10 and 11 by turns, over eight days."""
    return [(now - 300 * number, 10 + number % 2) for number in range(1, 8 * 288)]


def alarm_of_band(world, operator="LessThanLowerOrGreaterThanUpperThreshold", **more):
    world.cloudwatch.put_metric_alarm(**{
        "AlarmName": "deep", "EvaluationPeriods": 1, "ComparisonOperator": operator, "ThresholdMetricId": "ad1",
        "Metrics": [query(60, ReturnData=True), {"Id": "ad1", "Expression": "ANOMALY_DETECTION_BAND(m1, 2)", "ReturnData": True}], **more})


@pytest.mark.parametrize("operator, states", [
    ("LessThanLowerOrGreaterThanUpperThreshold", ["OK", "ALARM", "OK", "ALARM"]),
    ("GreaterThanUpperThreshold", ["OK", "ALARM", "OK", "OK"]),
    ("LessThanLowerThreshold", ["OK", "OK", "OK", "ALARM"]),
])
def test_an_alarm_compares_with_the_band_on_the_virtual_clock(world, put, now, operator, states):
    put(calm(now))
    alarm_of_band(world, operator)
    described = world.described()
    assert (described["ThresholdMetricId"], "Threshold" in described, described["ComparisonOperator"]) == ("ad1", False, operator)
    for value, state in zip((10.5, 13, 10.5, 8), states):
        minute = world.next_minute()
        put([(round(minute.timestamp()), value)])
        world.advance(66)
        world.becomes(state)


def test_the_reason_names_the_edges_of_the_band(world, put, now):
    put(calm(now))
    alarm_of_band(world)
    minute = world.next_minute()
    put([(round(minute.timestamp()), 100)])
    world.advance(66)
    world.becomes("ALARM")
    alarm, when = world.described(), minute.strftime("%d/%m/%y %H:%M:%S")
    data = json.loads(alarm["StateReasonData"])
    [lower], [upper] = data["recentLowerThresholds"], data["recentUpperThresholds"]
    assert 9 <= lower <= 10 and 11 <= upper <= 12 and "threshold" not in data and data["recentDatapoints"] == [100]
    assert alarm["StateReason"] == (
        f"Thresholds Crossed: 1 out of the last 1 datapoints [100.0 ({when})] was less than the lower thresholds [{lower}] or "
        f"greater than the upper thresholds [{upper}] (minimum 1 datapoint for OK -> ALARM transition).")


def test_without_a_band_there_is_insufficient_data(world, now, put):
    alarm_of_band(world)
    minute = world.next_minute()
    put([(round(minute.timestamp()), 100)])
    world.advance(66)
    world.becomes("INSUFFICIENT_DATA")


@pytest.mark.parametrize("wrong, sentence", [
    ({"Threshold": 1.0}, "Only one of Threshold or ThresholdMetricId can be set for an alarm."),
    ({"ThresholdMetricId": None},
     "The comparison operator requires ThresholdMetricId, the id of an ANOMALY_DETECTION_BAND expression."),
    ({"ComparisonOperator": "GreaterThanThreshold"}, "The comparison operator does not support ThresholdMetricId."),
    ({"Metrics": None}, "ThresholdMetricId requires the parameter Metrics."),
    ({"ThresholdMetricId": "other", "Metrics": [query(60), {"Id": "ad1", "Expression": "ANOMALY_DETECTION_BAND(m1)", "ReturnData": False}]}, "ThresholdMetricId is the id of an ANOMALY_DETECTION_BAND expression in Metrics."),
    ({"Metrics": [query(60), {"Id": "ad1", "Expression": "m1 * 2"}]}, "Error in expression 'ad1': it is not an ANOMALY_DETECTION_BAND"),
    ({"Metrics": [query(60), {"Id": "ad1", "Expression": "ANOMALY_DETECTION_BAND(m2)"}]},
     "Error in expression 'ad1': an id that the request does not have"),
    ({"Metrics": [query(60), {**query(60), "Id": "m2"}, {"Id": "ad1", "Expression": "ANOMALY_DETECTION_BAND(m1)"}]},
     "Exactly one element of the metrics list should return data."),
])
def test_a_wrong_alarm_of_a_band_is_refused(world, wrong, sentence):
    settings = {"AlarmName": "deep", "EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanUpperThreshold", "ThresholdMetricId": "ad1",
                "Metrics": [query(60), {"Id": "ad1", "Expression": "ANOMALY_DETECTION_BAND(m1)"}], **wrong}
    assert refusal(world.cloudwatch.put_metric_alarm, **{name: value for name, value in settings.items() if value is not None}) == (
        "ValidationError", sentence)
