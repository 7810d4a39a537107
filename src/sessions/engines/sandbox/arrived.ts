import type { InboundMessage, Notice } from '../../../core/message.ts';

/** What reached the phone; `broken`: a line on its disk that is none of these. */
export type Arrived = { message: InboundMessage } | { notice: Notice; key: string } | { broken: string };
