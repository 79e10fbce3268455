/** CodeMirror, in a shadow root: there its styles are style sheets, where in the page they would be inline styles, which the
 *  page's policy forbids. */
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { javascript } from '@codemirror/lang-javascript';
import { json } from '@codemirror/lang-json';
import { python } from '@codemirror/lang-python';
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import { lintGutter, setDiagnostics } from '@codemirror/lint';
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search';
import { EditorState, type Extension } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import { tags } from '@lezer/highlight';

import { REORDERING } from './bidi';

export type Language = 'json' | 'javascript' | 'python' | 'text';

export interface Mark {
  line: number;
  column: number;
  message: string;
}

export interface Editor {
  value(): string;
  setValue(value: string): void;
  mark(marks: Mark[]): void;
  destroy(): void;
}

interface Options {
  label: string;
  value: string;
  language: Language;
  readOnly: boolean;
  onChange: (value: string) => void;
}

const LANGUAGES: Record<Language, () => Extension> = {
  json: () => json(),
  javascript: () => javascript(),
  python: () => python(),
  text: () => [],
};

const THEME = EditorView.theme({
  '&': { height: '100%', fontSize: '0.8125rem', color: 'var(--text)', backgroundColor: 'var(--surface)' },
  '.cm-content': { fontFamily: 'var(--mono)', caretColor: 'var(--text)' },
  '.cm-gutters': { backgroundColor: 'var(--sunken)', color: 'var(--text-soft)', border: 'none' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--accent-soft)' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '&.cm-focused': { outline: '2px solid var(--focus)' },
});

/** Of the page's own colours, so that they have their contrast in the dark scheme, too. */
const COLOURS = HighlightStyle.define([
  { tag: [tags.keyword, tags.bool, tags.null], color: 'var(--note)' },
  { tag: [tags.string, tags.special(tags.string), tags.regexp], color: 'var(--good)' },
  { tag: tags.number, color: 'var(--warn)' },
  { tag: [tags.definition(tags.variableName), tags.propertyName, tags.className], color: 'var(--link)' },
  { tag: tags.comment, color: 'var(--text-soft)', fontStyle: 'italic' },
  { tag: tags.invalid, color: 'var(--bad)' },
]);

export function createEditor(
  holder: HTMLElement,
  { label, value, language, readOnly, onChange }: Options,
): Editor {
  const root = holder.shadowRoot ?? holder.attachShadow({ mode: 'open' });
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: value,
      extensions: [
        lineNumbers(),
        highlightSpecialChars({ addSpecialChars: REORDERING }),
        lintGutter(),
        history(),
        drawSelection(),
        indentOnInput(),
        bracketMatching(),
        highlightActiveLine(),
        highlightSelectionMatches(),
        syntaxHighlighting(COLOURS),
        LANGUAGES[language](),
        EditorView.lineWrapping,
        EditorState.readOnly.of(readOnly),
        EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
        // Escape, then Tab, leaves the editor.
        keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, indentWithTab]),
        EditorView.updateListener.of(update => {
          if (update.docChanged) onChange(update.state.doc.toString());
        }),
        THEME,
      ],
    }),
  });
  return {
    value: () => view.state.doc.toString(),
    setValue: text => {
      if (text !== view.state.doc.toString())
        view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
    },
    mark: marks =>
      view.dispatch(
        setDiagnostics(
          view.state,
          marks.map(({ line, column, message }) => {
            const at = view.state.doc.line(Math.min(Math.max(line, 1), view.state.doc.lines));
            const from = Math.min(at.from + Math.max(column - 1, 0), at.to);
            return {
              from,
              to: Math.min(from + 1, view.state.doc.length),
              severity: 'error' as const,
              message,
            };
          }),
        ),
      ),
    destroy: () => view.destroy(),
  };
}
