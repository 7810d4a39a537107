/** Which models a hub lets flows ask. Pure. */

/** Why a flow may not ask at `url`; undefined where it may. `models`: what the operator has listed. */
export function modelFault(url: string, models: readonly string[]): string | undefined {
  if (models.length === 0)
    return `this hub asks no models: its operator turns it on with flows.models: ["${URL.canParse(url) ? new URL(url).origin : url}"] (HOOKLINE_FLOWS_MODELS)`;
  if (models.some((one) => one === 'any' || isBelow(url, one))) return undefined;
  return `this hub asks no models at this address, only at ${models.join(', ')}: its operator adds it to flows.models (HOOKLINE_FLOWS_MODELS)`;
}

/** The same origin, and a path that begins with whole parts of the other. */
function isBelow(url: string, beginning: string): boolean {
  if (!URL.canParse(url) || !URL.canParse(beginning)) return false;
  const [asked, listed] = [new URL(url), new URL(beginning)];
  const path = listed.pathname.replace(/\/+$/, '');
  return asked.origin === listed.origin && (asked.pathname === path || asked.pathname.startsWith(`${path}/`));
}
