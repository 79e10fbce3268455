/** A value as YAML: texts of several lines as blocks, others quoted where YAML would take them for something else. */
import type { Value } from './references';

export function yaml(value: Value): string {
  return `${lines(value, '').join('\n')}\n`;
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}

function lines(value: Value, indent: string): string[] {
  if (typeof value !== 'object' || value === null || isEmpty(value)) return [indent + scalar(value)];
  if (Array.isArray(value)) return value.flatMap(item => listed(item, indent));
  return Object.entries(value).flatMap(([name, item]) => member(name, item, indent));
}

/** "- " is written before the first line of the item. */
function listed(item: Value, indent: string): string[] {
  const inner = typeof item === 'string' ? block(item, indent) : undefined;
  if (inner) return [`${indent}- ${inner[0]}`, ...inner.slice(1)];
  const [first, ...rest] = lines(item, `${indent}  `);
  return [`${indent}- ${first!.trimStart()}`, ...rest];
}

function member(name: string, item: Value, indent: string): string[] {
  const key = `${indent}${plain(name) ?? JSON.stringify(name)}:`;
  const inner = typeof item === 'string' ? block(item, indent) : undefined;
  if (inner) return [`${key} ${inner[0]}`, ...inner.slice(1)];
  if (typeof item !== 'object' || item === null || isEmpty(item)) return [`${key} ${scalar(item)}`];
  return [key, ...lines(item, `${indent}  `)];
}

/** A text of several lines, if a block can say it: other texts would lose their spaces or their control characters. */
function block(text: string, indent: string): string[] | undefined {
  // eslint-disable-next-line no-control-regex -- those that a block cannot have
  if (!/\n[^\n]/.test(text) || /[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]/.test(text))
    return undefined;
  if (/^[ \n\t]/.test(text) || /\n\n$/.test(text)) return undefined;
  const head = text.endsWith('\n') ? '|' : '|-';
  const body = text.endsWith('\n') ? text.slice(0, -1) : text;
  return [head, ...body.split('\n').map(line => (line ? `${indent}  ${line}` : ''))];
}

function scalar(value: Value): string {
  if (typeof value === 'string') return plain(value) ?? quoted(value);
  return JSON.stringify(value);
}

const RESERVED = /^(?:true|false|yes|no|on|off|y|n|null|~)$/i;

/** Letters first, and nothing that means something in YAML. */
function plain(text: string): string | undefined {
  const safe = /^[A-Za-z](?:[\w./:+*-]*[\w./+*-])?(?: [\w./+*(),-]+)*$/.test(text);
  return safe && !RESERVED.test(text) ? text : undefined;
}

/** A JSON text is a YAML text, but for characters that YAML does not print. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(/[\x7f-\x9f\u2028\u2029\ufeff]/g, char => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
