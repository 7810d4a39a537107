import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';

interface Props {
  title: string;
  lead?: string | undefined;
  children?: ComponentChildren;
}

/** The page around what it is about. */
export function Frame({ title, lead, children }: Props) {
  useEffect(() => {
    document.title = `${title} · Hookline`;
  }, [title]);
  return (
    <>
      <main class="card">
        <h1>{title}</h1>
        {lead && <p class="lead">{lead}</p>}
        {children}
      </main>
      <footer class="foot">Hookline</footer>
    </>
  );
}
