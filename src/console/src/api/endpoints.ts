/** What can subscribe to a topic: the account's queues and functions, by their ARNs. */
import { arn } from '../session';
import { allPages } from '../ui/resource';
import { listFunctions } from './lambda';
import { listQueues, queueName } from './sqs';

export async function queueArns(signal?: AbortSignal): Promise<string[]> {
  const urls = await allPages(token => listQueues(token, undefined, signal));
  return urls.map(url => arn('sqs', queueName(url)));
}

export async function functionArns(signal?: AbortSignal): Promise<string[]> {
  return (await listFunctions(signal)).map(one => one.FunctionArn);
}
