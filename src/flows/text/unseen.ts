/** What turns the direction of writing, or is nothing at all, shows another text than is there. */
const UNSEEN = /[^\P{Cc}\n]|[\p{Bidi_Control}\u200b\u2060\ufeff]/gu;

/** A text of somebody outside, as people see it. */
export const asSeen = (text: string): string => text.toWellFormed().replace(UNSEEN, '').trim();
