/** Other products whose clients the hub understands. */
export const DIALECTS = ['evolution'] as const;
export type DialectName = (typeof DIALECTS)[number];
