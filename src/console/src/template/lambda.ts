/** Functions, what invokes them, and layers in a template. */
import type { Alias, FunctionDetails } from '../api/lambda';
import type { LayerVersionDetails } from '../api/layers';
import type { EventConfig, FunctionUrl } from '../api/lambda_settings';
import type { Mapping } from '../api/lambda_triggers';
import type { Inline } from './inline';
import type { References, Value } from './references';
import { tagsOfMap } from './tags';
import type { Entry, Parameter, Properties } from './template';

export interface FunctionFacts {
  details: FunctionDetails;
  /** If the template can have the code itself. */
  code?: Inline;
  /** The function's own policy, as a text. */
  policy?: string;
  url?: FunctionUrl;
  events?: EventConfig;
  mappings: Mapping[];
  aliases: Alias[];
  /** Numbers of published versions. */
  versions: string[];
}

const CODE: Parameter[] = [
  { name: 'CodeBucket', description: 'The S3 bucket that has the package.' },
  { name: 'CodeKey', description: 'The key of the package (a zip file) in the bucket.' },
];

export function functionEntries(facts: FunctionFacts): Entry[] {
  const { details, code, url, events, mappings, aliases } = facts;
  const { FunctionName: name, FunctionArn: arn } = details.Configuration;
  const latest = aliases.filter(alias => alias.FunctionVersion === LATEST);
  const all: Entry[] = [
    {
      type: 'AWS::Lambda::Function',
      name,
      known: { [arn]: 'Arn' },
      parameters: code ? undefined : CODE,
      unsaid: unsaidOf(facts),
      properties: refer => functionProperties(facts, refer),
    },
    ...statementsOf(facts.policy).map(statement => permissionEntry(arn, name, statement)),
    ...latest.map(alias => aliasEntry(arn, name, alias)),
  ];
  if (url) all.push(urlEntry(arn, name, url));
  if (events) all.push(eventsEntry(name, events));
  return [...all, ...mappings.map(mapping => mappingEntry(name, mapping))];
}

const LATEST = '$LATEST';

function unsaidOf({ code, details, aliases, versions, policy }: FunctionFacts): string[] {
  const others = aliases.filter(alias => alias.FunctionVersion !== LATEST).map(alias => alias.Name);
  const strange = strangeStatements(policy);
  return [
    ...(code
      ? []
      : [
          `Its code: put the package of ${details.Configuration.FunctionName} into S3, and give its place as the parameters.`,
        ]),
    ...(code?.renamed
      ? [
          `The name of its file, ${code.renamed}: code in a template is in a file called index, and the handler, too.`,
        ]
      : []),
    ...(versions.length > 0
      ? [`Its versions ${versions.join(', ')}: a template publishes only the code that is there now.`]
      : []),
    ...(others.length > 0 ? [`Its aliases of versions: ${others.join(', ')}.`] : []),
    ...(strange.length > 0
      ? [`Statements of its policy that AWS::Lambda::Permission cannot say: ${strange.join(', ')}.`]
      : []),
  ];
}

function functionProperties({ details, code }: FunctionFacts, refer: References): Properties {
  const { Configuration: it, Tags = {}, Concurrency } = details;
  const { Variables = {} } = it.Environment ?? {};
  return {
    FunctionName: it.FunctionName,
    Description: it.Description || undefined,
    Runtime: it.Runtime,
    Handler: code?.handler ?? it.Handler,
    Role: refer.to(it.Role),
    Code: code
      ? { ZipFile: code.source }
      : { S3Bucket: refer.parameter('CodeBucket'), S3Key: refer.parameter('CodeKey') },
    Architectures: it.Architectures,
    MemorySize: it.MemorySize,
    Timeout: it.Timeout,
    EphemeralStorage: it.EphemeralStorage ? { Size: it.EphemeralStorage.Size } : undefined,
    Environment: Object.keys(Variables).length > 0 ? { Variables: refer.document(Variables) } : undefined,
    Layers: it.Layers?.length ? it.Layers.map(layer => refer.to(layer.Arn)) : undefined,
    DeadLetterConfig: it.DeadLetterConfig?.TargetArn
      ? { TargetArn: refer.to(it.DeadLetterConfig.TargetArn) }
      : undefined,
    TracingConfig: it.TracingConfig ? { Mode: it.TracingConfig.Mode } : undefined,
    LoggingConfig: it.LoggingConfig ? refer.document(it.LoggingConfig, text => text) : undefined,
    KmsKeyArn: it.KMSKeyArn ? refer.to(it.KMSKeyArn) : undefined,
    SnapStart:
      it.SnapStart && it.SnapStart.ApplyOn !== 'None' ? { ApplyOn: it.SnapStart.ApplyOn } : undefined,
    ReservedConcurrentExecutions: Concurrency?.ReservedConcurrentExecutions,
    Tags: tagsOfMap(Tags),
  };
}

/* ---- who may invoke it ---- */

interface Statement {
  Sid?: string;
  Effect?: string;
  Principal?: string | Record<string, string>;
  Action?: string;
  Condition?: Record<string, Record<string, string>>;
}

function allStatements(policy: string | undefined): Statement[] {
  return (JSON.parse(policy ?? '{"Statement":[]}') as { Statement: Statement[] }).Statement;
}

/** Members of AWS::Lambda::Permission, by the keys of conditions. */
const CONDITIONS: Record<string, string> = {
  'aws:sourcearn': 'SourceArn',
  'aws:sourceaccount': 'SourceAccount',
  'aws:principalorgid': 'PrincipalOrgID',
  'lambda:eventsourcetoken': 'EventSourceToken',
  'lambda:functionurlauthtype': 'FunctionUrlAuthType',
  'lambda:invokedviafunctionurl': 'InvokedViaFunctionUrl',
};

function conditionsOf({ Condition = {} }: Statement): [string, string][] {
  return Object.values(Condition).flatMap(block => Object.entries(block));
}

function canBeSaid(statement: Statement): boolean {
  return conditionsOf(statement).every(([key]) => key.toLowerCase() in CONDITIONS);
}

function statementsOf(policy: string | undefined): Statement[] {
  return allStatements(policy).filter(canBeSaid);
}

function strangeStatements(policy: string | undefined): string[] {
  return allStatements(policy)
    .filter(statement => !canBeSaid(statement))
    .map(statement => statement.Sid ?? '');
}

function principalOf({ Principal = '*' }: Statement): string {
  return typeof Principal === 'string' ? Principal : (Object.values(Principal)[0] ?? '*');
}

function permissionEntry(arn: string, name: string, statement: Statement): Entry {
  const { Action, Sid } = statement;
  return {
    type: 'AWS::Lambda::Permission',
    name: `${name} ${Sid ?? ''}`,
    properties: refer => ({
      FunctionName: refer.to(arn),
      Action,
      Principal: refer.to(accountOf(principalOf(statement))),
      ...Object.fromEntries(
        conditionsOf(statement).map(([key, value]) => {
          const member = CONDITIONS[key.toLowerCase()]!;
          return [member, member === 'InvokedViaFunctionUrl' ? value === 'true' : refer.mention(value)];
        }),
      ),
    }),
  };
}

function aliasEntry(arn: string, name: string, alias: Alias): Entry {
  return {
    type: 'AWS::Lambda::Alias',
    name: `${name} ${alias.Name}`,
    known: { [alias.AliasArn]: '' },
    properties: refer => ({
      FunctionName: refer.to(arn),
      FunctionVersion: LATEST,
      Name: alias.Name,
      Description: alias.Description || undefined,
    }),
  };
}

function urlEntry(arn: string, name: string, url: FunctionUrl): Entry {
  return {
    type: 'AWS::Lambda::Url',
    name,
    properties: refer => ({
      TargetFunctionArn: refer.to(arn),
      AuthType: url.AuthType,
      InvokeMode: url.InvokeMode,
      Cors: url.Cors && Object.keys(url.Cors).length > 0 ? refer.document(url.Cors, text => text) : undefined,
    }),
  };
}

function eventsEntry(name: string, events: EventConfig): Entry {
  return {
    type: 'AWS::Lambda::EventInvokeConfig',
    name,
    properties: refer => ({
      FunctionName: refer.named('AWS::Lambda::Function', name),
      Qualifier: LATEST,
      MaximumRetryAttempts: events.MaximumRetryAttempts,
      MaximumEventAgeInSeconds: events.MaximumEventAgeInSeconds,
      DestinationConfig: destinationsOf(events.DestinationConfig, refer),
    }),
  };
}

function destinationsOf(
  config: EventConfig['DestinationConfig'] | undefined,
  refer: References,
): Value | undefined {
  const all = Object.entries(config ?? {}).flatMap(([on, to]) =>
    to?.Destination ? [[on, { Destination: refer.to(to.Destination) }] as const] : [],
  );
  return all.length > 0 ? Object.fromEntries(all) : undefined;
}

/* ---- triggers ---- */

/** Written as they are, if they are there. */
const SETTINGS = [
  'BatchSize',
  'MaximumBatchingWindowInSeconds',
  'ParallelizationFactor',
  'MaximumRetryAttempts',
  'MaximumRecordAgeInSeconds',
  'BisectBatchOnFunctionError',
  'TumblingWindowInSeconds',
] as const;

function mappingEntry(name: string, it: Mapping): Entry {
  const source = it.EventSourceArn.replace(/^.*:table\/([^/]+)\/.*$/, '$1')
    .split(':')
    .at(-1)!;
  return {
    type: 'AWS::Lambda::EventSourceMapping',
    name: `${name} ${source}`,
    properties: refer => ({
      FunctionName: refer.to(it.FunctionArn),
      EventSourceArn: refer.to(it.EventSourceArn),
      Enabled: !/^Disabl/.test(it.State),
      ...Object.fromEntries(SETTINGS.map(member => [member, it[member]])),
      StartingPosition: it.StartingPosition,
      StartingPositionTimestamp:
        it.StartingPosition === 'AT_TIMESTAMP' ? it.StartingPositionTimestamp : undefined,
      FilterCriteria: it.FilterCriteria?.Filters?.length
        ? { Filters: it.FilterCriteria.Filters.map(({ Pattern }) => ({ Pattern })) }
        : undefined,
      FunctionResponseTypes: it.FunctionResponseTypes?.length ? it.FunctionResponseTypes : undefined,
      ScalingConfig: it.ScalingConfig?.MaximumConcurrency
        ? { MaximumConcurrency: it.ScalingConfig.MaximumConcurrency }
        : undefined,
      MetricsConfig: it.MetricsConfig?.Metrics?.length ? { Metrics: it.MetricsConfig.Metrics } : undefined,
      ProvisionedPollerConfig: it.ProvisionedPollerConfig
        ? refer.document(it.ProvisionedPollerConfig)
        : undefined,
      DestinationConfig: destinationsOf(it.DestinationConfig, refer),
    }),
  };
}

/* ---- layers ---- */

export function layerEntries(it: LayerVersionDetails, policy: string | undefined): Entry[] {
  const [layer, version] = it.LayerVersionArn.split(':').slice(-2);
  return [
    {
      type: 'AWS::Lambda::LayerVersion',
      name: layer!,
      known: { [it.LayerVersionArn]: '' },
      parameters: CODE,
      unsaid: [
        `Its content: put the zip file of version ${version} into S3, and give its place as the parameters.`,
      ],
      properties: refer => ({
        LayerName: layer,
        Description: it.Description || undefined,
        Content: { S3Bucket: refer.parameter('CodeBucket'), S3Key: refer.parameter('CodeKey') },
        CompatibleRuntimes: it.CompatibleRuntimes,
        CompatibleArchitectures: it.CompatibleArchitectures,
        LicenseInfo: it.LicenseInfo || undefined,
      }),
    },
    ...allStatements(policy).map(statement => layerPermissionEntry(it.LayerVersionArn, layer!, statement)),
  ];
}

/** A layer's policy has no conditions but that of an organization. */
function layerPermissionEntry(versionArn: string, layer: string, statement: Statement): Entry {
  return {
    type: 'AWS::Lambda::LayerVersionPermission',
    name: `${layer} ${statement.Sid ?? ''}`,
    properties: refer => ({
      LayerVersionArn: refer.to(versionArn),
      Action: statement.Action,
      Principal: refer.to(accountOf(principalOf(statement))),
      OrganizationId: conditionsOf(statement).find(
        ([key]) => key.toLowerCase() === 'aws:principalorgid',
      )?.[1],
    }),
  };
}

/** AWS writes the account as the ARN of its root; the member takes the number. */
function accountOf(principal: string): string {
  return /^arn:aws[\w-]*:iam::(\d{12}):root$/.exec(principal)?.[1] ?? principal;
}
