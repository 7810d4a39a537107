/** The laws of the house, checked by `npm run verify`. A rule is moved by changing the house on purpose, never by an exception. */
const ROOMS = 'ledger|dispatch|tenants|sessions|messages|webhooks|egress|flows|cluster|audit|quarantine|erasure|link-pages|first-answers';
/** What rooms stand on. */
const GROUND = 'db|home|blobs|schema-errors';

/** Each wing of a room imports those before it in its list, never one behind it. */
const WINGS = {
  flows: ['language', 'text', 'understanding', 'program', 'turn', 'simulator', 'aside', 'catalogue', 'runtime'],
  webhooks: ['signing', 'owed', 'health', 'actions', 'endpoints', 'delivery', 'replay'],
};

const inOrder = ([room, wings]) =>
  wings.slice(0, -1).map((wing, at) => ({
    name: `${room}-${wing}-knows-no-later-wing`,
    comment: `In ${room}/ the wings stand in an order, so that whoever reads one has read what it needs: ${wings.join(' ← ')}.`,
    severity: 'error',
    from: { path: `^src/${room}/${wing}/` },
    to: { path: `^src/${room}/(${wings.slice(at + 1).join('|')})/` },
  }));

module.exports = {
  forbidden: [
    ...Object.entries(WINGS).flatMap(inOrder),
    {
      name: 'turns-are-pure',
      comment:
        'What a flow makes of a message is worked out without a database, a clock or a network: the simulator takes the same turns as the hub.',
      severity: 'error',
      from: { path: '^src/flows/(language|text|understanding|program|turn)/' },
      to: { path: '^src/(db|dispatch|egress)/' },
    },
    {
      name: 'top-of-src',
      comment:
        'On top of src/ stand the app, its two doors (the command and the package) and the face of the library; all else has a folder.',
      severity: 'error',
      from: {},
      to: { path: '^src/[^/]+$', pathNot: '^src/(app|main|index|whatsapp-service)\\.ts$' },
    },
    {
      name: 'edges-do-not-import-edges',
      comment: 'The hub can be asked, watched and configured in several ways, none of which needs another.',
      severity: 'error',
      from: { path: '^src/(config|http|dashboard|ops|dialects)/' },
      // A dialect writes rows of the one table of routes.
      to: { path: '^src/(config|http|dashboard|ops|dialects)/', pathNot: ['^src/$1/', '^src/http/route\\.ts$'] },
    },
    {
      name: 'supervision-knows-no-engine',
      comment: 'A session is supervised whatever carries it: what an engine can do more it says itself.',
      severity: 'error',
      from: { path: '^src/sessions/(login|supervision)/' },
      to: { path: '^src/sessions/engines/' },
    },
    {
      name: 'core-imports-nothing',
      comment: 'core/ holds the words; it depends on nothing but Node and itself.',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { pathNot: ['^src/core/', '^node:'], dependencyTypesNot: ['core'] },
    },
    {
      name: 'client-imports-nothing',
      comment: 'client/ knows the hub from outside: it runs in browsers, too, and stands on fetch alone.',
      severity: 'error',
      from: { path: '^src/client/' },
      to: { pathNot: '^src/client/' },
    },
    {
      name: 'imports-go-down',
      comment: 'core ← rooms ← edges ← app.ts ← cli ← main.ts: a room knows no edge, and nobody but the cli knows the app.',
      severity: 'error',
      from: { path: `^src/(core|${GROUND}|${ROOMS})/` },
      to: { path: '^src/(config|http|dashboard|ops|dialects|cli|wiring|backup)/|^src/(app|main|index)\\.ts$' },
    },
    {
      name: 'rooms-stand-on-the-ground',
      comment: 'The database, the data directory, the store of files and the wording of errors serve every room and know none.',
      severity: 'error',
      from: { path: `^src/(${GROUND})/` },
      to: { path: `^src/(${ROOMS})/` },
    },
    {
      name: 'edges-below-app',
      comment: 'An edge is plugged in by app.ts and never reaches up to it.',
      severity: 'error',
      from: { path: '^src/(config|http|dashboard|ops|dialects)/' },
      to: { path: '^src/(cli|wiring|backup)/|^src/(app|main|index)\\.ts$' },
    },
    {
      name: 'app-below-cli',
      comment: 'app.ts is the plug-board; it does not know who runs it, nor who makes and restores backups beside it.',
      severity: 'error',
      from: { path: '^src/(app\\.ts|wiring/)' },
      to: { path: '^src/(cli|backup)/|^src/main\\.ts$' },
    },
    {
      name: 'backup-below-cli',
      comment: 'A backup is made of a stopped hub, or of one that runs elsewhere: by commands, of which it knows none.',
      severity: 'error',
      from: { path: '^src/backup/' },
      to: { path: '^src/(config|http|dashboard|ops|dialects|cli)/|^src/(app|main|index)\\.ts$' },
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
      comment:
        'SQL lives in store.ts and in db/, and what holds a data directory in home/; elsewhere a handle is passed on, never queried.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(db|home)/', '/store\\.ts$', '-store\\.ts$'] },
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
      comment:
        'Requests to others leave through egress/, whose guard checks each address at connect time; blobs/ speaks to the one server that the operator names.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(egress|blobs|cli)/' },
      to: { path: ['node_modules/(got|undici)/', '^(node:)?(https|http2|tls|dgram|dns)(/promises)?$'] },
    },
    {
      name: 'http-is-served-in-http',
      comment: 'node:http can ask as well as answer: beside egress/, blobs/ and the cli only the edge that answers may have it.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(egress|blobs|cli|http)/' },
      to: { path: '^(node:)?http$' },
    },
    {
      name: 'no-cycles',
      comment: 'A cycle means that two files are one; types count.',
      severity: 'error',
      from: {},
      to: { circular: true },
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
