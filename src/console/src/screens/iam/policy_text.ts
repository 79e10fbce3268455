/** Policy documents as texts: making them, and what they allow by service. */
export interface Statement {
  Sid?: string;
  Effect: 'Allow' | 'Deny';
  Action?: string | string[];
  NotAction?: string | string[];
  Resource?: string | string[];
  NotResource?: string | string[];
  Principal?: string | Record<string, string | string[]>;
  Condition?: Record<string, Record<string, string | string[]>>;
}

export interface PolicyDocument {
  Version?: string;
  Statement: Statement | Statement[];
}

export function documentText(...statements: Statement[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements }, null, 2);
}

export function listed<T>(value: T | T[] | undefined): T[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

/** Nothing, if the text is no document. */
export function statementsOf(text: string | undefined): Statement[] {
  try {
    return listed((JSON.parse(text ?? '') as PolicyDocument).Statement);
  } catch {
    return [];
  }
}

export interface Grant {
  effect: 'Allow' | 'Deny';
  /** "sqs", or "*" for all services. */
  service: string;
  actions: string[];
  /** "All but …" is written out in `actions`, and `except` is true. */
  except: boolean;
  resources: string[];
  conditional: boolean;
  policy: string;
}

/** What a role's policies allow and deny, a row for each service of each statement, in the order of the services. */
export function grantsOf(policies: { name: string; document: string }[]): Grant[] {
  const grants = policies.flatMap(policy =>
    statementsOf(policy.document).flatMap(statement => grantsOfStatement(statement, policy.name)),
  );
  return grants.sort((a, b) => a.service.localeCompare(b.service) || a.effect.localeCompare(b.effect));
}

function grantsOfStatement(statement: Statement, policy: string): Grant[] {
  const except = statement.NotAction !== undefined;
  const byService = new Map<string, string[]>();
  for (const action of listed(statement.Action ?? statement.NotAction)) {
    const [service = '*', name = '*'] = action.split(':');
    const key = except ? '*' : service.toLowerCase();
    byService.set(key, [...(byService.get(key) ?? []), except ? action : name]);
  }
  const resources = statement.NotResource
    ? listed(statement.NotResource).map(resource => `all but ${resource}`)
    : listed(statement.Resource);
  return [...byService].map(([service, actions]) => ({
    effect: statement.Effect,
    service,
    actions,
    except,
    resources,
    conditional: statement.Condition !== undefined,
    policy,
  }));
}

const SERVICE_NAMES: Record<string, string> = {
  '*': 'All services',
  sqs: 'SQS',
  sns: 'SNS',
  dynamodb: 'DynamoDB',
  lambda: 'Lambda',
  logs: 'CloudWatch Logs',
  cloudwatch: 'CloudWatch',
  iam: 'IAM',
  sts: 'STS',
  kms: 'KMS',
  s3: 'S3',
  ec2: 'EC2',
  xray: 'X-Ray',
};

export function serviceName(service: string): string {
  return SERVICE_NAMES[service] ?? service;
}

export function trustOfService(service: string): string {
  return documentText({ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' });
}

/** Who may assume a role, in words: "Lambda", "the account 481665095854". */
export function trustedBy(trust: string): string {
  const principals = statementsOf(trust).flatMap(({ Effect, Principal }) =>
    Effect !== 'Allow' ? [] : typeof Principal === 'string' ? [Principal] : trustedOf(Principal ?? {}),
  );
  return [...new Set(principals)].join(', ');
}

function trustedOf(principal: Record<string, string | string[]>): string[] {
  return Object.entries(principal).flatMap(([kind, names]) =>
    listed(names).map(name => {
      if (kind === 'Service') return `AWS Service: ${name.replace('.amazonaws.com', '')}`;
      const account = /^(?:arn:aws:iam::)?(\d{12})(?::root)?$/.exec(name);
      return account ? `Account: ${account[1]}` : name;
    }),
  );
}
