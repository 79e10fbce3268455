/** From Markdown to its parts: headings, lists, quotes, tables, code and links, as far as texts of dashboards need them. */
export type Inline =
  | { kind: 'text' | 'code'; text: string }
  | { kind: 'strong' | 'emphasis' | 'strike'; content: Inline[] }
  | { kind: 'link'; to: string; button?: boolean; content: Inline[] }
  | { kind: 'break' };

export type Block =
  | { kind: 'heading'; level: number; content: Inline[] }
  /** Words are a paragraph within an item of a list. */
  | { kind: 'paragraph' | 'words'; content: Inline[] }
  | { kind: 'code'; text: string }
  | { kind: 'rule' }
  | { kind: 'quote'; blocks: Block[] }
  | { kind: 'list'; ordered: boolean; items: Block[][] }
  /** The first row is the head. */
  | { kind: 'table'; rows: Inline[][][] };

/** Longer texts are cut, deeper nesting is plain text. */
const MOST_CHARACTERS = 100_000;
const MOST_DEPTH = 6;

const FENCE = /^ {0,3}(```|~~~)/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*)$/;
const RULE = /^ {0,3}([-*_])( *\1){2,} *$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])( {1,4}|$)/;
const TABLE_RULE = /^ *\|?( *:?-+:? *\|)+ *(:?-+:? *)?$/;

/** No heading is more than one level below the one before it. */
export function blocksOf(text: string): Block[] {
  const reader = new Lines(text.slice(0, MOST_CHARACTERS).replace(/\r\n?/g, '\n').split('\n'));
  let above = 0;
  const level = (block: Block): Block => {
    if (block.kind === 'heading') return { ...block, level: (above = Math.min(block.level, above + 1)) };
    if (block.kind === 'quote') return { ...block, blocks: block.blocks.map(level) };
    if (block.kind === 'list') return { ...block, items: block.items.map(item => item.map(level)) };
    return block;
  };
  return readBlocks(reader, 0).map(level);
}

class Lines {
  private at = 0;

  constructor(private lines: string[]) {}

  peek(ahead = 0): string | undefined {
    return this.lines[this.at + ahead];
  }

  take(): string {
    return this.lines[this.at++] ?? '';
  }

  takeWhile(wanted: (line: string) => boolean): string[] {
    const taken: string[] = [];
    for (let line = this.peek(); line !== undefined && wanted(line); line = this.peek())
      taken.push(this.take());
    return taken;
  }
}

const isBlank = (line: string) => line.trim() === '';

function readBlocks(lines: Lines, depth: number): Block[] {
  const blocks: Block[] = [];
  for (let line = lines.peek(); line !== undefined; line = lines.peek())
    if (isBlank(line)) lines.take();
    else blocks.push(readBlock(lines, line, depth));
  return blocks;
}

function readBlock(lines: Lines, line: string, depth: number): Block {
  const heading = HEADING.exec(line);
  if (heading) {
    lines.take();
    return { kind: 'heading', level: heading[1]!.length, content: inlineOf(heading[2]!.trim()) };
  }
  if (FENCE.test(line)) return readCode(lines);
  if (RULE.test(line)) {
    lines.take();
    return { kind: 'rule' };
  }
  if (depth < MOST_DEPTH && QUOTE.test(line)) {
    const quoted = lines.takeWhile(one => QUOTE.test(one)).map(one => one.replace(QUOTE, ''));
    return { kind: 'quote', blocks: readBlocks(new Lines(quoted), depth + 1) };
  }
  if (depth < MOST_DEPTH && ITEM.test(line)) return readList(lines, depth);
  if (isTable(lines)) return readTable(lines);
  return readParagraph(lines);
}

function readCode(lines: Lines): Block {
  const fence = FENCE.exec(lines.take())![1]!;
  const text = lines.takeWhile(line => !line.trim().startsWith(fence)).join('\n');
  lines.take();
  return { kind: 'code', text };
}

const isOrdered = (mark: string) => /\d/.test(mark);

/** What is indented below an item belongs to it. */
function readList(lines: Lines, depth: number): Block {
  const ordered = isOrdered(ITEM.exec(lines.peek()!)![2]!);
  const items: Block[][] = [];
  for (;;) {
    const found = ITEM.exec(lines.peek() ?? '');
    if (!found || isOrdered(found[2]!) !== ordered || RULE.test(lines.peek()!)) break;
    const own = [lines.take().slice(found[0].length)];
    own.push(
      ...lines.takeWhile(line => /^(\t| {2})/.test(line)).map(line => line.replace(/^(\t| {1,4})/, '')),
    );
    items.push(readBlocks(new Lines(own), depth + 1).map(asWords));
    if (isBlank(lines.peek() ?? 'x') && ITEM.test(lines.peek(1) ?? '')) lines.take();
  }
  return { kind: 'list', ordered, items };
}

function asWords(block: Block, at: number): Block {
  return block.kind === 'paragraph' && at === 0 ? { ...block, kind: 'words' } : block;
}

function isTable(lines: Lines): boolean {
  return Boolean(lines.peek()?.includes('|')) && TABLE_RULE.test(lines.peek(1) ?? '');
}

function readTable(lines: Lines): Block {
  const head = cellsOf(lines.take());
  lines.take();
  const rows = lines.takeWhile(line => line.includes('|')).map(cellsOf);
  return { kind: 'table', rows: [head, ...rows] };
}

function cellsOf(line: string): Inline[][] {
  return line
    .trim()
    .replace(/^\|/, '')
    .replace(/\|$/, '')
    .split('|')
    .map(cell => inlineOf(cell.trim()));
}

/** A paragraph ends where another block begins. */
function readParagraph(lines: Lines): Block {
  const taken = [lines.take()];
  const ends = (line: string) =>
    isBlank(line) ||
    HEADING.test(line) ||
    FENCE.test(line) ||
    RULE.test(line) ||
    QUOTE.test(line) ||
    ITEM.test(line);
  taken.push(...lines.takeWhile(line => !ends(line)));
  return { kind: 'paragraph', content: inlineOf(taken.join('\n').trim()) };
}

/** What may be in a line: each alternative has a bounded length, so that no text takes long. */
const PARTS = new RegExp(
  [
    /\\([\\`*_{}[\]()#+\-.!|~<>])/, // 1: an escaped character
    /`([^`\n]{1,1000})`/, // 2: code
    /!?\[([^[\]\n]{0,500})\]\(([^()\s]{1,2000})(?: "[^"\n]{0,200}")?\)/, // 3, 4: a link, or an image
    /\*\*(?=\S)([^*\n]{1,1000})(?<=\S)\*\*/, // 5: strong
    /~~(?=\S)([^~\n]{1,1000})(?<=\S)~~/, // 6: struck out
    /\*(?=\S)([^*\n]{1,1000})(?<=\S)\*/, // 7: emphasis
    /(?<![\p{L}\p{N}])_(?=\S)([^_\n]{1,1000})(?<=\S)_(?![\p{L}\p{N}])/u, // 8: emphasis
    /<?(https?:\/\/[^\s<>)\]]{1,2000})>?/, // 9: an address
    /( {2,}|\\)\n/, // 10: the end of a line
  ]
    .map(part => part.source)
    .join('|'),
  'gu',
);

function inlineOf(text: string, depth = 0): Inline[] {
  const parts: Inline[] = [];
  let from = 0;
  if (depth > MOST_DEPTH) return [{ kind: 'text', text }];
  for (const found of text.matchAll(PARTS)) {
    if (found.index > from) parts.push({ kind: 'text', text: text.slice(from, found.index) });
    parts.push(partOf(found, depth + 1));
    from = found.index + found[0].length;
  }
  if (from < text.length) parts.push({ kind: 'text', text: text.slice(from) });
  return parts;
}

function partOf(found: RegExpMatchArray, depth: number): Inline {
  const [whole, escaped, code, label, target, strong, strike, star, low, address] = found;
  if (escaped !== undefined) return { kind: 'text', text: escaped };
  if (code !== undefined) return { kind: 'code', text: code };
  if (target !== undefined) return linkOf(whole, label ?? '', target, depth);
  if (strong !== undefined) return { kind: 'strong', content: inlineOf(strong, depth) };
  if (strike !== undefined) return { kind: 'strike', content: inlineOf(strike, depth) };
  const soft = star ?? low;
  if (soft !== undefined) return { kind: 'emphasis', content: inlineOf(soft, depth) };
  if (address !== undefined) return { kind: 'link', to: address, content: [{ kind: 'text', text: address }] };
  return { kind: 'break' };
}

/** "[button:primary:Runbook](https://…)" is a button, as AWS's texts have them.  Another address than of the web stays text. */
function linkOf(whole: string, label: string, target: string, depth: number): Inline {
  if (!/^https?:\/\//i.test(target)) return { kind: 'text', text: whole };
  const button = /^button:(?:primary:)?(.*)$/.exec(label);
  const content = inlineOf(button?.[1] ?? (label || target), depth);
  return { kind: 'link', to: target, ...(button && { button: true }), content: content.map(unlinked) };
}

/** A link within a link is its text. */
function unlinked(part: Inline): Inline {
  return part.kind === 'link' ? { kind: 'emphasis', content: part.content.map(unlinked) } : part;
}
