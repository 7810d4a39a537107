/** `node docs/generate.ts` writes the pages that come from the code; a test holds them to it. */
import { writeFile } from 'node:fs/promises';
import { jsonSchema } from '../src/flows/schema.ts';
import { DOCUMENTED_EVENTS } from '../src/http/shapes/events.ts';
import { flowReference } from './flow-reference.ts';

export const EVENTS_PAGE = new URL('events.md', import.meta.url);
export const FLOWS_PAGE = new URL('flows-reference.md', import.meta.url);
/** Beside the flows, where editors find it. */
const FLOW_SCHEMA = new URL('../flows/flow.schema.json', import.meta.url);

const anchorOf = (type: string): string => type.replaceAll('.', '');

/** `docs/events.md`: every type of event with an example as a receiver gets it, from the schemas that the API is made of. */
export function eventsPage(): string {
  const list = DOCUMENTED_EVENTS.map(({ type, summary }) => `| [\`${type}\`](#${anchorOf(type)}) | ${summary} |`);
  const events = DOCUMENTED_EVENTS.map(
    ({ type, summary, example }) => `## ${type}\n\n${summary}.\n\n\`\`\`json\n${JSON.stringify(example, null, 2)}\n\`\`\`\n`,
  );
  return `${HEAD}\n${['| type | when |', '| --- | --- |', ...list].join('\n')}\n\n${events.join('\n')}`;
}

const HEAD = `# Events

<!-- Written by \`node docs/generate.ts\` from the schemas in src/http/shapes. -->

An event is the same in a webhook, in \`GET /api/events\`, in Server-Sent Events and over WebSocket. \`seq\` counts the events of one
session without gaps (a filter leaves some of them out). \`GET /openapi.json\` has the schema of each (\`components.schemas\`,
\`webhooks\`); [webhooks.md](webhooks.md) tells how they come. Members and types may be added: ignore what you do not know. \`custom.…\` stands for whatever a flow announces.
`;

if (import.meta.main) {
  await writeFile(EVENTS_PAGE, eventsPage());
  await writeFile(FLOWS_PAGE, flowReference());
  await writeFile(FLOW_SCHEMA, `${JSON.stringify(jsonSchema(), null, 2)}\n`);
}
