"""Dashboards: they are checked, belong to the account, and have tags."""

import json

import pytest
from refusals import refusal

BODY = json.dumps({"widgets": [{"type": "text", "x": 0, "y": 0, "width": 3, "height": 3, "properties": {"markdown": "é"}}]})


@pytest.fixture
def cloudwatch(world):
    return world.cloudwatch


def test_a_dashboard_is_put_read_listed_and_deleted(world, cloudwatch):
    assert cloudwatch.put_dashboard(DashboardName="shop", DashboardBody=BODY)["DashboardValidationMessages"] == []
    arn = f"arn:aws:cloudwatch::{world.account}:dashboard/shop"
    found = cloudwatch.get_dashboard(DashboardName="shop")
    assert {name: found[name] for name in found if name != "ResponseMetadata"} == {
        "DashboardArn": arn, "DashboardBody": BODY, "DashboardName": "shop"}
    [entry] = cloudwatch.list_dashboards()["DashboardEntries"]
    assert abs(entry.pop("LastModified").timestamp() * 1000 - world.now_ms()) < 60000
    assert entry == {"DashboardName": "shop", "DashboardArn": arn, "Size": len(BODY.encode())}
    larger = BODY.replace("é", "much longer")
    cloudwatch.put_dashboard(DashboardName="shop", DashboardBody=larger)
    assert cloudwatch.get_dashboard(DashboardName="shop")["DashboardBody"] == larger
    cloudwatch.delete_dashboards(DashboardNames=["shop"])
    assert refusal(cloudwatch.get_dashboard, DashboardName="shop") == ("ResourceNotFound", "Dashboard shop does not exist")
    assert refusal(cloudwatch.delete_dashboards, DashboardNames=["shop"]) == (
        "ResourceNotFound", "The specified dashboard does not exist. [shop]")


def test_a_dashboard_is_the_same_in_every_region(world, cloudwatch):
    cloudwatch.put_dashboard(DashboardName="shop", DashboardBody=BODY)
    import boto3
    there = boto3.client("cloudwatch", endpoint_url=world.endpoint, region_name="eu-west-1", aws_access_key_id=world.account,
                         aws_secret_access_key="x")
    assert there.get_dashboard(DashboardName="shop")["DashboardBody"] == BODY


def test_dashboards_are_listed_in_pages_and_by_prefix(cloudwatch):
    for number in range(1001):
        cloudwatch.put_dashboard(DashboardName=f"d{number:04}", DashboardBody='{"widgets":[]}')
    cloudwatch.put_dashboard(DashboardName="e", DashboardBody='{"widgets":[]}')
    pages = list(cloudwatch.get_paginator("list_dashboards").paginate(DashboardNamePrefix="d"))
    assert [len(page["DashboardEntries"]) for page in pages] == [1000, 1]
    assert pages[1]["DashboardEntries"][0]["DashboardName"] == "d1000"
    names = [f"d{number:04}" for number in range(101)]
    assert refusal(cloudwatch.delete_dashboards, DashboardNames=names)[1] == "No more than 100 dashboards can be deleted in one request."
    cloudwatch.delete_dashboards(DashboardNames=names[:100])
    assert refusal(cloudwatch.delete_dashboards, DashboardNames=["e", "d0000"])[0] == "ResourceNotFound"
    assert [one["DashboardName"] for one in cloudwatch.list_dashboards(DashboardNamePrefix="e")["DashboardEntries"]] == ["e"]


def widget(**changes):
    whole = {"type": "metric", "properties": {"metrics": [], "region": "us-east-1"}, **changes}
    return {"widgets": [{name: value for name, value in whole.items() if value is not None}]}


def graph(*metrics):
    return widget(properties={"metrics": metrics, "region": "us-east-1"})


NO_TEXT = 'Invalid metric field type, only "String" type is allowed'
NOTHING_REPEATED = 'Repeat marker "." used but not enough fields in previous metric'


@pytest.mark.parametrize("body, path, message", [
    ("x", "", "The field DashboardBody must be a valid JSON object"), ("[]", "", "The field DashboardBody must be a valid JSON object"),
    ("{}", "", "Should have required property 'widgets'"), ({"widgets": {}}, "/widgets", "Should be array"),
    ({"widgets": [1]}, "/widgets/0", "Should be object"), (widget(type=None), "/widgets/0", "Should have required property 'type'"),
    (widget(type="graph"), "/widgets/0/type", "Should be equal to one of the allowed values"),
    (widget(properties=None), "/widgets/0", "Should have required property 'properties'"),
    (widget(properties=[]), "/widgets/0/properties", "Should be object"),
    (widget(properties={"metrics": {}, "region": "us-east-1"}), "/widgets/0/properties/metrics", "Should be array"),
    (widget(properties={"metrics": []}), "/widgets/0/properties", "Should have required property 'region'"),
    (widget(x=24), "/widgets/0/x", "Should be <= 23"), (widget(x=-1), "/widgets/0/x", "Should be >= 0"),
    (widget(y=-1), "/widgets/0/y", "Should be >= 0"), (widget(width=0), "/widgets/0/width", "Should be >= 1"),
    (widget(width=25), "/widgets/0/width", "Should be <= 24"), (widget(height=1001), "/widgets/0/height", "Should be <= 1000"),
    (widget(height="1"), "/widgets/0/height", "Should be integer"),
    ({"widgets": widget()["widgets"] * 501}, "/widgets", "Should NOT have more than 500 items"),
    (widget(type="text", properties={}), "/widgets/0/properties", "Should have required property 'markdown'"),
    (widget(type="text", properties={"markdown": 1}), "/widgets/0/properties/markdown", "Should be string"),
    (graph({"expression": "SUM(METRICS())"}), "/widgets/0/properties/metrics/0", "Should be array"),
    (graph(["N", "m", "D"]), "/widgets/0/properties/metrics/0", "Should NOT have more than 2 items"),
    (graph(["N", "m", "D", "v"], [".", "n", ".", ".", "E", {"stat": "Sum"}]), "/widgets/0/properties/metrics/1",
     "Should NOT have more than 4 items"),
    (graph(["N", "m"], [".", "."], [".", "m", ".", "v"]), "/widgets/0/properties/metrics/2/2", NOTHING_REPEATED),
    (graph([".", "m"]), "/widgets/0/properties/metrics/0/0", NOTHING_REPEATED),
    (graph(["N", "m", {"stat": "Sum"}], [{"expression": "m1"}], [".", ".", ".", "v"]), "/widgets/0/properties/metrics/2/2",
     NOTHING_REPEATED),
    (graph(["N", {"stat": "Sum"}, "D", "v"]), "/widgets/0/properties/metrics/0/1", NO_TEXT),
    (graph(["N", "m", "D", ""]), "/widgets/0/properties/metrics/0/3", NO_TEXT),
    (graph(["N", "m", "D", None]), "/widgets/0/properties/metrics/0/3", NO_TEXT),
])
def test_a_body_that_is_no_dashboard_is_refused(cloudwatch, body, path, message):
    text = body if isinstance(body, str) else json.dumps(body)
    with pytest.raises(cloudwatch.exceptions.DashboardInvalidInputError) as caught:
        cloudwatch.put_dashboard(DashboardName="d", DashboardBody=text)
    complaint = [{"dataPath": path, "message": message}]
    assert caught.value.response["Error"]["Message"] == (
        "The dashboard body is invalid, there are 1 validation errors: " + json.dumps(complaint, separators=(",", ":")))
    assert caught.value.response["dashboardValidationMessages"] == [{"DataPath": path, "Message": message}]
    assert cloudwatch.list_dashboards()["DashboardEntries"] == []


def test_a_graph_of_nothing_is_refused_for_three_reasons(cloudwatch):
    with pytest.raises(cloudwatch.exceptions.DashboardInvalidInputError) as caught:
        cloudwatch.put_dashboard(DashboardName="d", DashboardBody=json.dumps(widget(properties={"region": "us-east-1"})))
    assert [(one["DataPath"], one["Message"]) for one in caught.value.response["dashboardValidationMessages"]] == [
        ("/widgets/0/properties", message) for message in (
            "Should have required property 'metrics'",
            "The metric widget should have specified a region and a data source or an alarm annotation",
            "Should have required property 'annotations'")]


@pytest.mark.parametrize("mistakes, told", [(998, 998), (1000, 1000), (1002, 1000), (200_000, 1000)])
def test_a_thousand_mistakes_are_told(cloudwatch, mistakes, told):
    body = {"widgets": [{"type": "metric", "properties": {"region": "eu-west-1", "metrics": [[1] * mistakes]}}]}
    with pytest.raises(cloudwatch.exceptions.DashboardInvalidInputError) as caught:
        cloudwatch.put_dashboard(DashboardName="mistakes", DashboardBody=json.dumps(body, separators=(",", ":")))
    assert f"there are {told} validation errors" in caught.value.response["Error"]["Message"]


@pytest.mark.parametrize("body", [
    graph(["N", "m"], [".", "n"], ["...", {"stat": "Sum"}], ["N", "m", "D", "v"], [".", "o", ".", "."], ["...", "w"],
          [{"expression": "SUM(METRICS())", "label": "x", "id": "e1"}], [".", "p", ".", "v", {"yAxis": "right"}]),
    widget(properties={"annotations": {"alarms": ["arn:aws:cloudwatch:us-east-1:000000000000:alarm:a"]}, "region": "us-east-1"}),
    widget(type="text", properties={"markdown": ""}),
])
def test_the_forms_of_widgets(cloudwatch, body):
    assert cloudwatch.put_dashboard(DashboardName="d", DashboardBody=json.dumps(body))["DashboardValidationMessages"] == []


@pytest.mark.parametrize("name", ["a:invalid", "a b", "\u00e9", "a/b"])
def test_a_name_has_letters_digits_dashes_and_underscores(cloudwatch, name):
    assert refusal(cloudwatch.put_dashboard, DashboardName=name, DashboardBody=BODY) == (
        "InvalidParameterValue", "The value for field DashboardName contains invalid characters. It can only contain alphanumerics, "
                                 "dash (-) and underscore (_).\n")
    cloudwatch.put_dashboard(DashboardName="a-_Z9", DashboardBody=BODY)


def test_the_largest_places_of_widgets(cloudwatch):
    most = widget(x=23, y=100000, width=24, height=1000)["widgets"] * 500
    cloudwatch.put_dashboard(DashboardName="d" * 255, DashboardBody=json.dumps({"widgets": most}))


def test_dashboards_have_tags(world, cloudwatch):
    cloudwatch.put_dashboard(DashboardName="d", DashboardBody=BODY, Tags=[{"Key": "a", "Value": "1"}])
    arn = f"arn:aws:cloudwatch::{world.account}:dashboard/d"
    cloudwatch.put_dashboard(DashboardName="d", DashboardBody=BODY, Tags=[{"Key": "a", "Value": "2"}])
    cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "b", "Value": "3"}])
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "3"}]
    cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "b", "Value": "3"}]
    cloudwatch.delete_dashboards(DashboardNames=["d"])
    assert refusal(cloudwatch.list_tags_for_resource, ResourceARN=arn) == ("ResourceNotFoundException", "Unknown")
