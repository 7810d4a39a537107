/** The browser's own, as far as it is used. */
declare const location: { origin: string; assign(url: string): void };
declare const navigator: { credentials: { get(options: object): Promise<{ toJSON(): object }> } };
declare const PublicKeyCredential: { parseRequestOptionsFromJSON(options: object): object };
declare function fetch(url: string, options: object): Promise<{ ok: boolean; json(): Promise<{ detail: string }> }>;

/**
 * What a person pastes into the console of a tab on https://web.whatsapp.com who may install nothing. It is for one challenge and
 * holds no key. The console shows what it comes to.
 */
export const passkeySnippet = (publicKey: object, url: string): string =>
  `await (${signHere})(${JSON.stringify(publicKey)}, ${JSON.stringify(url)})`;

/** Sent to the browser as text: it sees the page's globals and nothing of this file. */
async function signHere(publicKey: object, url: string) {
  if (location.origin !== 'https://web.whatsapp.com') return 'Paste this into the console of a tab on https://web.whatsapp.com.';
  let body = '';
  try {
    const asked = PublicKeyCredential.parseRequestOptionsFromJSON(publicKey);
    const credential = await navigator.credentials.get({ publicKey: asked });
    body = JSON.stringify({ credential: credential.toJSON() });
  } catch (error) {
    return `Nothing was signed (${error}). Paste it once more to try again.`;
  }
  try {
    const headers = { 'Content-Type': 'application/json' };
    const answer = await fetch(`${url}/answer`, { method: 'POST', headers, body, credentials: 'omit' });
    return answer.ok ? 'Signed. Close this tab and go back to the page that you came from.' : (await answer.json()).detail;
  } catch {
    // This page, or the browser, lets it be sent nowhere else: then the tab goes there with it.
    location.assign(`${url}#${encodeURIComponent(body)}`);
    return 'Signed. Handing it over…';
  }
}
