import { describe, expect, it, test } from 'vitest';

import {
  parseBody,
  placesOf,
  titleOf,
  withWidget,
  type Properties,
  type Widget,
} from '../src/screens/cloudwatch/dashboards/body';
import { alarmName, regionOf } from '../src/screens/cloudwatch/dashboards/alarm_arn';
import {
  columnsOf,
  readLogQuery,
  seriesOf,
  writeLogQuery,
} from '../src/screens/cloudwatch/dashboards/log_query';
import {
  drawnRows,
  metricRows,
  rowLabels,
  writtenRows,
} from '../src/screens/cloudwatch/dashboards/metric_rows';
import { gaugeArc, rangeOfBars, shareOf, slicesOf } from '../src/screens/cloudwatch/dashboards/shapes';
import {
  minutesBack,
  periodChoice,
  periodFor,
  rangeOf,
  spanOf,
  wholePeriod,
} from '../src/screens/cloudwatch/dashboards/time_range';
import {
  applied,
  valueOf,
  variablesOf,
  writtenVariable,
} from '../src/screens/cloudwatch/dashboards/variables';
import { stack } from '../src/ui/stack';

function widget(x?: number, y?: number, width?: number, height?: number): Widget {
  return { type: 'text', x, y, width, height, properties: {} };
}

test('a body that cannot be shown is refused with the place that is wrong', () => {
  expect(parseBody('{"widgets": []}')).toEqual({ widgets: [] });
  expect(() => parseBody('[]')).toThrow('an array "widgets"');
  expect(() => parseBody('{"widgets": {}}')).toThrow('an array "widgets"');
  expect(() => parseBody('{"widgets": [{"type": "text", "properties": {}}, {"type": "text"}]}')).toThrow(
    '/widgets/1 ',
  );
});

test('widgets move up until another is above them, and those without a place follow', () => {
  const widgets = [widget(12, 40, 12, 3), widget(0, 0, 12, 6), widget(0, 90, 24, 2), widget()];
  expect(placesOf(widgets)).toEqual([
    { x: 12, y: 0, width: 12, height: 3 },
    { x: 0, y: 0, width: 12, height: 6 },
    { x: 0, y: 6, width: 24, height: 2 },
    { x: 0, y: 8, width: 6, height: 6 },
  ]);
});

test('a widget is never beyond the columns, and a size out of bounds is the usual one', () => {
  expect(placesOf([widget(23, 0, 24, 1)])).toEqual([{ x: 0, y: 0, width: 24, height: 1 }]);
  expect(placesOf([widget(23, 0, 25, 1001)])).toEqual([{ x: 18, y: 0, width: 6, height: 6 }]);
  expect(placesOf([widget(0, 2 ** 31, 1, 1000)])).toEqual([{ x: 0, y: 0, width: 1, height: 1000 }]);
});

test('a new widget is written with the place that it has been given, and moves none of the others', () => {
  const { widgets } = withWidget({ widgets: [widget(0, 0, 6, 6)] }, widget(undefined, undefined, 6, 3));
  expect(widgets[1]).toMatchObject({ x: 6, y: 0, width: 6, height: 3 });
  const wide = () => widget(undefined, undefined, 24, 2);
  const body = withWidget(withWidget({ widgets: [wide()] }, wide()), wide());
  expect(placesOf(body.widgets).map(({ y }) => y)).toEqual([0, 2, 4]);
});

test('a widget is called by its title, or by what it is', () => {
  expect(titleOf({ type: 'metric', properties: { title: 'Orders' } })).toBe('Orders');
  expect(titleOf({ type: 'metric', properties: { title: 1 } })).toBe('Metrics');
  expect(titleOf({ type: 'explorer', properties: {} })).toBe('explorer');
});

test('dots repeat what the metric before has at their place, and three all but what follows', () => {
  const rows = metricRows([
    ['AWS/SQS', 'Sent', 'QueueName', 'Orders', { stat: 'Sum' }],
    ['.', 'Received', '.', '.'],
    ['...', 'Dead'],
    [{ expression: 'm1 / m2', id: 'rate' }],
    ['App', 'Plain'],
  ]);
  expect(rows.map(row => row.fields)).toEqual([
    ['AWS/SQS', 'Sent', 'QueueName', 'Orders'],
    ['AWS/SQS', 'Received', 'QueueName', 'Orders'],
    ['AWS/SQS', 'Received', 'QueueName', 'Dead'],
    [],
    ['App', 'Plain'],
  ]);
  expect(metricRows(writtenRows(rows))).toEqual(rows);
  expect(metricRows(undefined)).toEqual([]);
});

test('a metric that cannot be read is named', () => {
  expect(() =>
    metricRows([
      ['AWS/SQS', 'Sent'],
      ['AWS/SQS', 1],
    ]),
  ).toThrow('/metrics/1 ');
  expect(() => metricRows([['AWS/SQS', 'Sent', 'QueueName']])).toThrow('/metrics/0 ');
  expect(() => metricRows([['.']])).toThrow('/metrics/0 ');
  expect(() => metricRows(['text'])).toThrow('/metrics/0 ');
  expect(() => metricRows([null])).toThrow('/metrics/0 ');
});

test('labels say what tells the metrics apart', () => {
  const labels = (...rows: unknown[]) => rowLabels(metricRows(rows));
  expect(labels(['N', 'A', 'D', '1'], ['N', 'B', 'D', '1'])).toEqual(['A', 'B']);
  expect(labels(['N', 'A', 'D', '1'], ['N', 'A', 'D', '2'])).toEqual(['1', '2']);
  expect(labels(['N', 'A', 'D', '1'], ['N', 'B', 'D', '2'])).toEqual(['A 1', 'B 2']);
  expect(
    labels(['N', 'A', { label: 'mine' }], [{ expression: 'm1*2', id: 'e' }], [{ expression: 'm1' }]),
  ).toEqual(['mine', 'e', 'm1']);
});

test('a metric of a widget becomes a query with its own options before those of the widget', () => {
  const rows = metricRows([
    [
      'N',
      'A',
      'D',
      '1',
      { id: 'a', stat: 'p90', period: 60, visible: false, yAxis: 'right', region: 'eu-west-1' },
    ],
    ['N', 'B', { color: '#a1B2c3' }],
    [{ expression: 'a * 2', color: 'red' }],
  ]);
  expect(drawnRows(rows, { stat: 'Sum', period: 900 }, own => own ?? 1)).toEqual([
    {
      region: 'eu-west-1',
      right: true,
      query: {
        Id: 'a',
        Label: 'A 1',
        ReturnData: false,
        MetricStat: {
          Metric: { Namespace: 'N', MetricName: 'A', Dimensions: [{ Name: 'D', Value: '1' }] },
          Period: 60,
          Stat: 'p90',
        },
      },
    },
    {
      colour: '#a1B2c3',
      right: false,
      query: {
        Id: 'widget_1',
        Label: 'B',
        MetricStat: { Metric: { Namespace: 'N', MetricName: 'B', Dimensions: [] }, Period: 900, Stat: 'Sum' },
      },
    },
    { right: false, query: { Id: 'widget_2', Expression: 'a * 2', Period: 900 } },
  ]);
  expect(drawnRows(metricRows([['N', 'A']]), {}, own => own ?? 7)[0]!.query.MetricStat).toMatchObject({
    Period: 7,
    Stat: 'Average',
  });
});

test('the time is that of the address, then of the body, then three hours', () => {
  const asked = (text: string) => new URLSearchParams(text);
  expect(rangeOf(asked('minutes=60'), { start: '-PT6H' })).toEqual({ minutes: 60 });
  expect(rangeOf(asked(''), { start: '-PT6H' })).toEqual({ minutes: 360 });
  expect(rangeOf(asked(''), {})).toEqual({ minutes: 180 });
  expect(rangeOf(asked('minutes=x'), { start: 'never' })).toEqual({ minutes: 180 });
  const span = { startMs: Date.UTC(2026, 10, 28, 9), endMs: Date.UTC(2026, 10, 28, 10) };
  expect(rangeOf(asked('start=2026-11-28T09:00Z&end=2026-11-28T10:00Z'), { start: '-PT6H' })).toEqual(span);
  expect(rangeOf(asked('start=2026-11-28T10:00Z&end=2026-11-28T10:00Z'), {})).toEqual({ minutes: 180 });
  expect(rangeOf(asked(''), { start: '2026-11-28T09:00:00Z', end: '2026-11-28T10:00:00Z' })).toEqual(span);
  expect(spanOf({ minutes: 1 }, 600_000)).toEqual({ startMs: 540_000, endMs: 660_000 });
  expect(spanOf(span, 0)).toEqual(span);
});

test('durations of ISO 8601 are minutes', () => {
  const texts = ['-PT5M', '-PT3H', '-P1D', '-P1W', '-P1M', '-P1DT1H', '-PT1S', '-PT0S', 'PT5M', '', '-P'];
  expect(texts.map(minutesBack)).toEqual([
    5,
    180,
    1440,
    10_080,
    43_200,
    1500,
    1,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test('the period is as asked for, and longer only when there were too many points', () => {
  const hours = (n: number) => ({ startMs: 0, endMs: n * 3_600_000 });
  expect(periodChoice(new URLSearchParams(''), {})).toBe('auto');
  expect(periodChoice(new URLSearchParams(''), { periodOverride: 'inherit' })).toBe('inherit');
  expect(periodChoice(new URLSearchParams('period=60'), { periodOverride: 'inherit' })).toBe(60);
  expect(periodFor(60, 300, hours(3))).toBe(60);
  expect(periodFor('inherit', 1, hours(1000))).toBe(1);
  expect(periodFor('auto', undefined, hours(3))).toBe(300);
  expect(periodFor('auto', 60, hours(24))).toBe(60);
  expect(periodFor('auto', 60, hours(25))).toBe(300);
  expect(periodFor('auto', 1, hours(24 * 5000))).toBe(86_400);
  expect([wholePeriod(hours(1)), wholePeriod({ startMs: 0, endMs: 60_001 })]).toEqual([3600, 120]);
});

test('a query of logs names its groups first, and is written back', () => {
  expect(readLogQuery('SOURCE \'/a/b\' | SOURCE "c" | source d | fields @message ')).toEqual({
    groups: ['/a/b', 'c', 'd'],
    text: 'fields @message ',
  });
  expect(readLogQuery("SOURCE 'a', 'b' | limit 1")).toEqual({ groups: ['a', 'b'], text: 'limit 1' });
  expect(readLogQuery('fields @message')).toEqual({ groups: [], text: 'fields @message' });
  const selecting = "SOURCE logGroups(namePrefix: ['a']) | limit 1";
  expect(readLogQuery(selecting)).toEqual({ groups: [], text: selecting });
  for (const query of [
    { groups: ['a', 'b'], text: 'limit 1 ' },
    { groups: ['a'], text: '' },
    { groups: [], text: ' x' },
  ])
    expect(readLogQuery(writeLogQuery(query))).toEqual(query);
});

test('results of logs are columns, and lines when they have times', () => {
  const row = (...pairs: [string, string][]) => pairs.map(([field, value]) => ({ field, value }));
  const counted = [
    row(['bin(5m)', '2026-11-28 10:05:00.000'], ['count()', '3']),
    row(['bin(5m)', '2026-11-28 10:00:00.000'], ['count()', '2']),
  ];
  expect(columnsOf([row(['a', '1'], ['@ptr', 'x']), row(['b', '2'])])).toEqual(['a', 'b']);
  expect(seriesOf(counted)).toEqual([
    {
      label: 'count()',
      points: [
        [Date.UTC(2026, 10, 28, 10), 2],
        [Date.UTC(2026, 10, 28, 10, 5), 3],
      ],
    },
  ]);
  expect(seriesOf([row(['a', '1'])])).toBeUndefined();
  expect(seriesOf([])).toBeUndefined();
});

test('an alarm has its name and region in its ARN', () => {
  const arn = 'arn:aws:cloudwatch:eu-west-1:000000000000:alarm:a:alarm:b';
  expect([alarmName(arn), regionOf(arn)]).toEqual(['a:alarm:b', 'eu-west-1']);
  expect([alarmName('plain'), regionOf('plain')]).toEqual(['plain', undefined]);
});

test('stacked values are sums of those below, and a gap adds nothing', () => {
  expect(
    stack([
      [1, null, 3],
      [10, 20, null],
      [100, 100, 100],
    ]),
  ).toEqual([
    [1, 0, 3],
    [11, 20, 3],
    [111, 120, 103],
  ]);
  expect(stack([])).toEqual([]);
});

describe('variables', () => {
  const widget = (properties: object): Widget => ({ type: 'metric', properties: properties as Properties });
  const of = (one: object) => variablesOf({ variables: [one] })[0]!;
  const put = (one: object, value: string | undefined, properties: object) =>
    applied([widget(properties)], [{ variable: of(one), value }])[0]!.properties;

  it('of a property set a dimension in each metric, and nothing that is only called alike', () => {
    const functionName = { type: 'property', property: 'FunctionName', id: 'f', inputType: 'select' };
    expect(
      put(functionName, 'new', {
        metrics: [
          ['AWS/Lambda', 'Errors', 'FunctionName', 'old', 'Resource', 'old:live', { label: 'FunctionName' }],
          ['FunctionName', 'FunctionName', 'QueueName', 'FunctionName'],
          ['.', '.', '.', 'other'],
        ],
        title: 'FunctionName',
      }),
    ).toEqual({
      metrics: [
        ['AWS/Lambda', 'Errors', 'FunctionName', 'new', 'Resource', 'old:live', { label: 'FunctionName' }],
        ['FunctionName', 'FunctionName', 'QueueName', 'FunctionName'],
        ['FunctionName', 'FunctionName', 'QueueName', 'other'],
      ],
      title: 'FunctionName',
    });
  });

  it('of a property are set in rows that repeat the one before, too', () => {
    const functionName = { type: 'property', property: 'FunctionName', id: 'f' };
    const metrics = [
      ['AWS/Lambda', 'Errors', 'FunctionName', 'a'],
      ['...', 'b'],
      ['.', 'Invocations', '.', '.'],
    ];
    expect(put(functionName, 'new', { metrics })).toEqual({
      metrics: [
        ['AWS/Lambda', 'Errors', 'FunctionName', 'new'],
        ['AWS/Lambda', 'Errors', 'FunctionName', 'new'],
        ['AWS/Lambda', 'Invocations', 'FunctionName', 'new'],
      ],
    });
  });

  it('of a property set a member, as a number where it was one', () => {
    const region = { type: 'property', property: 'region', id: 'r', inputType: 'input' };
    expect(
      put(region, 'eu-west-1', { region: 'us-east-1', metrics: [['A', 'b', { region: 'us-east-1' }]] }),
    ).toEqual({
      region: 'eu-west-1',
      metrics: [['A', 'b', { region: 'eu-west-1' }]],
    });
    const period = { type: 'property', property: 'period', id: 'p', inputType: 'input' };
    expect(put(period, '60', { period: 300 })).toEqual({ period: 60 });
  });

  it('of a pattern replace what it finds in every text, and take the value as it is', () => {
    const pattern = { type: 'pattern', pattern: 'dev|test', id: 's', inputType: 'radio' };
    expect(put(pattern, '$&prod', { title: 'dev and test', query: "SOURCE '/app/dev'", width: 3 })).toEqual({
      title: '$&prod and $&prod',
      query: "SOURCE '/app/$&prod'",
      width: 3,
    });
  });

  it('of what is no pattern, without a value, or incomplete change nothing', () => {
    const properties = { title: 'dev(' };
    expect(put({ type: 'pattern', pattern: 'dev(', id: 's' }, 'x', properties)).toEqual(properties);
    expect(put({ type: 'pattern', pattern: 'dev', id: 's' }, undefined, properties)).toEqual(properties);
    expect(variablesOf({ variables: [{ type: 'property', id: 's' }, 3, { property: 'a' }] })).toEqual([]);
    expect(variablesOf({})).toEqual([]);
  });

  it('have the chosen value, else their default: a value, or the first there is', () => {
    const choices = [{ value: 'a' }, { value: 'b' }];
    const at = (text: string) => new URLSearchParams(text);
    const variable = of({ type: 'property', property: 'x', id: 'v' });
    expect(valueOf(variable, at(''), choices)).toBeUndefined();
    expect(valueOf(variable, at('var.v=c'), choices)).toBe('c');
    expect(valueOf({ ...variable, defaultValue: 'b' }, at(''), choices)).toBe('b');
    expect(valueOf({ ...variable, defaultValue: '__FIRST' }, at(''), choices)).toBe('a');
    expect(valueOf({ ...variable, defaultValue: '__FIRST' }, at(''), [])).toBeUndefined();
  });

  it('are written as they were read', () => {
    const written = {
      type: 'property',
      property: 'QueueName',
      inputType: 'select',
      id: 'q',
      label: 'Queue',
      values: [{ value: 'a', label: 'A' }],
      search: '{AWS/SQS,QueueName}',
      populateFrom: 'QueueName',
      defaultValue: '__FIRST',
      visible: true,
    };
    expect(writtenVariable(of(written))).toEqual(written);
  });
});

describe('shapes', () => {
  it('a share is within the range', () => {
    expect([-5, 0, 25, 100, 200].map(value => shareOf(value, 0, 100))).toEqual([0, 0, 0.25, 1, 1]);
    expect(shareOf(1, 5, 5)).toBe(0);
  });

  it('bars reach from 0 to the largest, or as the axis says', () => {
    const rows = [{ label: 'a', value: 2 }, { label: 'b', value: 8 }, { label: 'c' }];
    expect(rangeOfBars(rows, undefined)).toEqual({ min: 0, max: 8 });
    expect(rangeOfBars([...rows, { label: 'd', value: -3 }], undefined)).toEqual({ min: -3, max: 8 });
    expect(rangeOfBars(rows, { min: 1, max: 20 })).toEqual({ min: 1, max: 20 });
    expect(rangeOfBars([], undefined)).toEqual({ min: 0, max: 0 });
  });

  it('slices are shares of the whole, of what is above 0', () => {
    const slices = slicesOf([
      { label: 'a', value: 1 },
      { label: 'b', value: 3 },
      { label: 'c', value: -1 },
      { label: 'd' },
    ]);
    expect(slices.map(({ share }) => share)).toEqual([0.25, 0.75, 0, 0]);
    expect(slices.map(({ path }) => path)).toEqual([
      'M 0 0 L 0 -1 A 1 1 0 0 1 1 0 Z',
      'M 0 0 L 1 0 A 1 1 0 1 1 0 -1 Z',
      '',
      '',
    ]);
    expect(slicesOf([{ label: 'a', value: 5 }])[0]!.path).toBe('M 0 -1 A 1 1 0 1 1 0 1 A 1 1 0 1 1 0 -1 Z');
    expect(slicesOf([{ label: 'a', value: 0 }])[0]!.share).toBe(0);
  });

  it('a gauge is half a circle', () => {
    expect(gaugeArc(1)).toBe('M -1 0 A 1 1 0 0 1 1 0');
    expect(gaugeArc(0.5)).toBe('M -1 0 A 1 1 0 0 1 0 -1');
  });
});
