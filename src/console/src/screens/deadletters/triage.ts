/** Which queues of dead letters are looked into, and in which order: the fullest first, of all that there are. */
import type { Page } from '../../api/sqs';

export interface Backlog {
  QueueUrl: string;
  Messages: number;
}

/** A page of the server has 1,000 queues, or as many as its time allows: so many pages are read at most. */
export const MOST_PAGES = 20;

/** The queues with messages, the fullest first; `more` when there may be others behind those that were read. */
export async function fullestFirst(
  page: (token: string | undefined) => Promise<Page<Backlog>>,
): Promise<{ queues: Backlog[]; more: boolean }> {
  const queues: Backlog[] = [];
  let next: string | undefined;
  for (let i = 0; i < MOST_PAGES && (i === 0 || next); i++) {
    const got = await page(next);
    queues.push(...got.items.filter(({ Messages }) => Messages > 0));
    next = got.next;
  }
  queues.sort((a, b) => b.Messages - a.Messages || a.QueueUrl.localeCompare(b.QueueUrl));
  return { queues, more: next !== undefined };
}
