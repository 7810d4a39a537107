import type { App } from '../app.ts';
import type { Config } from '../config/load.ts';
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
  const curl = (method: 'GET' | 'POST', path: string, body?: object): string => {
    const parts = ['curl -sS', ...(method === 'POST' ? ['-X POST'] : []), `-H 'Authorization: Bearer ${key}'`];
    if (body) parts.push(`-H 'Content-Type: application/json'`, `-d '${JSON.stringify(body)}'`);
    return `  ${parts.join(' ')} '${url}${path}'`;
  };
  const step = (what: string, command: string): string[] => [what, command, ''];
  return [
    'Try it without a phone. Paste these lines one after the other:',
    '',
    ...step('Make a sandbox session', curl('POST', '/api/sessions', { name: 'demo', engine: 'sandbox' })),
    ...step('Read its QR code', curl('GET', '/api/sessions/demo/qr?format=text')),
    ...step('Scan it, as the phone would', curl('POST', '/api/sessions/demo/sandbox/scan', { phone: '5511999990000' })),
    ...step('Register a webhook (put your own URL here; the answer shows its secret)', curl('POST', '/api/webhooks', { url: hook })),
    ...step(
      'Receive a message (the flow "welcome" answers it)',
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
