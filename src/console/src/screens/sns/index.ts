import { topicsPage } from '../../api/sns';
import { link, type Route } from '../../router';
import { nameOf } from '../../ui/format';
import { foundIn, type Find } from '../found';

/** A topic's address has its name, or its ARN if it is of another account. */
export const routes: Route[] = [
  { path: 'sns/topics', title: 'Topics', load: () => import('./topics') },
  { path: 'sns/create-topic', title: 'Create topic', load: () => import('./create_topic') },
  { path: 'sns/subscriptions', title: 'Subscriptions', load: () => import('./subscriptions') },
  {
    path: 'sns/create-subscription',
    title: 'Create subscription',
    load: () => import('./create_subscription'),
  },
  { path: 'sns/subscriptions/:arn', title: 'Subscription', load: () => import('./subscription') },
  {
    path: 'sns/subscriptions/:arn/edit',
    title: 'Edit subscription',
    load: () => import('./edit_subscription'),
  },
  { path: 'sns/topics/:topic', title: ({ topic }) => topic!, load: () => import('./topic') },
  {
    path: 'sns/topics/:topic/edit',
    title: ({ topic }) => `Edit ${topic}`,
    load: () => import('./edit_topic'),
  },
  {
    path: 'sns/topics/:topic/publish',
    title: ({ topic }) => `Publish to ${topic}`,
    load: () => import('./publish'),
  },
];

export const finds: Find[] = [
  (token, signal) =>
    foundIn(topicsPage(token, signal), arn => ({
      name: nameOf(arn),
      kind: 'Topic',
      to: link`sns/topics/${nameOf(arn)}`,
    })),
];
