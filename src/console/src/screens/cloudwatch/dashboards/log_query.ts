/** The query of a widget of logs: "SOURCE '/aws/lambda/a' | SOURCE 'b' | fields @timestamp, @message". */
import type { InsightsRow } from '../../../api/insights';
import type { Series } from '../../../ui/chart';

export interface LogQuery {
  groups: string[];
  text: string;
}

const NAME = `'[^']*'|"[^"]*"|[^\\s|,'"(]+`;
const SOURCE = new RegExp(
  `^\\s*SOURCE\\s+(?!logGroups)((?:${NAME})(?:\\s*,\\s*(?:${NAME}))*)\\s*(?:\\||$)`,
  'i',
);

/** The groups at its beginning, and the rest, which Insights runs.  "SOURCE logGroups(…)" belongs to the rest. */
export function readLogQuery(query: string): LogQuery {
  const groups: string[] = [];
  let text = query;
  for (let found = SOURCE.exec(text); found; found = SOURCE.exec(text)) {
    groups.push(...found[1]!.split(',').map(name => name.trim().replace(/^['"]|['"]$/g, '')));
    text = text.slice(found[0].length);
  }
  return { groups: [...new Set(groups)], text: groups.length > 0 ? text.replace(/^ /, '') : text };
}

export function writeLogQuery({ groups, text }: LogQuery): string {
  return [...groups.map(group => `SOURCE '${group}'`), text].join(' | ');
}

/** The names of the columns, as the first row that has each has them. */
export function columnsOf(rows: InsightsRow[]): string[] {
  const names = new Set<string>();
  for (const row of rows) for (const { field } of row) if (field !== '@ptr') names.add(field);
  return [...names];
}

/** Figures over time, of a query that ends in "stats … by bin(…)"; nothing when it has no times. */
export function seriesOf(rows: InsightsRow[]): Series[] | undefined {
  const columns = columnsOf(rows);
  const time = columns.find(name => rows.every(row => Number.isFinite(timeIn(row, name))));
  if (!time || rows.length === 0) return undefined;
  const figures = columns.filter(
    name => name !== time && rows.some(row => Number.isFinite(Number(valueIn(row, name)))),
  );
  return figures.map(label => ({
    label,
    points: rows
      .map((row): [number, number] => [timeIn(row, time), Number(valueIn(row, label))])
      .filter(([, value]) => Number.isFinite(value))
      .sort(([a], [b]) => a - b),
  }));
}

export function valueIn(row: InsightsRow, name: string): string | undefined {
  return row.find(({ field }) => field === name)?.value;
}

/** "2026-11-28 10:00:00.000", in UTC. */
function timeIn(row: InsightsRow, name: string): number {
  const value = valueIn(row, name) ?? '';
  return /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/.test(value) ? Date.parse(`${value.replace(' ', 'T')}Z`) : NaN;
}
