"""GetMetricWidgetImage: pictures of metrics, read pixel by pixel, and what is wrong with a widget."""

import datetime
import json
import struct
import zlib

import pytest
from refusals import refusal

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
LIGHT, DARK, GRID = (255, 255, 255), (0x1b, 0x24, 0x30), (0xe2, 0xe6, 0xe9)


class Picture:
    """A PNG with a palette, decoded: `at(x, y)` is a color."""

    def __init__(self, png):
        assert png[:8] == b"\x89PNG\r\n\x1a\n"
        chunks, at = {}, 8
        while at < len(png):
            size, kind = struct.unpack(">I4s", png[at : at + 8])
            body = png[at + 8 : at + 8 + size]
            assert struct.unpack(">I", png[at + 8 + size : at + 12 + size])[0] == zlib.crc32(kind + body)
            chunks[kind] = chunks.get(kind, b"") + body
            at += 12 + size
        self.width, self.height, depth, self.kind, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
        assert self.kind == 3 and not interlaced
        self.palette = [tuple(chunks[b"PLTE"][i : i + 3]) for i in range(0, len(chunks[b"PLTE"]), 3)]
        self.rows = self.unfiltered(zlib.decompress(chunks[b"IDAT"]), depth)

    def unfiltered(self, data, depth):
        line, rows, before = (self.width * depth + 7) // 8, [], None
        for y in range(self.height):
            kind, row = data[y * (line + 1)], bytearray(data[y * (line + 1) + 1 : (y + 1) * (line + 1)])
            assert kind in (0, 1, 2)
            for x in range(line if kind else 0):
                row[x] = (row[x] + (row[x - 1] if kind == 1 and x else before[x] if kind == 2 and before else 0)) & 255
            rows.append([row[x * depth // 8] >> (8 - depth - x * depth % 8) & (1 << depth) - 1 for x in range(self.width)])
            before = row
        return rows

    def at(self, x, y):
        return self.palette[self.rows[y][x]]

    def places(self, color, left=0, right=None):
        """The (x, y) that have the color."""
        if color not in self.palette:
            return []
        number = self.palette.index(color)
        return [(x, y) for y, row in enumerate(self.rows) for x in range(left, right or self.width) if row[x] == number]

    def box(self, color, **part):
        """(left, top, right, bottom) of the places, the last two within."""
        places = self.places(color, **part)
        return places and (min(x for x, _ in places), min(y for _, y in places), max(x for x, _ in places), max(y for _, y in places))


def hexadecimal(color):
    return "#%02x%02x%02x" % color


@pytest.fixture(scope="module")
def cloudwatch(client):
    return client("cloudwatch")


@pytest.fixture(scope="module")
def start(now_ms):
    """The beginning of an hour, four hours ago."""
    return now_ms() // 3600000 * 3600 - 4 * 3600


def iso(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture(scope="module")
def namespace(cloudwatch, start):
    """Metrics over two hours, a point in five minutes: `Five` and `Two` are constant, `Rising` goes from 0 to 24,
    `Gap` has points in the first and the last half hour, and `Two` has a dimension as well."""
    data = [("Five", minute, 5, []) for minute in range(0, 125, 5)]
    data += [("Rising", minute, minute / 5, []) for minute in range(0, 125, 5)]
    data += [("Gap", minute, 5, []) for minute in (*range(0, 30, 5), *range(95, 125, 5))]
    data += [("Two", minute, 2, [{"Name": "Shop", "Value": shop}, {"Name": "Way", "Value": "in"}])
             for minute in range(0, 125, 5) for shop in ("a", "b")]
    for first in range(0, len(data), 100):
        cloudwatch.put_metric_data(Namespace="Images", MetricData=[
            {"MetricName": name, "Dimensions": dimensions, "Timestamp": start + 60 * minute, "Value": value}
            for name, minute, value, dimensions in data[first : first + 100]])
    return "Images"


@pytest.fixture
def widget(start, namespace):
    """widget(metric, …) is the JSON of a widget over the two hours, from 0 to 10."""

    def make(*metrics, **more):
        whole = {"metrics": metrics, "start": iso(start), "end": iso(start + 7200), "width": 300, "height": 200,
                 "legend": {"position": "hidden"}, "yAxis": {"left": {"min": 0, "max": 10}}, **more}
        return {name: value for name, value in whole.items() if value is not None}

    return make


@pytest.fixture
def image_of(cloudwatch):
    def get(widget):
        return cloudwatch.get_metric_widget_image(MetricWidget=json.dumps(widget))["MetricWidgetImage"]

    return get


@pytest.fixture
def draw(image_of, widget):
    def get(*metrics, **more):
        return Picture(image_of(widget(*metrics, **more)))

    return get


def five(color=RED, **more):
    return ["Images", "Five", {"color": hexadecimal(color), **more}]


def test_a_picture_has_the_size_of_its_widget_or_six_hundred_by_four_hundred(draw, image_of, widget):
    for width, height in ((1, 1), (2, 2000), (2000, 3), (40, 30), (300, 200), (2000, 2000)):
        picture = Picture(image_of(widget(five(), width=width, height=height)))
        assert (picture.width, picture.height) == (width, height)
    picture = draw(five(), width=None, height=None)
    assert (picture.width, picture.height) == (600, 400)


def test_a_constant_is_a_line_in_the_middle_of_its_axis(draw):
    left, top, right, bottom = draw(five()).box(RED)
    assert bottom - top == 1  # two pixels thick
    grid = [y for _, y in draw(five()).places(GRID, left=left, right=left + 1)]
    assert (min(grid) + max(grid)) / 2 == pytest.approx(top, abs=1)
    assert left < 40 and 270 < right < 292


def test_values_rise_to_the_right(draw):
    picture = draw(["Images", "Rising", {"color": "#ff0000"}], yAxis={"left": {"min": 0, "max": 24}})
    heights = {x: y for x, y in picture.places(RED)}
    columns = sorted(heights)
    assert all(heights[a] >= heights[b] for a, b in zip(columns, columns[1:]))
    assert heights[columns[0]] - heights[columns[-1]] >= 140


def test_a_line_has_a_gap_where_points_are_missing(draw):
    whole = {x for x, _ in draw(five()).places(RED)}
    part = {x for x, _ in draw(["Images", "Gap", {"color": "#ff0000"}]).places(RED)}
    missing = sorted(whole - part)
    assert part < whole and missing == list(range(missing[0], missing[-1] + 1))
    assert len(missing) / len(whole) == pytest.approx(70 / 120, abs=0.02)


def test_stacked_series_stand_on_each_other(draw):
    two = ["Images", "Two", "Shop", "a", "Way", "in", {"color": "#0000ff"}]
    both = draw(five(), two, stacked=True)
    alone = draw(five(), stacked=True)
    assert both.box(RED)[1] == alone.box(RED)[1]
    fives, sevens = both.box(RED)[1], both.box(BLUE)[1]
    floor = draw(five()).box(GRID)[3]  # the line at 0
    assert (floor - sevens) / (floor - fives) == pytest.approx(7 / 5, abs=0.03)
    light = tuple(round(255 + (part - 255) * 0.4) for part in RED)
    assert both.at(150, (floor + fives) // 2) == light
    assert draw(two, five()).box(BLUE)[1] > sevens  # without stacking it is at 2


def test_metrics_may_have_an_axis_on_the_right(draw):
    left = draw(five())
    picture = draw(five(yAxis="right"), yAxis={"right": {"min": 0, "max": 50}, "left": {"min": 0, "max": 10}})
    assert picture.box(RED)[1] > left.box(RED)[1]  # a tenth of the height instead of a half
    assert picture.box(RED)[2] < left.box(RED)[2]  # the axis takes room


def test_metrics_that_are_hidden_are_used_in_expressions_and_not_drawn(draw):
    hidden = ["Images", "Five", {"id": "m1", "visible": False, "color": "#ff0000"}]
    expression = [{"expression": "m1 + 3", "color": "#00ff00", "label": "eight"}]
    picture = draw(hidden, expression)
    assert not picture.places(RED)
    assert picture.box(GREEN)[1] < draw(five()).box(RED)[1]


def test_names_and_dimensions_are_repeated_by_dots(image_of, widget):
    rendering = {"color": "#ff0000", "label": "${PROP('Dim.Shop')}"}
    a = ["Images", "Two", "Shop", "a", "Way", "in"]
    b = ["Images", "Two", "Shop", "b", "Way", "in", rendering]
    legend = {"legend": {"position": "bottom"}}
    expected = image_of(widget(a, b, **legend))
    for short in ([".", ".", ".", "b", ".", ".", rendering], ["...", "b", "Way", "in", rendering], [".", "Two", "...", "b", ".", ".", rendering]):
        assert image_of(widget(a, short, **legend)) == expected
    assert image_of(widget(a, ["...", rendering], **legend)) != expected


def test_a_legend_is_below_at_the_right_or_not_there(draw):
    hidden = draw(five()).box(RED)
    below = draw(five(label="a label"), legend={"position": "bottom"})
    assert below.at(8, 200 - 8 - 16 + 2) == RED and below.box(RED, left=50, right=250)[3] < hidden[3]
    right = draw(five(label="a label"), legend={"position": "right"})
    assert max(x for x, _ in right.places(RED)) > 240 and right.box(RED, left=0, right=200)[1] == hidden[1]
    default = draw(five(label="a label"), legend=None)
    assert default.rows == below.rows
    assert draw(five(label="another"), legend=None).rows != below.rows


def test_a_title_and_a_theme_are_drawn(draw):
    plain, titled = draw(five()), draw(five(), title="Orders")
    assert plain.at(0, 0) == LIGHT and titled.box(GRID)[1] - plain.box(GRID)[1] == 20
    assert any(titled.at(x, 14) != LIGHT for x in range(8, 44))
    dark = draw(five(), theme="dark")
    assert dark.at(0, 0) == DARK and draw(five(), theme="light").rows == plain.rows


def test_annotations_are_lines_bands_and_fills(draw):
    horizontal = {"value": 8, "color": "#00ff00", "label": "eight"}
    base = draw(five()).box(RED)
    line = draw(five(), annotations={"horizontal": [horizontal]})
    assert min(y for _, y in line.places(GREEN)) < base[1]
    assert not draw(five(), annotations={"horizontal": [{**horizontal, "visible": False}]}).places(GREEN)
    light = tuple(round(255 + (part - 255) * 0.2) for part in GREEN)
    above = draw(five(), annotations={"horizontal": [{**horizontal, "fill": "above"}]})
    below = draw(five(), annotations={"horizontal": [{**horizontal, "fill": "below"}]})
    at = max(y for _, y in line.places(GREEN))
    assert above.box(light)[3] <= at <= below.box(light)[1] + 1
    band = draw(five(), annotations={"horizontal": [[{"value": 8, "color": "#00ff00"}, {"value": 6}]]})
    assert base[1] > band.box(light)[3] > band.box(light)[1] >= at
    assert not band.places(light, left=0, right=band.box(light)[0])


def test_vertical_annotations_are_moments(draw, start):
    moment = {"value": iso(start + 3600), "color": "#00ff00"}
    [x] = {x for x, _ in draw(five(), annotations={"vertical": [moment]}).places(GREEN)}
    left, _, right, _ = draw(five()).box(RED)
    assert x == pytest.approx(left + (right - left) * 60 / 115, abs=2)  # the last point is five minutes before the end
    light = tuple(round(255 + (part - 255) * 0.2) for part in GREEN)
    after = draw(five(), annotations={"vertical": [{**moment, "fill": "after"}]}).box(light)
    before = draw(five(), annotations={"vertical": [{**moment, "fill": "before"}]}).box(light)
    assert after[0] in (x, x + 1) and after[2] >= right - 1 and before[0] <= left + 1 and before[2] in (x, x - 1)


def test_a_single_value_is_written_large(draw):
    picture = draw(five(), view="singleValue")
    places = picture.places((0x3f, 0x48, 0x54))
    assert max(y for _, y in places) - min(y for _, y in places) > 50
    assert picture.box(RED)[3] - picture.box(RED)[1] == 1  # the color is a line below the name
    nothing = draw(["Images", "Unknown"], view="singleValue")
    assert nothing.rows != picture.rows
    summed = draw(five(stat="Sum"), view="singleValue", setPeriodToTimeRange=True)
    assert summed.rows != draw(five(stat="Sum"), view="singleValue").rows


def test_bars_are_as_high_as_their_values(draw):
    two = ["Images", "Two", "Shop", "a", "Way", "in", {"color": "#0000ff"}]
    picture = draw(five(), two, view="bar")
    high, low = picture.box(RED), picture.box(BLUE)
    assert high[3] == low[3] and high[2] < low[0]
    assert (high[3] - high[1]) / (low[3] - low[1]) == pytest.approx(2.5, abs=0.05)


def test_the_parts_of_a_pie_are_as_large_as_the_values(draw):
    two = ["Images", "Two", "Shop", "a", "Way", "in", {"color": "#0000ff"}]
    red, blue = draw(five(), view="pie").places(RED), draw(five(), view="pie").places(BLUE)
    assert len(red) > 1000 and not blue
    picture = draw(five(), two, ["Images", "Unknown"], view="pie")
    whole, parts = picture.box(RED), [len(picture.places(color)) for color in (RED, BLUE)]
    assert parts[0] / parts[1] == pytest.approx(2.5, abs=0.1)
    assert whole[0] < picture.width / 2 < whole[2]  # it begins at the top, and passes half of the circle
    top = picture.box(BLUE)[1]
    upper = [x for x, y in picture.places(BLUE) if y == top]
    assert max(upper) <= picture.width / 2 + 1
    nothing = draw(["Images", "Unknown", {"color": "#ff0000"}], view="pie")
    negative = draw([{"expression": "0 - m1", "color": "#ff0000"}], five(id="m1", visible=False), view="pie")
    assert len(nothing.places(RED)) < 200 > len(negative.places(RED))  # the legend has the color


def test_a_gauge_is_filled_up_to_its_value(draw):
    shares = []
    for most in (5, 10, 20):
        picture = draw(five(), view="gauge", yAxis={"left": {"min": 0, "max": most}})
        filled, rest = len(picture.places(RED)), len(picture.places(GRID))
        shares.append(filled / (filled + rest))
    assert shares == pytest.approx([1, 0.5, 0.25], abs=0.02)


def test_the_range_may_be_relative_and_the_current_period_is_shown_with_live_data(cloudwatch, now_ms, draw):
    minute = now_ms() // 60000
    cloudwatch.put_metric_data(Namespace="Images", MetricData=[{"MetricName": "Now", "Value": 5}])
    now = ["Images", "Now", {"color": "#ff0000", "period": 60}]
    times = {"start": "-PT1H", "end": "PT1M"}
    assert draw(now, liveData=True, **times).places(RED)
    assert not draw(now, liveData=True, start="-P1DT1H", end="-P1D").places(RED)
    waiting = not draw(now, **times).places(RED)
    assert waiting or now_ms() // 60000 > minute


def test_the_period_grows_with_the_range(image_of, widget, start):
    """A series has at most 1,440 points: over longer times its periods are longer, as on AWS."""
    for days, period in ((1, 60), (5, 60), (15, 300), (455, 300)):
        assert image_of(widget(five(period=period), start=iso(start - days * 86400)))[:4] == b"\x89PNG"


def test_a_search_draws_a_series_for_each_metric(draw):
    found = draw([{"expression": "SEARCH('{Images,Shop,Way} Two', 'Average', 300)"}], legend={"position": "bottom"})
    assert {(0x1f, 0x77, 0xb4), (0xff, 0x7f, 0x0e)} < set(found.palette) and (0x2c, 0xa0, 0x2c) not in found.palette


def test_a_hundred_metrics_are_drawn_and_one_more_is_refused(image_of, widget):
    many = [["Images", "Five", {"color": "#%06x" % (number * 257)}] for number in range(100)]
    assert Picture(image_of(widget(*many, legend=None, stacked=True))).width == 300
    assert refusal(image_of, widget(*many, five())) == (
        "ValidationError", "Invalid MetricWidget: /metrics: Should NOT have more than 100 items")


@pytest.mark.parametrize("wrong, sentence", [
    ({"metrics": None}, "Should have required property 'metrics'"),
    ({"metrics": []}, "/metrics: Should NOT have fewer than 1 items"),
    ({"metrics": {}}, "/metrics: Should be array"),
    ({"metrics": ["x"]}, "/metrics/0: Should be array with at least 1 item"),
    ({"metrics": [["Images"]]}, "/metrics/0: Should have a namespace, a name, and a value for each dimension"),
    ({"metrics": [["Images", "Two", "Shop"]]}, "/metrics/0: Should have a namespace, a name, and a value for each dimension"),
    ({"metrics": [["Images", 1]]}, "/metrics/0: Should be strings, and at its end an object"),
    ({"metrics": [[{}]]}, "/metrics/0: Should have a metric or an expression"),
    ({"metrics": [["Images", "Five", {"expression": "1"}]]}, "/metrics/0: Should have a metric or an expression, not both"),
    ({"metrics": [[".", "Five"]]}, "/metrics/0: Should have at most 30 dimensions, and repeat only what the metric before it has"),
    ({"metrics": [["Images", "Five", {"color": "red"}]]}, '/metrics/0/color: Should match pattern "^#[0-9a-fA-F]{6}$"'),
    ({"metrics": [["Images", "Five", {"other": 1}]]}, "/metrics/0/other: Orderly does not draw this; see docs/compatibility.md"),
    ({"metrics": [["Images", "Five", {"yAxis": "top"}]]}, "/metrics/0/yAxis: Should be equal to one of the allowed values"),
    ({"metrics": [["Images", "Five", {"region": "eu-west-1"}]]}, "/metrics/0/region: Orderly draws metrics of the request's own only"),
    ({"width": 0}, "/width: Should be >= 1"),
    ({"width": 2001}, "/width: Should be <= 2000"),
    ({"height": 2001}, "/height: Should be <= 2000"),
    ({"height": "100"}, "/height: Should be integer"),
    ({"view": "table"}, "/view: Should be equal to one of the allowed values"),
    ({"view": "gauge", "yAxis": {"left": {"min": 0}}}, "/yAxis/left: A gauge should have min and max"),
    ({"yAxis": {"left": {"min": 2, "max": 2}}}, "/yAxis/left: min should be less than max"),
    ({"yAxis": {"left": {"min": "0"}}}, "/yAxis/left/min: Should be number"),
    ({"start": "yesterday"}, "/start: Should be a date and time, or a duration like -PT3H"),
    *(({"start": start}, "/start: Should be a date and time, or a duration like -PT3H")
      for start in ("-PT", "-P1", "-PD", "-P1H", "-PT1D", "-P1DT", "-PTT1H", "-P1DT1HT", "-P1234567D", "-P1D1Y", "-PT1M1M",
                    "-P" + 300 * "999999Y")),
    ({"start": "PT0H", "end": "-PT1H"}, "/start: Should be before end"),
    ({"timezone": "CET"}, "/timezone: Should be +hhmm or -hhmm"),
    ({"legend": {"position": "top"}}, "/legend/position: Should be equal to one of the allowed values"),
    ({"stacked": "yes"}, "/stacked: Should be boolean"),
    ({"title": 1}, "/title: Should be string"),
    ({"annotations": {"horizontal": [{"label": "x"}]}}, "/annotations/horizontal/0: Should have required property 'value'"),
    ({"annotations": {"horizontal": [[{"value": 1}]]}}, "/annotations/horizontal/0: A band should have 2 items"),
    ({"annotations": {"vertical": [{"value": 5}]}}, "/annotations/vertical/0/value: Should be string"),
    ({"annotations": {"alarms": []}}, "/annotations/alarms: Orderly does not draw this; see docs/compatibility.md"),
    ({"sparkline": True}, "/sparkline: Orderly does not draw this; see docs/compatibility.md"),
])
def test_a_wrong_widget_is_refused_with_its_place(image_of, widget, wrong, sentence):
    assert refusal(image_of, widget(five(), **wrong)) == ("ValidationError", f"Invalid MetricWidget: {sentence}")


def test_wrong_queries_are_refused_as_by_get_metric_data(cloudwatch, image_of, widget):
    assert refusal(image_of, widget(["Images", "Five", {"stat": "Most"}])) == (
        "ValidationError", "The value Most for parameter Stat is not supported.")
    assert refusal(image_of, widget([{"expression": "m1 +", "id": "e1"}]))[1].startswith("Error in expression 'e1': ")
    for text in ("[]", "{", "x", " " * (100 * 1024) + "{}"):
        assert refusal(cloudwatch.get_metric_widget_image, MetricWidget=text) == (
            "ValidationError", "Invalid MetricWidget: Should be a JSON object of at most 100 KB")
    assert refusal(cloudwatch.get_metric_widget_image, MetricWidget=json.dumps(widget(five())), OutputFormat="image/png") == (
        "ValidationError", "The value image/png for parameter OutputFormat is not supported: it is png.")


def test_all_numbers_can_be_drawn(cloudwatch, start, image_of, widget):
    for number, value in enumerate((1e300, -1e300, 1e18, 1e18 + 256, 5e-324, -1, 0)):
        cloudwatch.put_metric_data(Namespace="Images", MetricData=[
            {"MetricName": f"Extreme{number}", "Timestamp": start + 60 * minute, "Value": value + value * minute / 1e16}
            for minute in (0, 5, 10)]) if abs(value) < 1e100 else None
    every = [["Images", f"Extreme{number}"] for number in range(7)]
    for view in ("timeSeries", "singleValue", "bar", "pie"):
        for one in (*([metric] for metric in every), every):
            for stacked in (False, True):
                assert image_of(widget(*one, view=view, stacked=stacked, yAxis=None))[:4] == b"\x89PNG"
