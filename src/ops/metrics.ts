import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { messageOf } from '../core/errors.ts';
import type { LedgerEvent } from '../core/events.ts';
import type { Logger, Milliseconds } from '../core/runtime.ts';

/** What lies in the database now. Numbers of rows may be cut at a bound of whoever counts them. */
export interface Gauges {
  sessions: { engine: string; status: string; count: number; upMs: Milliseconds; lastInboundAt: Milliseconds | null }[];
  queuedSends: number;
  deliveries: { pending: number; dead: number; oldestPendingAt: Milliseconds | null };
  lanes: { kind: string; due: number; oldestDueAt: Milliseconds | null }[];
  followers: { follower: string; events: number; seconds: number }[];
  quarantine: { stage: string; count: number }[];
}

export interface MetricsOptions {
  version: string;
  /** In a cluster: which node tells this. */
  node?: { id: string; url: string; role: string } | null;
  database: {
    /** `sqlite` or `postgres`. */
    dialect: string;
    up: boolean;
    reruns(): number;
    writeTime(): { turn: Milliseconds; held: Milliseconds };
  };
  now(): Milliseconds;
  log: Pick<Logger, 'warn'>;
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const CONNECT_SECONDS = [0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120];

/** Of the process, not of a hub: made once, however many hubs run in it, because it cannot be taken down again. */
let ofProcess: Registry | undefined;
function processRegistry(): Registry {
  if (!ofProcess) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
  }
  return ofProcess;
}

/**
 * Everything that is counted, and the only file that knows how it is told. A label is a word of the hub's own (a status,
 * an engine, the pattern of a route): never an id, a name, a number or a text that a tenant or a contact has given.
 */
export class Metrics {
  readonly #options: MetricsOptions;
  readonly #registry = new Registry();

  readonly #events = this.#counter('events_total', 'Events appended to the ledger by this process', ['type']);
  readonly #messages = this.#counter('messages_total', 'Messages that came to this status', ['direction', 'status']);
  readonly #attempts = this.#counter('session_connect_attempts_total', 'Starts of the engine of a session', ['engine']);
  readonly #connects = this.#counter('session_connects_total', 'Connections that were reached', ['engine']);
  readonly #restarts = this.#counter('session_restarts_total', 'Starts that nobody asked for, by their cause', ['engine', 'cause']);
  readonly #connecting = this.#histogram('session_connect_seconds', 'From the launch or the scan to the connection', {
    labels: ['engine'],
    buckets: CONNECT_SECONDS,
  });
  readonly #deliveries = this.#counter('webhook_deliveries_total', 'Deliveries that ended', ['outcome']);
  readonly #tries = this.#counter('webhook_attempts_total', 'Requests to endpoints', ['result']);
  readonly #tryTime = this.#histogram('webhook_attempt_seconds', 'Duration of a request to an endpoint', { buckets: SECONDS });
  readonly #bounded = this.#counter('flow_work_ended_total', 'Work of flows that took too long or too much memory', ['task', 'bound']);
  readonly #turns = this.#counter('flow_turns_total', 'Turns of flows, by what the run is after it', ['status']);
  readonly #requests = this.#counter('http_requests_total', 'Requests answered', ['method', 'route', 'status']);
  readonly #requestTime = this.#histogram('http_request_seconds', 'From the request to the head of its answer', {
    labels: ['method', 'route'],
    buckets: SECONDS,
  });

  readonly #reruns = this.#counter('database_reruns_total', 'Commits run a second time because a write in them was refused', []);
  readonly #writing = this.#counter(
    'database_write_seconds_total',
    'Time that write transactions waited for their turn, and that they held',
    ['phase'],
  );
  readonly #holds = this.#histogram('event_loop_held_seconds', 'Times that the event loop was held for more than 50 ms, by what held it', {
    labels: ['what'],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  });

  readonly #setAside = this.#counter('quarantine_added_total', 'What could not be taken in and was set aside', ['stage']);

  readonly #up = this.#gauge('database_up', 'Whether the database answered this scrape, and the last write was done');
  readonly #sessions = this.#gauge('sessions', 'Sessions', ['engine', 'status']);
  readonly #uptime = this.#gauge('session_uptime_seconds', 'Time connected of all sessions that exist', ['engine']);
  readonly #inbound = this.#gauge('session_last_inbound_timestamp_seconds', 'When something last came in', ['engine']);
  readonly #queued = this.#gauge('send_queue_messages', 'Messages queued to be sent; 100000 stands for more, too');
  readonly #owed = this.#gauge('webhook_deliveries', 'Deliveries pending and dead; 100000 stands for more, too', ['status']);
  readonly #oldest = this.#gauge('webhook_oldest_pending_seconds', 'Age of the oldest pending delivery');
  readonly #due = this.#gauge('lanes_due', 'Lanes with work that is due, by kind; 10000 stands for more, too', ['kind']);
  readonly #late = this.#gauge('lane_oldest_due_seconds', 'How long the work that is due longest has been due', ['kind']);

  readonly #behind = this.#gauge('ledger_follower_behind_events', 'Events that a follower of the ledger has not looked at', ['follower']);
  readonly #lag = this.#gauge('ledger_follower_behind_seconds', 'Since the first of these events was appended', ['follower']);
  readonly #aside = this.#gauge('quarantine_items', 'What is set aside now', ['stage']);

  constructor(options: MetricsOptions) {
    this.#options = options;
    const { version, database, node } = options;
    const labels = { version, node: process.version, database: database.dialect };
    this.#gauge('build_info', 'What runs', Object.keys(labels)).set(labels, 1);
    if (!node) return;
    const ofNode = { node: node.id, url: node.url, role: node.role };
    this.#gauge('node_info', 'The node of the cluster that tells this', Object.keys(ofNode)).set(ofNode, 1);
  }

  /** For the room of sessions. `cause`: null when somebody asked for the start. */
  readonly ofSessions = {
    attempted: (engine: string, cause: string | null): void => {
      this.#attempts.inc({ engine });
      if (cause !== null) this.#restarts.inc({ engine, cause });
    },
    connected: (engine: string, took: Milliseconds): void => {
      this.#connects.inc({ engine });
      this.#connecting.observe({ engine }, took / 1_000);
    },
  };

  /** For the room of webhooks. `errorClass`: null when the request succeeded. */
  readonly ofWebhooks = {
    attempted: (took: Milliseconds, errorClass: string | null): void => {
      this.#tries.inc({ result: errorClass ?? 'success' });
      this.#tryTime.observe(took / 1_000);
    },
    ended: (outcome: 'delivered' | 'dead'): void => this.#deliveries.inc({ outcome }),
  };

  /** For the room of flows. */
  readonly ofFlows = {
    turn: (status: string): void => this.#turns.inc({ status }),
    bounded: (task: string, bound: string): void => this.#bounded.inc({ task, bound }),
  };

  /** For the quarantine. */
  readonly ofQuarantine = { setAside: (stage: string): void => this.#setAside.inc({ stage }) };

  /** For the watch over the event loop. `what`: null where nobody knows. */
  readonly ofLoop = {
    held: (what: string | null, took: Milliseconds): void => this.#holds.observe({ what: what ?? 'unknown' }, took / 1_000),
  };

  /** For HTTP. `route`: null for a path where there is nothing; its method, too, is then anything. */
  readonly ofHttp = {
    answered: (method: string, route: string | null, status: number, took: Milliseconds): void => {
      const asked = route === null ? { method: 'any', route: 'none' } : { method, route };
      this.#requests.inc({ ...asked, status });
      this.#requestTime.observe(asked, took / 1_000);
    },
  };

  /** What was committed to the ledger. */
  readonly heard = (events: readonly LedgerEvent[]): void => {
    for (const { type } of events) {
      this.#events.inc({ type: type.startsWith('custom.') ? 'custom' : type });
      const [topic, status = ''] = type.split('.');
      if (topic === 'message' && !OF_OTHERS.has(status)) {
        this.#messages.inc({ direction: status === 'received' ? 'inbound' : 'outbound', status });
      }
    }
  };

  /**
   * In the text format of Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/). Without a database
   * what the process itself has counted is still told.
   */
  async tell(gauges: () => Promise<Gauges>): Promise<{ type: string; text: string }> {
    const read = await gauges().catch((error) => {
      this.#options.log.warn('The database did not say what the metrics ask for', { error: messageOf(error) });
      return null;
    });
    this.#reruns.reset();
    this.#reruns.inc(this.#options.database.reruns());
    this.#writing.reset();
    for (const [phase, ms] of Object.entries(this.#options.database.writeTime())) this.#writing.inc({ phase }, ms / 1_000);
    this.#show(read);
    return { type: Registry.PROMETHEUS_CONTENT_TYPE, text: await Registry.merge([this.#registry, processRegistry()]).metrics() };
  }

  #show(gauges: Gauges | null): void {
    this.#up.set(gauges && this.#options.database.up ? 1 : 0);
    const ofRows = [this.#sessions, this.#uptime, this.#inbound, this.#queued, this.#owed, this.#oldest, this.#due, this.#late];
    for (const gauge of [...ofRows, this.#behind, this.#lag, this.#aside]) gauge.reset();
    if (!gauges) {
      // No number is better than a 0 that nobody has counted.
      for (const gauge of [this.#queued, this.#oldest]) gauge.remove();
      return;
    }
    const now = this.#options.now();
    for (const { engine, status, count, upMs } of gauges.sessions) {
      this.#sessions.set({ engine, status }, count);
      this.#uptime.inc({ engine }, upMs / 1_000);
    }
    for (const [engine, at] of lastInbound(gauges)) this.#inbound.set({ engine }, at / 1_000);
    this.#queued.set(gauges.queuedSends);
    this.#owed.set({ status: 'pending' }, gauges.deliveries.pending);
    this.#owed.set({ status: 'dead' }, gauges.deliveries.dead);
    this.#oldest.set(age(gauges.deliveries.oldestPendingAt, now));
    for (const { follower, events, seconds } of gauges.followers) {
      this.#behind.set({ follower }, events);
      this.#lag.set({ follower }, seconds);
    }
    for (const { stage, count } of gauges.quarantine) this.#aside.set({ stage }, count);
    for (const { kind, due, oldestDueAt } of gauges.lanes) {
      this.#due.set({ kind }, due);
      this.#late.set({ kind }, age(oldestDueAt, now));
    }
  }

  #counter(name: string, help: string, labelNames: string[]) {
    return new Counter({ name: `hookline_${name}`, help, labelNames, registers: [this.#registry] });
  }

  #gauge(name: string, help: string, labelNames: string[] = []) {
    return new Gauge({ name: `hookline_${name}`, help, labelNames, registers: [this.#registry] });
  }

  #histogram(name: string, help: string, { labels = [], buckets }: { labels?: string[]; buckets: number[] }) {
    return new Histogram({ name: `hookline_${name}`, help, labelNames: labels, buckets, registers: [this.#registry] });
  }
}

/** Events about a message that leave its status as it is. */
const OF_OTHERS = new Set(['edited', 'revoked', 'reaction']);

/** Seconds; 0 where there is nothing. */
const age = (since: Milliseconds | null, now: Milliseconds): number => (since === null ? 0 : Math.max(0, now - since) / 1_000);

function lastInbound({ sessions }: Gauges): Map<string, Milliseconds> {
  const last = new Map<string, Milliseconds>();
  for (const { engine, lastInboundAt } of sessions) {
    if (lastInboundAt !== null) last.set(engine, Math.max(lastInboundAt, last.get(engine) ?? 0));
  }
  return last;
}
