/** From what the page hears to the hub's own words. Pure. */
import type { Notice, ParticipantsAction, Party, PresenceState } from '../../../core/message.ts';
import type { Milliseconds } from '../../../core/runtime.ts';
import { chatOf } from './map-message.ts';
import type { Heard, WireParty } from './page-hear.ts';

/** WhatsApp's words for how a person shows → the hub's. */
const STATES: Record<string, PresenceState> = {
  available: 'available',
  unavailable: 'unavailable',
  typing: 'typing',
  composing: 'typing',
  recording: 'recording',
  recording_audio: 'recording',
};
const ACTIONS: readonly string[] = ['add', 'remove', 'promote', 'demote', 'join', 'leave'] satisfies ParticipantsAction[];

export function presenceState(word: string): PresenceState | undefined {
  return STATES[word];
}

/** Null for what the hub has no word for. */
export function mapNotice(heard: Exclude<Heard, { kind: 'receipt' | 'pairing-code' }>): Notice | null {
  const at = milliseconds(heard.t);
  switch (heard.kind) {
    case 'reaction': {
      const { target, by, fromMe, emoji } = heard;
      return { kind: 'reaction', at, target, chat: chatOf(target), by: party(by), fromMe, emoji: emoji || null };
    }
    case 'edited': {
      const { target, by, fromMe, text } = heard;
      return { kind: 'edited', at, target, chat: chatOf(target), by: party(by), fromMe, text };
    }
    case 'revoked': {
      const { target, by, fromMe } = heard;
      return { kind: 'revoked', at, target, chat: chatOf(target), by: by && party(by), fromMe };
    }
    case 'poll-vote': {
      const { target, by, options } = heard;
      return { kind: 'poll-vote', at, target, chat: chatOf(target), by: party(by), options };
    }
    case 'presence': {
      const state = presenceState(heard.state);
      return state ? { kind: 'presence', at, chat: heard.chat, by: party(heard.by), state, lastSeenAt: null } : null;
    }
    case 'participants': {
      const { chat, action, participants, by } = heard;
      if (!ACTIONS.includes(action)) return null;
      return {
        kind: 'participants',
        at,
        chat,
        action: action as ParticipantsAction,
        participants: participants.map(party),
        by: by && party(by),
      };
    }
    case 'call': {
      const { callId, by, video, group } = heard;
      return { kind: 'call', at, callId, by: party(by), video, group };
    }
  }
}

/** wa-js passes on seconds here and milliseconds there. */
export function milliseconds(t: number): Milliseconds {
  return t < 100_000_000_000 ? t * 1000 : t;
}

function party({ id, phone, name }: WireParty): Party {
  return { id, lid: id.endsWith('@lid') ? id : null, phone, name };
}
