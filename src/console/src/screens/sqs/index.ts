import { listQueues, queueName } from '../../api/sqs';
import { link, type Route } from '../../router';
import { foundIn, type Find } from '../found';

export const routes: Route[] = [
  { path: 'sqs/queues', title: 'Queues', load: () => import('./queues') },
  { path: 'sqs/create-queue', title: 'Create queue', load: () => import('./create_queue') },
  { path: 'sqs/queues/:name', title: ({ name }) => name!, load: () => import('./queue') },
  { path: 'sqs/queues/:name/edit', title: ({ name }) => `Edit ${name}`, load: () => import('./edit_queue') },
  {
    path: 'sqs/queues/:name/messages',
    title: ({ name }) => `Send and receive messages: ${name}`,
    load: () => import('./messages'),
  },
];

export const finds: Find[] = [
  (token, signal) =>
    foundIn(listQueues(token, undefined, signal), url => ({
      name: queueName(url),
      kind: 'Queue',
      to: link`sqs/queues/${queueName(url)}`,
    })),
];
