import type { ErrorCode } from '../../core/errors.ts';
import { Reply } from '../route.ts';
import { html } from './html.ts';

/** The pages with a script, as they were built: see src/dashboard. */
export interface AppPages {
  /** The names of its files; rejects with `not-found` where it was not built. */
  entry(): Promise<AppEntry>;
  /** A file by its name, compressed by brotli; undefined where there is none. */
  file(name: string): Promise<{ type: string; plain: Buffer; brotli: Buffer } | undefined>;
  /** What a browser is given to sign with, packed; rejects as `entry`. */
  extension(): Promise<Buffer>;
}

export interface AppEntry {
  script: string;
  style: string;
  icon: string;
}

interface Shown {
  page: 'link' | 'passkey' | 'app';
  /** Null: the one of the browser. */
  locale?: string | null;
  frameAncestors?: readonly string[];
  /** In the place of what it would show. */
  problem?: ErrorCode;
  status?: number;
}

/** Only what is of this hub is loaded, nothing that stands in the page runs, and no text becomes a script. */
const policy = (frameAncestors: readonly string[]): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    // What a script has fetched may be shown, too.
    "img-src 'self' blob:",
    "media-src 'self' blob:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors ${frameAncestors.length > 0 ? frameAncestors.join(' ') : "'none'"}`,
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');

/** A page whose script makes all that is seen of it. */
export function appPage({ script, style, icon }: AppEntry, { page, locale, frameAncestors = [], problem, status = 200 }: Shown): Reply {
  const body = html`<!doctype html>
<html lang="${locale ?? 'en'}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Hookline</title>
<link rel="icon" href="/assets/${icon}" type="image/svg+xml">
<link rel="stylesheet" href="/assets/${style}">
<script type="module" src="/assets/${script}"></script>
<body>
<div id="app" data-page="${page}" data-locale="${locale ?? ''}" data-problem="${problem ?? ''}"></div>
<noscript>This page needs JavaScript. · Esta página precisa de JavaScript. · Esta página necesita JavaScript. · <a href="/docs">/docs</a></noscript>
</html>
`.text;
  const headers = { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': policy(frameAncestors) };
  return new Reply({ status, body, headers });
}
