/** Machines that can be cut off: each a network namespace with two wires, one to the database and one to everything else. */
import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';

const ip = (...args: (string | number)[]): void => void execFileSync('ip', args.map(String), { stdio: ['ignore', 'ignore', 'pipe'] });

type Wire = 'net' | 'database';

export interface Machine {
  /** Its address for everybody but the database. */
  host: string;
  /** What to put before a command to run it there. */
  under: readonly string[];
  /** Nothing goes over the wire any more, and nobody is told. */
  cut(wire: Wire): void;
  heal(wire: Wire): void;
}

export interface Networks {
  /** Where this process is to listen for them: a receiver, and the database. */
  net: { host: string; all: string };
  database: { host: string; all: string };
  machines: readonly Machine[];
  /** One more address of this process on the wires of the database. */
  addHost(host: string): void;
  dropHost(host: string): void;
  dispose(): void;
}

const PLACES = { net: 213, database: 214 } as const satisfies Record<Wire, number>;

/** Needs root. Names and addresses are of this run, so that two of them do not meet. */
export function makeNetworks(count: number): Networks {
  const id = randomInt(1, 255);
  const bridgeOf = (wire: Wire): string => `hkl${wire[0]}${id}`;
  const addressOf = (wire: Wire, last: number): string => `10.${PLACES[wire]}.${id}.${last}`;
  const portOf = (nth: number, wire: Wire): string => `hkl${wire[0]}${id}p${nth}`;
  const spaceOf = (nth: number): string => `hookline-${id}-${nth}`;
  const wires = Object.keys(PLACES) as Wire[];
  const undo: (() => void)[] = [];
  const dispose = (): void => {
    process.off('exit', dispose);
    for (const each of undo.splice(0).reverse()) each();
  };
  process.once('exit', dispose);
  for (const wire of wires) {
    ip('link', 'add', bridgeOf(wire), 'type', 'bridge');
    undo.push(() => ip('link', 'del', bridgeOf(wire)));
    ip('addr', 'add', `${addressOf(wire, 1)}/24`, 'dev', bridgeOf(wire));
    ip('link', 'set', bridgeOf(wire), 'up');
  }
  const machines = Array.from({ length: count }, (_, nth): Machine => {
    const space = spaceOf(nth);
    ip('netns', 'add', space);
    undo.push(() => ip('netns', 'del', space));
    ip('-n', space, 'link', 'set', 'lo', 'up');
    for (const wire of wires) {
      ip('link', 'add', portOf(nth, wire), 'type', 'veth', 'peer', 'name', wire, 'netns', space);
      ip('link', 'set', portOf(nth, wire), 'master', bridgeOf(wire), 'up');
      ip('-n', space, 'addr', 'add', `${addressOf(wire, 11 + nth)}/24`, 'dev', wire);
      ip('-n', space, 'link', 'set', wire, 'up');
    }
    return {
      host: addressOf('net', 11 + nth),
      under: ['ip', 'netns', 'exec', space],
      cut: (wire) => ip('link', 'set', portOf(nth, wire), 'nomaster'),
      heal: (wire) => ip('link', 'set', portOf(nth, wire), 'master', bridgeOf(wire)),
    };
  });
  const sideOf = (wire: Wire): { host: string; all: string } => ({ host: addressOf(wire, 1), all: `${addressOf(wire, 0)}/24` });
  return {
    net: sideOf('net'),
    database: sideOf('database'),
    machines,
    addHost: (host) => ip('addr', 'add', `${host}/24`, 'dev', bridgeOf('database')),
    dropHost: (host) => ip('addr', 'del', `${host}/24`, 'dev', bridgeOf('database')),
    dispose,
  };
}
