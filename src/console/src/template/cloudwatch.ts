/** Alarms and dashboards in a template. */
import type { Alarm, Dimension } from '../api/cloudwatch';
import type { References, Value } from './references';
import { tagsOf } from './tags';
import type { Entry, Properties } from './template';

export interface AlarmFacts {
  alarm: Alarm;
  tags: { Key: string; Value: string }[];
}

export interface DashboardFacts {
  name: string;
  body: string;
}

export function alarmEntry({ alarm, tags }: AlarmFacts): Entry {
  const isComposite = alarm.AlarmRule !== undefined;
  return {
    type: isComposite ? 'AWS::CloudWatch::CompositeAlarm' : 'AWS::CloudWatch::Alarm',
    name: alarm.AlarmName,
    known: { [alarm.AlarmArn]: 'Arn' },
    properties: refer => ({
      AlarmName: alarm.AlarmName,
      AlarmDescription: alarm.AlarmDescription || undefined,
      ActionsEnabled: alarm.ActionsEnabled,
      AlarmActions: arns(alarm.AlarmActions, refer),
      OKActions: arns(alarm.OKActions, refer),
      InsufficientDataActions: arns(alarm.InsufficientDataActions, refer),
      ...(isComposite ? compositeOf(alarm, refer) : metricOf(alarm, refer)),
      Tags: tagsOf(tags),
    }),
  };
}

function arns(actions: string[] | undefined, refer: References): Value | undefined {
  return actions?.length ? actions.map(arn => refer.to(arn)) : undefined;
}

function compositeOf(alarm: Alarm, refer: References): Properties {
  return {
    AlarmRule: refer.to(byArn(alarm)),
    ActionsSuppressor: alarm.ActionsSuppressor ? refer.to(alarm.ActionsSuppressor) : undefined,
    ActionsSuppressorWaitPeriod: alarm.ActionsSuppressorWaitPeriod,
    ActionsSuppressorExtensionPeriod: alarm.ActionsSuppressorExtensionPeriod,
  };
}

/** The rule with ARNs instead of names, so that the alarms that it watches are created before. */
function byArn({ AlarmArn, AlarmName, AlarmRule }: Alarm): string {
  const before = AlarmArn.slice(0, AlarmArn.length - AlarmName.length);
  return AlarmRule!.replace(
    /\b(ALARM|OK|INSUFFICIENT_DATA)(\s*\(\s*"?)(?!arn:)(?=[^")\s])/g,
    (_, state: string, opening: string) => state + opening + before,
  );
}

function metricOf(alarm: Alarm, refer: References): Properties {
  return {
    Namespace: alarm.Namespace,
    MetricName: alarm.MetricName,
    Dimensions: alarm.Dimensions?.length ? dimensionsOf(alarm.Dimensions, refer) : undefined,
    Statistic: alarm.Statistic,
    ExtendedStatistic: alarm.ExtendedStatistic,
    Period: alarm.Period,
    Unit: alarm.Unit,
    Metrics: alarm.Metrics?.length ? refer.document(alarm.Metrics) : undefined,
    EvaluationPeriods: alarm.EvaluationPeriods,
    DatapointsToAlarm: alarm.DatapointsToAlarm,
    Threshold: alarm.Threshold,
    ThresholdMetricId: alarm.ThresholdMetricId,
    ComparisonOperator: alarm.ComparisonOperator,
    TreatMissingData: alarm.TreatMissingData,
    EvaluateLowSampleCountPercentile: alarm.EvaluateLowSampleCountPercentile,
  };
}

/** Dimensions that name resources: their types, and the attribute that is the name. */
const NAMING: Record<string, [type: string, attribute: string]> = {
  QueueName: ['AWS::SQS::Queue', 'QueueName'],
  TopicName: ['AWS::SNS::Topic', 'TopicName'],
  FunctionName: ['AWS::Lambda::Function', ''],
  TableName: ['AWS::DynamoDB::Table', ''],
  LogGroupName: ['AWS::Logs::LogGroup', ''],
};

function dimensionsOf(dimensions: Dimension[], refer: References): Value {
  return dimensions.map(({ Name, Value }) => {
    const naming = NAMING[Name];
    return { Name, Value: naming ? refer.named(naming[0], Value, naming[1]) : Value };
  });
}

export function dashboardEntry({ name, body }: DashboardFacts): Entry {
  return {
    type: 'AWS::CloudWatch::Dashboard',
    name,
    properties: refer => ({ DashboardName: name, DashboardBody: refer.mention(body) }),
  };
}
