export { type App, type AppOverrides, createApp, type NewKeys, type Rooms } from './app.ts';
export { type Config, loadConfig } from './config/load.ts';
export { type ErrorCode, type Fault, HooklineError, hasCode } from './core/errors.ts';
export type { MessageId, SessionId, TenantId } from './core/ids.ts';
export type { MessageStatus, MessageView } from './core/message.ts';
export type { SessionView } from './sessions/view.ts';
export { type SessionOrId, WhatsAppService } from './whatsapp-service.ts';
