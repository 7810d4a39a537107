export { type App, type AppOverrides, createApp, type NewKeys, type Rooms } from './app.ts';
export { type Config, loadConfig } from './config/load.ts';
export { type ErrorCode, type Fault, HooklineError, hasCode } from './core/errors.ts';
export type { MessageId, SessionId, TenantId } from './core/ids.ts';
export type { MediaType, MessageStatus, MessageView } from './core/message.ts';
export type { SendBody } from './http/shapes/sends.ts';
export type { QrView } from './sessions/supervision/qr.ts';
export type { SessionView } from './sessions/view.ts';
export { type SendOptions, type SessionOrId, WhatsAppService } from './whatsapp-service.ts';
