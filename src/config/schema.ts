import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { DIALECTS } from '../core/dialects.ts';
import { LOG_LEVELS } from '../core/runtime.ts';
import { decodeSecretKey } from '../home/secret-key.ts';
import { ENGINES } from '../sessions/engine.ts';

/** This machine: in development mode a receiver there can be reached at once, and a proxy there is believed. */
const LOOPBACK = ['127.0.0.0/8', '::1/128'];

const wholeNumber = (least: number, most: number) => {
  const expected = `must be a whole number from ${least} to ${most}`;
  return z.number(expected).refine((value) => Number.isInteger(value) && value >= least && value <= most, expected);
};
const text = z.string('must be text; put it in quotes').min(1, 'must not be empty');
const flag = z.boolean('must be true or false');
const choice = <const Names extends readonly string[]>(names: Names) => z.enum(names, `must be one of ${names.join(', ')}`);
/** A limit of each tenant. */
const most = (usual: number, what: string) => wholeNumber(0, Number.MAX_SAFE_INTEGER).default(usual).describe(`${what} 0: any.`);
/** A group that is left out, or all of whose keys are commented out, is as one of defaults. */
const group = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.preprocess(
    (value) => value ?? {},
    z.strictObject(shape, { error: (issue) => (issue.code === 'invalid_type' ? 'must be a group of keys' : undefined) }),
  );
/** What a node of a cluster does besides answering requests. */
const ROLES = ['all', 'api', 'sessions', 'worker'] as const;

function isLoopback(host: string): boolean {
  return host === 'localhost' || (ipaddr.isValid(host) && ipaddr.process(host).range() === 'loopback');
}

const isHost = (host: string): boolean => isIP(host) > 0 || /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(host);
const isOrigin = (origin: string): boolean => URL.canParse(origin) && new URL(origin).origin === origin;
const isModel = (entry: string): boolean => entry === 'any' || (/^https?:\/\/[^\s?#@]+$/.test(entry) && URL.canParse(entry));
const isCount = (entry: string): boolean => /^\d{1,2}$/.test(entry);
const isProxy = (entry: string): boolean => isCount(entry) || isIP(entry) > 0 || ipaddr.isValidCIDR(entry);
const PROXIES = 'must be addresses or ranges such as 10.0.0.7 or 10.0.0.0/8, or the number of proxies';
/** Chromium gives SOCKS proxies no credentials. */
const PROXY = /^[\w-]{1,64}=(https?:\/\/([^\s/@]+@)?|socks[45]:\/\/)[\w.:[\]-]+$/;
/** What S3 allows for a bucket, and what needs no encoding in a URL for a prefix. */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const KEY_PREFIX = /^(?!.*(^|\/)\.{1,2}(\/|$))[\w.-]+(\/[\w.-]+)*$/;
const isWebOrigin = (url: string): boolean => isOrigin(url) && /^https?:/.test(url);
const isHttpOrigin = (url: string): boolean => isOrigin(url) && url.startsWith('http:');
const isPostgresUrl = (url: string): boolean => URL.canParse(url) && /^postgres(ql)?:$/.test(new URL(url).protocol);

/**
 * Every key there is, with its default and the one description of it, which config.example.yaml repeats. A key of the
 * file is an environment variable, too: `log.level` is HOOKLINE_LOG_LEVEL; `variable` names the one that differs.
 * Messages never repeat a value: it may be a secret.
 */
export function configSchema({ dev }: { dev: boolean }) {
  return group({
    host: text
      .refine(isHost, 'must be an IP address or a host name, without scheme and port')
      .refine(
        (host) => !dev || isLoopback(host),
        'development mode listens on this machine only; start `hookline serve` to listen elsewhere',
      )
      .default('127.0.0.1')
      .describe('Address to listen on. 0.0.0.0 is every address of this machine; development mode takes loopback addresses only.'),
    port: wholeNumber(0, 65_535).default(3001).describe('Port to listen on. 0 takes a free one.'),
    dataDir: text
      .default('./data')
      .describe('Directory of the SQLite file, the media (see media.store) and the generated secret key. One hub holds it at a time.'),
    tokensDir: text.default('./tokens').describe('Directory of the WhatsApp logins and browser profiles, one directory a session.'),
    flowsDir: text.default('./flows').describe('Directory of the flow files of the tenant "default".'),
    mediaDir: text
      .default('./media')
      .describe('Directory whose files code that embeds the hub may send by their path; a request cannot name a path at all.'),
    databaseUrl: text
      .refine(isPostgresUrl, 'must be a URL such as postgres://user:password@host:5432/database')
      .optional()
      .describe(
        'postgres://user:password@host:5432/database. Without it the hub keeps a SQLite file in the data directory. Choose before the first start: a hub cannot be moved from one to the other.',
      ),
    databaseWaitSeconds: wholeNumber(0, 3_600)
      .default(60)
      .describe('How long a start waits for a Postgres that does not answer yet, as while both are being started.'),
    cluster: flag
      .default(false)
      .describe(
        'Whether this hub is one of the nodes of a cluster, which share a Postgres (databaseUrl), the tokens directory (unless sessions.profiles is database) and the data directory (unless media.store is s3, too). See docs/scaling.md.',
      ),
    role: choice(ROLES)
      .default('all')
      .describe(
        'What a node of a cluster does besides answering requests: all, sessions (runs sessions), worker (deliveries, flows by the clock, cleaning up; no sessions) or api (nothing).',
      ),
    nodeUrl: text
      .refine(
        isHttpOrigin,
        'must be a URL such as http://10.0.0.5:3001, without a path: nodes speak to each other in plain HTTP, in a network of their own',
      )
      .optional()
      .describe('How other nodes reach this one, such as http://10.0.0.5:3001. Without it the host and the port.'),
    nodeLeaseSeconds: wholeNumber(6, 600)
      .default(30)
      .describe(
        'After how long without a word the other nodes take this one for dead and take over what it did. After two thirds of it a node that cannot reach the database ends its own sessions.',
      ),
    adminKey: text
      .regex(/^[\x21-\x7e]{32,}$/, 'must have at least 32 characters, without spaces: try `openssl rand -base64 32`')
      .optional()
      .describe("The operator's API key, at least 32 characters. Without it one is made at the first start and shown once."),
    secretKey: text
      .transform((value, context) => {
        const key = decodeSecretKey(value);
        if (!key) context.addIssue('must be 32 bytes in base64 or hex: try `openssl rand -base64 32`');
        return key ?? z.NEVER;
      })
      .optional()
      .describe('Key that seals secrets and logins at rest, 32 bytes in base64 or hex. Without it one is made in the data directory.'),
    engines: z
      .array(choice(ENGINES), 'must be a list of engines')
      .min(1, 'must name one engine at the least')
      .default([...ENGINES])
      .describe(
        'What sessions may run on: wppconnect (a real phone, through WhatsApp Web) and sandbox (a phone that is played over the API, for tests). In production leave wppconnect alone.',
      ),
    dialects: z
      .array(choice(DIALECTS), 'must be a list of dialects')
      .default(dev ? [...DIALECTS] : [])
      .describe(
        "Other products whose clients may speak to the hub in their own words, below /compat/NAME: evolution (Evolution API), waha (WAHA), cloud (Meta's WhatsApp Cloud API), wppconnect (wppconnect-server). Without it none; in development mode all.",
      ),
    dialectAnswerWithinSeconds: wholeNumber(0, 60)
      .default(10)
      .describe(
        "How long a send of such a client waits for WhatsApp's id of its message, to answer with it. The send itself waits for nobody.",
      ),
    dialectChoices: choice(['list', 'text'])
      .default('list')
      .describe(
        "How the choices that clients of Meta's Cloud API offer go out: list (as a list, which WhatsApp may show to nobody from a linked device; buttons, which it never shows, are refused) or text (both as numbered text, which is sure to be shown and is answered with a text).",
      ),
    shutdownSeconds: wholeNumber(1, 600).default(20).describe('How long SIGTERM waits for what is in flight.'),
    log: group({
      level: choice(LOG_LEVELS)
        .default('info')
        .describe(
          'error, warn, info, http, verbose, debug or silly. At debug and silly, message bodies, codes and QR codes are not hidden.',
        ),
      console: flag.default(true).describe('Whether the log goes to the standard output.'),
      format: choice(['json', 'pretty'])
        .default(dev ? 'pretty' : 'json')
        .describe('json or pretty. Without it json, and pretty in development mode.'),
      file: text.optional().describe('File to append the log to as well.'),
    }),
    http: group({
      bodyLimitBytes: wholeNumber(1_024, 104_857_600).default(1_048_576).describe('Largest JSON body of a request.'),
      allowedOrigins: z
        .array(text.refine(isOrigin, 'must be an origin such as https://app.example.com, without a path'), 'must be a list of origins')
        .default([])
        .describe('Origins whose pages may open a WebSocket for events, such as https://app.example.com; its own always may.'),
      trustProxy: z
        .preprocess(
          (value) => (typeof value === 'number' ? [String(value)] : value),
          z
            .array(text.refine(isProxy, PROXIES), PROXIES)
            .refine((entries) => entries.length < 2 || !entries.some(isCount), 'must be either addresses or one number, not both'),
        )
        .default(LOOPBACK)
        .describe(
          'Proxies in front of the hub whose X-Forwarded-For and X-Forwarded-Proto are believed: addresses and ranges, or how many of them stand in a row where nobody can go around them. []: none.',
        ),
      requestsPerMinute: wholeNumber(0, 100_000_000)
        .default(120_000)
        .describe('How many requests of one API key a minute are answered; the rest are refused with 429. 0: any.'),
      wrongKeysPerMinute: wholeNumber(0, 100_000_000)
        .default(1_000)
        .describe('How many keys that are not known may come from one address in a minute, before 429 takes the place of 401. 0: any.'),
      streamsPerTenant: wholeNumber(1, 100_000)
        .default(100)
        .describe(
          'How many live streams of events (Server-Sent Events and WebSockets) a tenant may have open. The operator can set another number for a tenant.',
        ),
      streamPatienceSeconds: wholeNumber(1, 600)
        .default(20)
        .describe('How long the reader of such a stream may take nothing before it is closed. It resumes where it was.'),
    }),
    egress: group({
      allow: z
        .array(
          text.refine((range) => ipaddr.isValidCIDR(range), 'must be a range such as 10.0.0.0/8 or 192.168.1.7/32'),
          'must be a list of ranges such as 10.0.0.0/8',
        )
        .default(dev ? LOOPBACK : [])
        .describe(
          'Private address ranges that webhooks, flows and media may reach; public addresses need no entry. Without it none, and 127.0.0.0/8 and ::1/128 in development mode.',
        ),
    }),
    sessions: group({
      qrWindowSeconds: wholeNumber(10, 3_600).default(300).describe('How long a session shows QR codes before it starts anew.'),
      qrRounds: wholeNumber(1, 1_000)
        .default(3)
        .describe('How many such windows pass unscanned before the session fails and waits for a person.'),
      watchdogSeconds: wholeNumber(5, 600).default(30).describe('Time between two checks that a connected session still answers.'),
      onConflict: choice(['yield', 'useHere'])
        .default('yield')
        .describe(
          'When WhatsApp Web is opened elsewhere with the login of a session: yield (the session fails and says so) or useHere (it takes the login back). A session may say otherwise: config.onConflict.',
        ),
      loginCopies: wholeNumber(0, 10)
        .default(2)
        .describe(
          'How many sealed copies of the login of each wppconnect session are kept, the newest ones, in the data directory or the database (see profiles). A browser profile that is damaged is put back from them, and nobody has to scan again. 0: none.',
        ),
      profiles: choice(['shared', 'database'])
        .default('shared')
        .describe(
          'Where a node of a cluster finds the login of a session that another one has run: shared (in the tokens directory, which all nodes share) or database (each node has a tokens directory of its own, and sealed copies of logins lie in the database). See docs/scaling.md.',
        ),
      profileCopyMinutes: wholeNumber(0, 10_080)
        .default(360)
        .describe(
          'With profiles: database, time between two copies of the login of a session that is connected. Others are made a minute after each login and at each stop. 0: no others.',
        ),
      chromiumLaunchesAtOnce: wholeNumber(1, 64).default(2).describe('How many browsers may be starting at the same time.'),
    }),
    chromium: group({
      path: text
        .optional()
        .describe(
          'The browser of wppconnect sessions. Without it chromium-headless-shell, which takes half the memory, Chromium or Chrome is looked for in the usual places.',
        )
        .meta({ variable: 'HOOKLINE_CHROMIUM' }),
      args: z
        .array(text.startsWith('--', 'must begin with --'), 'must be a list of arguments such as --no-sandbox')
        .default(['--no-sandbox', '--disable-setuid-sandbox', '--disable-dev-shm-usage'])
        .describe(
          'Arguments of the browser; the default suits containers. --single-process saves memory, but then one bad page ends the whole browser.',
        ),
      memoryLimitMb: wholeNumber(0, 65_536)
        .default(2_048)
        .describe('The browser of a session that holds more memory than this is closed and started again. 0: any.'),
      proxies: z
        .array(
          text.regex(PROXY, 'must be name=URL, such as office=http://user:password@10.0.0.5:3128 (SOCKS without a password)'),
          'must be a list such as [office=http://user:password@10.0.0.5:3128]',
        )
        .default([])
        .describe(
          'Proxies that sessions may go through, each as name=URL. A session names its own (config.proxy); it sees neither the address nor the password.',
        ),
    }),
    webhooks: group({
      timeoutSeconds: wholeNumber(1, 30).default(15).describe('How long a receiver may take for its whole answer.'),
      concurrency: wholeNumber(1, 1_000)
        .default(128)
        .describe('How many lanes of deliveries are worked on at the same time; as many again whose last try failed.'),
      concurrencyPerEndpoint: wholeNumber(1, 1_000)
        .default(16)
        .describe('How many of them may be of one endpoint, so that one that hangs holds up only itself.'),
      disableAfterDays: wholeNumber(1, 365)
        .default(5)
        .describe('After how many days without one success an endpoint is disabled. What it is owed is kept.'),
      rotationHours: wholeNumber(0, 720).default(24).describe('How long the former secret signs beside a new one.'),
    }),
    retention: group({
      payloadDays: wholeNumber(1, 3_650)
        .default(30)
        .describe('How long an event is kept, with its deliveries; longer while it is still owed to an endpoint.'),
      messagesDays: wholeNumber(1, 3_650)
        .default(365)
        .describe(
          'How long messages are kept, with their edits, receipts and files, and the runs of flows, with their answers and traces. The operator can set another one for a tenant.',
        ),
      attemptsDays: wholeNumber(1, 3_650).default(14).describe('How long the log of attempts is kept.'),
      auditDays: wholeNumber(1, 3_650).default(365).describe('How long the audit log is kept.'),
    }),
    limits: group({
      sessions: most(1_000, 'How many sessions a tenant may have. The operator can set other limits for a tenant.'),
      endpoints: most(1_000, 'How many endpoints a tenant may have.'),
      flows: most(1_000, 'How many flows a tenant may have.'),
      patterns: most(1_000, 'How many regular expressions all flows of a tenant may have together.'),
      flowCharacters: most(4_194_304, 'How many characters all flows of a tenant may have together. In memory each takes up to 50 bytes.'),
      queuedSends: most(1_000_000, 'How many messages of a tenant may wait to be sent.'),
      mediaBytes: most(21_474_836_480, 'How many bytes the files of a tenant may take.'),
      requestsPerMinute: most(600_000, 'How many requests of a tenant a minute are answered, of all its keys together.'),
      eventsPerMinute: most(
        1_000_000,
        'How many events of a tenant there may be in a minute before requests that make more are refused. What WhatsApp brings in is always taken.',
      ),
    }),
    flows: group({
      typing: flag
        .default(true)
        .describe(
          'Whether flows show "typing…" before what they say, where neither the step nor the flow says. The operator can set another one for a tenant.',
        ),
      phonePauseMinutes: wholeNumber(0, 525_600)
        .default(720)
        .describe(
          'How long flows leave a chat alone after somebody has written in it on the phone. 0: they go on. The operator can set another one for a tenant.',
        ),
      models: z
        .array(text.refine(isModel, 'must be the beginning of a URL such as https://models.example/v1, or any'), 'must be a list of URLs')
        .default([])
        .describe(
          'Language models that flows may ask (ask_model, transcribe): beginnings of their URLs, such as https://models.example/v1, or any for whatever a flow names. []: none, and flows that ask one are refused. What customers write and say goes there.',
        ),
    }),
    media: group({
      store: choice(['disk', 's3'])
        .default('disk')
        .describe(
          'Where the files of messages are: disk (media/ in the data directory, which the nodes of a cluster share) or s3 (the bucket that is configured under s3). "hookline media copy" brings them from one to the other.',
        ),
      maxBytes: wholeNumber(1_024, 2_147_483_648)
        .default(104_857_600)
        .describe('Largest file that is sent, received or uploaded. The operator can set another one for a tenant.'),
      retentionDays: wholeNumber(1, 3_650)
        .default(30)
        .describe('How long files are kept; their messages stay, and so does the file of a send that is still waiting.'),
      timeoutSeconds: wholeNumber(1, 3_600)
        .default(300)
        .describe('How long one file may take to come, from a URL, from WhatsApp or as an upload.'),
      idleSeconds: wholeNumber(1, 600).default(30).describe('How long nothing of a file may come, or be taken by whoever downloads it.'),
    }),
    s3: group({
      endpoint: text
        .refine(isWebOrigin, 'must be a URL such as https://minio.example:9000, without a path')
        .optional()
        .describe(
          'Server that speaks S3, such as https://minio.example:9000. Without it Amazon S3 in the region. It is reached directly, whatever egress.allow says.',
        ),
      region: text
        .regex(/^[\w-]{1,64}$/, 'must be a region such as eu-central-1')
        .default('us-east-1')
        .describe('Region of the bucket.'),
      bucket: text
        .regex(BUCKET, 'must be the name of a bucket: 3 to 63 of a-z, 0-9, - and .')
        .optional()
        .describe('Bucket of the files of messages. It must be there, and keep no versions of what is removed.'),
      prefix: text
        .regex(KEY_PREFIX, 'must be a path such as hub-a/media, of letters, digits, - _ . and /, without / at its ends')
        .optional()
        .describe('What the names of all objects begin with, so that several hubs can share a bucket: each needs its own.'),
      pathStyle: flag
        .default(true)
        .describe('Whether the bucket stands in the path of URLs, as most servers take it, or (false) before the name of the host.'),
      accessKeyId: text
        .regex(/^[\x21-\x7e]+$/, 'must be the id of an access key, without spaces')
        .optional()
        .describe('Access key that may list the bucket, and read, write and delete objects in it.'),
      secretAccessKey: text
        .regex(/^[\x21-\x7e]+$/, 'must be the secret of the access key, without spaces')
        .optional()
        .describe('Secret of the access key.'),
    }),
    sends: group({
      timeoutSeconds: wholeNumber(5, 600)
        .default(60)
        .describe('How long WhatsApp may take to accept a message before its outcome is unknown.'),
      patienceSeconds: wholeNumber(1, 600)
        .default(5)
        .describe('How long the other chats of a session wait when WhatsApp does not answer a message. Then only its own chat does.'),
      ackTimeoutSeconds: wholeNumber(0, 31_536_000)
        .default(86_400)
        .describe(
          'After how long a message in a private chat that was sent and not delivered is told of as message.undelivered. 0: never.',
        ),
    }),
  });
}

export type ConfigSchema = ReturnType<typeof configSchema>;
