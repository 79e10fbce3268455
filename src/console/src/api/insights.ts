/** CloudWatch Logs Insights: a query is started, and its results are asked for until it has ended. */
import { json } from './client';
import type { Span } from './metrics';

export interface InsightsQuery extends Span {
  groups: string[];
  text: string;
}

/** A row's fields in the order of the query's columns. */
export type InsightsRow = { field: string; value: string }[];

export interface InsightsResult {
  rows: InsightsRow[];
  status: string;
}

const MOST_ROWS = 1000;
const FIRST_WAIT_MILLISECONDS = 100;
const LONGEST_WAIT_MILLISECONDS = 2000;

interface Options {
  signal: AbortSignal;
  region?: string;
}

export async function runInsights(query: InsightsQuery, options: Options): Promise<InsightsResult> {
  const quiet = { ...options, quiet: true };
  const { queryId } = await json<{ queryId: string }>(
    'logs',
    'StartQuery',
    {
      ...(query.groups.length > 0 && { logGroupNames: query.groups }),
      startTime: Math.floor(query.startMs / 1000),
      endTime: Math.ceil(query.endMs / 1000),
      queryString: query.text,
      limit: MOST_ROWS,
    },
    quiet,
  );
  for (let wait = FIRST_WAIT_MILLISECONDS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MILLISECONDS)) {
    const { status, results } = await json<{ status: string; results?: InsightsRow[] }>(
      'logs',
      'GetQueryResults',
      { queryId },
      quiet,
    );
    if (!['Scheduled', 'Running', 'Unknown'].includes(status)) return { status, rows: results ?? [] };
    await new Promise(resolve => setTimeout(resolve, wait));
    if (options.signal.aborted) await stop(queryId, options.region);
    options.signal.throwIfAborted();
  }
}

/** Nobody waits for it any more; it may have ended in the meantime. */
async function stop(queryId: string, region?: string): Promise<void> {
  await json('logs', 'StopQuery', { queryId }, { region, quiet: true }).catch(() => undefined);
}
