/**
 * The project's own stand-in for WhatsApp Web: `https://web.whatsapp.com`, served from this process. It stands in for
 * WhatsApp's modules, below wa-js, so that wppconnect, wa-js, the launch and the profile directory are the real ones.
 * Not stood in for: encryption and sync, the making of thumbnails and wave forms.
 */
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer, json } from 'node:stream/consumers';
import { selfSigned } from './certificate.ts';
import { type Device, Network, type PageRequest, type Policy } from './network.ts';
import { Phone } from './phone.ts';

export interface WhatsAppWeb {
  /** What Chromium must be given to find the stand-in, and nothing else, behind every host name. */
  browserArgs: string[];
  policy: Policy;
  /** A new phone with this number (digits). Two with one number know nothing of each other, so that tests can share the site. */
  phone(number: string, name?: string): Phone;
  /** Each connection of a page, oldest first: what WhatsApp itself sees of browsers. */
  visits: readonly Visit[];
  /** A new QR code on the page that shows `code`, as WhatsApp does every 20 s. */
  renew(code: string): void;
  close(): Promise<void>;
}

/** By `performance.now()`; `to` is Infinity while it lasts. */
export interface Visit {
  from: number;
  to: number;
  device: Device;
  /** Where it comes from. */
  address: string;
}

const INDEX =
  '<!doctype html><meta charset="utf-8"><title>WhatsApp</title><script type="module" src="/page/main.js"></script><div id="app"></div>';

const POLICIES = { anywhere: {}, itself: { 'content-security-policy': "connect-src 'self' data: blob:" } };

/** `host`: the address that it listens at. */
export async function startWhatsAppWeb(host = '127.0.0.1'): Promise<WhatsAppWeb> {
  const network = new Network();
  const visits: Visit[] = [];
  const { key, cert, spki } = selfSigned();
  const site = createServer({ key, cert }, (request, response) => {
    serve({ network, visits }, request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => site.listen(0, host, resolve));
  const { port } = site.address() as AddressInfo;
  return {
    browserArgs: [`--host-resolver-rules=MAP * ${host}:${port}`, `--ignore-certificate-errors-spki-list=${spki}`],
    policy: network.policy,
    visits,
    phone: (number, name = 'Test phone') => new Phone(network, number, name),
    renew(code) {
      const device = network.showing(code);
      if (!device) throw new Error('No page shows this code');
      network.renewCode(device);
    },
    async close() {
      network.close();
      const closed = new Promise((resolve) => site.close(resolve));
      site.closeAllConnections();
      await closed;
    },
  };
}

interface Site {
  network: Network;
  visits: Visit[];
}

async function serve(site: Site, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { network } = site;
  const url = new URL(request.url ?? '/', 'https://web.whatsapp.com');
  const device = () => network.device(url.searchParams.get('device') ?? '');
  const file = /^\/page\/([a-z-]+\.js)$/.exec(url.pathname)?.[1];
  if (url.pathname === '/') {
    response
      .writeHead(200, { 'content-type': 'text/html', 'cache-control': 'no-store', ...POLICIES[network.policy.connects] })
      .end(network.policy.page === 'ok' ? INDEX : '<!doctype html><title>WhatsApp</title>');
  } else if (file) {
    const source = await readFile(new URL(`./page/${file}`, import.meta.url));
    response.writeHead(200, { 'content-type': 'text/javascript', 'cache-control': 'no-store' }).end(source);
  } else if (url.pathname === '/phone/events') {
    stream(site, device(), request, response);
  } else if (url.pathname === '/phone/ask') {
    const answer = await network.answer(device(), (await json(request)) as PageRequest);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  } else if (url.pathname === '/phone/upload') {
    const fileId = network.keep(await buffer(request));
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ fileId }));
  } else if (url.pathname === '/phone/file' && network.files.has(url.searchParams.get('id') ?? '')) {
    response.writeHead(200).end(network.files.get(url.searchParams.get('id') ?? ''));
  } else {
    response.writeHead(404).end();
  }
}

function stream({ network, visits }: Site, device: Device, request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const page = (name: string, data: unknown) => void response.write(`data: ${JSON.stringify({ name, data })}\n\n`);
  const address = request.socket.remoteAddress ?? '';
  const visit: Visit = { from: performance.now(), to: Number.POSITIVE_INFINITY, device, address };
  visits.push(visit);
  response.on('close', () => {
    visit.to = performance.now();
    device.pages.delete(page);
  });
  network.attach(device, page);
}
