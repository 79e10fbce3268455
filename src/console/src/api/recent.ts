/** The calls that the console has made, newest first, as commands of the AWS CLI: whatever was clicked can be typed. */
import { signal } from '@preact/signals';

export interface Recent {
  at: Date;
  /** "dynamodb", as the CLI names it. */
  service: string;
  operation: string;
  command: string;
  milliseconds: number;
  error?: string;
}

const KEPT = 200;

export const recent = signal<Recent[]>([]);

export function remember(call: Recent): void {
  recent.value = [call, ...recent.value].slice(0, KEPT);
}

/** "CreateTable" is "create-table" for the CLI, "GetSMSAttributes" "get-sms-attributes". */
export function commandName(operation: string): string {
  return operation
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1-$2')
    .toLowerCase();
}

export function shellQuoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

export function cliCommand(service: string, operation: string, input: unknown): string {
  const words = ['aws', service, commandName(operation)];
  const json = JSON.stringify(input ?? {});
  if (json !== '{}') words.push('--cli-input-json', shellQuoted(json));
  return words.join(' ');
}
