"""What services have counted of one resource, read as CloudWatch's metrics."""

import datetime

STATISTICS = ["SampleCount", "Sum", "Minimum", "Maximum"]


def minutes(cloudwatch, now_ms, namespace, **dimensions):
    """The last quarter of an hour: {(metric name, *its dimensions): (unit, samples, sum, minimum, maximum)}"""
    now = datetime.datetime.fromtimestamp(now_ms / 1000, datetime.timezone.utc)
    asked = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    pages = cloudwatch.get_paginator("list_metrics").paginate(Namespace=namespace, Dimensions=asked)
    found = {}
    for metric in (metric for page in pages for metric in page["Metrics"]):
        points = cloudwatch.get_metric_statistics(
            **metric, StartTime=now - datetime.timedelta(minutes=15), EndTime=now + datetime.timedelta(minutes=1),
            Period=60, Statistics=STATISTICS)["Datapoints"]
        key = (metric["MetricName"], *sorted((one["Name"], one["Value"]) for one in metric["Dimensions"]))
        if points:
            found[key] = (points[0]["Unit"], sum(one["SampleCount"] for one in points), sum(one["Sum"] for one in points),
                          min(one["Minimum"] for one in points), max(one["Maximum"] for one in points))
    return found


def sums(cloudwatch, now_ms, namespace, **dimensions):
    """{metric name: sum} of the metrics that have just these dimensions"""
    return {name: counted[2] for (name, *of), counted in minutes(cloudwatch, now_ms, namespace, **dimensions).items()
            if dict(of) == dimensions}
