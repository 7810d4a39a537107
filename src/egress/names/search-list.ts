/** What of `/etc/resolv.conf` the resolver in Node leaves to its caller: which names are asked for one that is short (resolv.conf(5)). */
export interface SearchList {
  domains: string[];
  /** A name with so many dots is asked as it is first. */
  ndots: number;
}

const MOST_NDOTS = 15;

export function parseSearchList(text: string): SearchList {
  const list: SearchList = { domains: [], ndots: 1 };
  for (const line of text.split('\n')) {
    const [keyword = '', ...values] = line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/);
    // The last one counts.
    if (keyword === 'search' || keyword === 'domain') list.domains = values.map((domain) => domain.replace(/^\.|\.$/g, '')).filter(Boolean);
    const ndots = keyword === 'options' ? values.findLast((option) => /^ndots:\d{1,4}$/.test(option)) : undefined;
    if (ndots !== undefined) list.ndots = Math.min(Number(ndots.slice('ndots:'.length)), MOST_NDOTS);
  }
  return list;
}

/** The names to ask one after the other: `n8n` in Kubernetes is `n8n.default.svc.cluster.local`. A dot at the end says that the name is whole. */
export function namesFor(hostname: string, { domains, ndots }: SearchList): string[] {
  const whole = hostname.replace(/\.$/, '');
  if (whole !== hostname) return [whole];
  const searched = domains.map((domain) => `${whole}.${domain}`);
  return whole.split('.').length - 1 >= ndots ? [whole, ...searched] : [...searched, whole];
}
