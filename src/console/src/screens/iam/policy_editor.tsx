/** The JSON editor of a policy.  The server's parser decides; the editor shows where the JSON itself breaks. */
import { AwsError } from '../../api/errors';
import { Code } from '../../ui/code';
import { jsonMarks } from '../../ui/json_marks';
import { Problem } from '../../ui/problem';
import { Grants } from './grants';
import { grantsOf } from './policy_text';

interface PolicyEditorProps {
  label?: string;
  value: string;
  onChange: (value: string) => void;
  /** What the server answered to the last attempt. */
  error: unknown;
  /** A trust policy grants nothing of a service. */
  summary?: boolean;
}

/** "Line 4, column 3: …" of the server's sentence, if it tells. */
function toldPlace(error: unknown): { line: number; column: number; message: string }[] {
  const message = error instanceof AwsError ? error.message : '';
  const found = /line (\d+),? column (\d+)/i.exec(message);
  return found ? [{ line: Number(found[1]), column: Number(found[2]), message }] : [];
}

export function PolicyEditor({
  label = 'Policy editor',
  value,
  onChange,
  error,
  summary = true,
}: PolicyEditorProps) {
  const broken = jsonMarks(value);
  const [first] = broken;
  return (
    <>
      <Code
        label={label}
        language="json"
        value={value}
        onChange={onChange}
        marks={broken.length > 0 ? broken : toldPlace(error)}
        height="380px"
      />
      {first && (
        <p class="field-error" role="status">
          Line {first.line}, column {first.column}: {first.message}
        </p>
      )}
      <Problem error={error} />
      {summary && !first && (
        <details>
          <summary>What this policy allows</summary>
          <div class="grants">
            <Grants
              label="What this policy allows"
              grants={grantsOf([{ name: 'this policy', document: value }])}
            />
          </div>
        </details>
      )}
    </>
  );
}
