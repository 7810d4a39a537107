/** One request of the API as people write it: with curl, with the client in JavaScript, in Python. */

export interface Asked {
  operationId: string;
  method: string;
  /** With its places: `/api/sessions/{id}`. */
  path: string;
  /** What stands in its places, in their order. */
  places: readonly string[];
  /** The text of one in YAML, a value of one in JSON; undefined: none, or a file. */
  body?: unknown;
  /** Its type; undefined: it has none. */
  bodyType?: string | undefined;
  isPublic: boolean;
}

/** Where the hub of the examples is; the script of the page puts its own in its place. */
export const BASE = 'http://127.0.0.1:3001';

/** What each sample but that of curl begins with, once. */
export const BEGINNINGS: Record<string, string> = {
  JavaScript: `import { createClient } from 'hookline/client';\n\nconst hub = createClient({ baseUrl: '${BASE}', key: process.env.HOOKLINE_API_KEY });`,
  Python: `import os, requests\n\nhub = '${BASE}'\nheaders = {'Authorization': f"Bearer {os.environ['HOOKLINE_API_KEY']}"}`,
};

/** By language. The WebSocket has no sample. */
export function codeSamples(asked: Asked): Record<string, string> {
  return asked.path.endsWith('/ws') ? {} : { curl: curl(asked), JavaScript: javascript(asked), Python: python(asked) };
}

const filled = ({ path, places }: Asked): string => {
  const left = [...places];
  return path.replace(/\{\w+\}/g, () => encodeURIComponent(left.shift() ?? ''));
};

const isFile = ({ body, bodyType }: Asked): boolean => bodyType !== undefined && body === undefined;
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function curl(asked: Asked): string {
  const { method, body, bodyType, isPublic } = asked;
  const parts = [
    `curl ${method === 'GET' ? '' : `-X ${method} `}${quoted(BASE + filled(asked))}`,
    ...(isPublic ? [] : ['-H "Authorization: Bearer $HOOKLINE_API_KEY"']),
    ...(isFile(asked)
      ? [bodyType === 'application/octet-stream' ? `-H 'Content-Type: ${bodyType}' --data-binary @login.backup` : '-F file=@photo.jpg']
      : []),
    ...(body === undefined
      ? []
      : [`-H 'Content-Type: ${bodyType}'`, `--data-binary ${quoted(typeof body === 'string' ? body : JSON.stringify(body))}`]),
  ];
  return parts.join(' \\\n  ');
}

function javascript(asked: Asked): string {
  const { operationId, places, body } = asked;
  const sent = isFile(asked)
    ? ['await openAsBlob(file)']
    : body === undefined
      ? []
      : [typeof body === 'string' ? `\`${body}\`` : inJavascript(body)];
  return `await hub.${operationId}(${[...places.map((place) => `'${place}'`), ...sent].join(', ')});`;
}

/** As JSON, without quotes around names. */
const inJavascript = (body: unknown): string => JSON.stringify(body, null, 2).replace(/^( *)"([A-Za-z_]\w*)":/gm, '$1$2:');

function python(asked: Asked): string {
  const { method, body, bodyType, isPublic } = asked;
  const headers = isPublic ? '' : ', headers=headers';
  const call = (more: string): string => `requests.${method.toLowerCase()}(f'{hub}${filled(asked)}'${headers}${more})`;
  if (isFile(asked))
    return call(
      bodyType === 'application/octet-stream' ? ", data=open('login.backup', 'rb')" : ", files={'file': open('photo.jpg', 'rb')}",
    );
  if (body === undefined) return call('');
  return typeof body === 'string' ? call(`, data='''${body}'''`) : call(`, json=${inPython(body)}`);
}

const inPython = (body: unknown): string =>
  JSON.stringify(body, null, 4).replace(
    /(?<=^ *(?:"(?:[^"\\]|\\.)*": )?)(true|false|null)(?=,?$)/gm,
    (word) => ({ true: 'True', false: 'False', null: 'None' })[word] as string,
  );
