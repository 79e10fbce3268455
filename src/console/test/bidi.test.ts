import { expect, test } from 'vitest';

import { visible } from '../src/ui/bidi';

test('characters that reorder the text around them are shown by their numbers, and others stay', () => {
  expect(visible('a\u202Etxt.exe')).toBe('a⟨U+202E⟩txt.exe');
  expect(visible('\u202A\u2066\u2069')).toBe('⟨U+202A⟩⟨U+2066⟩⟨U+2069⟩');
  expect(visible('\u2029\u202F\u2065\u206A مرحبا')).toBe('\u2029\u202F\u2065\u206A مرحبا');
});
