/** The other end of `Aside`: one task at a time, told when it begins, so that the wait for the thread is not counted. */
import { constants, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { TASKS, type TaskName } from './tasks.ts';

export interface Work {
  id: number;
  task: TaskName;
  input: never;
}

// Linux takes it for this thread alone, others for the whole process.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

export default function work({ id, task, input }: Work): unknown {
  parentPort?.postMessage({ begun: id });
  return TASKS[task](input);
}
