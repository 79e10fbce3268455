/** A function's graphs, from CloudWatch, and the way to its log. */
import type { FunctionDetails } from '../../api/lambda';
import type { MetricQuery } from '../../api/metrics';
import { Link, link } from '../../router';
import { Monitor, type Graph } from '../../ui/monitor';

/** A graph's metric, and the statistic of each of its lines. */
const GRAPHS: { title: string; unit?: string; metric: string; statistics: string[] }[] = [
  { title: 'Invocations', metric: 'Invocations', statistics: ['Sum'] },
  { title: 'Duration', unit: 'ms', metric: 'Duration', statistics: ['Minimum', 'Average', 'Maximum'] },
  { title: 'Errors', metric: 'Errors', statistics: ['Sum'] },
  { title: 'Throttles', metric: 'Throttles', statistics: ['Sum'] },
  { title: 'Total concurrent executions', metric: 'ConcurrentExecutions', statistics: ['Maximum'] },
];

function graphsOf(functionName: string): Graph[] {
  return GRAPHS.map(({ title, unit, metric, statistics }) => ({
    title,
    unit,
    queries: statistics.map((statistic): MetricQuery => ({
      namespace: 'AWS/Lambda',
      metric,
      statistic,
      label: statistics.length > 1 ? statistic : metric,
      dimensions: { FunctionName: functionName },
    })),
  }));
}

export function MonitorTab({ details }: { details: FunctionDetails }) {
  const { FunctionName: name, FunctionArn: arn, LoggingConfig: logging } = details.Configuration;
  const group = logging?.LogGroup ?? `/aws/lambda/${name}`;
  return (
    <>
      <div class="actions">
        <Link class="button" to={link`cloudwatch/log-groups/${group}`}>
          View CloudWatch logs
        </Link>
      </div>
      <Monitor name={`lambda/${name}`} arn={arn} graphs={graphsOf(name)} />
    </>
  );
}
