/**
 * What covers WhatsApp Web once it is linked, inside Chromium: the function is sent there as text, so it sees its argument and the
 * page's globals and nothing of this file. Known by its role, never by how WhatsApp names its classes.
 */
import type { PageDocument, PageElement } from './page-types.ts';

declare const document: PageDocument;

/** Whatever says of itself that it has to be answered first. */
export const DIALOGS = ':is([role="dialog"], [role="alertdialog"], [aria-modal="true"], dialog[open])';

export interface Dialog {
  /** All that it says, on one line. */
  text: string;
  /** What its buttons say. */
  buttons: string[];
}

/** The dialog in front; null where there is none. */
export function lookAtDialog(dialogs: string): Dialog | null {
  const isSeen = (element: PageElement): boolean => {
    const { left, top, width, height } = element.getBoundingClientRect();
    if (width === 0 || height === 0 || !element.checkVisibility()) return false;
    const inFront = document.elementFromPoint(left + width / 2, top + height / 2);
    return inFront !== null && element.contains(inFront);
  };
  const said = (element: PageElement): string =>
    (element.innerText || element.getAttribute('aria-label') || '').replace(/\s+/g, ' ').trim();
  const dialog = [...document.querySelectorAll(dialogs)].find(isSeen);
  if (!dialog) return null;
  const buttons = [...dialog.querySelectorAll('button, [role="button"]')].filter((button) => button.checkVisibility()).map(said);
  return { text: said(dialog), buttons: buttons.filter((text) => text !== '') };
}
