/** `hookline/client`: the API of a hub, its events and its webhooks, typed. It needs `fetch` and nothing else, in Node as in a browser. */
export type * from './api.ts';
export { type Client, type ClientOptions, createClient, entriesOf, type RequestOptions } from './client.ts';
export type { FollowOptions } from './follow.ts';
export { isProblem, Offline, Problem, type ProblemMembers } from './problem.ts';
export type { Bytes, CallOptions, IdempotentCallOptions, Page, RawCallOptions } from './types.ts';
export { isReceiverKey, NotGenuine, type SignedDelivery, verifyWebhook, whyNotGenuine } from './webhook.ts';
