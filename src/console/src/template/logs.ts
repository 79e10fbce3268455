/** Log groups and their filters in a template. */
import type { LogGroup, MetricFilter, SubscriptionFilter } from '../api/logs';
import { tagsOfMap } from './tags';
import type { Entry, Properties } from './template';

export interface LogGroupFacts {
  group: LogGroup;
  tags: Record<string, string>;
  metricFilters: MetricFilter[];
  subscriptionFilters: SubscriptionFilter[];
}

export function logGroupEntries({ group, tags, metricFilters, subscriptionFilters }: LogGroupFacts): Entry[] {
  const name = group.logGroupName;
  return [
    {
      type: 'AWS::Logs::LogGroup',
      name,
      known: { [group.arn]: 'Arn' },
      properties: () => ({
        LogGroupName: name,
        RetentionInDays: group.retentionInDays,
        LogGroupClass: group.logGroupClass,
        KmsKeyId: group.kmsKeyId,
        DeletionProtectionEnabled: group.deletionProtectionEnabled || undefined,
        Tags: tagsOfMap(tags),
      }),
    },
    ...metricFilters.map(filter => metricFilterEntry(name, filter)),
    ...subscriptionFilters.map(filter => subscriptionFilterEntry(name, filter)),
  ];
}

const GROUP = 'AWS::Logs::LogGroup';

function metricFilterEntry(group: string, filter: MetricFilter): Entry {
  return {
    type: 'AWS::Logs::MetricFilter',
    name: filter.filterName,
    properties: refer => ({
      FilterName: filter.filterName,
      LogGroupName: refer.named(GROUP, group),
      FilterPattern: filter.filterPattern ?? '',
      MetricTransformations: filter.metricTransformations.map(it => ({
        MetricName: it.metricName,
        MetricNamespace: it.metricNamespace,
        MetricValue: it.metricValue,
        ...(it.defaultValue !== undefined && { DefaultValue: it.defaultValue }),
        ...(it.unit && it.unit !== 'None' && { Unit: it.unit }),
        ...(it.dimensions && {
          Dimensions: Object.entries(it.dimensions).map(([Key, Value]) => ({ Key, Value })),
        }),
      })),
      ApplyOnTransformedLogs: filter.applyOnTransformedLogs || undefined,
      ...selected(filter),
    }),
  };
}

function subscriptionFilterEntry(group: string, filter: SubscriptionFilter): Entry {
  return {
    type: 'AWS::Logs::SubscriptionFilter',
    name: filter.filterName,
    properties: refer => ({
      FilterName: filter.filterName,
      LogGroupName: refer.named(GROUP, group),
      FilterPattern: filter.filterPattern ?? '',
      DestinationArn: refer.to(filter.destinationArn),
      RoleArn: filter.roleArn ? refer.to(filter.roleArn) : undefined,
      Distribution: filter.distribution,
      ApplyOnTransformedLogs: filter.applyOnTransformedLogs || undefined,
      ...selected(filter),
    }),
  };
}

function selected(filter: MetricFilter | SubscriptionFilter): Properties {
  return {
    FieldSelectionCriteria: filter.fieldSelectionCriteria,
    ...('emitSystemFieldDimensions' in filter && {
      EmitSystemFieldDimensions: filter.emitSystemFieldDimensions,
    }),
    ...('emitSystemFields' in filter && { EmitSystemFields: filter.emitSystemFields }),
  };
}
