import type { SessionId, TenantId } from '../core/ids.ts';
import type { ChatId } from '../core/message.ts';

export interface Chat {
  tenantId: TenantId;
  sessionId: SessionId;
  id: ChatId;
}
