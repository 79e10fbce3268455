/** Lambda's operations as the console uses them: functions, their code, versions, aliases and invocations. */
import type { PageOf } from '../ui/pages';
import { allPages } from '../ui/resource';
import { rest, send, type CallOptions } from './client';
import { AwsError } from './errors';

export interface LoggingConfig {
  LogFormat?: string;
  ApplicationLogLevel?: string;
  SystemLogLevel?: string;
  LogGroup?: string;
}

export interface FunctionConfiguration {
  FunctionName: string;
  FunctionArn: string;
  Runtime?: string;
  Role: string;
  Handler?: string;
  CodeSize: number;
  CodeSha256: string;
  Description?: string;
  Timeout: number;
  MemorySize: number;
  LastModified: string;
  Version: string;
  State?: string;
  StateReason?: string;
  LastUpdateStatus?: string;
  LastUpdateStatusReason?: string;
  Architectures?: string[];
  Environment?: { Variables?: Record<string, string> };
  Layers?: { Arn: string; CodeSize: number }[];
  EphemeralStorage?: { Size: number };
  DeadLetterConfig?: { TargetArn?: string };
  LoggingConfig?: LoggingConfig;
  PackageType?: string;
  TracingConfig?: { Mode: string };
  KMSKeyArn?: string;
  SnapStart?: { ApplyOn: string };
}

export interface FunctionDetails {
  Configuration: FunctionConfiguration;
  Code: { Location: string };
  Tags?: Record<string, string>;
  Concurrency?: { ReservedConcurrentExecutions?: number };
}

interface Request {
  /** Members of the input that are in the path or the query. */
  names?: Record<string, unknown>;
  body?: object;
  /** What is remembered of the body, if that is large. */
  shown?: object;
}

const FUNCTIONS = '/2015-03-31/functions';
const QUIET: CallOptions = { quiet: true };

export async function lambda<T>(
  operation: string,
  method: string,
  path: string,
  { names = {}, body, shown }: Request = {},
  options: CallOptions = {},
): Promise<T> {
  const response = await rest(
    operation,
    { ...names, ...(shown ?? body) },
    method,
    path,
    body && JSON.stringify(body),
    {},
    options,
  );
  const text = await response.text();
  return (text ? JSON.parse(text) : {}) as T;
}

/** "/2015-03-31/functions/NAME/rest?Qualifier=…" */
export function functionPath(name: string, rest = '', version = '2015-03-31', qualifier?: string): string {
  const query = qualifier ? `?Qualifier=${encodeURIComponent(qualifier)}` : '';
  return `/${version}/functions/${encodeURIComponent(name)}${rest}${query}`;
}

/** What is not there is undefined instead of an error. */
export async function orUndefined<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof AwsError && error.missing) return undefined;
    throw error;
  }
}

/** A list that is read with Marker and NextMarker. */
interface LambdaList {
  operation: string;
  path: string;
  member: string;
  /** Which of them. */
  names?: Record<string, string>;
}

export async function lambdaPage<T>(
  { operation, path, member, names }: LambdaList,
  marker?: string,
  signal?: AbortSignal,
): Promise<PageOf<T>> {
  const query = new URLSearchParams({ ...names, ...(marker && { Marker: marker }) }).toString();
  const page = await lambda<Record<string, unknown>>(
    operation,
    'GET',
    path + (query && `?${query}`),
    {},
    { ...QUIET, signal },
  );
  return { items: (page[member] ?? []) as T[], next: (page.NextMarker as string | null) ?? undefined };
}

/** All pages: of what one function has few of. */
export async function lambdaPages<T>(
  operation: string,
  path: string,
  member: string,
  names: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<T[]> {
  return allPages(marker => lambdaPage({ operation, path, member, names }, marker, signal));
}

/* ---- functions ---- */

export function functionsPage(marker?: string, signal?: AbortSignal): Promise<PageOf<FunctionConfiguration>> {
  return lambdaPage({ operation: 'ListFunctions', path: FUNCTIONS, member: 'Functions' }, marker, signal);
}

export function getFunction(
  name: string,
  qualifier?: string,
  signal?: AbortSignal,
): Promise<FunctionDetails> {
  return lambda('GetFunction', 'GET', functionPath(name, '', undefined, qualifier), {}, { ...QUIET, signal });
}

export const PACKAGE_SHOWN = '(the zip file, in base64)';

export function createFunction(input: object, zip: string): Promise<FunctionConfiguration> {
  return lambda('CreateFunction', 'POST', FUNCTIONS, {
    body: { ...input, Code: { ZipFile: zip } },
    shown: { ...input, Code: { ZipFile: PACKAGE_SHOWN } },
  });
}

export async function deleteFunction(name: string, qualifier?: string): Promise<void> {
  await lambda('DeleteFunction', 'DELETE', functionPath(name, '', undefined, qualifier), {
    names: { FunctionName: name, Qualifier: qualifier },
  });
}

export function updateCode(name: string, zip: string): Promise<FunctionConfiguration> {
  return lambda('UpdateFunctionCode', 'PUT', functionPath(name, '/code'), {
    names: { FunctionName: name },
    body: { ZipFile: zip },
    shown: { ZipFile: PACKAGE_SHOWN },
  });
}

export function updateConfiguration(name: string, changes: object): Promise<FunctionConfiguration> {
  return lambda('UpdateFunctionConfiguration', 'PUT', functionPath(name, '/configuration'), {
    names: { FunctionName: name },
    body: changes,
  });
}

/** The package of a function.  The location names the server as it knows itself; the page may know it by another name,
 *  and may ask no origin but its own. */
export async function downloadCode(location: string): Promise<Uint8Array<ArrayBuffer>> {
  const { pathname, search } = new URL(location);
  const response = await send(pathname + search, 'lambda', {});
  if (!response.ok)
    throw new AwsError(
      `HTTP ${response.status}`,
      'The code could not be read.',
      response.status,
      'lambda:GetFunction',
    );
  return new Uint8Array(await response.arrayBuffer());
}

/* ---- versions and aliases ---- */

export interface Alias {
  AliasArn: string;
  Name: string;
  FunctionVersion: string;
  Description?: string;
  RoutingConfig?: { AdditionalVersionWeights?: Record<string, number> };
}

/** $LATEST is the first of the first page. */
export function versionsPage(
  name: string,
  marker?: string,
  signal?: AbortSignal,
): Promise<PageOf<FunctionConfiguration>> {
  const path = functionPath(name, '/versions');
  return lambdaPage({ operation: 'ListVersionsByFunction', path, member: 'Versions' }, marker, signal);
}

export function publishVersion(name: string, description: string): Promise<FunctionConfiguration> {
  return lambda('PublishVersion', 'POST', functionPath(name, '/versions'), {
    names: { FunctionName: name },
    body: description ? { Description: description } : {},
  });
}

export function aliasesPage(name: string, marker?: string, signal?: AbortSignal): Promise<PageOf<Alias>> {
  const path = functionPath(name, '/aliases');
  return lambdaPage({ operation: 'ListAliases', path, member: 'Aliases' }, marker, signal);
}

const OF_VERSIONS = 'versions ';

/** Names of aliases, then versions: what a function may be qualified with. */
export async function qualifiersPage(
  name: string,
  token = '',
  signal?: AbortSignal,
): Promise<PageOf<string>> {
  if (!token.startsWith(OF_VERSIONS)) {
    const { items, next } = await aliasesPage(name, token || undefined, signal);
    return { items: items.map(alias => alias.Name), next: next ?? OF_VERSIONS };
  }
  const { items, next } = await versionsPage(name, token.slice(OF_VERSIONS.length) || undefined, signal);
  return { items: items.map(one => one.Version), next: next && OF_VERSIONS + next };
}

export function putAlias(name: string, alias: Omit<Alias, 'AliasArn'>, exists: boolean): Promise<Alias> {
  const { Name, ...rest } = alias;
  return exists
    ? lambda('UpdateAlias', 'PUT', functionPath(name, `/aliases/${encodeURIComponent(Name)}`), {
        names: { FunctionName: name, Name },
        body: rest,
      })
    : lambda('CreateAlias', 'POST', functionPath(name, '/aliases'), {
        names: { FunctionName: name },
        body: alias,
      });
}

export async function deleteAlias(name: string, alias: string): Promise<void> {
  await lambda('DeleteAlias', 'DELETE', functionPath(name, `/aliases/${encodeURIComponent(alias)}`), {
    names: { FunctionName: name, Name: alias },
  });
}

/* ---- invocations ---- */

export interface Invocation {
  payload: string;
  /** "Unhandled" when the function failed. */
  functionError?: string;
  log: string;
  requestId?: string;
  version?: string;
}

export async function invokeFunction(name: string, payload: string, qualifier?: string): Promise<Invocation> {
  const response = await rest(
    'Invoke',
    { FunctionName: name, Qualifier: qualifier, LogType: 'Tail', Payload: payload },
    'POST',
    functionPath(name, '/invocations', undefined, qualifier),
    payload,
    { 'x-amz-log-type': 'Tail' },
  );
  const log = response.headers.get('x-amz-log-result') ?? '';
  return {
    payload: await response.text(),
    functionError: response.headers.get('x-amz-function-error') ?? undefined,
    log: new TextDecoder().decode(Uint8Array.from(atob(log), char => char.charCodeAt(0))),
    requestId: response.headers.get('x-amzn-requestid') ?? undefined,
    version: response.headers.get('x-amz-executed-version') ?? undefined,
  };
}
