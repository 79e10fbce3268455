/** Runtimes by the names that AWS's console shows, and the code that a new function starts with. */
import type { Option } from '../../ui/controls';

const NODE = ['26', '24', '22', '20', '18', '16'];
const PYTHON = ['3.15', '3.14', '3.13', '3.12', '3.11', '3.10', '3.9', '3.8'];
const JAVA: [string, string][] = [
  ['java25', 'Java 25'],
  ['java21', 'Java 21'],
  ['java17', 'Java 17'],
  ['java17.al2023', 'Java 17 on Amazon Linux 2023'],
  ['java11', 'Java 11'],
  ['java11.al2023', 'Java 11 on Amazon Linux 2023'],
  ['java8.al2023', 'Java 8 on Amazon Linux 2023'],
  ['java8.al2', 'Java 8 on Amazon Linux 2'],
];
const RUBY = ['4.0', '3.4', '3.3', '3.2'];
/** The server refuses these as AWS does: it names what to use instead. */
const RETIRED: [string, string][] = [
  ['nodejs14.x', 'Node.js 14.x'],
  ['nodejs12.x', 'Node.js 12.x'],
  ['python3.7', 'Python 3.7'],
  ['python3.6', 'Python 3.6'],
  ['python2.7', 'Python 2.7'],
  ['java8', 'Java 8'],
  ['ruby2.7', 'Ruby 2.7'],
  ['go1.x', 'Go 1.x'],
];

/** Those that functions can have. */
export const SUPPORTED = [
  ...NODE.map(version => ({ value: `nodejs${version}.x`, label: `Node.js ${version}.x` })),
  ...PYTHON.map(version => ({ value: `python${version}`, label: `Python ${version}` })),
  ...JAVA.map(([value, label]) => ({ value, label })),
  ...RUBY.map(version => ({ value: `ruby${version}`, label: `Ruby ${version}` })),
  { value: 'provided.al2023', label: 'Amazon Linux 2023' },
  { value: 'provided.al2', label: 'Amazon Linux 2' },
];

export const RUNTIMES: Option[] = [
  ...SUPPORTED,
  ...RETIRED.map(([value, label]) => ({ value, label: `${label} (retired)` })),
];

/** With the function's own, if the list lacks it. */
export function runtimesWith(own: string | undefined): Option[] {
  return !own || RUNTIMES.some(option => option.value === own) ? RUNTIMES : [{ value: own }, ...RUNTIMES];
}

export function runtimeName(runtime: string | undefined): string {
  return RUNTIMES.find(option => option.value === runtime)?.label ?? runtime ?? '–';
}

/** "Python 3.12, Node.js 20.x", for layers. */
export function runtimeNames(runtimes: string[] | undefined): string {
  return runtimes?.map(runtimeName).join(', ') || '–';
}

export interface StartingCode {
  handler: string;
  files: Record<string, string>;
  /** Files that can be run. */
  executable?: string[];
  /** Files that are not text, in base64. */
  compiled?: Record<string, string>;
}

const NODE_CODE = `export const handler = async (event) => {
  // TODO implement
  const response = {
    statusCode: 200,
    body: JSON.stringify('Hello from Lambda!'),
  };
  return response;
};
`;

const PYTHON_CODE = `import json

def lambda_handler(event, context):
    # TODO implement
    return {
        'statusCode': 200,
        'body': json.dumps('Hello from Lambda!')
    }
`;

const HELLO_JAVA = `package example;

import java.util.Map;

// Handler value: example.Hello::handleRequest
public class Hello {
  public String handleRequest(Map<String, Object> event) {
    // TODO implement
    return "Hello from Lambda!";
  }
}
`;

/* What javac --release 8 -g:none makes of it. */
const HELLO_CLASS = [
  'yv66vgAAADQAEAoAAgADBwAEDAAFAAYBABBqYXZhL2xhbmcvT2JqZWN0AQAGPGluaXQ+AQADKClWCAAIAQASSGVsbG8gZnJvbSBM',
  'YW1iZGEhBwAKAQANZXhhbXBsZS9IZWxsbwEABENvZGUBAA1oYW5kbGVSZXF1ZXN0AQAjKExqYXZhL3V0aWwvTWFwOylMamF2YS9s',
  'YW5nL1N0cmluZzsBAAlTaWduYXR1cmUBAEkoTGphdmEvdXRpbC9NYXA8TGphdmEvbGFuZy9TdHJpbmc7TGphdmEvbGFuZy9PYmpl',
  'Y3Q7PjspTGphdmEvbGFuZy9TdHJpbmc7ACEACQACAAAAAAACAAEABQAGAAEACwAAABEAAQABAAAABSq3AAGxAAAAAAABAAwADQAC',
  'AAsAAAAPAAEAAgAAAAMSB7AAAAAAAA4AAAACAA8AAA==',
].join('');

const RUBY_CODE = `require 'json'

def lambda_handler(event:, context:)
  # TODO implement
  { statusCode: 200, body: JSON.generate('Hello from Lambda!') }
end
`;

/* https://docs.aws.amazon.com/lambda/latest/dg/runtimes-walkthrough.html */
const BOOTSTRAP = `#!/bin/sh

set -euo pipefail

# Initialization - load function handler
source $LAMBDA_TASK_ROOT/"$(echo $_HANDLER | cut -d. -f1).sh"

# Processing
while true
do
  HEADERS="$(mktemp)"
  # Get an event. The HTTP request will block until one is received
  EVENT_DATA=$(curl -sS -LD "$HEADERS" "http://\${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/next")

  # Extract request ID by scraping response headers received above
  REQUEST_ID=$(grep -Fi Lambda-Runtime-Aws-Request-Id "$HEADERS" | tr -d '[:space:]' | cut -d: -f2)

  # Run the handler function from the script
  RESPONSE=$($(echo "$_HANDLER" | cut -d. -f2) "$EVENT_DATA")

  # Send the response
  curl "http://\${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/$REQUEST_ID/response" -d "$RESPONSE"
done
`;

const SHELL_CODE = `function handler () {
  EVENT_DATA=$1
  echo "$EVENT_DATA" 1>&2;
  RESPONSE="Echoing request: '$EVENT_DATA'"

  echo $RESPONSE
}
`;

/** What AWS's console puts into a function that is authored from scratch. */
export function startingCode(runtime: string): StartingCode {
  if (runtime.startsWith('python'))
    return { handler: 'lambda_function.lambda_handler', files: { 'lambda_function.py': PYTHON_CODE } };
  if (runtime.startsWith('nodejs')) return { handler: 'index.handler', files: { 'index.mjs': NODE_CODE } };
  if (runtime.startsWith('ruby'))
    return { handler: 'lambda_function.lambda_handler', files: { 'lambda_function.rb': RUBY_CODE } };
  if (runtime.startsWith('java'))
    return {
      handler: 'example.Hello::handleRequest',
      files: { 'example/Hello.java': HELLO_JAVA },
      compiled: { 'example/Hello.class': HELLO_CLASS },
    };
  return {
    handler: 'function.handler',
    files: { bootstrap: BOOTSTRAP, 'function.sh': SHELL_CODE },
    executable: ['bootstrap', 'function.sh'],
  };
}
