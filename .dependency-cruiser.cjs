/** The laws of the house, checked by `npm run verify`. A rule is moved by changing the house on purpose, never by an exception. */
const ROOMS = 'ledger|dispatch|tenants|sessions|messages|webhooks|egress|flows|cluster|audit|quarantine|erasure';

module.exports = {
  forbidden: [
    {
      name: 'core-imports-nothing',
      comment: 'core/ holds the words; it depends on nothing but Node and itself.',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { pathNot: ['^src/core/', '^node:'], dependencyTypesNot: ['core'] },
    },
    {
      name: 'imports-go-down',
      comment: 'core ← rooms ← edges ← app.ts ← cli ← main.ts: a room knows no edge, and nobody but the cli knows the app.',
      severity: 'error',
      from: { path: `^src/(core|db|${ROOMS})/` },
      to: { path: '^src/(config|http|realtime|dashboard|ops|cli)/|^src/(app|front|main|index)\\.ts$' },
    },
    {
      name: 'edges-below-app',
      comment: 'An edge is plugged in by app.ts and never reaches up to it.',
      severity: 'error',
      from: { path: '^src/(config|http|realtime|dashboard|ops)/' },
      to: { path: '^src/cli/|^src/(app|front|main|index)\\.ts$' },
    },
    {
      name: 'app-below-cli',
      comment: 'app.ts is the plug-board; it does not know who runs it.',
      severity: 'error',
      from: { path: '^src/(app|front)\\.ts$' },
      to: { path: '^src/cli/|^src/main\\.ts$' },
    },
    {
      name: 'rooms-do-not-import-rooms',
      comment: 'A room says what it needs of others in its ports.ts; app.ts plugs it in.',
      severity: 'error',
      from: { path: `^src/(${ROOMS})/` },
      to: { path: `^src/(${ROOMS})/`, pathNot: '^src/$1/' },
    },
    {
      name: 'sql-in-stores',
      comment: 'SQL lives in store.ts and in db/; elsewhere a handle is passed on, never queried.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/db/', '/store\\.ts$', '-store\\.ts$'] },
      to: { path: 'node_modules/(knex|pg|sqlite3)/' },
    },
    {
      name: 'koa-stays-in-http',
      comment: 'ctx never leaves http/: nothing else may name koa.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/http/' },
      to: { path: 'node_modules/(koa|@koa/[^/]+|koa-helmet|@types/koa[^/]*)/' },
    },
    {
      name: 'one-folder-names-wppconnect',
      comment: 'Only the wppconnect engine touches wppconnect, wa-js or puppeteer.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/sessions/engines/wppconnect/' },
      to: { path: 'node_modules/(@wppconnect|@wppconnect-team|puppeteer[^/]*)/' },
    },
    {
      name: 'one-way-out',
      comment: 'Requests to others leave through egress/, whose guard checks each address at connect time.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(egress|cli)/' },
      to: { path: 'node_modules/(got|undici)/' },
    },
    {
      name: 'no-cycles',
      comment: 'A cycle means that two files are one.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'not-to-dev',
      comment: 'What runs in production is a dependency.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'], pathNot: 'node_modules/@types/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'] },
  },
};
