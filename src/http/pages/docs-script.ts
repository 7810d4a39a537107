import { BASE } from './code-samples.ts';

/** The browser's own, as far as it is used. */
interface Field {
  name: string;
  value: string;
  dataset: Record<string, string | undefined>;
}
interface Place {
  textContent: string | null;
  hidden: boolean;
  dataset: Record<string, string | undefined>;
  querySelectorAll(selector: string): Iterable<Place & Field>;
  querySelector(selector: string): (Place & Field) | null;
  addEventListener(name: string, heard: (event: { preventDefault(): void }) => void): void;
}
declare const document: Pick<Place, 'querySelector' | 'querySelectorAll'>;
declare const location: { origin: string };
declare function fetch(url: string, options: object): Promise<Response>;

/** What `/docs` runs: every form of a request is sent with the key that stands on the page, which is kept nowhere. */
export const docsScript = (): string => `(${tryIt})('${BASE}');\n`;

/** Sent to the browser as text: it sees the page's globals and nothing of this file. */
function tryIt(exampleBase: string) {
  const key = document.querySelector('#key');
  for (const place of document.querySelectorAll('pre, [data-key]')) {
    place.hidden = false;
    if (place.textContent?.includes(exampleBase)) place.textContent = place.textContent.replaceAll(exampleBase, location.origin);
  }
  async function send(form: Place): Promise<string> {
    let path = form.dataset.path ?? '';
    const query = new URLSearchParams();
    for (const { name, value, dataset } of form.querySelectorAll('input')) {
      if (dataset.in === 'path') path = path.replace(`{${name}}`, encodeURIComponent(value));
      else if (value !== '') query.set(name, value);
    }
    const body = form.querySelector('textarea');
    const headers = {
      ...(key?.value && { Authorization: `Bearer ${key.value}` }),
      ...(body && { 'Content-Type': body.dataset.type }),
    };
    const url = path + (query.size > 0 ? `?${query}` : '');
    const answer = await fetch(url, { method: form.dataset.method, headers, ...(body && { body: body.value }), credentials: 'omit' });
    const type = answer.headers.get('content-type') ?? '';
    const head = `${form.dataset.method} ${url}\n${answer.status} ${answer.statusText}${type && `\nContent-Type: ${type}`}\n\n`;
    if (/^image|octet-stream/.test(type)) return `${head}${(await answer.blob()).size} bytes`;
    const text = await answer.text();
    return head + (/\bjson\b/.test(type) && text !== '' ? JSON.stringify(JSON.parse(text), null, 2) : text).slice(0, 100_000);
  }
  for (const form of document.querySelectorAll('form[data-path]')) {
    form.hidden = false;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const answer = form.querySelector('output');
      if (!answer) return;
      answer.textContent = '…';
      send(form).then(
        (text) => {
          answer.textContent = text;
        },
        (error) => {
          answer.textContent = `Nothing was answered: ${error}`;
        },
      );
    });
  }
}
