import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Dialog } from '../parts/dialog.tsx';
import { kept } from '../parts/kept.ts';
import { navigable } from './pages.ts';
import { go } from './place.ts';
import { shellWords as words } from './words.ts';

/** Milliseconds in which the letter has to follow the "g". */
const PATIENCE = 1_500;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(?:input|textarea|select)$/i.test(target.tagName));

/** "g" and a letter lead to a page, "/" to the search, "?" tells of them. They can be turned off (WCAG 2.1.4). */
export function Shortcuts() {
  const isShown = useSignal(false);

  useEffect(() => {
    let since = 0;
    const press = (event: KeyboardEvent): void => {
      if (kept.shortcuts === 'off' || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      // The first of the path: an editor may be in a shadow root.
      if (isTyping(event.composedPath()[0] ?? null) || document.querySelector('dialog[open]')) return;
      const isFollowing = Date.now() - since < PATIENCE;
      since = 0;
      if (isFollowing) {
        const page = navigable().find(({ shortcut }) => shortcut === event.key);
        if (!page) return;
        event.preventDefault();
        go(page.path);
      } else if (event.key === 'g') since = Date.now();
      else if (event.key === '?') isShown.value = true;
      else if (event.key === '/') {
        const search = document.querySelector<HTMLInputElement>('main input[type=search]');
        if (!search) return;
        event.preventDefault();
        search.focus();
      }
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);

  if (!isShown.value) return null;
  const rows: [string, string][] = [
    ...navigable().flatMap(({ shortcut, name }): [string, string][] => (shortcut ? [[`g ${shortcut}`, name]] : [])),
    ['/', words.toSearch],
    ['?', words.theseShortcuts],
  ];
  return (
    <Dialog
      title={words.shortcuts}
      close={() => {
        isShown.value = false;
      }}
    >
      <dl class="facts">
        {rows.map(([keys, name]) => (
          <div key={keys}>
            <dt>{name}</dt>
            <dd>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
