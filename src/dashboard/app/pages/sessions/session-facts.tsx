import type { Session } from '../../../../client/index.ts';
import { hubNow } from '../../ask.ts';
import { Fact } from '../../parts/fact.tsx';
import { bytes, number, percent } from '../../parts/number.ts';
import { durationInWords, Time } from '../../parts/time.tsx';
import { phoneText } from './session.ts';
import { SessionStatus } from './status.tsx';
import { words } from './words.ts';

/** How it stands, and how it has fared. */
export function SessionFacts({ session }: { session: Session }) {
  const { status, reason, advice, attempts, stats } = session;
  const restarts = Object.entries(stats.restarts);
  const present = status === 'connected' && session.connectedAt ? hubNow() - Date.parse(session.connectedAt) : 0;
  const { newChatsUntil } = session.limits;
  return (
    <div class="panes">
      <section class="pane">
        <h2>{words.stateTitle}</h2>
        <p>
          <SessionStatus status={status} />
        </p>
        {advice && <p class="advice">{advice}</p>}
        <dl class="facts">
          {reason && <Fact name={words.reason}>{reason}</Fact>}
          {session.nextAttemptAt && (
            <Fact name={words.nextAttempt}>
              <Time at={session.nextAttemptAt} />
            </Fact>
          )}
          <Fact name={words.phone}>{phoneText(session.phone) ?? '–'}</Fact>
          {session.pushName && <Fact name={words.pushName}>{session.pushName}</Fact>}
          {session.account && <Fact name={words.account}>{words[session.account.kind]}</Fact>}
          {newChatsUntil && (
            <Fact name={words.newChats}>
              <Time at={newChatsUntil} />
            </Fact>
          )}
          <Fact name={words.engine}>{session.engine}</Fact>
          <Fact name={words.since}>
            <Time at={session.connectedAt} none="–" />
          </Fact>
          <Fact name={words.lastInbound}>
            <Time at={session.lastInboundAt} none={words.none} />
          </Fact>
          <Fact name={words.made}>
            <Time at={session.createdAt} />
          </Fact>
        </dl>
      </section>
      <section class="pane">
        <h2>{words.faredTitle}</h2>
        <dl class="facts">
          <Fact name={words.uptime}>{durationInWords(stats.uptimeMs + present)}</Fact>
          <Fact name={words.attempts}>{number(attempts.made)}</Fact>
          <Fact name={words.successRate}>{attempts.made > 0 ? percent(attempts.succeeded / attempts.made) : '–'}</Fact>
          <Fact name={words.timeToConnect}>{stats.timeToConnectMs === null ? '–' : durationInWords(stats.timeToConnectMs)}</Fact>
          {session.memoryBytes !== null && <Fact name={words.memory}>{bytes(session.memoryBytes)}</Fact>}
          {restarts.length === 0 && <Fact name={words.restarts}>{words.noRestarts}</Fact>}
          {restarts.map(([cause, times]) => (
            <Fact key={cause} name={`${words.restarts}: ${cause}`}>
              {number(times)}
            </Fact>
          ))}
        </dl>
      </section>
    </div>
  );
}
