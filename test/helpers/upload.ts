import type { Hub } from './hub.ts';

/** Sends a file to a hub, for a message to come. */
export async function uploaded({ base }: Hub, key: string, bytes: Uint8Array): Promise<{ id: string }> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/octet-stream' };
  const answer = await fetch(`${base}/api/media`, { method: 'POST', headers, body: Buffer.from(bytes) });
  if (answer.status !== 201) throw new Error(await answer.text());
  return (await answer.json()) as { id: string };
}

export async function downloaded({ base }: Hub, key: string, id: string): Promise<Buffer> {
  const answer = await fetch(`${base}/api/media/${id}`, { headers: { authorization: `Bearer ${key}` } });
  if (!answer.ok) throw new Error(await answer.text());
  return Buffer.from(await answer.arrayBuffer());
}
