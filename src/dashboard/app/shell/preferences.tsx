import { useSignal } from '@preact/signals';
import { language } from '../here.ts';
import { Choice } from '../parts/choice.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { keep, kept } from '../parts/kept.ts';
import { chooseTheme, theme } from '../parts/theme.ts';
import { LANGUAGES } from '../words/words.ts';
import { who } from './who.ts';
import { shellWords as words } from './words.ts';

/** Each in its own words. */
const NAMES = { en: 'English', pt: 'Português', es: 'Español' };

export function Preferences({ close }: { close(): void }) {
  const hasShortcuts = useSignal(kept.shortcuts !== 'off');
  return (
    <Dialog title={words.preferences} close={close}>
      <Choice
        label={words.language}
        options={LANGUAGES.map((tag) => [tag, NAMES[tag]] as const)}
        chosen={language}
        choose={(tag) => {
          keep('language', tag);
          location.reload();
        }}
      />
      <Choice
        label={words.theme}
        options={[
          ['system', words.themeSystem],
          ['light', words.themeLight],
          ['dark', words.themeDark],
        ]}
        chosen={theme.value}
        choose={chooseTheme}
      />
      <label class="check">
        <input
          type="checkbox"
          checked={hasShortcuts.value}
          onChange={(event) => {
            hasShortcuts.value = event.currentTarget.checked;
            keep('shortcuts', hasShortcuts.value ? null : 'off');
          }}
        />
        <span>{words.shortcutsOn}</span>
      </label>
      {who.value?.kind === 'key' && (
        <div class="stack-tight">
          <h3>{words.keyMay}</h3>
          <ul class="chips" aria-label={words.keyMay}>
            {who.value.scopes.map((scope) => (
              <li key={scope}>
                <code>{scope}</code>
              </li>
            ))}
          </ul>
        </div>
      )}
    </Dialog>
  );
}
