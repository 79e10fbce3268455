/** Execution roles: the one that AWS's console makes with a function, and the rights that a trigger needs. */
import { attachPolicy, createPolicy, createRole, inlineDocument, putInlinePolicy } from '../../api/iam';
import { orUndefined } from '../../api/lambda';
import { arn } from '../../session';
import { nameOf } from '../../ui/format';
import { documentText, listed, statementsOf, trustOfService, type Statement } from '../iam/policy_text';

const SERVICE_ROLE = '/service-role/';

/** The rights to write the function's log, exactly as AWS's console grants them. */
export function basicLogging(functionName: string): string {
  return documentText(
    { Effect: 'Allow', Action: 'logs:CreateLogGroup', Resource: arn('logs', '*') },
    {
      Effect: 'Allow',
      Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: [arn('logs', `log-group:/aws/lambda/${functionName}:*`)],
    },
  );
}

/** Eight of a-z and 0-9, as in ProcessOrderFunction-role-1a2b3c4d. */
export function roleSuffix(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return [...bytes].map(byte => (byte % 36).toString(36)).join('');
}

/** "Create a new role with basic Lambda permissions": its ARN. */
export async function createBasicRole(functionName: string, roleName: string): Promise<string> {
  const policy = await createPolicy({
    PolicyName: `AWSLambdaBasicExecutionRole-${crypto.randomUUID()}`,
    Path: SERVICE_ROLE,
    PolicyDocument: basicLogging(functionName),
  });
  const role = await createRole({
    RoleName: roleName,
    Path: SERVICE_ROLE,
    AssumeRolePolicyDocument: trustOfService('lambda.amazonaws.com'),
  });
  await attachPolicy('Role', roleName, policy.Arn);
  return role.Arn;
}

export function roleName(roleArn: string): string {
  return nameOf(roleArn);
}

/** AWS's refusal of a trigger that the role may not read: "… does not have permissions to call ReceiveMessage on SQS". */
export function refusedSource(message: string): 'queue' | 'stream' | undefined {
  if (!/execution role does not have permissions to call/i.test(message)) return undefined;
  return /on SQS/.test(message) ? 'queue' : 'stream';
}

/** The inline policies that let a role read a queue, by the names that people give them. */
const QUEUE_POLICIES: [string, string][] = [
  ['SQSDeleteMessagePolicy', 'sqs:DeleteMessage'],
  ['SQSGetQueueAttributesPolicy', 'sqs:GetQueueAttributes'],
  ['SQSReceiveMessagePolicy', 'sqs:ReceiveMessage'],
];
const STREAM_ACTIONS = [
  'dynamodb:DescribeStream',
  'dynamodb:GetRecords',
  'dynamodb:GetShardIterator',
  'dynamodb:ListStreams',
];

export interface NeededPolicy {
  name: string;
  action: string | string[];
  resource: string;
}

export function neededPolicies(source: 'queue' | 'stream', sourceArn: string): NeededPolicy[] {
  if (source === 'stream')
    return [{ name: 'DynamoDBReadStreamPolicy', action: STREAM_ACTIONS, resource: sourceArn }];
  return QUEUE_POLICIES.map(([name, action]) => ({ name, action, resource: sourceArn }));
}

/** The document with the right added.  A role may read other queues by a policy of the same name. */
export function withRight(document: string | undefined, needed: NeededPolicy): string {
  const right: Statement = { Effect: 'Allow', Action: needed.action, Resource: needed.resource };
  const statements = statementsOf(document);
  const same = statements.find(
    one => one.Effect === 'Allow' && String(one.Action) === String(needed.action) && !one.Condition,
  );
  if (!same?.Resource) return documentText(...statements, right);
  const resources = new Set([...listed(same.Resource), needed.resource]);
  const Resource = resources.size === 1 ? needed.resource : [...resources];
  return documentText(...statements.map(one => (one === same ? { ...same, Resource } : one)));
}

export async function allowReading(roleArn: string, needed: NeededPolicy[]): Promise<void> {
  const role = roleName(roleArn);
  for (const policy of needed) {
    const before = await orUndefined(inlineDocument('Role', role, policy.name));
    await putInlinePolicy('Role', role, policy.name, withRight(before, policy));
  }
}
