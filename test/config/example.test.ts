import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { stringify } from 'yaml';
import { CONFIGURATION_PAGE, configurationPage } from '../../docs/generate.ts';
import { type ConfigKey, configKeys } from '../../src/config/keys.ts';
import { loadConfig } from '../../src/config/load.ts';
import { configSchema } from '../../src/config/schema.ts';

const FILE = fileURLToPath(new URL('../../config.example.yaml', import.meta.url));
const development = configKeys(configSchema({ dev: true }));
const production = configKeys(configSchema({ dev: false }));

/** A key without a default that holds in both modes stands as a comment, so that the file can be copied as it is. */
function render(key: ConfigKey, index: number): string {
  const indent = '  '.repeat(key.path.length - 1);
  const fixed = key.default !== undefined && JSON.stringify(key.default) === JSON.stringify(development[index]?.default);
  const value = fixed ? stringify(key.default, { collectionStyle: 'flow', flowCollectionPadding: false, lineWidth: 0 }).trim() : '';
  const group = key.path.length > 1 && production[index - 1]?.path[0] !== key.path[0] ? `${key.path[0]}:\n` : '';
  return `${group}${indent}# ${key.description}\n${indent}# ${key.variable}\n${indent}${fixed ? '' : '# '}${key.path.at(-1)}: ${value}`.trimEnd();
}

test('the example has every key, each with its description, its variable and its default, and nothing else', (t) => {
  const body = readFileSync(FILE, 'utf8').replace(/^(#.*\n)*\n/, '');
  t.is(body, `${production.map(render).join('\n\n')}\n`);
});

for (const dev of [true, false]) {
  test(`copied as it is, the example changes nothing in ${dev ? 'development' : 'production'}`, (t) => {
    t.deepEqual(loadConfig({ env: { HOOKLINE_CONFIG: FILE }, cwd: '/nowhere', dev }), loadConfig({ env: {}, cwd: '/nowhere', dev }));
  });
}

test('docs/configuration.md says the same, as `node docs/generate.ts` writes it', (t) => {
  t.is(readFileSync(CONFIGURATION_PAGE, 'utf8'), configurationPage());
});
