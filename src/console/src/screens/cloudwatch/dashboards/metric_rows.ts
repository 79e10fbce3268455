/** The array of a widget's metrics: ["Namespace", "Name", "Dimension", "Value", …, {options}].  "." repeats what the metric before
 *  has at that place, "..." all that it has there but for the texts that follow. An object alone has an expression. */
import type { Metric } from '../../../api/cloudwatch';
import type { DataQuery } from '../../../api/metrics';
import { isObject, numberIn, textOf, type Properties } from './body';

export interface MetricRow {
  /** The namespace, the name, and the dimensions with their values; empty for an expression. */
  fields: string[];
  options: Properties;
}

/** A query, and how its results are drawn. */
export interface Drawn {
  query: DataQuery;
  /** If it is not the widget's. */
  region?: string;
  colour?: string;
  right: boolean;
}

const DAY_SECONDS = 86_400;
const USUAL_STATISTIC = 'Average';

export function metricRows(metrics: unknown): MetricRow[] {
  const rows: MetricRow[] = [];
  for (const [at, row] of (Array.isArray(metrics) ? metrics : []).entries())
    rows.push(readRow(row, rows.at(-1)?.fields ?? [], `/metrics/${at}`));
  return rows;
}

function readRow(row: unknown, before: string[], path: string): MetricRow {
  const parts: unknown[] = Array.isArray(row) ? row : [row];
  const last = parts.at(-1);
  const options = isObject(last) ? last : {};
  const given = isObject(last) ? parts.slice(0, -1) : parts;
  if (!given.every(part => typeof part === 'string'))
    throw new Error(`${path} should have texts, and an object at its end.`);
  const fields = given.flatMap((part, at) => {
    if (part === '.') return before.slice(at, at + 1);
    return part === '...' ? before.slice(at, before.length - (given.length - at - 1)) : [part];
  });
  const isExpression = fields.length === 0 && typeof options.expression === 'string';
  if (!isExpression && (fields.length < 2 || fields.length % 2 !== 0))
    throw new Error(`${path} should have a namespace, a name, and pairs of dimensions and values.`);
  return { fields, options };
}

/** Written in full, so that rows may go and come. */
export function writtenRows(rows: MetricRow[]): unknown[] {
  return rows.map(({ fields, options }) =>
    Object.keys(options).length > 0 ? [...fields, options] : [...fields],
  );
}

export function rowOfMetric({ Namespace, MetricName, Dimensions }: Metric): MetricRow {
  const pairs = Dimensions.flatMap(({ Name, Value }) => [Name, Value]);
  return { fields: [Namespace, MetricName, ...pairs], options: {} };
}

/** "AWS/SQS NumberOfMessagesSent QueueName=OrderQueue", for lists of metrics. */
export function rowName({ fields, options }: MetricRow): string {
  if (fields.length === 0) return textOf(options.expression) ?? '';
  const pairs = dimensionsOf(fields).map(({ Name, Value }) => `${Name}=${Value}`);
  return [fields[0], fields[1], pairs.join(', ')].filter(Boolean).join(' ');
}

function dimensionsOf(fields: string[]): { Name: string; Value: string }[] {
  return fields.flatMap((Name, at) => (at >= 2 && at % 2 === 0 ? [{ Name, Value: fields[at + 1]! }] : []));
}

/** What tells the rows apart: the names of metrics, the values of dimensions, or both. */
export function rowLabels(rows: MetricRow[]): string[] {
  const names = new Set(rows.filter(row => row.fields.length > 0).map(row => row.fields[1]));
  const values = rows.map(row =>
    dimensionsOf(row.fields)
      .map(({ Value }) => Value)
      .join(' '),
  );
  const oneResource = new Set(values).size === 1;
  return rows.map((row, at) => {
    const own = textOf(row.options.label);
    if (own) return own;
    if (row.fields.length === 0) return textOf(row.options.id) ?? textOf(row.options.expression) ?? '';
    if (oneResource || !values[at]) return row.fields[1]!;
    return names.size === 1 ? values[at] : `${row.fields[1]} ${values[at]}`;
  });
}

/** `periodFor` gets what the row or the widget asks for. */
export function drawnRows(
  rows: MetricRow[],
  properties: Properties,
  periodFor: (own: number | undefined) => number,
): Drawn[] {
  const labels = rowLabels(rows);
  return rows.map(({ fields, options }, at) => {
    const period = periodFor(
      numberIn(options.period, 1, DAY_SECONDS) ?? numberIn(properties.period, 1, DAY_SECONDS),
    );
    const query: DataQuery = {
      Id: textOf(options.id) ?? `widget_${at}`,
      ...(options.visible === false && { ReturnData: false }),
      ...(textOf(options.accountId) && { AccountId: textOf(options.accountId) }),
    };
    const colour = textOf(options.color);
    const drawn = {
      region: textOf(options.region),
      colour: colour && /^#[0-9a-f]{6}$/i.test(colour) ? colour : undefined,
      right: options.yAxis === 'right',
    };
    if (fields.length === 0) {
      const label = textOf(options.label);
      return {
        ...drawn,
        query: {
          ...query,
          Expression: textOf(options.expression),
          Period: period,
          ...(label && { Label: label }),
        },
      };
    }
    return {
      ...drawn,
      query: {
        ...query,
        Label: labels[at],
        MetricStat: {
          Metric: { Namespace: fields[0]!, MetricName: fields[1]!, Dimensions: dimensionsOf(fields) },
          Period: period,
          Stat: textOf(options.stat) ?? textOf(properties.stat) ?? USUAL_STATISTIC,
        },
      },
    };
  });
}
