/**
 * What runs inside the pages of others, apart from their scripts: it is sent there as text, so it sees the page's globals and nothing
 * of this file.
 */

/** What a page of a hub asks to be signed. */
export interface Asked {
  host: string;
  /** Where it is asked for and answered, on that host. */
  path: string;
  publicKey: object | null;
  /** The code of the problem where there is nothing to sign, `''` where the hub did not answer. */
  problem: string | null;
}

export interface Signed {
  credential?: object;
  /** The name of what the browser threw. */
  failed?: string;
}

/** In the page of the hub. Null where it asks nothing. */
export async function findRequest(): Promise<Asked | null> {
  const named = document.querySelector<HTMLElement>('[data-hookline-passkey]')?.dataset.hooklinePasskey;
  if (!named) return null;
  const url = new URL(named, location.href);
  // What is signed goes to nobody but the page that the icon was pressed on.
  if (url.origin !== location.origin) return null;
  const told = { host: location.host, path: url.pathname };
  try {
    const response = await fetch(`${url.pathname}/request`, { credentials: 'omit', cache: 'no-store' });
    const answer = await response.json();
    if (!response.ok) return { ...told, publicKey: null, problem: String(answer.code) };
    return { ...told, publicKey: answer.publicKey, problem: null };
  } catch {
    return { ...told, publicKey: null, problem: '' };
  }
}

/** In a tab of WhatsApp Web: the browser asks the person there. */
export async function sign(publicKey: object): Promise<Signed> {
  try {
    const asked = PublicKeyCredential.parseRequestOptionsFromJSON(publicKey as PublicKeyCredentialRequestOptionsJSON);
    const credential = (await navigator.credentials.get({ publicKey: asked })) as PublicKeyCredential | null;
    return credential ? { credential: credential.toJSON() } : { failed: 'NotAllowedError' };
  } catch (error) {
    return { failed: (error as Error).name };
  }
}

/** In the page of the hub. The code of the problem where it is not taken; null where it is. */
export async function handOver(path: string, credential: object): Promise<string | null> {
  try {
    const headers = { 'Content-Type': 'application/json' };
    const response = await fetch(`${path}/answer`, { method: 'POST', headers, body: JSON.stringify({ credential }), credentials: 'omit' });
    return response.ok ? null : String((await response.json()).code);
  } catch {
    return '';
  }
}
