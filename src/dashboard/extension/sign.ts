import './page.css';
import { fill } from '../app/words/words.ts';
import { type Asked, findRequest, handOver, type Signed, sign } from './in-pages.ts';
import { words } from './words.ts';

const WHATSAPP = 'https://web.whatsapp.com/';
/** In ms: for the page to begin, however long it then loads. */
const PATIENCE = 60_000;

/** The tab that the icon was pressed on. */
const hub = Number(new URLSearchParams(location.search).get('tab'));

const part = (id: string): HTMLElement => document.getElementById(id) as HTMLElement;
const button = part('sign') as HTMLButtonElement;

function show(text: string, { trouble = false, next }: { trouble?: boolean; next?: () => Promise<void> } = {}): void {
  const told = part('told');
  told.textContent = text;
  told.hidden = text === '';
  told.classList.toggle('told-trouble', trouble);
  button.hidden = next === undefined;
  button.textContent = trouble ? words.again : words.sign;
  button.onclick = next ? () => void next() : null;
}

/** Why the hub gives or takes nothing, by the code of its problem. */
const REFUSED: Record<string, string> = {
  '': words.offline,
  'not-found': words.over,
  'passkey-expired': words.over,
  'passkey-mismatch': words.over,
  'passkey-unavailable': words.unavailable,
};
const whyNot = (code: string): string => REFUSED[code] ?? fill(words.refused, { code });

async function begin(): Promise<void> {
  show(words.looking);
  const asked = await run(hub, findRequest, []).catch(() => undefined);
  if (!asked) return show(asked === null ? words.nothing : words.closed, { trouble: true });
  const { host, publicKey, problem } = asked;
  if (publicKey === null) return show(whyNot(problem ?? ''), { trouble: true, ...(problem === '' && { next: begin }) });
  part('lead').textContent = fill(words.lead, { host });
  part('warning').textContent = words.warning;
  for (const id of ['lead', 'warning']) part(id).hidden = false;
  show('', { next: () => signFor({ ...asked, publicKey }) });
}

async function signFor(asked: Asked & { publicKey: object }): Promise<void> {
  show(words.signing);
  const { credential, failed = '' } = await signedByPerson(asked.publicKey);
  if (!credential) {
    const why: Record<string, string> = { unreachable: words.unreachable, TypeError: words.old };
    return show(why[failed] ?? words.declined, { trouble: true, next: () => signFor(asked) });
  }
  const problem = await run(hub, handOver, [asked.path, credential]).catch(() => undefined);
  if (problem === undefined) return show(words.closed, { trouble: true });
  if (problem !== null) return show(whyNot(problem), { trouble: true });
  await chrome.tabs.update(hub, { active: true });
  const mine = await chrome.tabs.getCurrent();
  if (mine?.id !== undefined) await chrome.tabs.remove(mine.id);
}

/** Opens WhatsApp Web beside this page, has the person sign there, and closes it again. */
async function signedByPerson(publicKey: object): Promise<Signed> {
  const mine = await chrome.tabs.getCurrent();
  const { id = 0 } = await chrome.tabs.create({ url: WHATSAPP, index: (mine?.index ?? 0) + 1 });
  try {
    if (!(await opened(id))) return { failed: 'unreachable' };
    return (await run(id, sign, [publicKey])) ?? { failed: 'unreachable' };
  } catch {
    // Closed while it was asked.
    return { failed: 'NotAllowedError' };
  } finally {
    if (mine?.id !== undefined) await chrome.tabs.update(mine.id, { active: true });
    await chrome.tabs.remove(id).catch(() => undefined);
  }
}

/** Whether the tab has begun to show WhatsApp Web; a page that did not load has another address. */
function opened(tab: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const isThere = async (): Promise<void> => {
    const url = await run(tab, () => location.href, []).catch(() => '');
    if (url?.startsWith(WHATSAPP)) resolve(true);
  };
  const look: chrome.tabs.Updated = (id, { status }) => {
    if (id !== tab) return;
    void isThere().then(() => status === 'complete' && resolve(false));
  };
  const gone: chrome.tabs.Removed = (id) => {
    if (id === tab) resolve(false);
  };
  chrome.tabs.onUpdated.addListener(look);
  chrome.tabs.onRemoved.addListener(gone);
  const timer = setTimeout(() => resolve(false), PATIENCE);
  // It may have been there before anybody listened.
  void isThere();
  return promise.finally(() => {
    clearTimeout(timer);
    chrome.tabs.onUpdated.removeListener(look);
    chrome.tabs.onRemoved.removeListener(gone);
  });
}

/** Rejects where the extension may not look, or the tab is closed meanwhile. */
async function run<A extends unknown[], R>(tabId: number, func: (...args: A) => R, args: A): Promise<Awaited<R> | undefined> {
  const [frame] = await chrome.scripting.executeScript({ target: { tabId }, func, args });
  return frame?.result;
}

document.title = `${words.title} · Hookline`;
part('title').textContent = words.title;
void begin();
