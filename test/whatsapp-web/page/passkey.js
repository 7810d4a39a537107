/** What stands before the login of an account that has a passkey: the security check, and the code that is compared after it. */
import { ask } from './account.js';
import { cover, uncover } from './screen.js';

let asking = new AbortController();

/** `button`: what has to be pressed before the browser is asked; null: it is asked at once. `over`: the QR code stays behind it. */
export function gate({ publicKey, button, over }) {
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  cover(`<h1>Confirm it's you</h1>${button === null ? '' : `<div role="button" tabindex="0"><span>${button}</span></div>`}`, over);
  const check = document.querySelector('#gate [role="button"]');
  if (check) check.addEventListener('click', () => sign(publicKey, signal), { once: true });
  else sign(publicKey, signal);
}

export function ungate() {
  asking.abort();
  uncover();
}

async function sign(publicKey, signal) {
  try {
    const challenge = Uint8Array.fromBase64(publicKey.challenge, { alphabet: 'base64url' });
    const credential = await navigator.credentials.get({ publicKey: { ...publicKey, challenge }, signal });
    const { code } = await ask({ ask: 'passkey', credential: credential.toJSON(), looks: looksOf(credential) });
    if (code) compare(code);
  } catch (error) {
    if (!signal.aborted) await ask({ ask: 'unsigned', error: error.name });
  }
}

/** What of it is not as a browser's own would be. */
function looksOf(credential) {
  const { response } = credential;
  const sameBytes = (buffer, text) =>
    buffer instanceof ArrayBuffer && new Uint8Array(buffer).toBase64({ alphabet: 'base64url', omitPadding: true }) === text;
  const json = JSON.parse(JSON.stringify(credential));
  const checks = {
    credential: credential instanceof PublicKeyCredential && credential instanceof Credential,
    response: response instanceof AuthenticatorAssertionResponse && response instanceof AuthenticatorResponse,
    names: String(credential) === '[object PublicKeyCredential]' && credential.type === 'public-key',
    rawId: sameBytes(credential.rawId, credential.id),
    bytes: ['clientDataJSON', 'authenticatorData', 'signature'].every((name) => sameBytes(response[name], json.response[name])),
    userHandle: response.userHandle === null || sameBytes(response.userHandle, json.response.userHandle),
    extensions: typeof credential.getClientExtensionResults() === 'object',
  };
  return Object.keys(checks).filter((name) => !checks[name]);
}

function compare(code) {
  const letters = [...code].map((letter) => `<span>${letter}</span>`).join('');
  cover(`<h1>Is this code on your phone?</h1><p>${letters}</p><button>They match</button><button>Cancel</button>`, false);
  const [match, cancel] = document.querySelectorAll('#gate button');
  match.addEventListener('click', () => ask({ ask: 'compared', matches: true }));
  cancel.addEventListener('click', () => ask({ ask: 'compared', matches: false }));
}
