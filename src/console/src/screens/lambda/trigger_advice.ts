/** What loses or repeats messages between a queue and its function; `orderly doctor` says the same. */
import type { MappingSettings, QueueFacts } from '../../api/lambda_triggers';

const TIMEOUTS = 6;
const RECEIVES = 5;

export function triggerAdvice(mapping: MappingSettings, queue: QueueFacts, timeoutSeconds: number): string[] {
  const advice: string[] = [];
  const enough = TIMEOUTS * timeoutSeconds;
  if (queue.visibilitySeconds < enough)
    advice.push(
      `The queue's visibility timeout, ${queue.visibilitySeconds} s, is less than six times the function's timeout, ` +
        `${timeoutSeconds} s: messages may come again while their batch is still tried. Set it to ${enough} s or more.`,
    );
  if (queue.maxReceiveCount === undefined)
    advice.push(
      'The queue has no dead-letter queue: a message that always fails comes again until it expires.',
    );
  else if (queue.maxReceiveCount < RECEIVES)
    advice.push(
      `Maximum receives is ${queue.maxReceiveCount}: throttling alone may send good messages to the dead-letter queue. ` +
        'Set it to 5 or more.',
    );
  if ((mapping.BatchSize ?? 1) > 1 && !mapping.FunctionResponseTypes?.length)
    advice.push(
      `One bad message of a batch of ${mapping.BatchSize} makes all of them come again: let the function report ` +
        'batch item failures.',
    );
  return advice;
}
