/** Items as files: JSON lines and CSV out, JSON lines in. */
import { fromPlain, isTyped, textOf, type Item } from '../../api/attribute_values';

/** The format of DynamoDB's own exports: {"Item": {…}} on each line. */
export function jsonLines(items: Item[]): string {
  return items.map(item => `${JSON.stringify({ Item: item })}\n`).join('');
}

/** A stored text must not make a spreadsheet calculate: what it takes for a formula begins with an apostrophe. */
const inert = (text: string) => (/^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text);

const quoted = (text: string) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** A number stays a number: it may begin with a minus, and is never a formula. */
function cellOf(value: Item[string] | undefined): string {
  const text = textOf(value);
  return quoted(value && 'N' in value ? text : inert(text));
}

export function csv(items: Item[], columns: string[]): string {
  const rows = items.map(item => columns.map(column => cellOf(item[column])).join(','));
  return [columns.map(column => quoted(inert(column))).join(','), ...rows].join('\r\n') + '\r\n';
}

/** Each line is an export's {"Item": …}, an item in DynamoDB's JSON, or one in plain JSON. */
export function parseLines(text: string): Item[] {
  const items: Item[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    try {
      items.push(itemOfLine(line));
    } catch (error) {
      throw new Error(`Line ${i + 1}: ${(error as Error).message}`);
    }
  }
  return items;
}

function itemOfLine(line: string): Item {
  const value = JSON.parse(line) as Record<string, unknown>;
  const item = value && Object.keys(value).length === 1 && isTyped(value.Item) ? value.Item : value;
  return isTyped(item) ? item : fromPlain(line);
}
