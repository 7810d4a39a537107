import { createWriteStream, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { finished } from 'node:stream/promises';
import winston from 'winston';
import { HooklineError, messageOf } from '../core/errors.ts';
import { iso } from '../core/iso.ts';
import { makeDirectorySync } from '../core/make-directory.ts';
import { type Clock, type LogFields, type Logger, type LogLevel, systemClock } from '../core/runtime.ts';
import { redact, redactText } from './redact.ts';

export interface LogOptions {
  level: LogLevel;
  /** Whether to write to `output`. */
  console: boolean;
  format: 'json' | 'pretty';
  /** Also appended to. */
  file?: string | undefined;
  output?: NodeJS.WritableStream;
  clock?: Clock;
}

export interface Logging {
  log: Logger;
  /** May be set at any time. */
  level: LogLevel;
  /** Resolves when all that was logged is written. What is logged later is dropped. */
  close(): Promise<void>;
}

interface Line {
  at: string;
  level: string;
  message: string;
  fields: Record<string, unknown>;
}

/**
 * The hub's log. Below `debug` nothing that people wrote and nothing that links a phone stands in it; secrets stand in
 * it at no level. Throws `invalid-configuration` when the file cannot be written.
 */
export function createLogging({ level, console, format, file, output = process.stdout, clock = systemClock }: LogOptions): Logging {
  const redactionAt = (level: string) => ({ content: level !== 'debug' && level !== 'silly' });
  let redaction = redactionAt(level);
  const render = format === 'json' ? asJson : asText;
  const streams = [...(console ? [output] : []), ...(file ? [appendTo(file)] : [])];
  const sink = winston.createLogger({
    levels: winston.config.npm.levels,
    level,
    silent: streams.length === 0,
    transports: streams.map((stream) => new winston.transports.Stream({ stream, eol: '\n' })),
    format: winston.format.printf(({ level, message, fields }) =>
      render({
        at: iso(clock.now()),
        level,
        message: redactText(String(message), redaction),
        fields: redact(fields, redaction) as Record<string, unknown>,
      }),
    ),
  });
  // A terminal that was closed or a disk that is full takes the log, not the hub.
  for (const stream of streams) stream.on('error', ignore);

  let closed: Promise<void> | undefined;
  const write = (level: LogLevel, message: string, fields: LogFields): void => {
    if (!closed && sink.isLevelEnabled(level)) sink.log({ level, message, fields });
  };
  const close = async (): Promise<void> => {
    await finished(sink.end(), { readable: false });
    await Promise.all(streams.filter((stream) => stream !== output).map((stream) => finished(stream.end()).catch(ignore)));
    output.off('error', ignore);
  };
  return {
    log: loggerOver(write, {}),
    get level() {
      return sink.level as LogLevel;
    },
    set level(next) {
      // What is logged from now on is hidden or shown as at that level.
      redaction = redactionAt(next);
      sink.level = next;
    },
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

function ignore(): void {}

function appendTo(file: string): NodeJS.WritableStream & { end(): NodeJS.WritableStream } {
  try {
    makeDirectorySync(dirname(file));
    return createWriteStream(file, { fd: openSync(file, 'a', 0o600) });
  } catch (error) {
    throw new HooklineError('invalid-configuration', 'The log file cannot be written.', {
      errors: [{ path: 'HOOKLINE_LOG_FILE', message: `cannot append to ${file}: ${messageOf(error)}` }],
      cause: error,
    });
  }
}

function loggerOver(write: (level: LogLevel, message: string, fields: LogFields) => void, bound: LogFields): Logger {
  const at = (level: LogLevel) => (message: string, fields?: LogFields) => write(level, message, fields ? { ...bound, ...fields } : bound);
  return {
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    http: at('http'),
    verbose: at('verbose'),
    debug: at('debug'),
    silly: at('silly'),
    child: (fields) => loggerOver(write, { ...bound, ...fields }),
  };
}

/** A field cannot take the place of time, level or message. */
function asJson({ at, level, message, fields }: Line): string {
  const head = { timestamp: at, level, message };
  return JSON.stringify(Object.assign({ ...head }, fields, head));
}

/** `12:00:00.000 info    message  name=value`, with what has lines of its own (stacks) below. */
function asText({ at, level, message, fields }: Line): string {
  const short: string[] = [];
  const long: string[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const stack = (value as { stack?: unknown } | null)?.stack;
    if (typeof stack === 'string') long.push(stack);
    else short.push(`${name}=${typeof value === 'string' && /^\S+$/.test(value) ? value : JSON.stringify(value)}`);
  }
  const head = `${at.slice(11, 23)} ${level.padEnd(7)} ${message}`;
  return [[head, ...short].join('  '), ...long.map((text) => text.replace(/^/gm, '    '))].join('\n');
}
