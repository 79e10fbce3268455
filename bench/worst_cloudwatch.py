"""The worst requests that CloudWatch takes: large pictures, bands of what is expected, many values, and wide alarms."""

import json
import time

METRICS, BANDS = 100, 10
WIDE = [{"Name": f"d{number}", "Value": "v" * 1024} for number in range(30)]
NAMES = [f"wide-{number}" for number in range(100)]


def filled(cloudwatch):
    """A metric with a point in each minute of twelve days."""
    now = int(time.time()) // 60 * 60
    for first in range(0, 12 * 1440, 1000):
        cloudwatch.put_metric_data(Namespace="Worst", MetricData=[
            {"MetricName": "drawn", "Timestamp": now - 60 * (first + i), "Value": i % 97} for i in range(1000)])


def picture(**more):
    """Of 2,000 by 2,000 pixels, with a hundred metrics of all the points that are drawn."""
    metrics = [["Worst", "drawn", {"period": 60, "label": f"{number} of the worst"}] for number in range(METRICS)]
    widget = json.dumps({"metrics": metrics, "width": 2000, "height": 2000, "start": "-PT24H", **more})
    return lambda cloudwatch: cloudwatch.get_metric_widget_image(MetricWidget=widget)


def queries(bands):
    stat = {"Metric": {"Namespace": "Worst", "MetricName": "drawn"}, "Period": 60, "Stat": "p99"}
    return [{"Id": "m1", "MetricStat": stat}, *(
        {"Id": f"b{number}", "Expression": "ANOMALY_DETECTION_BAND(m1)"} for number in range(bands))]


def bands(cloudwatch):
    now = time.time()
    cloudwatch.get_metric_data(MetricDataQueries=queries(BANDS), StartTime=now - 3600, EndTime=now)


def alarm(cloudwatch):
    cloudwatch.put_metric_alarm(AlarmName="worst", EvaluationPeriods=1440, ComparisonOperator="GreaterThanUpperThreshold",
                                ThresholdMetricId="b0", Metrics=queries(1))


def values(cloudwatch):
    cloudwatch.put_metric_data(Namespace="Worst", MetricData=[
        {"MetricName": f"m{number}", "Values": [float(value) for value in range(150)], "StorageResolution": 1} for number in range(400)])


def wide(cloudwatch):
    cloudwatch.put_metric_data(Namespace="Worst", MetricData=[
        {"MetricName": f"{time.time_ns()}-{number}", "Value": 1, "Dimensions": WIDE} for number in range(29)])


def wide_alarms(cloudwatch):
    for name in NAMES:
        cloudwatch.put_metric_alarm(AlarmName=name, Namespace="Worst", MetricName="drawn", Dimensions=WIDE, Statistic="Sum", Period=60,
                                    EvaluationPeriods=1, ComparisonOperator="GreaterThanThreshold", Threshold=1)


CLOUDWATCH = [
    {"name": "GetMetricWidgetImage: 100 metrics, stacked, 2,000 by 2,000 pixels", "prepare": filled, "request": picture(stacked=True)},
    {"name": "GetMetricWidgetImage: 100 gauges, 2,000 by 2,000 pixels",
     "request": picture(view="gauge", yAxis={"left": {"min": 0, "max": 100}})},
    {"name": "GetMetricData: ten bands of percentiles, each from 20,000 points", "request": bands},
    {"name": "PutMetricAlarm: on a band, over a day", "request": alarm},
    {"name": "PutMetricData: 400 metrics of 150 values, by the second", "request": values},
    {"name": "PutMetricData: 29 new metrics of 30 long dimensions", "request": wide},
    {"name": "DisableAlarmActions: 100 alarms of 30 long dimensions", "prepare": wide_alarms,
     "request": lambda cloudwatch: cloudwatch.disable_alarm_actions(AlarmNames=NAMES)},
]

REQUESTS = [{"service": "cloudwatch", **entry} for entry in CLOUDWATCH]
