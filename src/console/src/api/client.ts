/** Calls of AWS's API: signed, sent, and their replies read, by each protocol that a service speaks. */
import { AwsClient } from 'aws4fetch';

import { region, session, type Credentials } from '../session';
import { AwsError, Unreachable } from './errors';
import { toForm, type Value } from './form';
import { cliCommand, remember } from './recent';
import { parseXml, textOf, toValue } from './xml';

interface Service {
  /** The name in a signature. */
  signs: string;
  /** The name that the CLI uses. */
  cli: string;
}

const SERVICES = {
  dynamodb: { signs: 'dynamodb', cli: 'dynamodb', target: 'DynamoDB_20120810', version: '1.0' },
  streams: { signs: 'dynamodb', cli: 'dynamodbstreams', target: 'DynamoDBStreams_20120810', version: '1.0' },
  sqs: { signs: 'sqs', cli: 'sqs', target: 'AmazonSQS', version: '1.0' },
  logs: { signs: 'logs', cli: 'logs', target: 'Logs_20140328', version: '1.1' },
  cloudwatch: {
    signs: 'monitoring',
    cli: 'cloudwatch',
    target: 'GraniteServiceVersion20100801',
    version: '1.0',
  },
} satisfies Record<string, Service & { target: string; version: string }>;

const QUERY_SERVICES = {
  sns: { signs: 'sns', cli: 'sns', version: '2010-03-31' },
  iam: { signs: 'iam', cli: 'iam', version: '2010-05-08' },
  sts: { signs: 'sts', cli: 'sts', version: '2011-06-15' },
} satisfies Record<string, Service & { version: string }>;

export interface CallOptions {
  /** Other credentials than the session's, for example to look whether they are right. */
  credentials?: Credentials;
  signal?: AbortSignal;
  /** Another region than the chosen one. */
  region?: string;
  /** Reads that the console makes by itself are not worth remembering. */
  quiet?: boolean;
}

interface Call extends CallOptions {
  service: Service;
  operation: string;
  /** What the CLI would get as its input. */
  input: unknown;
  path: string;
  init: RequestInit;
}

/** AWS JSON: DynamoDB, SQS, Logs, CloudWatch. */
export async function json<T>(
  name: keyof typeof SERVICES,
  operation: string,
  input: object = {},
  options: CallOptions = {},
): Promise<T> {
  const service = SERVICES[name];
  const headers = {
    'content-type': `application/x-amz-json-${service.version}`,
    'x-amz-target': `${service.target}.${operation}`,
  };
  const init = { method: 'POST', headers, body: JSON.stringify(input) };
  const response = await call({ ...options, service, operation, input, path: '/', init });
  const text = await response.text();
  return (text ? JSON.parse(text) : {}) as T;
}

/** AWS Query: SNS, IAM, STS.  Empty lists are empty texts in the reply: see listOf(). */
export async function query<T>(
  name: keyof typeof QUERY_SERVICES,
  operation: string,
  input: Record<string, Value> = {},
  options: CallOptions = {},
): Promise<T> {
  const service = QUERY_SERVICES[name];
  const form = toForm(input);
  form.set('Action', operation);
  form.set('Version', service.version);
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
  const init = { method: 'POST', headers, body: form.toString() };
  const response = await call({ ...options, service, operation, input, path: '/', init });
  const result = parseXml(await response.text()).querySelector(`${operation}Result`);
  return (result ? toValue(result) : {}) as T;
}

/** REST with JSON: Lambda.  `path` begins with the API's version; `operation` and `input` name the call for the CLI. */
export async function rest(
  operation: string,
  input: object,
  method: string,
  path: string,
  body?: BodyInit,
  headers: Record<string, string> = {},
  options: CallOptions = {},
): Promise<Response> {
  return call({
    ...options,
    service: { signs: 'lambda', cli: 'lambda' },
    operation,
    input,
    path,
    init: {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      body,
    },
  });
}

/** Orderly's own API: see docs/orderly-api.md. */
export async function orderly<T>(
  method: string,
  path: string,
  body?: unknown,
  options: { signal?: AbortSignal } = {},
): Promise<T> {
  const response = await send(path, 'sqs', {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: options.signal,
  });
  if (!response.ok) throw await errorOf(response, `orderly:${path}`);
  const text = await response.text();
  return (text ? JSON.parse(text) : {}) as T;
}

async function call({ service, operation, input, path, init, ...options }: Call): Promise<Response> {
  const began = performance.now();
  const note = (error?: string) => {
    if (!options.quiet)
      remember({
        at: new Date(),
        service: service.cli,
        operation,
        command: cliCommand(service.cli, operation, input),
        milliseconds: performance.now() - began,
        error,
      });
  };
  const request = { ...init, signal: options.signal };
  const response = await send(path, service.signs, request, options.credentials, options.region);
  if (response.ok) {
    note();
    return response;
  }
  const error = await errorOf(response, `${service.cli}:${operation}`);
  note(error.code);
  throw error;
}

/** Sign and send.  Without a session, the request goes unsigned. */
export async function send(
  path: string,
  signingName: string,
  init: RequestInit,
  credentials: Credentials | undefined = session.value?.credentials,
  inRegion = region.value,
): Promise<Response> {
  const url = new URL(path, location.origin).href;
  try {
    if (!credentials) return await fetch(url, init);
    const { signal, ...rest } = init;
    const aws = new AwsClient({ ...credentials, service: signingName, region: inRegion, retries: 0 });
    return await fetch(await aws.sign(url, rest), { signal });
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error;
    throw new Unreachable(error);
  }
}

async function errorOf(response: Response, action: string): Promise<AwsError> {
  const text = await response.text();
  const of = (code: string | undefined, message: string | undefined, id?: string) =>
    new AwsError(bareCode(code) || `HTTP ${response.status}`, message || text, response.status, action, id);
  if (text.startsWith('<')) {
    const xml = parseXml(text);
    return of(textOf(xml, 'Code'), textOf(xml, 'Message'), textOf(xml, 'RequestId'));
  }
  try {
    const body = JSON.parse(text) as Record<string, string>;
    const code = response.headers.get('x-amzn-errortype') ?? body.__type ?? body.code;
    return of(code, body.message ?? body.Message, response.headers.get('x-amzn-requestid') ?? undefined);
  } catch {
    return of(undefined, text);
  }
}

/** "com.amazonaws.sqs#QueueDoesNotExist" and "ResourceNotFoundException:http://…" name their errors in the middle. */
function bareCode(code: string | undefined): string {
  return (code ?? '').replace(/^.*#/, '').replace(/:.*$/, '');
}
