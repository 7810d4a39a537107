/** The other end of `Aside`: one task at a time, told when it begins, so that the wait for the thread is not counted. */
import { parentPort } from 'node:worker_threads';
import { TASKS, type TaskName } from './tasks.ts';

export interface Work {
  id: number;
  task: TaskName;
  input: never;
}

export default function work({ id, task, input }: Work): unknown {
  parentPort?.postMessage({ begun: id });
  return TASKS[task](input);
}
