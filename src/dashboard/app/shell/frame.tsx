import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { takeArrival } from './place.ts';

interface Props {
  title: string;
  lead?: ComponentChildren;
  /** Up from here: where it leads and what is there. */
  up?: { href: string; name: string };
  /** What can be done with all of it, at its right. */
  actions?: ComponentChildren;
  children?: ComponentChildren;
}

/** What a page of the app shows. It takes the focus when somebody comes to it from another one. */
export function Page({ title, lead, up, actions, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Hookline`;
  }, [title]);
  useEffect(() => {
    if (!takeArrival()) return;
    scrollTo(0, 0);
    heading.current?.focus({ preventScroll: true });
  });
  return (
    <>
      <div class="page-head">
        <div class="page-title">
          {up && (
            <p class="up">
              <a href={up.href}>{up.name}</a>
            </p>
          )}
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {lead && <p class="lead">{lead}</p>}
        </div>
        {actions && <div class="page-actions">{actions}</div>}
      </div>
      {children}
    </>
  );
}
