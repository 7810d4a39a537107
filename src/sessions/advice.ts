/** What a person can do about a session, by its status and reason. Pure. */
import type { SessionStatus } from './supervision/lifecycle.ts';

const BY_REASON: Partial<Record<SessionStatus, Record<string, string>>> = {
  loggedOut: {
    'logged-out': 'The phone took this device off its list, or WhatsApp ended the login. Connect the session and scan its QR code.',
    'profile-corrupt':
      'The browser could not start on the files of this login, and no copy of it could be put back. They were set aside in the tokens directory. Connect the session and scan its QR code, or restore a backup.',
    requested: 'Connect the session to link a phone.',
  },
  qr: {
    'passkey-refused':
      'What was signed was not taken, or somebody called it off. Scan the QR code once more, and sign with the passkey of this account.',
    'passkey-expired': 'Nobody signed with the passkey of the account in time. Scan the QR code once more, and sign within ten minutes.',
    'login-lost':
      'The login of this session was damaged or is gone, and no copy of it could be put back. Scan the QR code with WhatsApp → Linked devices, or restore a backup.',
  },
  failed: {
    'qr-timeout': 'Nobody scanned a code. Connect the session when somebody is there with the phone.',
    'passkey-expired':
      'Nobody signed with the passkey of the account in time. Connect the session when somebody is there with the phone, and with a browser that has the passkey.',
    conflict:
      'WhatsApp Web was opened elsewhere with this login, and works there. Close it there and connect the session. With config.onConflict "useHere" a session takes it back by itself.',
    banned:
      'WhatsApp has shut the account out. WhatsApp on the phone says why, and how to ask for a review. Connect the session when it works there again.',
  },
  disconnected: {
    outdated:
      'WhatsApp no longer talks to this version of WhatsApp Web. A newer one is loaded with each attempt; if it stays so for an hour, upgrade Hookline.',
    'engine-failed':
      'The browser or WhatsApp Web did not come up. It is tried again by itself; "hookline doctor" says whether the browser works on this machine.',
    'engine-timeout':
      'The browser was too slow. It is tried again by itself; if it stays so, the machine has too little memory or processor.',
    network: 'It is tried again by itself. If it stays so, check whether this machine reaches web.whatsapp.com.',
    proxy: 'The proxy of the session does not let it through. It is tried again by itself.',
  },
};

const BY_STATUS: Partial<Record<SessionStatus, string>> = {
  qr: 'Scan the QR code with WhatsApp → Linked devices.',
  pairing: 'Type the pairing code in WhatsApp → Linked devices → Link with phone number.',
  passkey:
    'WhatsApp asks for the passkey of the account. Sign what GET …/passkey gives in a browser that has the passkey, on https://web.whatsapp.com, and send it to POST …/passkey within ten minutes of the scan.',
  disconnected: 'It is tried again by itself.',
};

const COMPARE = 'Compare the code with the one on the phone, and say whether they are the same: POST …/passkey/confirm.';

/** Of what WhatsApp Web shows and the hub does not know (`session.attention`). */
export const DIALOG_ADVICE =
  'WhatsApp Web shows something that the hub does not know how to answer. Look at the screenshot, or at the page as it is now (GET …/screenshot). What it asks can mostly be done on the phone; if the session does not go on after it, restart it.';

/** Null where there is nothing to do. A reason that says it itself (`engine-unavailable: install …`) is the advice. `code`: to be compared. */
export function adviceFor(status: SessionStatus, reason: string | null, code: string | null = null): string | null {
  if (status === 'passkey' && code !== null) return COMPARE;
  return BY_REASON[status]?.[reason ?? ''] ?? BY_STATUS[status] ?? /^engine-unavailable: (.+)/s.exec(reason ?? '')?.[1] ?? null;
}
