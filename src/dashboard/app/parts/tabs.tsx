interface Props {
  label: string;
  tabs: readonly { href: string; name: string }[];
  /** The `href` of the one that is shown. */
  current: string;
}

/** Parts of one thing, each with an address of its own. */
export function Tabs({ label, tabs, current }: Props) {
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map(({ href, name }) => (
        <a key={href} href={href} aria-current={href === current ? 'page' : undefined}>
          {name}
        </a>
      ))}
    </nav>
  );
}
