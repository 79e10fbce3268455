/** The code editor, which is loaded when it is first shown. */
import { useLayoutEffect, useRef } from 'preact/hooks';

import type { Editor, Language, Mark } from './editor';

export type { Mark };

interface CodeProps {
  label: string;
  value: string;
  language: Language;
  onChange?: (value: string) => void;
  /** Places that are wrong, by line and column from 1. */
  marks?: Mark[];
  height?: string;
}

/** Without onChange, the code can only be read. */
export function Code({ label, value, language, onChange, marks = [], height = '320px' }: CodeProps) {
  const holder = useRef<HTMLDivElement>(null);
  const editor = useRef<Editor>();
  const changed = useRef(onChange);
  changed.current = onChange;
  const latest = useRef(value);
  latest.current = value;
  /** What was typed and has not yet come back as the value: a value that comes back late overwrites nothing. */
  const typed = useRef(new Set<string>());

  // Before it is painted: else keys would still reach the editor of another file, or of the value before.
  useLayoutEffect(() => {
    let gone = false;
    void import('./editor').then(({ createEditor }) => {
      if (gone || !holder.current) return;
      editor.current = createEditor(holder.current, {
        label,
        value: latest.current,
        language,
        readOnly: !changed.current,
        onChange: text => {
          typed.current.add(text);
          changed.current?.(text);
        },
      });
      editor.current.mark(marks);
    });
    return () => {
      gone = true;
      editor.current?.destroy();
      editor.current = undefined;
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the editor is made once for a language
  }, [language, label]);

  useLayoutEffect(() => {
    const late = typed.current.has(value) && value !== editor.current?.value();
    if (late) return;
    typed.current.clear();
    editor.current?.setValue(value);
  }, [value]);
  useLayoutEffect(() => editor.current?.mark(marks), [marks]);

  return <div class="code" style={{ height }} ref={holder} />;
}
