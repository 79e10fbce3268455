/** What Lambda's pages share. */
import type { FunctionDetails } from '../../api/lambda';
import type { Mapping, Subscription } from '../../api/lambda_triggers';
import { flash } from '../../ui/flash';
import type { Resource } from '../../ui/resource';

/** The pages of the service. */
export const LAMBDA: { label: string; links: [string, string][] } = {
  label: 'Lambda',
  links: [
    ['Functions', 'lambda/functions'],
    ['Layers', 'lambda/layers'],
  ],
};

export interface TabProps {
  details: FunctionDetails;
  reload: () => Promise<void>;
}

export type Triggers = Resource<{ mappings: Mapping[]; subscriptions: Subscription[] }>;

export function updated(name: string): void {
  flash('good', `Successfully updated the function ${name}.`);
}

/** A number of a form; nothing when its field is empty. */
export function numberOf(text: string): number | undefined {
  return text.trim() === '' ? undefined : Number(text);
}

export function textOfNumber(value: number | undefined): string {
  return value === undefined ? '' : String(value);
}
