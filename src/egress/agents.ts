import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { Guard } from './guard.ts';

/** Milliseconds that an idle connection is kept for the next request to the same host. */
const IDLE = 30_000;

/**
 * Resolves and checks in one step, so that the address that was checked is the one that is connected to: a name that
 * answers differently the second time (DNS rebinding) has no second time.
 */
function guardedLookup(guard: Guard): LookupFunction {
  return (hostname, options, callback) => {
    guard.addressesOf(hostname).then(
      (addresses) => {
        if (options.all) callback(null, addresses);
        else callback(null, addresses[0]?.address ?? '', addresses[0]?.family);
      },
      (error) => callback(error, '', 0),
    );
  };
}

/** Node makes no lookup for an address that stands in the URL itself, so that one is checked before it connects. */
function refuseAddresses<Agent extends http.Agent>(agent: Agent, guard: Guard): Agent {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const host = String(options.host).replace(/^\[(.*)\]$/, '$1');
    if (isIP(host) === 0 || guard.permits(host)) return connect(options, callback);
    const error = Object.assign(new Error(`The address ${host} may not be reached from here`), { code: 'url-forbidden' });
    callback?.(error, undefined as never);
    return undefined;
  };
  return agent;
}

/** Connection pools that only guarded requests share: every socket in them was checked when it was opened. */
export function guardedAgents(guard: Guard): { http: http.Agent; https: https.Agent } {
  const options = { keepAlive: true, timeout: IDLE, lookup: guardedLookup(guard) };
  return { http: refuseAddresses(new http.Agent(options), guard), https: refuseAddresses(new https.Agent(options), guard) };
}
