import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { acting, hub } from '../ask.ts';
import { connection } from '../live/events.ts';
import { useOne } from '../live/use-one.ts';
import { fill } from '../words/words.ts';
import { navigable, pageAt } from './pages.ts';
import { go, place } from './place.ts';
import { Preferences } from './preferences.tsx';
import { actFor, signOut, TENANTS, who } from './who.ts';
import { shellWords as words } from './words.ts';

/** Beside the page; on a phone above it, behind a button. */
export function Navigation() {
  const isOpen = useSignal(false);
  const isChoosing = useSignal(false);
  const opener = useRef<HTMLButtonElement>(null);
  const here = pageAt(place.value.path)?.page;

  useEffect(() => {
    isOpen.value = false;
  }, [place.value.path]);
  useEffect(() => {
    const press = ({ key }: KeyboardEvent): void => {
      if (key !== 'Escape' || !isOpen.peek()) return;
      isOpen.value = false;
      opener.current?.focus();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);

  return (
    <div class={`side ${isOpen.value ? 'side-open' : ''}`}>
      <header class="side-head">
        <a class="brand" href="/">
          Hookline
        </a>
        <button
          ref={opener}
          type="button"
          class="quiet small side-opener"
          aria-expanded={isOpen.value}
          aria-controls="side-body"
          onClick={() => {
            isOpen.value = !isOpen.value;
          }}
        >
          {words.menu}
        </button>
      </header>
      <div id="side-body" class="side-body">
        <nav aria-label={words.pages}>
          <ul>
            {navigable().map((page) => (
              <li key={page.path}>
                <a href={page.path} aria-current={page === here ? 'page' : undefined}>
                  <svg viewBox="0 0 24 24" aria-hidden="true">
                    <path d={page.icon} />
                  </svg>
                  {page.name}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <footer class="side-foot">
          <Status />
          <Who />
          <div class="side-actions">
            <button
              type="button"
              class="link"
              onClick={() => {
                isChoosing.value = true;
              }}
            >
              {words.preferences}
            </button>
            <button type="button" class="link" onClick={signOut}>
              {words.signOut}
            </button>
          </div>
        </footer>
      </div>
      {isChoosing.value && (
        <Preferences
          close={() => {
            isChoosing.value = false;
          }}
        />
      )}
    </div>
  );
}

/** Whose key it is; of the operator, for which tenant. */
function Who() {
  const signedIn = who.value;
  const tenant = useOne(acting.value, () => hub.getTenant(acting.value ?? '')).value;
  if (signedIn?.kind === 'key')
    return (
      <p class="side-who" title={signedIn.name}>
        {signedIn.name}
      </p>
    );
  return (
    <>
      <p class="side-who">{words.operator}</p>
      {acting.value !== null && (
        <div class="side-actions">
          <span>{fill(words.actingFor, { tenant: tenant?.name ?? acting.value })}</span>
          <button
            type="button"
            class="link"
            onClick={() => {
              actFor(null);
              go(TENANTS);
            }}
          >
            {words.actForNone}
          </button>
        </div>
      )}
    </>
  );
}

/** Whether what is shown is as it is now. */
function Status() {
  const state = connection.value;
  return (
    <p class={`status status-${state}`} role="status">
      <span class="shape" aria-hidden="true" />
      {words[state]}
    </p>
  );
}
