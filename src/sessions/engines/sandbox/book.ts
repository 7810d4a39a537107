import type { Group } from '../../../core/directory.ts';
import type { ChatId } from '../../../core/message.ts';
import type { Milliseconds } from '../../../core/runtime.ts';

export interface Chat {
  unread: number;
  lastMessageAt: Milliseconds | null;
  labels: string[];
}

export type StoredGroup = Group & { invite: string };

/** What the phone knows of people and chats; plain JSON. */
export interface Book {
  contacts: Record<ChatId, { name: string | null; lid: string | null; username?: string; blocked: boolean }>;
  chats: Record<ChatId, Chat>;
  groups: Record<ChatId, StoredGroup>;
  available: boolean;
}
