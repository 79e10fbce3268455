/** All screens: each service's folder says its pages, and how its resources are found by name. */
import type { Route } from '../router';
import * as cloudwatch from './cloudwatch';
import * as deadletters from './deadletters';
import * as dynamodb from './dynamodb';
import type { Find } from './found';
import * as home from './home';
import * as iam from './iam';
import * as lambda from './lambda';
import * as server from './server';
import * as sns from './sns';
import * as sqs from './sqs';
import * as template from './template';
import * as traces from './traces';

export interface ScreenFolder {
  routes: Route[];
  /** The lists of the folder's resources. */
  finds?: Find[];
}

const folders: ScreenFolder[] = [
  home,
  traces,
  deadletters,
  sns,
  sqs,
  lambda,
  dynamodb,
  cloudwatch,
  iam,
  server,
  template,
];

export const routes: Route[] = folders.flatMap(folder => folder.routes);
export const finds = folders.flatMap(folder => folder.finds ?? []);

/** The list at the left. */
export const services: { title: string; links: [string, string][] }[] = [
  {
    title: 'Orders',
    links: [
      ['Home', ''],
      ['Orders and traces', 'traces'],
      ['Dead letters', 'dead-letters'],
    ],
  },
  {
    title: 'Services',
    links: [
      ['SNS', 'sns/topics'],
      ['SQS', 'sqs/queues'],
      ['Lambda', 'lambda/functions'],
      ['DynamoDB', 'dynamodb/tables'],
      ['CloudWatch', 'cloudwatch'],
      ['IAM', 'iam/roles'],
    ],
  },
  { title: 'Server', links: [['Clock and state', 'server']] },
];
