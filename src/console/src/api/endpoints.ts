/** What fields offer that take any ARN: the first of the account's queues, functions and topics. */
import { arn } from '../session';
import { somePages } from '../ui/resource';
import { functionsPage } from './lambda';
import { topicsPage } from './sns';
import { listQueues, queueName } from './sqs';

const PAGES = 4;

export async function queueArns(signal?: AbortSignal): Promise<string[]> {
  const { items } = await listQueues(undefined, undefined, signal);
  return items.map(url => arn('sqs', queueName(url)));
}

export async function functionArns(signal?: AbortSignal): Promise<string[]> {
  const { items } = await somePages(marker => functionsPage(marker, signal), PAGES);
  return items.map(one => one.FunctionArn);
}

export async function topicArns(signal?: AbortSignal): Promise<string[]> {
  return (await somePages(token => topicsPage(token, signal), PAGES)).items;
}
