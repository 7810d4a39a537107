import { sessionStore } from '../sessions/store.ts';
import { answerRows } from './output.ts';
import { withTenants } from './storage.ts';

const PAGE = 200;

/** As the hub last wrote them down: of a hub that was killed, a status may be older than its end. */
export async function listSessions(tenant: string): Promise<void> {
  await withTenants(async ({ db, tenantId }) => {
    const owner = await tenantId(tenant);
    const found = [];
    for (let after: string | undefined = ''; after !== undefined; ) {
      const options: { limit: number; after: string } = { limit: PAGE, after };
      const page = await sessionStore(db).read(owner, (sessions) => sessions.list(options));
      found.push(...page);
      after = page.length === PAGE ? page.at(-1)?.id : undefined;
    }
    answerRows(
      found.map(({ id, name, engine, status, reason, phone }) => ({ id, name, engine, status, reason, phone })),
      ['id', 'name', 'engine', 'status', 'reason', 'phone'],
    );
  });
}
