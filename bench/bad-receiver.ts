/** One of the receivers that misbehave, in a process of its own that goes before nobody: it stands for another machine. */
import { constants, setPriority } from 'node:os';
import { BAD_RECEIVERS } from '../test/helpers/bad-receivers.ts';

setPriority(constants.priority.PRIORITY_LOW);
const manner = process.argv[2] as keyof typeof BAD_RECEIVERS;
const { url } = await BAD_RECEIVERS[manner]();
process.send?.(url);
