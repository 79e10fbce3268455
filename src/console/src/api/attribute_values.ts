/** Attribute values: as DynamoDB's JSON, as plain JSON that loses neither sets nor digits, and as short texts. */
export type AttributeValue =
  | { S: string }
  | { N: string }
  | { B: string }
  | { BOOL: boolean }
  | { NULL: true }
  | { L: AttributeValue[] }
  | { M: Item }
  | { SS: string[] }
  | { NS: string[] }
  | { BS: string[] };

export type Item = { [name: string]: AttributeValue };

export const TYPES = {
  S: 'String',
  N: 'Number',
  B: 'Binary',
  BOOL: 'Boolean',
  NULL: 'Null',
  L: 'List',
  M: 'Map',
  SS: 'String set',
  NS: 'Number set',
  BS: 'Binary set',
} as const;

export type Type = keyof typeof TYPES;

export const TYPE_OPTIONS = Object.entries(TYPES).map(([value, label]) => ({ value, label }));

/** The type of a set's elements. */
export const ELEMENTS: { [type in Type]?: 'S' | 'N' | 'B' } = { SS: 'S', NS: 'N', BS: 'B' };

export function typeOf(value: AttributeValue): Type {
  return Object.keys(value)[0] as Type;
}

/** The value without its type. */
export function contentOf(value: AttributeValue): unknown {
  return Object.values(value)[0];
}

/** As a cell of a table shows it. */
export function textOf(value: AttributeValue | undefined): string {
  if (!value) return '';
  const content = contentOf(value);
  return typeof content === 'string' ? content : printPlain(value, 0).replace(/\s*\n\s*/g, ' ');
}

/** Plain JSON, as an item's attributes would be written by hand; numbers keep all their digits. */
export function toPlain(item: Item): string {
  return printPlain({ M: item }, 0);
}

function printPlain(value: AttributeValue, depth: number): string {
  if ('N' in value) return value.N;
  if ('NULL' in value) return 'null';
  if ('NS' in value) return bracketed('[]', value.NS, depth);
  if ('L' in value)
    return bracketed(
      '[]',
      value.L.map(one => printPlain(one, depth + 1)),
      depth,
    );
  if ('M' in value)
    return bracketed(
      '{}',
      Object.entries(value.M).map(([name, one]) => `${JSON.stringify(name)}: ${printPlain(one, depth + 1)}`),
      depth,
    );
  const content = contentOf(value);
  return Array.isArray(content)
    ? bracketed(
        '[]',
        content.map(one => JSON.stringify(one)),
        depth,
      )
    : JSON.stringify(content);
}

function bracketed(brackets: string, parts: string[], depth: number): string {
  if (parts.length === 0) return brackets;
  const inner = parts.map(part => `${'  '.repeat(depth + 1)}${part}`).join(',\n');
  return `${brackets[0]}\n${inner}\n${'  '.repeat(depth)}${brackets[1]}`;
}

/** Read plain JSON.  What `before` has at the same place as a set or as binary stays one, if the new value can be one. */
export function fromPlain(text: string, before: Item = {}): Item {
  const value = plainValue(parseExact(text), { M: before });
  if (!('M' in value)) throw new Error('An item is a JSON object.');
  return value.M;
}

/** A single value, for example that of a filter. */
function valueFromPlain(text: string): AttributeValue {
  return plainValue(parseExact(text), undefined);
}

/** A number with its digits: JavaScript's own have no more than 17. */
class Digits {
  constructor(readonly text: string) {}
}

const DIGITS = '\u0000digits';

function parseExact(text: string): unknown {
  JSON.parse(text); // its errors name the place in the text as it was typed
  const marked = text.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, token =>
    token.startsWith('"') ? token : JSON.stringify({ [DIGITS]: token }),
  );
  return JSON.parse(marked, (_, value) =>
    value && typeof value === 'object' && DIGITS in value ? new Digits(String(value[DIGITS])) : value,
  );
}

function plainValue(plain: unknown, before: AttributeValue | undefined): AttributeValue {
  if (plain === null) return { NULL: true };
  if (plain instanceof Digits) return { N: plain.text };
  if (typeof plain === 'boolean') return { BOOL: plain };
  if (typeof plain === 'string') return before && 'B' in before ? { B: plain } : { S: plain };
  if (Array.isArray(plain)) return plainList(plain, before);
  const old = before && 'M' in before ? before.M : {};
  return {
    M: Object.fromEntries(
      Object.entries(plain as object).map(([name, value]) => [name, plainValue(value, old[name])]),
    ),
  };
}

function plainList(plain: unknown[], before: AttributeValue | undefined): AttributeValue {
  const texts = plain.map(one => (one instanceof Digits ? one.text : one)) as string[];
  const all = (test: (one: unknown) => boolean) => plain.length > 0 && plain.every(test);
  if (before && 'NS' in before && all(one => one instanceof Digits)) return { NS: texts };
  if (before && 'SS' in before && all(one => typeof one === 'string')) return { SS: texts };
  if (before && 'BS' in before && all(one => typeof one === 'string')) return { BS: texts };
  const old = before && 'L' in before ? before.L : [];
  return { L: plain.map((one, i) => plainValue(one, old[i])) };
}

/** Is this DynamoDB's JSON: an object whose every member is an object with one type? */
export function isTyped(value: unknown): value is Item {
  if (!value || typeof value !== 'object' || Array.isArray(value)) return false;
  return Object.values(value).every(one => {
    const names = one && typeof one === 'object' ? Object.keys(one) : [];
    return names.length === 1 && names[0]! in TYPES;
  });
}

/** A value that a form has as a text: numbers as they are, lists, maps and sets as JSON. */
export function valueOf(type: Type, text: string): AttributeValue {
  if (type === 'BOOL') return { BOOL: text === 'true' };
  if (type === 'NULL') return { NULL: true };
  if (type === 'S' || type === 'N' || type === 'B') return { [type]: text } as AttributeValue;
  const value = valueFromPlain(text);
  if (typeOf(value) === type) return value;
  if (!('L' in value) || !ELEMENTS[type])
    throw new Error(`The value of type ${TYPES[type]} is to be written as JSON.`);
  return { [type]: value.L.map(one => String(contentOf(one))) } as unknown as AttributeValue;
}
