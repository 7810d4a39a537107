/**
 * What a tenant may say in the headers of a request that the hub makes for it: one rule for webhooks and flows, asked when it is saved
 * and again when it is sent (egress/client.ts).
 */
/**
 * The hub's own to say: how the request is framed and its connection kept (RFC 9110, 7.6.1; RFC 9112, 6), to whom it goes and for whom a
 * proxy would ask (RFC 7239), and what makes a webhook genuine. Whoever said them for it could hide a second request in the body of the
 * first, ask one host and name another, or speak in the hub's name.
 */
const HUBS =
  /^(host|connection|keep-alive|transfer-encoding|te|trailer|upgrade|expect|http2-settings|content-(?!type$).*|proxy-.*|forwarded|x-forwarded-.*|x-real-ip|webhook-.*|hookline-.*)$/;
/** RFC 9110, 5.6.2 and 5.5. */
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]{1,100}$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]{0,4096}$/;
export const MOST_HEADERS = 30;
/** Of all names and values together: a receiver takes 8 or 16 KB, and the hub adds to them. */
const MOST_BYTES = 8_192;

/** How a piece of a value that is filled in later stands in it; it has no faults yet. */
const FILLED_IN = /\{\{(?:(?!\{\{).)*?\}\}/gs;

/** `own`: further names, in small letters, that the caller says for the hub. `templates`: a value may have `{{ }}` in it. */
export interface HeaderRules {
  own?: readonly string[];
  templates?: boolean;
}

export interface HeaderFault {
  /** As it was given; null where all of them together are meant. */
  name: string | null;
  message: string;
}

/** What is wrong with each header, and with all of them. */
export function headerFaults(headers: Readonly<Record<string, string>>, { own = [], templates = false }: HeaderRules = {}): HeaderFault[] {
  const faults: HeaderFault[] = [];
  const seen = new Set<string>();
  let bytes = 0;
  for (const [given, value] of Object.entries(headers)) {
    const name = given.toLowerCase();
    const said = templates ? value.replaceAll(FILLED_IN, '') : value;
    const message =
      nameFault(name, own) ?? (VALUE.test(said) ? undefined : 'has characters that a header cannot carry, or is over 4096 long');
    if (message) faults.push({ name: given, message });
    if (seen.has(name)) faults.push({ name: given, message: 'is given twice: names of headers have no case' });
    seen.add(name);
    // As they stand on the wire: "name: value" and a line break.
    bytes += name.length + said.length + 4;
  }
  if (seen.size > MOST_HEADERS) faults.push({ name: null, message: `has ${seen.size} headers; the most is ${MOST_HEADERS}` });
  if (bytes > MOST_BYTES) faults.push({ name: null, message: `has ${bytes} bytes in all; the most is ${MOST_BYTES}` });
  return faults;
}

function nameFault(name: string, own: readonly string[]): string | undefined {
  if (!NAME.test(name)) return 'is not a name of a header';
  // Many servers take _ for -.
  return HUBS.test(name.replaceAll('_', '-')) || own.includes(name) ? 'is set by the hub and cannot be changed' : undefined;
}
