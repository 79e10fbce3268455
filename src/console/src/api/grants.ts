/** Permissions that AWS's console writes by itself: here they are shown before they are written. */
import { rest } from './client';
import type { AwsError } from './errors';
import { describeQueue, queueUrl, setAttributes } from './sqs';

export interface Statement {
  Sid: string;
  Effect: 'Allow';
  Principal: { Service: string };
  Action: string;
  Resource: string;
  Condition: Record<string, Record<string, string>>;
}

/** Lets the topic send to the queue, and no other topic. */
export function topicMaySend(topicArn: string, queueArn: string): Statement {
  return {
    Sid: `topic-subscription-${topicArn}`.replaceAll(/[^A-Za-z0-9-]/g, '-'),
    Effect: 'Allow',
    Principal: { Service: 'sns.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: queueArn,
    Condition: { ArnEquals: { 'aws:SourceArn': topicArn } },
  };
}

interface Policy {
  Version: string;
  Id?: string;
  Statement: { Sid?: string }[];
}

/** A policy with one statement more; a statement of the same Sid is replaced. */
function withStatement(policy: string | undefined, statement: Statement): string {
  const before: Policy = policy ? (JSON.parse(policy) as Policy) : { Version: '2012-10-17', Statement: [] };
  const others = [before.Statement].flat().filter(({ Sid }) => Sid !== statement.Sid);
  return JSON.stringify({ ...before, Statement: [...others, statement] });
}

/** Add to the queue's policy that the topic may send to it. */
export async function letTopicSend(topicArn: string, queueArn: string): Promise<void> {
  const url = await queueUrl(queueArn.split(':').at(-1)!);
  const queue = await describeQueue(url);
  const policy = withStatement(queue.attributes.Policy, topicMaySend(topicArn, queueArn));
  if (policy !== queue.attributes.Policy) await setAttributes(url, { Policy: policy });
}

/** Lambda's ids have 100 characters at most, and topics' names up to 256: the rest of the ARN is a hash. */
function statementId(topicArn: string): string {
  let hash = 0x811c9dc5;
  for (const char of topicArn) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  const name = topicArn
    .split(':')
    .at(-1)!
    .replaceAll(/[^A-Za-z0-9-_]/g, '-');
  return `topic-${name.slice(0, 80)}-${(hash >>> 0).toString(36)}`;
}

/** Lets the topic invoke the function, and no other topic.  The input of Lambda's AddPermission. */
export function topicMayInvoke(topicArn: string, functionArn: string) {
  return {
    FunctionName: functionArn,
    StatementId: statementId(topicArn),
    Action: 'lambda:InvokeFunction',
    Principal: 'sns.amazonaws.com',
    SourceArn: topicArn,
  };
}

/** Write the permission, unless the function has it. */
export async function letTopicInvoke(topicArn: string, functionArn: string): Promise<void> {
  const { FunctionName, ...body } = topicMayInvoke(topicArn, functionArn);
  const path = `/2015-03-31/functions/${encodeURIComponent(FunctionName)}/policy`;
  try {
    await rest('AddPermission', { FunctionName, ...body }, 'POST', path, JSON.stringify(body));
  } catch (error) {
    if ((error as AwsError).code !== 'ResourceConflictException') throw error;
  }
}
