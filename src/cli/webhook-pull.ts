/** `hookline webhook listen --hub`: events are fetched from the hub, so that a receiver needs no URL that the hub can reach. */
import { once } from 'node:events';
import type { HubEvent } from '../client/index.ts';
import { messageOf } from '../core/errors.ts';
import { VERSION } from '../core/version.ts';
import { sign } from '../webhooks/signing/sign.ts';
import { type HubOptions, tenantsHub } from './hub-client.ts';
import { isInJson, write, writeError } from './output.ts';
import { describe, FORWARD_DEADLINE, indented } from './webhook-listen.ts';

export interface PullOptions extends HubOptions {
  /** `whsec_…`; the first signs what is passed on. */
  secrets: readonly string[];
  forward?: URL;
  /** The event after which to begin. */
  after?: string;
  types?: string[];
  session?: string;
}

/** Runs until the process is told to stop. Rejects where the hub refuses for good. */
export async function pullEvents(options: PullOptions): Promise<void> {
  const over = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) void once(process, signal).then(() => over.abort());
  const { hub, as, base } = tenantsHub(options);
  const { after, types, session, forward, secrets } = options;
  const to = forward ? `, passed on to ${forward.href} ${secrets.length > 0 ? 'and signed' : 'NOT signed: give --secret'}` : '';
  writeError(`Events of ${base}${to}, until Ctrl+C.\n`);
  const events = hub.follow({
    ...{ after, types, session, tenant: as.tenant, signal: over.signal },
    onGap: ({ from, to: end }) => writeError(`Events from ${from} to ${end ?? 'now'} are not kept any more.\n`),
    onLost: (why, ms) => writeError(`The connection was lost (${messageOf(why)}); again in ${Math.ceil(ms / 1_000)} s.\n`),
  });
  for await (const event of events) {
    const body = JSON.stringify(event);
    write(isInJson() ? `${body}\n` : `${describe(Buffer.from(body), event.id)}\n${indented(Buffer.from(body))}\n`);
    if (forward) await passOn(forward, event, body, secrets, over.signal);
  }
}

/** As the hub itself would send it. What is not taken is told, and the next one follows. */
async function passOn(to: URL, { id }: HubEvent, body: string, secrets: readonly string[], signal: AbortSignal): Promise<void> {
  const timestamp = Math.floor(Date.now() / 1_000);
  const headers = {
    'content-type': 'application/json',
    'user-agent': `Hookline/${VERSION}`,
    'hookline-attempt': '1',
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    ...(secrets.length > 0 && { 'webhook-signature': sign({ v1: secrets }, { id, timestamp, body }) }),
  };
  try {
    const request = {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(FORWARD_DEADLINE)]),
    };
    const given = await fetch(to, request as RequestInit);
    await given.arrayBuffer();
    writeError(`    → ${to.href} answered ${given.status}\n`);
  } catch (error) {
    if (!signal.aborted) writeError(`    → ${to.href} did not answer: ${messageOf((error as Error).cause ?? error)}\n`);
  }
}
