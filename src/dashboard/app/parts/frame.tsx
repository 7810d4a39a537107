import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';

interface Props {
  title: string;
  lead?: string | undefined;
  /** Above the page, at its right. */
  aside?: ComponentChildren;
  children?: ComponentChildren;
}

/** The page around what it is about. */
export function Frame({ title, lead, aside, children }: Props) {
  useEffect(() => {
    document.title = `${title} · Hookline`;
  }, [title]);
  return (
    <>
      {aside && <header class="bar">{aside}</header>}
      <main class="card">
        <h1>{title}</h1>
        {lead && <p class="lead">{lead}</p>}
        {children}
      </main>
      <footer class="foot">Hookline</footer>
    </>
  );
}
