import type { Runtime } from '../core/runtime.ts';
import type { Database } from '../db/open.ts';
import { Aside } from './aside/aside.ts';
import { readTestBeside } from './catalogue/files.ts';
import { FlowLibrary } from './catalogue/library.ts';
import { FlowSecrets } from './catalogue/secrets.ts';
import { Flows } from './flows.ts';
import type { Limits, Messages } from './ports.ts';
import { ChatTexts } from './runtime/chat-texts.ts';
import { type FlowPorts, FlowRuntime } from './runtime/runtime.ts';
import { WhyNoReply } from './runtime/why-no-reply.ts';

/** What of this room the rest of the hub speaks to. */
export interface FlowRoom {
  flows: Flows;
  flowSecrets: FlowSecrets;
  flowRuntime: FlowRuntime;
  explanations: WhyNoReply;
  chatTexts: ChatTexts;
  /** Ends the threads. */
  close(): Promise<void>;
}

/** `secretKey`: seals the secrets. `directory`: of the flows from files. */
export function flowRoom(
  db: Database,
  {
    secretKey,
    messages,
    directory,
    ...ports
  }: Omit<FlowPorts, 'secrets' | 'library'> & { messages: Messages; secretKey: Buffer; directory: string; limitsOf?: Limits },
  runtime: Runtime,
): FlowRoom {
  const aside = new Aside(runtime.log, ports.meter?.bounded);
  const library = new FlowLibrary(aside);
  const flowSecrets = new FlowSecrets(db, secretKey, runtime);
  return {
    flows: new Flows(db, { ...ports, library, testBeside: (path) => readTestBeside(directory, path) }, runtime),
    flowSecrets,
    flowRuntime: new FlowRuntime(db, { ...ports, library, secrets: flowSecrets }, runtime),
    explanations: new WhyNoReply(db, { messages, library, addresses: ports.addresses, log: runtime.log }),
    chatTexts: new ChatTexts(db, { messages, library, addresses: ports.addresses, clock: runtime.clock }),
    close: () => aside.close(),
  };
}
