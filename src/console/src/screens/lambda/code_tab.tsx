/** A function's code: the files of its package, edited here and deployed. */
import { useState } from 'preact/hooks';

import { downloadCode, updateCode } from '../../api/lambda';
import { Button } from '../../ui/controls';
import { Code } from '../../ui/code';
import { Confirm } from '../../ui/dialog';
import { attempt } from '../../ui/flash';
import { bytes } from '../../ui/format';
import { Copy, Facts, Loading, Notice, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { updated, type TabProps } from './common';
import { FileName, Upload } from './code_dialogs';
import { Layers } from './layers';
import { base64, readZip, renamed, textOfFile, withFile, without, writeZip, type Package } from './package';
import { RuntimeSettings } from './runtime_settings';

/** Files that have been changed here, and not deployed. */
export interface Draft {
  files: Package;
  /** The package that they were made from. */
  sha256: string;
}

interface CodeTabProps extends TabProps {
  draft: Draft | undefined;
  onDraft: (draft: Draft | undefined) => void;
}

export function CodeTab({ details, reload, draft, onDraft }: CodeTabProps) {
  const { Configuration: it, Code: code } = details;
  const deployed = useResource(`lambda/code/${it.FunctionArn}/${it.CodeSha256}`, async () =>
    readZip(await downloadCode(code.Location)),
  );
  const files = draft?.files ?? deployed.data;
  const [uploading, setUploading] = useState(false);

  const send = async (zip: Uint8Array) => {
    await updateCode(it.FunctionName, base64(zip));
    onDraft(undefined);
    updated(it.FunctionName);
    await reload();
  };
  const deploy = () => attempt(() => send(writeZip(files!)));
  const change = (next: Package) => onDraft({ files: next, sha256: draft?.sha256 ?? it.CodeSha256 });

  return (
    <>
      <Panel
        title="Code source"
        description={draft ? 'Changes not deployed' : undefined}
        actions={
          <>
            <Button onClick={() => setUploading(true)}>Upload from .zip file</Button>
            {draft && <Button onClick={() => onDraft(undefined)}>Discard changes</Button>}
            <Button kind="primary" disabled={!draft} onClick={deploy}>
              Deploy
            </Button>
          </>
        }
      >
        <Problem error={deployed.error} retry={deployed.reload} />
        {draft && draft.sha256 !== it.CodeSha256 && (
          <Notice tone="warn">
            The function&apos;s code has been changed elsewhere since you began. Deploy replaces it by what
            you see.
          </Notice>
        )}
        {files ? (
          <Files files={files} onChange={change} version={it.CodeSha256} />
        ) : (
          deployed.loading && <Loading />
        )}
      </Panel>
      <Panel title="Code properties">
        <Facts
          facts={[
            ['Package size', bytes(it.CodeSize)],
            ['SHA256 hash', <Copy key="s" text={it.CodeSha256} />],
          ]}
        />
      </Panel>
      <RuntimeSettings details={details} reload={reload} />
      <Layers details={details} reload={reload} />
      {uploading && <Upload onUpload={send} onClose={() => setUploading(false)} />}
    </>
  );
}

type Open = 'new' | 'rename' | 'delete';

interface FilesProps {
  files: Package;
  onChange: (files: Package) => void;
  version: string;
}

/** The file tree and the editor of the chosen file. */
function Files({ files, onChange, version }: FilesProps) {
  const paths = [...files.keys()].sort();
  const [chosen, choose] = useState<string>();
  const [open, setOpen] = useState<Open>();
  const path = chosen !== undefined && files.has(chosen) ? chosen : firstShown(paths);
  const close = () => setOpen(undefined);
  const create = (name: string) => {
    onChange(withFile(files, name, ''));
    choose(name);
  };
  const rename = (name: string) => {
    onChange(renamed(files, path!, name));
    choose(name);
  };
  return (
    <div class="files">
      <div class="files-side">
        <Tree paths={paths} chosen={path} onChoose={choose} />
        <div class="actions">
          <Button onClick={() => setOpen('new')}>New file</Button>
          <Button disabled={!path} onClick={() => setOpen('rename')}>
            Rename
          </Button>
          <Button kind="danger" label="Delete file" disabled={!path} onClick={() => setOpen('delete')}>
            Delete
          </Button>
        </div>
      </div>
      {path === undefined ? (
        <p class="hint">The package is empty.</p>
      ) : (
        <FileEditor
          key={`${version}/${path}`}
          path={path}
          file={files.get(path)!.bytes}
          onText={text => onChange(withFile(files, path, text))}
        />
      )}
      {open === 'new' && (
        <FileName title="New file" submit="Create" files={files} onName={create} onClose={close} />
      )}
      {open === 'rename' && (
        <FileName
          title={`Rename ${path}`}
          submit="Rename"
          initial={path}
          files={files}
          onName={rename}
          onClose={close}
        />
      )}
      {open === 'delete' && (
        <Confirm
          title={`Delete ${path}`}
          action="Delete"
          onConfirm={async () => onChange(without(files, path!))}
          onClose={close}
        >
          <p>The file leaves the package when you deploy.</p>
        </Confirm>
      )}
    </div>
  );
}

/** Code comes before libraries: a file at the top of the package. */
function firstShown(paths: string[]): string | undefined {
  return paths.find(path => !path.includes('/')) ?? paths[0];
}

interface TreeProps {
  paths: string[];
  chosen: string | undefined;
  onChoose: (path: string) => void;
}

const INDENT_PIXELS = 14;

/** The folders open when they are pressed: a package may have thousands of files. */
function Tree({ paths, chosen, onChoose, folder = '' }: TreeProps & { folder?: string }) {
  const depth = folder.split('/').length - 1;
  const here = paths.filter(path => path.startsWith(folder)).map(path => path.slice(folder.length));
  const folders = [...new Set(here.filter(path => path.includes('/')).map(path => path.split('/')[0]!))];
  const indent = { paddingLeft: 8 + depth * INDENT_PIXELS };
  return (
    <ul class="files-tree" aria-label={folder || 'Files'}>
      {folders.map(name => (
        <li key={`${name}/`}>
          <Folder
            name={name}
            indent={indent}
            open={chosen?.startsWith(`${folder}${name}/`) ?? false}
            content={() => (
              <Tree paths={paths} chosen={chosen} onChoose={onChoose} folder={`${folder}${name}/`} />
            )}
          />
        </li>
      ))}
      {here
        .filter(path => !path.includes('/'))
        .map(name => (
          <li key={name}>
            <button
              type="button"
              style={indent}
              aria-current={folder + name === chosen ? 'true' : undefined}
              onClick={() => onChoose(folder + name)}
            >
              {name}
            </button>
          </li>
        ))}
    </ul>
  );
}

interface FolderProps {
  name: string;
  indent: { paddingLeft: number };
  open: boolean;
  content: () => preact.ComponentChildren;
}

function Folder({ name, indent, open: first, content }: FolderProps) {
  const [open, setOpen] = useState(first);
  return (
    <>
      <button type="button" style={indent} aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? '▾' : '▸'} {name}
      </button>
      {open && content()}
    </>
  );
}

interface EditorProps {
  path: string;
  file: Uint8Array;
  onText: (text: string) => void;
}

const SHOWN_BYTES = 3 * 1024 * 1024;

function FileEditor({ path, file, onText }: EditorProps) {
  const text = file.length <= SHOWN_BYTES ? textOfFile(file) : undefined;
  if (text === undefined)
    return <Notice>{`${path} is no text that can be edited here (${bytes(file.length)}).`}</Notice>;
  return (
    <Code
      label={path}
      value={text}
      language={languageOf(path)}
      height="480px"
      onChange={next => next !== text && onText(next)}
    />
  );
}

function languageOf(path: string): 'python' | 'javascript' | 'json' | 'text' {
  if (path.endsWith('.py')) return 'python';
  if (/\.[cm]?[jt]sx?$/.test(path)) return 'javascript';
  return path.endsWith('.json') ? 'json' : 'text';
}
