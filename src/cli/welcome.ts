import type { App } from '../app.ts';
import type { Config } from '../config/load.ts';
import { EXAMPLE_FLOW } from '../core/version.ts';
import { Guard } from '../egress/guard.ts';

/** What cannot be shown again, and what to do with it: nothing from the second start on. */
export function welcome(config: Config, { url, newKeys }: Pick<App, 'url' | 'newKeys'>): string {
  const lines: string[] = [];
  if (newKeys.admin) lines.push('', "The operator's key, shown this once:", '', `  ${newKeys.admin}`);
  if (newKeys.tenant && url)
    lines.push(
      '',
      'The API key of the tenant "default", shown this once:',
      '',
      `  ${newKeys.tenant}`,
      '',
      ...(config.engines.includes('sandbox') ? steps(url, newKeys.tenant, receiver(config)) : [`Go on at ${url}/docs`, '']),
    );
  return lines.map((line) => `${line}\n`).join('');
}

/** A URL that this hub lets a webhook have: on this machine where that may be reached. */
function receiver({ egress }: Config): string {
  return new Guard(egress).permits('127.0.0.1') ? 'http://127.0.0.1:3002/hook' : 'https://example.com/hook';
}

/** Each line works as it is, in this order, without a phone. */
function steps(url: string, key: string, hook: string): string[] {
  const line = (method: string, path: string, body: string[]): string => {
    const parts = ['curl -sS', ...(method === 'GET' ? [] : [`-X ${method}`]), `-H 'Authorization: Bearer ${key}'`, ...body];
    return `  ${parts.join(' ')} '${url}${path}'`;
  };
  const curl = (method: 'GET' | 'POST', path: string, body?: object): string =>
    line(method, path, body ? [`-H 'Content-Type: application/json'`, `-d '${JSON.stringify(body)}'`] : []);
  const file = (method: 'PUT', path: string, type: string, name: string): string =>
    line(method, path, [`-H 'Content-Type: ${type}'`, `--data-binary ${quoted(`@${name}`)}`]);
  const step = (what: string, command: string): string[] => [what, command, ''];
  return [
    'Try it without a phone. Paste these lines one after the other:',
    '',
    ...step('Make a sandbox session', curl('POST', '/api/sessions', { name: 'demo', engine: 'sandbox' })),
    ...step('Read its QR code', curl('GET', '/api/sessions/demo/qr?format=text')),
    ...step('Scan it, as the phone would', curl('POST', '/api/sessions/demo/sandbox/scan', { phone: '5511999990000' })),
    ...step('Register a webhook (put your own URL here; the answer shows its secret)', curl('POST', '/api/webhooks', { url: hook })),
    ...step(
      'Publish a reply flow (this one answers in sandbox sessions only, and no customer of yours)',
      file('PUT', '/api/flows/welcome', 'application/yaml', EXAMPLE_FLOW),
    ),
    ...step(
      'Receive a message (the flow answers it)',
      curl('POST', '/api/sessions/demo/sandbox/receive', { from: '5521988887777', text: 'hello' }),
    ),
    ...step(
      'Send a message',
      curl('POST', '/api/sessions/demo/messages', { to: '+55 21 98888-7777', type: 'text', text: 'Hi from Hookline' }),
    ),
    ...step('See what the phone has sent (the flow types for a moment first)', curl('GET', '/api/sessions/demo/sandbox/outbox')),
    ...step('See every event, as your webhook gets it', curl('GET', '/api/events')),
  ];
}

/** As a shell takes it: the path of the hub may have anything in it. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
