import { hub } from '../../ask.ts';
import { useOne } from '../../live/use-one.ts';
import { limitWords } from '../../parts/limit-words.ts';
import { Awaited } from '../../parts/list.tsx';
import { number } from '../../parts/number.ts';
import { Tabs } from '../../parts/tabs.tsx';
import { Page } from '../../shell/frame.tsx';
import type { PageProps } from '../../shell/page.ts';
import { may } from '../../shell/who.ts';
import { OwnKeys } from '../tenants/key-list.tsx';
import { AuditLog } from './audit-log.tsx';
import { Quarantine } from './quarantine.tsx';
import { words } from './words.ts';

export function Settings({ page, rest: [part = ''] }: PageProps) {
  const parts = [
    { part: '', name: words.tabLimits, content: <LimitsList /> },
    ...(may('audit:read') ? [{ part: 'audit', name: words.tabAudit, content: <AuditLog /> }] : []),
    ...(may('keys:read') ? [{ part: 'keys', name: words.tabKeys, content: <OwnKeys /> }] : []),
    ...(may('messages:read') ? [{ part: 'quarantine', name: words.tabQuarantine, content: <Quarantine /> }] : []),
  ];
  const shown = parts.find((one) => one.part === part) ?? parts[0];
  const hrefOf = (part: string): string => (part ? `${page.path}/${part}` : page.path);
  return (
    <Page title={words.title} lead={words.lead}>
      <Tabs label={words.tabs} tabs={parts.map(({ part, name }) => ({ href: hrefOf(part), name }))} current={hrefOf(shown?.part ?? '')} />
      {shown?.content}
    </Page>
  );
}

/** What the tenant may have, and how much of it is used. */
function LimitsList() {
  const { value, trouble, reload } = useOne('limits', () => hub.getLimits());
  if (!value) return <Awaited trouble={trouble} reload={reload} />;
  return (
    <table>
      <caption class="unseen">{words.tabLimits}</caption>
      <thead>
        <tr>
          <th scope="col">{words.limit}</th>
          <th scope="col" class="number">
            {words.used}
          </th>
          <th scope="col" class="number">
            {words.most}
          </th>
        </tr>
      </thead>
      <tbody>
        {Object.entries(value.limits).map(([name, { limit, used }]) => (
          <tr key={name}>
            <th scope="row">{limitWords[name as keyof typeof limitWords]}</th>
            <td data-head={words.used} class="number">
              {number(used)}
            </td>
            <td data-head={words.most} class="number">
              {limit === null ? <span class="none">{words.any}</span> : number(limit)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
