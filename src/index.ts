/// <reference types="node" preserve="true" />
export { type App, type AppOverrides, createApp } from './app.ts';
export { type Config, loadConfig } from './config/load.ts';
export { type ErrorCode, type Fault, HooklineError, hasCode } from './core/errors.ts';
export type { MessageId, SessionId, TenantId } from './core/ids.ts';
export type { MediaType, MessageStatus, MessageView } from './core/message.ts';
export type { SendBody } from './http/shapes/sends.ts';
export type { PasskeyCredential } from './sessions/passkey.ts';
export type { PasskeyView } from './sessions/supervision/passkey-request.ts';
export type { QrView } from './sessions/supervision/qr.ts';
export type { SessionView } from './sessions/view.ts';
export { type SendOptions, type SessionOrId, WhatsAppService } from './whatsapp-service.ts';
export type { Rooms } from './wiring/rooms.ts';
export type { NewKeys } from './wiring/start.ts';
