/** What is set beside a function's own configuration: its policy, URL, concurrency, asynchronous invocation and tags. */
import { functionPath, lambda, lambdaPages, orUndefined } from './lambda';

const QUIET = { quiet: true };

/* ---- the function's own policy ---- */

export interface Permission {
  StatementId: string;
  Action: string;
  Principal: string;
  SourceArn?: string;
  SourceAccount?: string;
  FunctionUrlAuthType?: string;
}

/** The policy's document as a text. */
export async function functionPolicy(name: string, signal?: AbortSignal): Promise<string | undefined> {
  const found = await orUndefined(
    lambda<{ Policy: string }>('GetPolicy', 'GET', functionPath(name, '/policy'), {}, { ...QUIET, signal }),
  );
  return found?.Policy;
}

export async function addPermission(name: string, permission: Permission): Promise<void> {
  await lambda('AddPermission', 'POST', functionPath(name, '/policy'), {
    names: { FunctionName: name },
    body: permission,
  });
}

export async function removePermission(name: string, statementId: string): Promise<void> {
  await lambda(
    'RemovePermission',
    'DELETE',
    functionPath(name, `/policy/${encodeURIComponent(statementId)}`),
    {
      names: { FunctionName: name, StatementId: statementId },
    },
  );
}

/* ---- function URL ---- */

export interface FunctionUrl {
  FunctionUrl: string;
  AuthType: string;
  InvokeMode?: string;
  CreationTime: string;
  Cors?: { AllowOrigins?: string[]; AllowMethods?: string[]; AllowHeaders?: string[] };
}

const urlPath = (name: string) => functionPath(name, '/url', '2021-10-31');

export function functionUrl(name: string, signal?: AbortSignal): Promise<FunctionUrl | undefined> {
  return orUndefined(
    lambda<FunctionUrl>('GetFunctionUrlConfig', 'GET', urlPath(name), {}, { ...QUIET, signal }),
  );
}

export async function putFunctionUrl(name: string, settings: object, exists: boolean): Promise<void> {
  await lambda(
    exists ? 'UpdateFunctionUrlConfig' : 'CreateFunctionUrlConfig',
    exists ? 'PUT' : 'POST',
    urlPath(name),
    { names: { FunctionName: name }, body: settings },
  );
}

export async function deleteFunctionUrl(name: string): Promise<void> {
  await lambda('DeleteFunctionUrlConfig', 'DELETE', urlPath(name), { names: { FunctionName: name } });
}

/* ---- concurrency ---- */

export interface Provisioned {
  FunctionArn: string;
  RequestedProvisionedConcurrentExecutions: number;
  AvailableProvisionedConcurrentExecutions: number;
  AllocatedProvisionedConcurrentExecutions: number;
  Status: string;
  StatusReason?: string;
}

/** Undefined takes the reservation away. */
export async function reserveConcurrency(name: string, executions: number | undefined): Promise<void> {
  const path = functionPath(name, '/concurrency', '2017-10-31');
  const names = { FunctionName: name };
  if (executions === undefined) await lambda('DeleteFunctionConcurrency', 'DELETE', path, { names });
  else
    await lambda('PutFunctionConcurrency', 'PUT', path, {
      names,
      body: { ReservedConcurrentExecutions: executions },
    });
}

const PROVISIONED = '/provisioned-concurrency';

export function listProvisioned(name: string, signal?: AbortSignal): Promise<Provisioned[]> {
  return lambdaPages(
    'ListProvisionedConcurrencyConfigs',
    functionPath(name, PROVISIONED, '2019-09-30'),
    'ProvisionedConcurrencyConfigs',
    { List: 'ALL' },
    signal,
  );
}

/** Undefined takes it away. */
export async function provisionConcurrency(
  name: string,
  qualifier: string,
  executions: number | undefined,
): Promise<void> {
  const path = functionPath(name, PROVISIONED, '2019-09-30', qualifier);
  const names = { FunctionName: name, Qualifier: qualifier };
  if (executions === undefined) await lambda('DeleteProvisionedConcurrencyConfig', 'DELETE', path, { names });
  else
    await lambda('PutProvisionedConcurrencyConfig', 'PUT', path, {
      names,
      body: { ProvisionedConcurrentExecutions: executions },
    });
}

export interface AccountLimits {
  ConcurrentExecutions: number;
  UnreservedConcurrentExecutions: number;
}

export async function accountLimits(signal?: AbortSignal): Promise<AccountLimits> {
  const { AccountLimit } = await lambda<{ AccountLimit: AccountLimits }>(
    'GetAccountSettings',
    'GET',
    '/2016-08-19/account-settings',
    {},
    { ...QUIET, signal },
  );
  return AccountLimit;
}

/* ---- asynchronous invocation and destinations ---- */

export interface EventConfig {
  MaximumRetryAttempts?: number;
  MaximumEventAgeInSeconds?: number;
  DestinationConfig?: { OnSuccess?: { Destination?: string }; OnFailure?: { Destination?: string } };
}

const eventPath = (name: string) => functionPath(name, '/event-invoke-config', '2019-09-25');

export function eventConfig(name: string, signal?: AbortSignal): Promise<EventConfig | undefined> {
  return orUndefined(
    lambda<EventConfig>('GetFunctionEventInvokeConfig', 'GET', eventPath(name), {}, { ...QUIET, signal }),
  );
}

/** Members that are not given stay as they are. */
export async function updateEventConfig(name: string, config: EventConfig, exists: boolean): Promise<void> {
  await lambda(
    exists ? 'UpdateFunctionEventInvokeConfig' : 'PutFunctionEventInvokeConfig',
    exists ? 'POST' : 'PUT',
    eventPath(name),
    { names: { FunctionName: name }, body: config },
  );
}

/* ---- tags ---- */

const tagsPath = (arn: string) => `/2017-03-31/tags/${encodeURIComponent(arn)}`;

export async function changeTags(
  arn: string,
  before: Record<string, string>,
  after: Record<string, string>,
): Promise<void> {
  const gone = Object.keys(before).filter(key => !(key in after));
  const names = { Resource: arn };
  if (gone.length > 0)
    await lambda(
      'UntagResource',
      'DELETE',
      `${tagsPath(arn)}?${new URLSearchParams(gone.map(key => ['tagKeys', key]))}`,
      { names: { ...names, TagKeys: gone } },
    );
  if (Object.keys(after).length > 0)
    await lambda('TagResource', 'POST', tagsPath(arn), { names, body: { Tags: after } });
}
