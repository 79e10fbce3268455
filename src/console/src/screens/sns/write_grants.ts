/** Writes what the questions about permissions were answered with. */
import { letTopicInvoke, letTopicSend } from '../../api/grants';
import { nameOf } from '../../ui/format';
import { attempt } from '../../ui/flash';
import { ofThisAccount, type Grants } from './subscription_form';

interface Subscribed {
  topic: string;
  protocol: string;
  endpoint: string;
  deadLetters?: string;
}

/** A refusal is shown, and the subscription stays. */
export async function writeGrants(
  { topic, protocol, endpoint, deadLetters }: Subscribed,
  wanted: Grants,
): Promise<void> {
  if (wanted.endpoint && protocol === 'sqs' && ofThisAccount(endpoint))
    await attempt(() => letTopicSend(topic, endpoint), `${nameOf(topic)} may send to ${nameOf(endpoint)}.`);
  if (wanted.endpoint && protocol === 'lambda' && ofThisAccount(endpoint))
    await attempt(() => letTopicInvoke(topic, endpoint), `${nameOf(topic)} may invoke ${nameOf(endpoint)}.`);
  if (wanted.deadLetters && deadLetters && ofThisAccount(deadLetters))
    await attempt(
      () => letTopicSend(topic, deadLetters),
      `${nameOf(topic)} may send to ${nameOf(deadLetters)}.`,
    );
}
