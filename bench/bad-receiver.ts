/** One of the receivers that misbehave, in a process of its own: what it does must cost the one that measures nothing. */
import { BAD_RECEIVERS } from '../test/helpers/bad-receivers.ts';

const manner = process.argv[2] as keyof typeof BAD_RECEIVERS;
const { url } = await BAD_RECEIVERS[manner]();
process.send?.(url);
