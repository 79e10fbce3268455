/** What can subscribe to a topic: the account's queues and functions, by their ARNs. */
import { arn } from '../session';
import { allPages } from '../ui/resource';
import { rest } from './client';
import { listQueues, queueName } from './sqs';

export async function queueArns(signal?: AbortSignal): Promise<string[]> {
  const urls = await allPages(token => listQueues(token, undefined, signal));
  return urls.map(url => arn('sqs', queueName(url)));
}

export async function functionArns(signal?: AbortSignal): Promise<string[]> {
  return allPages(async token => {
    const input: Record<string, string> = token ? { Marker: token } : {};
    const response = await rest(
      'ListFunctions',
      input,
      'GET',
      `/2015-03-31/functions/?${new URLSearchParams(input)}`,
      undefined,
      {},
      { signal, quiet: true },
    );
    const page = (await response.json()) as { Functions: { FunctionArn: string }[]; NextMarker?: string };
    return { items: page.Functions.map(one => one.FunctionArn), next: page.NextMarker };
  });
}
