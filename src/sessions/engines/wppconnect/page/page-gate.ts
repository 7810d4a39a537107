/**
 * What stands between a scan and the login, inside Chromium: the functions are sent there as text, so they see their arguments
 * and the page's globals and nothing of this file. Nobody here has seen the real page: what is looked for is known by its
 * role and its words (gate-words.ts), never by how WhatsApp names its classes.
 */
import type { PageDocument, PageElement } from './page-types.ts';

declare const document: PageDocument;

export interface Gate {
  /** A QR code can be seen, with nothing before it. */
  showsQr: boolean;
  /** Letters that stand alone, to be compared with those on the phone. */
  code: string | null;
}

export function lookAtGate(): Gate {
  const isSeen = (element: PageElement): boolean => {
    const { left, top, width, height } = element.getBoundingClientRect();
    if (width === 0 || height === 0 || !element.checkVisibility()) return false;
    const inFront = document.elementFromPoint(left + width / 2, top + height / 2);
    return inFront !== null && (element.contains(inFront) || inFront.contains(element));
  };
  const qr = document.querySelector('[data-ref] canvas');
  // Ancestors come before what is in them: letters that each have an element of their own are found together.
  const code = [...document.querySelectorAll('body *')].find(
    (element) =>
      /^(?:[A-Z0-9]{5}|[A-Z0-9]{4}-?[A-Z0-9]{4})$/.test(element.innerText?.replace(/\s/g, '') ?? '') &&
      element.closest('button, [role="button"], a, script, style') === null &&
      isSeen(element),
  );
  return { showsQr: qr !== null && isSeen(qr), code: code?.innerText?.replace(/\s/g, '') ?? null };
}

/** Presses the button that says one of these words, in small letters, in what this selector finds. Whether there was one. */
export function press({ words, within }: { words: readonly string[]; within: string }): boolean {
  const said = (element: PageElement): string[] =>
    [element.innerText, element.getAttribute('aria-label')].map((text) => (text ?? '').replace(/\s+/g, ' ').trim().toLowerCase());
  const button = [...document.querySelectorAll(`${within} :is(button, [role="button"])`)].find(
    (element) => element.checkVisibility() && said(element).some((text) => words.includes(text)),
  );
  button?.click();
  return button !== undefined;
}
