import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Whether the browser has written under which name this device is linked, as the stand-in's page keeps it: then it may be killed. */
export function isLoginOnDisk(profileDir: string): boolean {
  const storage = join(profileDir, 'chromium', 'Default', 'Local Storage', 'leveldb');
  return readdirSync(storage).some((file) => file.endsWith('.log') && readFileSync(join(storage, file)).includes('device'));
}
