import { answer, answerRows } from './output.ts';
import { withTenants } from './storage.ts';

const PAGE = 200;

export async function createTenant(name: string): Promise<void> {
  const made = await withTenants(({ tenants, recorded }) =>
    recorded({ action: 'tenants.create', resource: { type: 'tenant', id: null } }, () => tenants.create(name)),
  );
  answer(made, `${made.id}\nAPI key, shown this once: ${made.apiKey.key}\n`);
}

export async function listTenants(): Promise<void> {
  await withTenants(async ({ tenants }) => {
    const found = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: Awaited<ReturnType<typeof tenants.list>> = await tenants.list({ limit: PAGE, cursor });
      found.push(...page.data);
      cursor = page.nextCursor;
    }
    answerRows(found, ['id', 'name', 'createdAt']);
  });
}
