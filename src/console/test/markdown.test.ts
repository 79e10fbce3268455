import { expect, test } from 'vitest';

import { blocksOf, type Block, type Inline } from '../src/ui/markdown_parse';

const text = (content: string): Inline => ({ kind: 'text', text: content });
const paragraph = (...content: Inline[]): Block => ({ kind: 'paragraph', content });
const words = (...content: Inline[]): Block => ({ kind: 'words', content });

test('headings are at most one level below the one before', () => {
  const levels = blocksOf('### a\n# b\n#### c\n## d').map(block => block.kind === 'heading' && block.level);
  expect(levels).toEqual([1, 1, 2, 2]);
});

test('paragraphs, rules, code and quotes are blocks', () => {
  expect(blocksOf('one\ntwo\n\nthree\n***\n```js\n# x <b>\n```\n> quoted\n> - item')).toEqual([
    paragraph(text('one\ntwo')),
    paragraph(text('three')),
    { kind: 'rule' },
    { kind: 'code', text: '# x <b>' },
    {
      kind: 'quote',
      blocks: [paragraph(text('quoted')), { kind: 'list', ordered: false, items: [[words(text('item'))]] }],
    },
  ]);
});

test('lists are within lists by their indentation', () => {
  expect(blocksOf('- a\n  1. b\n  2. c\n- d\n1. e')).toEqual([
    {
      kind: 'list',
      ordered: false,
      items: [
        [words(text('a')), { kind: 'list', ordered: true, items: [[words(text('b'))], [words(text('c'))]] }],
        [words(text('d'))],
      ],
    },
    { kind: 'list', ordered: true, items: [[words(text('e'))]] },
  ]);
});

test('a table has a head and rows', () => {
  expect(blocksOf('| a | b |\n|---|:-:|\n| 1 | **2** |\nafter')).toEqual([
    {
      kind: 'table',
      rows: [
        [[text('a')], [text('b')]],
        [[text('1')], [{ kind: 'strong', content: [text('2')] }]],
      ],
    },
    paragraph(text('after')),
  ]);
});

test('strong, emphasis, code, escapes and line ends are within a line', () => {
  expect(blocksOf('a **b *c*** `**d**` _e_ snake_case_name ~~f~~ \\*g\\*  \nh')).toEqual([
    paragraph(
      text('a **b '),
      { kind: 'emphasis', content: [text('c')] },
      text('** '),
      { kind: 'code', text: '**d**' },
      text(' '),
      { kind: 'emphasis', content: [text('e')] },
      text(' snake_case_name '),
      { kind: 'strike', content: [text('f')] },
      text(' '),
      text('*'),
      text('g'),
      text('*'),
      { kind: 'break' },
      text('h'),
    ),
  ]);
});

test('links lead to the web only', () => {
  const link = (to: string, name: string): Inline => ({ kind: 'link', to, content: [text(name)] });
  expect(blocksOf('[a](https://a.example "t") ![b](http://b.example) https://c.example')).toEqual([
    paragraph(
      link('https://a.example', 'a'),
      text(' '),
      link('http://b.example', 'b'),
      text(' '),
      link('https://c.example', 'https://c.example'),
    ),
  ]);
  for (const target of ['javascript:alert(1)', 'data:text/html,x', '//a.example', 'JavaScript:https://x'])
    expect(blocksOf(`[a](${target})`)).toEqual([paragraph(text(`[a](${target})`))]);
  expect(blocksOf('[button:primary:Go](https://a.example)')).toEqual([
    paragraph({ ...link('https://a.example', 'Go'), button: true } as Inline),
  ]);
});

test('hostile texts end soon', () => {
  for (const part of [
    '[',
    '*',
    '**a',
    '_a',
    '`',
    '> ',
    '- ',
    '#',
    '|',
    '~~',
    '![](',
    'https://',
    '  \n',
    '-',
  ])
    expect(blocksOf(`${part.repeat(30_000)}x`).length).toBeGreaterThan(0);
});
