/** A small Markdown, as texts of dashboards have it: what is drawn are the console's own elements, never markup of the text;
 *  links lead to http and https only. */
import type { ComponentChildren } from 'preact';

import { PlainTable } from './plain_table';
import { blocksOf, type Block, type Inline } from './markdown_parse';

export function Markdown({ text }: { text: string }) {
  return <div class="markdown">{drawBlocks(blocksOf(text))}</div>;
}

function drawBlocks(blocks: Block[]): ComponentChildren {
  return blocks.map((block, i) => <BlockOf key={i} block={block} />);
}

const HEADINGS = ['h3', 'h4', 'h5', 'h6'] as const;

function BlockOf({ block }: { block: Block }) {
  switch (block.kind) {
    case 'heading': {
      const Heading = HEADINGS[block.level - 1] ?? 'h6';
      return <Heading>{drawInline(block.content)}</Heading>;
    }
    case 'code':
      return <pre tabIndex={0}>{block.text}</pre>;
    case 'rule':
      return <hr />;
    case 'quote':
      return <blockquote>{drawBlocks(block.blocks)}</blockquote>;
    case 'list': {
      const List = block.ordered ? 'ol' : 'ul';
      return (
        <List>
          {block.items.map((item, i) => (
            <li key={i}>{drawBlocks(item)}</li>
          ))}
        </List>
      );
    }
    case 'table':
      return <TableOf rows={block.rows} />;
    case 'paragraph':
      return <p>{drawInline(block.content)}</p>;
    case 'words':
      return <>{drawInline(block.content)}</>;
  }
}

function TableOf({ rows: [head = [], ...rows] }: { rows: Inline[][][] }) {
  return <PlainTable head={head.map(drawInline)} rows={rows.map(row => row.map(drawInline))} />;
}

function drawInline(content: Inline[]): ComponentChildren {
  return content.map((part, i) => <InlineOf key={i} part={part} />);
}

function InlineOf({ part }: { part: Inline }) {
  switch (part.kind) {
    case 'text':
      return <>{part.text}</>;
    case 'code':
      return <code>{part.text}</code>;
    case 'strong':
      return <strong>{drawInline(part.content)}</strong>;
    case 'emphasis':
      return <em>{drawInline(part.content)}</em>;
    case 'strike':
      return <s>{drawInline(part.content)}</s>;
    case 'break':
      return <br />;
    case 'link':
      return (
        <a
          href={part.to}
          target="_blank"
          rel="noopener noreferrer"
          class={part.button ? 'button' : undefined}
        >
          {drawInline(part.content)}
        </a>
      );
  }
}
