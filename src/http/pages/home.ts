import { html, page } from './html.ts';

/** What somebody sees who opens the hub in a browser. It says nothing that needs a key. */
export const homePage = (version: string): string =>
  page(
    `Hookline ${version}`,
    html`<p>This hub is running. Its HTTP interface is what your systems speak to:</p>
<ul>
<li><a href="/dashboard/whatsapp/connect">/dashboard/whatsapp/connect</a>: connect a phone</li>
<li><a href="/docs">/docs</a>: every route, every event, every shape</li>
<li><a href="/openapi.json">/openapi.json</a>: the same for programs</li>
<li><a href="/health/ready">/health/ready</a>: whether it takes requests</li>
</ul>
<p>A route under <code>/api</code> wants your key: <code>curl -H 'Authorization: Bearer KEY' …/api/sessions</code></p>`,
  );
