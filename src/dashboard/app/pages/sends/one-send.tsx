import { hub } from '../../ask.ts';
import { useOne } from '../../live/use-one.ts';
import { addressText } from '../../parts/address.ts';
import { Fact } from '../../parts/fact.tsx';
import { Awaited } from '../../parts/list.tsx';
import { number } from '../../parts/number.ts';
import { exactTime, Time } from '../../parts/time.tsx';
import { Page } from '../../shell/frame.tsx';
import { SendCommands } from './commands.tsx';
import { contentOf, messageOf, SENDS } from './send.ts';
import { SendState, WaitsFor } from './status.tsx';
import { words } from './words.ts';

/** One send with all that became of it. */
export function OneSend({ id }: { id: string }) {
  const {
    value: send,
    trouble,
    reload,
  } = useOne(id, () => hub.getMessage(id), {
    after: ['message.*'],
    isAbout: (event) => messageOf(event) === id,
  });
  const up = { href: SENDS, name: words.title };
  if (!send) {
    return (
      <Page title={words.send} up={up}>
        <Awaited trouble={trouble} reload={reload} />
      </Page>
    );
  }
  return (
    <Page title={addressText(send.to)} up={up} actions={<SendCommands send={send} changed={reload} />}>
      <div class="panes">
        <section class="pane">
          <h2>{words.details}</h2>
          <p class="said">{contentOf(send)}</p>
          <dl class="facts">
            <Fact name={words.state}>
              <SendState status={send.status} />
            </Fact>
            {send.waitsFor && (
              <Fact name={words.waits}>
                <WaitsFor waitsFor={send.waitsFor} />
              </Fact>
            )}
            {send.sendAt && <Fact name={words.sendAt}>{exactTime(send.sendAt)}</Fact>}
            {send.expiresAt && (
              <Fact name={words.expiresAt}>
                <Time at={send.expiresAt} />
              </Fact>
            )}
            {send.reference !== undefined && <Fact name={words.reference}>{send.reference}</Fact>}
            <Fact name={words.attempts}>{number(send.attempts)}</Fact>
            {send.priority !== 0 && <Fact name={words.priority}>{number(send.priority)}</Fact>}
            <Fact name={words.id}>
              <code>{send.id}</code>
            </Fact>
          </dl>
          {send.error && <p class="error">{send.error.message}</p>}
        </section>
        <section class="pane">
          <h2>{words.history}</h2>
          <ol class="plain">
            {send.history.map(({ status, at, error }) => (
              <li key={`${at} ${status}`} class="stack-tight">
                <div class="row between">
                  <SendState status={status} />
                  <Time at={at} />
                </div>
                {error && <p class="error">{error.message}</p>}
              </li>
            ))}
          </ol>
        </section>
        {send.recipients && send.recipients.length > 0 && (
          <section class="pane">
            <h2>{words.recipients}</h2>
            <ul class="plain">
              {send.recipients.map(({ id, status, at }) => (
                <li key={id} class="row between">
                  <span class="address">{addressText(id)}</span>
                  <SendState status={status} />
                  <Time at={at} />
                </li>
              ))}
            </ul>
          </section>
        )}
      </div>
    </Page>
  );
}
