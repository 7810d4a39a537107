import { toBuffer, toDataURL, toString as toText } from 'qrcode';
import { iso } from '../../core/iso.ts';
import type { Milliseconds } from '../../core/runtime.ts';

/** A code as it is shown; times ISO 8601. `restartsAt`: when the window closes and the session starts over. */
export interface QrView {
  code: string;
  /** A PNG as `data:image/png;base64,…`. */
  dataUrl: string;
  attempt: number;
  issuedAt: string;
  expiresAt: string;
  restartsAt: string;
}

/** Low correction makes larger squares: it is scanned from a clean screen, as WhatsApp Web shows it. */
const OPTIONS = { errorCorrectionLevel: 'L' } as const;

export type QrFormat = 'png' | 'svg' | 'text';

/** The code as a picture: PNG bytes, SVG source, or block letters for a terminal. */
export function qrImage(code: string, format: QrFormat): Promise<Buffer | string> {
  switch (format) {
    case 'png':
      return toBuffer(code, OPTIONS);
    case 'svg':
      return toText(code, { ...OPTIONS, type: 'svg' });
    case 'text':
      return toText(code, { ...OPTIONS, type: 'utf8' });
  }
}

/**
 * The time that a person has to scan, from the first code on, however often WhatsApp changes the code meanwhile.
 * Codes are counted from 1.
 */
export class QrWindow {
  readonly endsAt: Milliseconds;
  #attempt = 0;

  constructor(now: Milliseconds, length: Milliseconds) {
    this.endsAt = now + length;
  }

  async show(code: string, issuedAt: Milliseconds, validFor: Milliseconds): Promise<QrView> {
    return {
      code,
      dataUrl: await toDataURL(code, OPTIONS),
      attempt: ++this.#attempt,
      issuedAt: iso(issuedAt),
      expiresAt: iso(Math.min(issuedAt + validFor, this.endsAt)),
      restartsAt: iso(this.endsAt),
    };
  }
}
