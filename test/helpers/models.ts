/** A stand-in for whoever has models: chat completions and transcriptions on a port of this machine. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** What it answers once: what the model does, or whatever else comes over the wire; `hangs`: nothing at all. */
export type ModelAnswer =
  | { tools: readonly [name: string, args: object | string][]; content?: string; tokens?: number; finish?: string }
  | { content: string }
  | { text: string }
  | { status: number; after?: number }
  | { raw: string }
  | 'hangs';

export interface Asked {
  path: string;
  headers: IncomingMessage['headers'];
  bytes: Buffer;
  // biome-ignore lint/suspicious/noExplicitAny: the body of a request, as tests ask it
  body: any;
}

export interface StandIn {
  url: string;
  asked: Asked[];
  /** Given in this order; where none is left it is out of order (500). */
  answers: ModelAnswer[];
  close(): Promise<void>;
}

export async function modelStandIn(): Promise<StandIn> {
  const asked: Asked[] = [];
  const answers: ModelAnswer[] = [];
  const server = createServer(async (request, response) => {
    const bytes = await buffer(request);
    const isJson = request.headers['content-type'] === 'application/json';
    asked.push({ path: request.url ?? '', headers: request.headers, bytes, body: isJson ? JSON.parse(bytes.toString()) : null });
    const answer = answers.shift() ?? { status: 500 };
    if (answer === 'hangs') return;
    const end = (status: number, body: string): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    };
    if ('status' in answer && answer.after !== undefined) response.setHeader('retry-after', answer.after);
    if ('status' in answer)
      end(answer.status, JSON.stringify({ error: { message: `out of order: ${request.headers.authorization?.slice(7)}` } }));
    else if ('raw' in answer) end(200, answer.raw);
    else if ('text' in answer) end(200, JSON.stringify({ text: answer.text }));
    else end(200, JSON.stringify(completion(answer)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    answers,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function completion(answer: Extract<ModelAnswer, { content?: string }>): object {
  const tools = 'tools' in answer ? answer.tools : [];
  const calls = tools.map(([name, args], index) => ({
    id: `call_${index}`,
    type: 'function',
    function: { name, arguments: typeof args === 'string' ? args : JSON.stringify(args) },
  }));
  const { tokens, finish } = { tokens: undefined, finish: undefined, ...answer };
  const message = { role: 'assistant', content: answer.content ?? null, ...(calls.length > 0 && { tool_calls: calls }) };
  return {
    choices: [{ index: 0, finish_reason: finish ?? 'stop', message }],
    ...(tokens !== undefined && { usage: { total_tokens: tokens } }),
  };
}
