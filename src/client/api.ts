/**
 * Written by `node docs/generate.ts` from the description of the API (`/openapi.json`); a test holds it to that. Do not edit it.
 *
 * An operation takes what stands in its path, then its body, then its query, each where it has one, and then the options of the call.
 */
import type { Bytes, CallOptions, IdempotentCallOptions, Page, RawCallOptions } from './types.ts';

/** Run as if the receiver had called the API */
export interface ActionsAnswer {
  actions: ({
    text: string;
    to?: string | undefined;
    replyTo?: string | undefined;
  } | {
    typing: true | number;
  } | {
    seen: true;
  } | {
    media: {
      url: string;
      filename?: string | undefined;
      mimetype?: string | undefined;
    } | {
      base64: string;
      filename?: string | undefined;
      mimetype?: string | undefined;
    } | {
      mediaId: string;
      filename?: string | undefined;
      mimetype?: string | undefined;
    };
    type?: 'image' | 'video' | 'audio' | 'voice' | 'document' | 'sticker' | undefined;
    caption?: string | undefined;
    to?: string | undefined;
    replyTo?: string | undefined;
  } | {
    react: string;
    messageId?: string | undefined;
  } | {
    handoff: true | {
      pauseSeconds: number;
    };
  })[];
}

/** A code to scan; each new one once */
export interface SessionQrEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'session.qr';
  data: {
    code: string;
    /** PNG */
    dataUrl: string;
    attempt: number;
    /** ISO 8601, UTC */
    issuedAt: string;
    /** ISO 8601, UTC */
    expiresAt: string;
    /** ISO 8601, UTC */
    restartsAt: string;
  };
}

/** A code to type on the phone, as it was asked for by POST …/pairing-code; each new one once */
export interface SessionPairingCodeEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'session.pairing-code';
  data: {
    code: string;
    phone: string;
    /** ISO 8601, UTC */
    issuedAt: string;
    /** ISO 8601, UTC */
    expiresAt: string;
    /** ISO 8601, UTC */
    restartsAt: string;
  };
}

/** WhatsApp asks for the passkey of the account before it links (`request`); it was signed (`answered`), shows a code to be compared (`code`), was `refused` or has `expired` */
export interface SessionPasskeyEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'session.passkey';
  data: {
    state: 'request' | 'answered' | 'code' | 'refused' | 'expired';
    /** Until when WhatsApp takes an answer; what is to be signed is at GET …/passkey */
    expiresAt: string;
    /** To be compared with the one on the phone */
    code: string | null;
    /** Why it was refused */
    detail: string | null;
  };
}

/** The connection of a session changed */
export interface SessionStatusEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'session.status';
  data: {
    from: 'stopped' | 'starting' | 'qr' | 'pairing' | 'passkey' | 'connecting' | 'connected' | 'disconnected' | 'failed' | 'loggedOut';
    to: 'stopped' | 'starting' | 'qr' | 'pairing' | 'passkey' | 'connecting' | 'connected' | 'disconnected' | 'failed' | 'loggedOut';
    /** Why, where that is not plain from the status */
    reason: string | null;
  };
}

/** The engine of a session no longer answered; its page was loaded anew, its browser started anew, or the session left alone for a while */
export interface SessionStaleEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'session.stale';
  data: {
    detail: string;
    /** What is done about it: the mildest first */
    remedy: 'page' | 'browser' | 'session';
    /** ISO 8601, UTC */
    lastInboundAt: string | null;
  };
}

/** Somebody should look at a session, once for each `reason`: one of its sends has failed three times (`sends-fail`, until one is sent again); its login was damaged or gone, and a copy of it was put back (`login-restored`) or could not be, so that somebody has to scan (`login-lost`); WhatsApp lets its account begin no new chats for a while (`new-chats-locked`), or does again (`new-chats-open`); WhatsApp Web shows something that the hub does not know how to answer (`dialog`); its phone was being linked while its node stopped, and that begins anew on another one (`linking-anew`) */
export interface SessionAttentionEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'session.attention';
  data: {
    reason: 'sends-fail';
    error: {
      code: string;
      message: string;
    };
    messageId: string;
    chat: {
      id: string;
      kind: string;
    };
    attempts: number;
  } | {
    reason: 'login-restored';
    text: string;
    /** What a person can do about it */
    advice: string | null;
    /** How the login was then it is now */
    copiedAt: string;
  } | {
    reason: 'login-lost';
    text: string;
    /** What a person can do about it */
    advice: string | null;
  } | {
    reason: 'new-chats-locked';
    text: string;
    /** What a person can do about it */
    advice: string | null;
    /** ISO 8601, UTC */
    until: string;
  } | {
    reason: 'new-chats-open';
    text: string;
    /** What a person can do about it */
    advice: string | null;
  } | {
    reason: 'dialog';
    /** All that it says */
    text: string;
    /** The id of its media: `GET /api/media/{id}` */
    screenshot: string | null;
    /** What a person can do about it */
    advice: string | null;
  } | {
    reason: 'linking-anew';
    text: string;
    /** What a person can do about it */
    advice: string | null;
  };
}

/** Somebody wrote */
export interface MessageReceivedEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'message.received';
  data: Message;
}

export interface Message {
  id: string;
  engineId: string | null;
  sessionId: string;
  direction: 'inbound' | 'outbound';
  type: string;
  status: 'scheduled' | 'queued' | 'sending' | 'sent' | 'delivered' | 'read' | 'played' | 'failed' | 'expired' | 'canceled' | 'unknown' | 'received';
  chat: {
    id: string;
    kind: 'private' | 'group' | 'status' | 'broadcast' | 'newsletter';
  };
  from: Party;
  to: string;
  author?: Party | undefined;
  text?: string | undefined;
  caption?: string | undefined;
  media?: Media | undefined;
  replyTo?: string | undefined;
  mentions?: string[] | undefined;
  location?: Place | undefined;
  contacts?: ContactCard[] | undefined;
  poll?: Poll | undefined;
  list?: List | undefined;
  choice?: Choice | undefined;
  /** Of a product, an order, an event, an invitation, or what has buttons */
  title?: string | undefined;
  /** The video was recorded as a round one */
  videoNote?: boolean | undefined;
  /** WhatsApp shows it once */
  viewOnce?: boolean | undefined;
  unavailable?: Unavailable | undefined;
  raw?: Raw | undefined;
  forwarded?: boolean | undefined;
  /** The flow that sent it */
  flow?: string | undefined;
  /** What a reaction, edit, revoke or forward is about, as it was given */
  messageId?: string | undefined;
  emoji?: string | undefined;
  /** ISO 8601, UTC */
  editedAt?: string | undefined;
  /** When it was deleted for everybody */
  revokedAt?: string | undefined;
  reference?: string | undefined;
  /** Of one that has yet to leave */
  sendAt?: string | null | undefined;
  /** Of one that has yet to leave: it is given up then */
  expiresAt?: string | null | undefined;
  error?: {
    code: string;
    message: string;
  } | undefined;
  /** In a list, where there are some: as they stand now; `from` is null for the account itself */
  reactions?: {
    emoji: string;
    fromMe: boolean;
    from: Party;
    /** ISO 8601, UTC */
    at: string;
  }[] | undefined;
  /** In the answer to a send: what may not do what you expect, such as a list */
  warnings?: {
    path: string;
    message: string;
  }[] | undefined;
  /** ISO 8601, UTC */
  timestamp: string;
}

export type Party = {
  id: string;
  lid: string | null;
  phone: string | null;
  name: string | null;
  /** At WhatsApp, without its @, where it is known */
  username?: string | undefined;
} | null;

export interface Media {
  id: string | null;
  url: string | null;
  mimetype: string;
  filename?: string | undefined;
  size?: number | undefined;
  status: 'pending' | 'ready' | 'failed' | 'removed';
}

export interface Place {
  latitude: number;
  longitude: number;
  name?: string | undefined;
  address?: string | undefined;
}

export interface ContactCard {
  name: string;
  phones: string[];
  organization?: string | undefined;
  emails?: string[] | undefined;
}

export interface Poll {
  question: string;
  options: string[];
  selectable: number;
}

export interface List {
  title?: string | undefined;
  text: string;
  footer?: string | undefined;
  button: string;
  sections: {
    title: string;
    rows: {
      id: string;
      title: string;
      description?: string | undefined;
    }[];
  }[];
}

/** The button or row that was chosen */
export interface Choice {
  id: string;
  title: string;
}

/** Why what it says is not here, and what a person can do */
export interface Unavailable {
  reason: 'view-once' | 'undecrypted' | 'unsupported' | 'oversized';
  advice: string;
}

/** WhatsApp's own fields of what the hub has no words for; bounded in size, `truncated` says that some are left out */
export type Raw = Record<string, unknown>;

/** The account's own message, sent on the phone */
export interface MessageFromphoneEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'message.fromphone';
  data: Message;
}

/** A send was accepted for later */
export interface MessageScheduledEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'message.scheduled';
  data: Message;
}

/** A send was accepted, or is due, or is tried again */
export interface MessageQueuedEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'message.queued';
  data: Message;
}

/** It is being handed over to WhatsApp */
export interface MessageSendingEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'message.sending';
  data: Message;
}

/** WhatsApp took it */
export interface MessageSentEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'message.sent';
  data: Message;
}

/** It reached a phone */
export interface MessageDeliveredEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'message.delivered';
  data: Message;
}

/** It was sent and has not reached a phone in the time that is allowed for it (`sends.ackTimeoutSeconds`); told once */
export interface MessageUndeliveredEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'message.undelivered';
  data: Message;
}

/** It was read */
export interface MessageReadEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'message.read';
  data: Message;
}

/** A voice message was played */
export interface MessagePlayedEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'message.played';
  data: Message;
}

/** It did not go out, and will not without a retry */
export interface MessageFailedEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'message.failed';
  data: Message;
}

/** It could not go out in time */
export interface MessageExpiredEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'message.expired';
  data: Message;
}

/** It was canceled before it went out */
export interface MessageCanceledEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'message.canceled';
  data: Message;
}

/** A crash or time-out left open whether it went out; WhatsApp is asked */
export interface MessageUnknownEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'message.unknown';
  data: Message;
}

/** The text of a message was changed */
export interface MessageEditedEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'message.edited';
  data: {
    /** Null for a message that the hub does not have */
    messageId: string | null;
    engineId: string;
    chat: {
      id: string;
      kind: string;
    };
    from: Party;
    /** ISO 8601, UTC */
    timestamp: string;
    fromMe: boolean;
    text: string;
  };
}

/** A message was deleted for everybody */
export interface MessageRevokedEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'message.revoked';
  data: {
    /** Null for a message that the hub does not have */
    messageId: string | null;
    engineId: string;
    chat: {
      id: string;
      kind: string;
    };
    from: Party;
    /** ISO 8601, UTC */
    timestamp: string;
    fromMe: boolean;
  };
}

/** Somebody reacted to a message */
export interface MessageReactionEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'message.reaction';
  data: {
    /** Null for a message that the hub does not have */
    messageId: string | null;
    engineId: string;
    chat: {
      id: string;
      kind: string;
    };
    from: Party;
    /** ISO 8601, UTC */
    timestamp: string;
    fromMe: boolean;
    /** Null: taken back */
    emoji: string | null;
  };
}

/** The file of a message is here */
export interface MediaReadyEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'media.ready';
  data: {
    messageId: string;
    engineId: string | null;
    chat: {
      id: string;
      kind: string;
    };
    media: Media;
  };
}

/** The file of a message cannot be had */
export interface MediaFailedEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'media.failed';
  data: {
    messageId: string;
    engineId: string | null;
    chat: {
      id: string;
      kind: string;
    };
    media: Media;
    error: {
      code: string;
      message: string;
    };
  };
}

/** Somebody voted in a poll; the options are all that the person has chosen now */
export interface PollVoteEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'poll.vote';
  data: {
    /** Null for a message that the hub does not have */
    messageId: string | null;
    engineId: string;
    chat: {
      id: string;
      kind: string;
    };
    from: Party;
    /** ISO 8601, UTC */
    timestamp: string;
    options: string[];
  };
}

/** Somebody is there, is gone, types or records */
export interface PresenceChangedEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'presence.changed';
  data: {
    chat: {
      id: string;
      kind: string;
    };
    from: Party;
    state: string;
    /** ISO 8601, UTC */
    lastSeenAt: string | null;
    /** ISO 8601, UTC */
    timestamp: string;
  };
}

/** Who is in a group, or runs it, changed */
export interface GroupParticipantsEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'group.participants';
  data: {
    chat: {
      id: string;
      kind: string;
    };
    action: string;
    participants: Party[];
    by: Party;
    /** ISO 8601, UTC */
    timestamp: string;
  };
}

/** Somebody calls */
export interface CallIncomingEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'call.incoming';
  data: {
    callId: string;
    from: Party;
    video: boolean;
    group: boolean;
    /** ISO 8601, UTC */
    timestamp: string;
  };
}

/** A person has taken a chat over; flows leave it alone */
export interface ChatHandoffEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'chat.handoff';
  data: {
    chat: {
      id: string;
      kind: string;
    };
    by: 'api' | 'webhook' | 'flow' | 'phone' | 'loop';
    /** ISO 8601, UTC */
    until: string | null;
    /** What a flow says to the person */
    note?: string | undefined;
  };
}

/** Flows answer in a chat again */
export interface ChatResumedEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'chat.resumed';
  data: {
    chat: {
      id: string;
      kind: string;
    };
    by: string;
  };
}

/** A contact wants nothing more of what flows write */
export interface ContactOptedOutEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'contact.opted-out';
  data: {
    chat: {
      id: string;
      kind: string;
    };
    by: 'flow' | 'api';
    flow?: string | undefined;
  };
}

/** Flows write to a contact again */
export interface ContactOptedInEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'contact.opted-in';
  data: {
    chat: {
      id: string;
      kind: string;
    };
    by: 'flow' | 'api';
    flow?: string | undefined;
  };
}

/** Somebody, or the clock, asked for a flow in a chat */
export interface FlowRequestedEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'flow.requested';
  data: {
    flow: string;
    chat: {
      id: string;
      kind: string;
    };
    by: 'api' | 'schedule';
    data: Record<string, unknown>;
  };
}

/** A flow that somebody, or the clock, asked for did not start */
export interface FlowRefusedEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'flow.refused';
  data: {
    flow: string;
    chat: {
      id: string;
      kind: string;
    };
    by: 'api' | 'schedule';
    /** Why, for people */
    reason: string;
  };
}

/** A flow began in a chat */
export interface FlowStartedEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'flow.started';
  data: {
    runId: string;
    flow: string;
    revision: number;
    chat: {
      id: string;
      kind: string;
    };
    /** Null where no message started it */
    messageId: string | null;
    /** The phrase of the flow that was found in the message */
    phrase: string | null;
    /** How it started: `says`, `about`, `event`, `api`… */
    start: string;
  };
}

/** A run came to its end */
export interface FlowEndedEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'flow.ended';
  data: {
    runId: string;
    flow: string;
    revision: number;
    chat: {
      id: string;
      kind: string;
    };
    /** Why, where it was not by itself */
    reason?: 'replaced' | 'published' | 'opted-out' | undefined;
  };
}

/** A run could not go on */
export interface FlowFailedEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'flow.failed';
  data: {
    runId: string;
    flow: string;
    revision: number;
    chat: {
      id: string;
      kind: string;
    };
    error: {
      code: string;
      message: string;
    };
  };
}

/** Somebody asked for a test of this endpoint */
export interface WebhookTestEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'webhook.test';
  data: {
    endpointId: string;
    text: string;
  };
}

/** Another one of the tenant's endpoints was disabled */
export interface WebhookDisabledEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'webhook.disabled';
  data: {
    endpointId: string;
    url: string;
    reason: 'gone' | 'failing' | 'requested';
    detail: string;
  };
}

/** Something could not be read, stored or reacted to and was set aside, so that the rest goes on; see `GET /api/quarantine/{id}` */
export interface QuarantineAddedEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: 'quarantine.added';
  data: {
    id: string;
    /** What failed: reading what WhatsApp gave, storing it, or the reaction of one of the hub's own followers to an event */
    stage: 'mapping' | 'storing' | 'reaction';
    kind: 'message' | 'notice' | 'ack' | 'event';
    /** WhatsApp's id of the message, where it has one */
    engineId: string | null;
    /** Who could not react, of an event */
    follower: string | null;
    eventId: string | null;
    /** Bytes of what came */
    size: number;
    error: string;
  };
}

/** What a flow announces itself */
export interface CustomEvent {
  id: string;
  /** ISO 8601, UTC */
  timestamp: string;
  tenantId: string;
  /** Null for what concerns the tenant as a whole */
  sessionId: string | null;
  sessionName: string | null;
  /** Counts the events of one session without gaps; a filter leaves some of them out */
  seq: number;
  type: `custom.${string}`;
  data?: unknown;
}

export interface Session {
  id: string;
  tenantId: string;
  name: string;
  engine: 'sandbox' | 'wppconnect';
  status: 'stopped' | 'starting' | 'qr' | 'pairing' | 'passkey' | 'connecting' | 'connected' | 'disconnected' | 'failed' | 'loggedOut';
  reason: string | null;
  /** What a person can do about it */
  advice: string | null;
  phone: string | null;
  pushName: string | null;
  /** What the linked account is; null until that is known */
  account: {
    kind: 'personal' | 'business';
  } | null;
  /** What WhatsApp lets the account do. Until newChatsUntil it may begin no new chats: sends to them wait, others go on */
  limits: {
    /** ISO 8601, UTC */
    newChatsUntil: string | null;
  };
  /** ISO 8601, UTC */
  connectedAt: string | null;
  /** ISO 8601, UTC */
  lastInboundAt: string | null;
  /** ISO 8601, UTC */
  nextAttemptAt: string | null;
  attempts: {
    made: number;
    succeeded: number;
  };
  /** How the session has fared */
  stats: {
    timeToConnectMs: number | null;
    /** Of the connections that ended; the present one began at connectedAt */
    uptimeMs: number;
    /** How often the engine had to start again, by cause */
    restarts: Record<string, number>;
  };
  /** That its browser holds, looked at every 30 s; null where there is no browser, and until it was looked at */
  memoryBytes: number | null;
  qr: {
    attempt: number;
    /** ISO 8601, UTC */
    expiresAt: string;
  } | null;
  pairing: {
    /** ISO 8601, UTC */
    expiresAt: string;
  } | null;
  /** While WhatsApp asks for the passkey of the account */
  passkey: {
    /** ISO 8601, UTC */
    challengeExpiresAt: string;
    /** Shown on the phone, too: compare them, and say whether they are the same */
    code: string | null;
  } | null;
  /** Settings of this session: its pacing, and what its engine takes */
  config: {
    /** null: off */
    pacing?: {
      /** Messages a minute over a longer time; 0.001 is one in 16 hours */
      perMinute?: number | undefined;
      /** So many at once after a pause; 1 if left out */
      burst?: number | undefined;
      /** Between two messages at least this long */
      minGapSeconds?: number | undefined;
      /** Up to this part of the gap longer, by chance */
      jitter?: number | undefined;
      /** Messages a minute to one chat */
      perChatPerMinute?: number | undefined;
      /** Nothing leaves in them */
      quietHours?: {
        from: string;
        /** Where it is the earlier one, on the day after */
        to: string;
        timezone: string;
      } | undefined;
      /** On its nth day a session sends at most n times perDay, until the days are over */
      warmUp?: {
        days: number;
        perDay: number;
      } | undefined;
    } | null | undefined;
    [member: string]: unknown;
  };
  /** ISO 8601, UTC */
  createdAt: string;
  /** ISO 8601, UTC */
  updatedAt: string;
}

export interface CreateSessionBody {
  /** Letters, digits, `.`, `_` and `-` */
  name: string;
  engine?: 'sandbox' | 'wppconnect' | undefined;
  start?: boolean | undefined;
  onConflict?: 'fail' | 'use' | 'recreate' | undefined;
  /** Settings of this session: its pacing, and what its engine takes */
  config?: {
    /** null: off */
    pacing?: {
      /** Messages a minute over a longer time; 0.001 is one in 16 hours */
      perMinute?: number | undefined;
      /** So many at once after a pause; 1 if left out */
      burst?: number | undefined;
      /** Between two messages at least this long */
      minGapSeconds?: number | undefined;
      /** Up to this part of the gap longer, by chance */
      jitter?: number | undefined;
      /** Messages a minute to one chat */
      perChatPerMinute?: number | undefined;
      /** Nothing leaves in them */
      quietHours?: {
        from: string;
        /** Where it is the earlier one, on the day after */
        to: string;
        timezone: string;
      } | undefined;
      /** On its nth day a session sends at most n times perDay, until the days are over */
      warmUp?: {
        days: number;
        perDay: number;
      } | undefined;
    } | null | undefined;
    [member: string]: unknown;
  } | undefined;
}

export type SessionExistsProblem = ProblemBody & {
  code?: 'session-exists' | undefined;
  existing: Session;
  /** What to do; each is a body that works */
  options: {
    use: CreateSessionBody;
    recreate: CreateSessionBody;
    name: CreateSessionBody;
  };
};

export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  /** What is wrong with this request and what to do */
  detail: string;
  /** Stable: branch on it */
  code: string;
  errors?: {
    path: string;
    message: string;
  }[] | undefined;
}

export type LimitReachedProblem = ProblemBody & {
  code?: 'limit-reached' | undefined;
  /** Which limit of the tenant, what it is and how much is used */
  limit: {
    name: 'sessions' | 'endpoints' | 'flows' | 'patterns' | 'flowCharacters' | 'queuedSends' | 'mediaBytes' | 'streams' | 'requestsPerMinute' | 'eventsPerMinute';
    limit: number;
    used: number;
  };
};

export type NotSupportedByEngineProblem = ProblemBody & {
  code?: 'not-supported-by-engine' | undefined;
  /** The engine of the session */
  engine: string;
};

export type QrUnavailableProblem = ProblemBody & {
  code?: 'qr-unavailable' | undefined;
  /** How the session is instead */
  sessionStatus: 'stopped' | 'starting' | 'qr' | 'pairing' | 'passkey' | 'connecting' | 'connected' | 'disconnected' | 'failed' | 'loggedOut';
};

export type PairingUnavailableProblem = ProblemBody & {
  code?: 'pairing-unavailable' | undefined;
  /** How the session is instead */
  sessionStatus: 'stopped' | 'starting' | 'qr' | 'pairing' | 'passkey' | 'connecting' | 'connected' | 'disconnected' | 'failed' | 'loggedOut';
};

export type PasskeyUnavailableProblem = ProblemBody & {
  code?: 'passkey-unavailable' | undefined;
  /** How the session is instead */
  sessionStatus: 'stopped' | 'starting' | 'qr' | 'pairing' | 'passkey' | 'connecting' | 'connected' | 'disconnected' | 'failed' | 'loggedOut';
};

export type MessageNotCancelableProblem = ProblemBody & {
  code?: 'message-not-cancelable' | undefined;
  /** How far the message has come */
  messageStatus: 'scheduled' | 'queued' | 'sending' | 'sent' | 'delivered' | 'read' | 'played' | 'failed' | 'expired' | 'canceled' | 'unknown' | 'received';
};

export type MessageNotRetryableProblem = ProblemBody & {
  code?: 'message-not-retryable' | undefined;
  /** How far the message has come */
  messageStatus: 'scheduled' | 'queued' | 'sending' | 'sent' | 'delivered' | 'read' | 'played' | 'failed' | 'expired' | 'canceled' | 'unknown' | 'received';
};

export type RangeNotSatisfiableProblem = ProblemBody & {
  code?: 'range-not-satisfiable' | undefined;
  /** Bytes that the file has */
  size: number;
};

/** The body of POST /api/sessions/{id}/messages, with the session, and an idempotency key if you like */
export type BulkSend = {
  /** Id or name */
  session: string;
  idempotencyKey?: string | undefined;
  type: 'text';
  sendAt?: string | undefined;
  expiresAt?: string | undefined;
  reference?: string | undefined;
  priority?: number | undefined;
  /** A phone number in international form, a WhatsApp address, or a username such as @ana.shop */
  to: string;
  /** A message of this session: the hub's id (`msg_…`) or WhatsApp's */
  replyTo?: string | undefined;
  mentions?: string[] | undefined;
  /** Show the typing indicator first: as long as the text asks for, or so many ms */
  typing?: boolean | number | undefined;
  text: string;
  linkPreview?: boolean | undefined;
} | {
  /** Id or name */
  session: string;
  idempotencyKey?: string | undefined;
  type: 'image';
  sendAt?: string | undefined;
  expiresAt?: string | undefined;
  reference?: string | undefined;
  priority?: number | undefined;
  /** A phone number in international form, a WhatsApp address, or a username such as @ana.shop */
  to: string;
  /** A message of this session: the hub's id (`msg_…`) or WhatsApp's */
  replyTo?: string | undefined;
  mentions?: string[] | undefined;
  /** Show the typing indicator first: as long as the text asks for, or so many ms */
  typing?: boolean | number | undefined;
  media: MediaSource;
  caption?: string | undefined;
} | {
  /** Id or name */
  session: string;
  idempotencyKey?: string | undefined;
  type: 'video';
  sendAt?: string | undefined;
  expiresAt?: string | undefined;
  reference?: string | undefined;
  priority?: number | undefined;
  /** A phone number in international form, a WhatsApp address, or a username such as @ana.shop */
  to: string;
  /** A message of this session: the hub's id (`msg_…`) or WhatsApp's */
  replyTo?: string | undefined;
  mentions?: string[] | undefined;
  /** Show the typing indicator first: as long as the text asks for, or so many ms */
  typing?: boolean | number | undefined;
  media: MediaSource;
  caption?: string | undefined;
} | {
  /** Id or name */
  session: string;
  idempotencyKey?: string | undefined;
  type: 'audio';
  sendAt?: string | undefined;
  expiresAt?: string | undefined;
  reference?: string | undefined;
  priority?: number | undefined;
  /** A phone number in international form, a WhatsApp address, or a username such as @ana.shop */
  to: string;
  /** A message of this session: the hub's id (`msg_…`) or WhatsApp's */
  replyTo?: string | undefined;
  mentions?: string[] | undefined;
  /** Show the typing indicator first: as long as the text asks for, or so many ms */
  typing?: boolean | number | undefined;
  media: MediaSource;
  caption?: string | undefined;
} | {
  /** Id or name */
  session: string;
  idempotencyKey?: string | undefined;
  type: 'voice';
  sendAt?: string | undefined;
  expiresAt?: string | undefined;
  reference?: string | undefined;
  priority?: number | undefined;
  /** A phone number in international form, a WhatsApp address, or a username such as @ana.shop */
  to: string;
  /** A message of this session: the hub's id (`msg_…`) or WhatsApp's */
  replyTo?: string | undefined;
  mentions?: string[] | undefined;
  /** Show the typing indicator first: as long as the text asks for, or so many ms */
  typing?: boolean | number | undefined;
  media: MediaSource;
  caption?: string | undefined;
} | {
  /** Id or name */
  session: string;
  idempotencyKey?: string | undefined;
  type: 'document';
  sendAt?: string | undefined;
  expiresAt?: string | undefined;
  reference?: string | undefined;
  priority?: number | undefined;
  /** A phone number in international form, a WhatsApp address, or a username such as @ana.shop */
  to: string;
  /** A message of this session: the hub's id (`msg_…`) or WhatsApp's */
  replyTo?: string | undefined;
  mentions?: string[] | undefined;
  /** Show the typing indicator first: as long as the text asks for, or so many ms */
  typing?: boolean | number | undefined;
  media: MediaSource;
  caption?: string | undefined;
} | {
  /** Id or name */
  session: string;
  idempotencyKey?: string | undefined;
  type: 'sticker';
  sendAt?: string | undefined;
  expiresAt?: string | undefined;
  reference?: string | undefined;
  priority?: number | undefined;
  /** A phone number in international form, a WhatsApp address, or a username such as @ana.shop */
  to: string;
  /** A message of this session: the hub's id (`msg_…`) or WhatsApp's */
  replyTo?: string | undefined;
  mentions?: string[] | undefined;
  /** Show the typing indicator first: as long as the text asks for, or so many ms */
  typing?: boolean | number | undefined;
  media: MediaSource;
  caption?: string | undefined;
} | {
  /** Id or name */
  session: string;
  idempotencyKey?: string | undefined;
  type: 'location';
  sendAt?: string | undefined;
  expiresAt?: string | undefined;
  reference?: string | undefined;
  priority?: number | undefined;
  /** A phone number in international form, a WhatsApp address, or a username such as @ana.shop */
  to: string;
  /** A message of this session: the hub's id (`msg_…`) or WhatsApp's */
  replyTo?: string | undefined;
  mentions?: string[] | undefined;
  /** Show the typing indicator first: as long as the text asks for, or so many ms */
  typing?: boolean | number | undefined;
  latitude: number;
  longitude: number;
  name?: string | undefined;
  address?: string | undefined;
} | {
  /** Id or name */
  session: string;
  idempotencyKey?: string | undefined;
  type: 'contact';
  sendAt?: string | undefined;
  expiresAt?: string | undefined;
  reference?: string | undefined;
  priority?: number | undefined;
  /** A phone number in international form, a WhatsApp address, or a username such as @ana.shop */
  to: string;
  /** A message of this session: the hub's id (`msg_…`) or WhatsApp's */
  replyTo?: string | undefined;
  mentions?: string[] | undefined;
  /** Show the typing indicator first: as long as the text asks for, or so many ms */
  typing?: boolean | number | undefined;
  contacts: {
    name: string;
    phones: string[];
    organization?: string | undefined;
    emails?: string[] | undefined;
  }[];
} | {
  /** Id or name */
  session: string;
  idempotencyKey?: string | undefined;
  type: 'poll';
  sendAt?: string | undefined;
  expiresAt?: string | undefined;
  reference?: string | undefined;
  priority?: number | undefined;
  /** A phone number in international form, a WhatsApp address, or a username such as @ana.shop */
  to: string;
  /** A message of this session: the hub's id (`msg_…`) or WhatsApp's */
  replyTo?: string | undefined;
  mentions?: string[] | undefined;
  /** Show the typing indicator first: as long as the text asks for, or so many ms */
  typing?: boolean | number | undefined;
  question: string;
  options: string[];
  selectable?: number | undefined;
} | {
  /** Id or name */
  session: string;
  idempotencyKey?: string | undefined;
  type: 'list';
  sendAt?: string | undefined;
  expiresAt?: string | undefined;
  reference?: string | undefined;
  priority?: number | undefined;
  /** A phone number in international form, a WhatsApp address, or a username such as @ana.shop */
  to: string;
  /** A message of this session: the hub's id (`msg_…`) or WhatsApp's */
  replyTo?: string | undefined;
  mentions?: string[] | undefined;
  /** Show the typing indicator first: as long as the text asks for, or so many ms */
  typing?: boolean | number | undefined;
  title?: string | undefined;
  text: string;
  footer?: string | undefined;
  button: string;
  sections: {
    title: string;
    rows: {
      id: string;
      title: string;
      description?: string | undefined;
    }[];
  }[];
  /** Send it as numbered text, which is sure to be shown; WhatsApp may not show a list from a linked device */
  fallback?: 'text' | undefined;
} | {
  /** Id or name */
  session: string;
  idempotencyKey?: string | undefined;
  type: 'forward';
  sendAt?: string | undefined;
  expiresAt?: string | undefined;
  reference?: string | undefined;
  priority?: number | undefined;
  /** A phone number in international form, a WhatsApp address, or a username such as @ana.shop */
  to: string;
  /** A message of this session: the hub's id (`msg_…`) or WhatsApp's */
  messageId: string;
} | {
  /** Id or name */
  session: string;
  idempotencyKey?: string | undefined;
  type: 'reaction';
  sendAt?: string | undefined;
  expiresAt?: string | undefined;
  reference?: string | undefined;
  priority?: number | undefined;
  /** A message of this session: the hub's id (`msg_…`) or WhatsApp's */
  messageId: string;
  /** The chat of the message; it may be left out */
  to?: string | undefined;
  /** Empty: take it back */
  emoji: string;
} | {
  /** Id or name */
  session: string;
  idempotencyKey?: string | undefined;
  type: 'edit';
  sendAt?: string | undefined;
  expiresAt?: string | undefined;
  reference?: string | undefined;
  priority?: number | undefined;
  /** A message of this session: the hub's id (`msg_…`) or WhatsApp's */
  messageId: string;
  /** The chat of the message; it may be left out */
  to?: string | undefined;
  text: string;
} | {
  /** Id or name */
  session: string;
  idempotencyKey?: string | undefined;
  type: 'revoke';
  sendAt?: string | undefined;
  expiresAt?: string | undefined;
  reference?: string | undefined;
  priority?: number | undefined;
  /** A message of this session: the hub's id (`msg_…`) or WhatsApp's */
  messageId: string;
  /** The chat of the message; it may be left out */
  to?: string | undefined;
};

/** It needs exactly one of "url", "base64" and "mediaId" */
export interface MediaSource {
  url?: string | undefined;
  base64?: string | undefined;
  mediaId?: string | undefined;
  filename?: string | undefined;
  /** A hint: the bytes decide */
  mimetype?: string | undefined;
}

export type NewTenant = Tenant & {
  apiKey: NewKey;
};

export type NewKey = Key & {
  /** Shown this once; kept hashed */
  key: string;
};

export interface Key {
  id: string;
  name: string;
  hint: string;
  scopes: ('sessions:read' | 'sessions:write' | 'messages:read' | 'messages:send' | 'webhooks:read' | 'webhooks:write' | 'flows:read' | 'flows:write' | 'events:read' | 'audit:read' | 'keys:read' | 'metrics:read')[];
  /** The id of the one session that it is for; null: all of the tenant */
  session: string | null;
  /** ISO 8601, UTC */
  createdAt: string;
  /** ISO 8601, UTC */
  revokedAt: string | null;
  /** To the minute; null: never */
  lastUsedAt: string | null;
}

export interface Tenant {
  id: string;
  name: string;
  /** What differs for this tenant from the hub's configuration */
  settings: {
    retention?: {
      payloadDays?: number | undefined;
      messagesDays?: number | undefined;
      attemptsDays?: number | undefined;
      auditDays?: number | undefined;
    } | undefined;
    flows?: {
      typing?: boolean | undefined;
      phonePauseMinutes?: number | undefined;
    } | undefined;
    media?: {
      maxBytes?: number | undefined;
      retentionDays?: number | undefined;
      quotaBytes?: number | undefined;
    } | undefined;
    limits?: {
      /** 0: any number */
      sessions?: number | undefined;
      /** 0: any number */
      endpoints?: number | undefined;
      /** 0: any number */
      flows?: number | undefined;
      /** 0: any number */
      patterns?: number | undefined;
      /** 0: any number */
      flowCharacters?: number | undefined;
      /** 0: any number */
      queuedSends?: number | undefined;
      /** 0: any number */
      mediaBytes?: number | undefined;
      /** 0: any number */
      streams?: number | undefined;
      /** 0: any number */
      requestsPerMinute?: number | undefined;
      /** 0: any number */
      eventsPerMinute?: number | undefined;
    } | undefined;
  };
  /** ISO 8601, UTC */
  createdAt: string;
  /** ISO 8601, UTC */
  updatedAt: string;
}

export interface Node {
  /** Of one start of it */
  id: string;
  /** How other nodes reach it */
  url: string;
  version: string;
  role: string;
  /** ISO 8601, UTC */
  startedAt: string;
  /** When it was last heard of */
  seenAt: string;
  /** It hands over what it does for the others, and takes nothing more */
  draining: boolean;
  /** That run on it */
  sessions: {
    count: number;
  };
  memoryBytes: number;
  /** The followers of the ledger that it runs, and how many events each is behind */
  followers: Record<string, number>;
}

export interface EgressSettings {
  /** Ranges that webhooks, flows and files may reach although they are private; what is public they may reach anyhow */
  allow: string[];
  /** That sessions may go through: each names its own */
  proxies: {
    name: string;
    /** Without user and password */
    server: string;
  }[];
}

export interface LogLevels {
  /** What is logged now */
  level: 'error' | 'warn' | 'info' | 'http' | 'verbose' | 'debug' | 'silly';
  /** What is logged again after the next start */
  configured: 'error' | 'warn' | 'info' | 'http' | 'verbose' | 'debug' | 'silly';
}

export interface Qr {
  code: string;
  /** PNG */
  dataUrl: string;
  attempt: number;
  /** ISO 8601, UTC */
  issuedAt: string;
  /** ISO 8601, UTC */
  expiresAt: string;
  /** When the five minutes are over and the session starts again by itself */
  restartsAt: string;
}

export interface PairingCode {
  /** To be typed on the phone: Linked devices → Link with phone number */
  code: string;
  phone: string;
  /** ISO 8601, UTC */
  issuedAt: string;
  /** ISO 8601, UTC */
  expiresAt: string;
  /** When the five minutes are over and the session starts again by itself */
  restartsAt: string;
}

export interface Passkey {
  /** What the passkey is asked to sign, as PublicKeyCredential.parseRequestOptionsFromJSON() takes it, in a browser on https://web.whatsapp.com */
  publicKey: {
    challenge: string;
    rpId?: string | undefined;
    [member: string]: unknown;
  };
  /** ISO 8601, UTC */
  expiresAt: string;
  /** Shown on the phone, too: compare them, and say whether they are the same */
  code: string | null;
  /** It was signed; what is left is to compare the code */
  answered: boolean;
}

export interface PasskeyToken {
  /** By it the audit log names whoever signs */
  id: string;
  /** A page for the person who has the passkey, and shown this once. Hookline's extension signs on it; it is good for this one challenge */
  url: string;
  /** To be pasted into the console of a tab on https://web.whatsapp.com by who may install nothing; it does the same */
  snippet: string;
  /** The extension, as a ZIP archive */
  extensionUrl: string;
  /** ISO 8601, UTC */
  expiresAt: string;
}

export interface LinkPage {
  /** By it the audit log names the page */
  id: string;
  /** For the person who has the phone, and shown this once: it opens in one browser, and ends when the phone is linked */
  url: string;
  /** ISO 8601, UTC */
  expiresAt: string;
}

export type Send = TextSend | ImageSend | VideoSend | AudioSend | VoiceSend | DocumentSend | StickerSend | LocationSend | ContactSend | PollSend | ListSend | ForwardSend | ReactionSend | EditSend | RevokeSend;

export interface TextSend {
  type: 'text';
  sendAt?: string | undefined;
  expiresAt?: string | undefined;
  reference?: string | undefined;
  priority?: number | undefined;
  /** A phone number in international form, a WhatsApp address, or a username such as @ana.shop */
  to: string;
  /** A message of this session: the hub's id (`msg_…`) or WhatsApp's */
  replyTo?: string | undefined;
  mentions?: string[] | undefined;
  /** Show the typing indicator first: as long as the text asks for, or so many ms */
  typing?: boolean | number | undefined;
  text: string;
  linkPreview?: boolean | undefined;
}

export interface ImageSend {
  type: 'image';
  sendAt?: string | undefined;
  expiresAt?: string | undefined;
  reference?: string | undefined;
  priority?: number | undefined;
  /** A phone number in international form, a WhatsApp address, or a username such as @ana.shop */
  to: string;
  /** A message of this session: the hub's id (`msg_…`) or WhatsApp's */
  replyTo?: string | undefined;
  mentions?: string[] | undefined;
  /** Show the typing indicator first: as long as the text asks for, or so many ms */
  typing?: boolean | number | undefined;
  media: MediaSource;
  caption?: string | undefined;
}

export interface VideoSend {
  type: 'video';
  sendAt?: string | undefined;
  expiresAt?: string | undefined;
  reference?: string | undefined;
  priority?: number | undefined;
  /** A phone number in international form, a WhatsApp address, or a username such as @ana.shop */
  to: string;
  /** A message of this session: the hub's id (`msg_…`) or WhatsApp's */
  replyTo?: string | undefined;
  mentions?: string[] | undefined;
  /** Show the typing indicator first: as long as the text asks for, or so many ms */
  typing?: boolean | number | undefined;
  media: MediaSource;
  caption?: string | undefined;
}

export interface AudioSend {
  type: 'audio';
  sendAt?: string | undefined;
  expiresAt?: string | undefined;
  reference?: string | undefined;
  priority?: number | undefined;
  /** A phone number in international form, a WhatsApp address, or a username such as @ana.shop */
  to: string;
  /** A message of this session: the hub's id (`msg_…`) or WhatsApp's */
  replyTo?: string | undefined;
  mentions?: string[] | undefined;
  /** Show the typing indicator first: as long as the text asks for, or so many ms */
  typing?: boolean | number | undefined;
  media: MediaSource;
  caption?: string | undefined;
}

export interface VoiceSend {
  type: 'voice';
  sendAt?: string | undefined;
  expiresAt?: string | undefined;
  reference?: string | undefined;
  priority?: number | undefined;
  /** A phone number in international form, a WhatsApp address, or a username such as @ana.shop */
  to: string;
  /** A message of this session: the hub's id (`msg_…`) or WhatsApp's */
  replyTo?: string | undefined;
  mentions?: string[] | undefined;
  /** Show the typing indicator first: as long as the text asks for, or so many ms */
  typing?: boolean | number | undefined;
  media: MediaSource;
  caption?: string | undefined;
}

export interface DocumentSend {
  type: 'document';
  sendAt?: string | undefined;
  expiresAt?: string | undefined;
  reference?: string | undefined;
  priority?: number | undefined;
  /** A phone number in international form, a WhatsApp address, or a username such as @ana.shop */
  to: string;
  /** A message of this session: the hub's id (`msg_…`) or WhatsApp's */
  replyTo?: string | undefined;
  mentions?: string[] | undefined;
  /** Show the typing indicator first: as long as the text asks for, or so many ms */
  typing?: boolean | number | undefined;
  media: MediaSource;
  caption?: string | undefined;
}

export interface StickerSend {
  type: 'sticker';
  sendAt?: string | undefined;
  expiresAt?: string | undefined;
  reference?: string | undefined;
  priority?: number | undefined;
  /** A phone number in international form, a WhatsApp address, or a username such as @ana.shop */
  to: string;
  /** A message of this session: the hub's id (`msg_…`) or WhatsApp's */
  replyTo?: string | undefined;
  mentions?: string[] | undefined;
  /** Show the typing indicator first: as long as the text asks for, or so many ms */
  typing?: boolean | number | undefined;
  media: MediaSource;
  caption?: string | undefined;
}

export interface LocationSend {
  type: 'location';
  sendAt?: string | undefined;
  expiresAt?: string | undefined;
  reference?: string | undefined;
  priority?: number | undefined;
  /** A phone number in international form, a WhatsApp address, or a username such as @ana.shop */
  to: string;
  /** A message of this session: the hub's id (`msg_…`) or WhatsApp's */
  replyTo?: string | undefined;
  mentions?: string[] | undefined;
  /** Show the typing indicator first: as long as the text asks for, or so many ms */
  typing?: boolean | number | undefined;
  latitude: number;
  longitude: number;
  name?: string | undefined;
  address?: string | undefined;
}

export interface ContactSend {
  type: 'contact';
  sendAt?: string | undefined;
  expiresAt?: string | undefined;
  reference?: string | undefined;
  priority?: number | undefined;
  /** A phone number in international form, a WhatsApp address, or a username such as @ana.shop */
  to: string;
  /** A message of this session: the hub's id (`msg_…`) or WhatsApp's */
  replyTo?: string | undefined;
  mentions?: string[] | undefined;
  /** Show the typing indicator first: as long as the text asks for, or so many ms */
  typing?: boolean | number | undefined;
  contacts: {
    name: string;
    phones: string[];
    organization?: string | undefined;
    emails?: string[] | undefined;
  }[];
}

export interface PollSend {
  type: 'poll';
  sendAt?: string | undefined;
  expiresAt?: string | undefined;
  reference?: string | undefined;
  priority?: number | undefined;
  /** A phone number in international form, a WhatsApp address, or a username such as @ana.shop */
  to: string;
  /** A message of this session: the hub's id (`msg_…`) or WhatsApp's */
  replyTo?: string | undefined;
  mentions?: string[] | undefined;
  /** Show the typing indicator first: as long as the text asks for, or so many ms */
  typing?: boolean | number | undefined;
  question: string;
  options: string[];
  selectable?: number | undefined;
}

export interface ListSend {
  type: 'list';
  sendAt?: string | undefined;
  expiresAt?: string | undefined;
  reference?: string | undefined;
  priority?: number | undefined;
  /** A phone number in international form, a WhatsApp address, or a username such as @ana.shop */
  to: string;
  /** A message of this session: the hub's id (`msg_…`) or WhatsApp's */
  replyTo?: string | undefined;
  mentions?: string[] | undefined;
  /** Show the typing indicator first: as long as the text asks for, or so many ms */
  typing?: boolean | number | undefined;
  title?: string | undefined;
  text: string;
  footer?: string | undefined;
  button: string;
  sections: {
    title: string;
    rows: {
      id: string;
      title: string;
      description?: string | undefined;
    }[];
  }[];
  /** Send it as numbered text, which is sure to be shown; WhatsApp may not show a list from a linked device */
  fallback?: 'text' | undefined;
}

export interface ForwardSend {
  type: 'forward';
  sendAt?: string | undefined;
  expiresAt?: string | undefined;
  reference?: string | undefined;
  priority?: number | undefined;
  /** A phone number in international form, a WhatsApp address, or a username such as @ana.shop */
  to: string;
  /** A message of this session: the hub's id (`msg_…`) or WhatsApp's */
  messageId: string;
}

export interface ReactionSend {
  type: 'reaction';
  sendAt?: string | undefined;
  expiresAt?: string | undefined;
  reference?: string | undefined;
  priority?: number | undefined;
  /** A message of this session: the hub's id (`msg_…`) or WhatsApp's */
  messageId: string;
  /** The chat of the message; it may be left out */
  to?: string | undefined;
  /** Empty: take it back */
  emoji: string;
}

export interface EditSend {
  type: 'edit';
  sendAt?: string | undefined;
  expiresAt?: string | undefined;
  reference?: string | undefined;
  priority?: number | undefined;
  /** A message of this session: the hub's id (`msg_…`) or WhatsApp's */
  messageId: string;
  /** The chat of the message; it may be left out */
  to?: string | undefined;
  text: string;
}

export interface RevokeSend {
  type: 'revoke';
  sendAt?: string | undefined;
  expiresAt?: string | undefined;
  reference?: string | undefined;
  priority?: number | undefined;
  /** A message of this session: the hub's id (`msg_…`) or WhatsApp's */
  messageId: string;
  /** The chat of the message; it may be left out */
  to?: string | undefined;
}

/** One entry for each that was sent, in the same order */
export interface BulkResults {
  accepted: number;
  refused: number;
  data: ({
    /** Place in the list that was sent, from 0 */
    index: number;
    status: 202;
    replayed: boolean;
    message: Message;
  } | {
    /** Place in the list that was sent, from 0 */
    index: number;
    status: number;
    error: ProblemBody;
  })[];
}

export interface MessageCounts {
  by: 'hour' | 'day';
  timezone: string;
  /** Oldest first, and none left out; the last one is not over */
  data: {
    /** When the hour or day began */
    at: string;
    /** What came in */
    inbound: number;
    /** What was accepted to be sent, or was sent from the phone */
    outbound: number;
  }[];
}

export type MessageWithHistory = Message & {
  /** ISO 8601, UTC */
  sendAt: string | null;
  /** ISO 8601, UTC */
  expiresAt: string | null;
  /** As they stand now; `from` is null for the account itself */
  reactions: {
    emoji: string;
    fromMe: boolean;
    from: Party;
    /** ISO 8601, UTC */
    at: string;
  }[];
  attempts: number;
  priority: number;
  /** Why it has not left yet, and until when at least */
  waitsFor?: {
    reason: 'send-at' | 'connection' | 'network' | 'answer' | 'rate' | 'gap' | 'warm-up' | 'quiet-hours' | 'chat-rate' | 'newChats' | 'media' | 'retry' | 'order';
    /** ISO 8601, UTC */
    until: string | null;
  } | undefined;
  /** In a group: how far it has come with each person of whom WhatsApp told */
  recipients?: {
    id: string;
    status: 'sent' | 'delivered' | 'read' | 'played';
    /** ISO 8601, UTC */
    at: string;
  }[] | undefined;
  history: {
    status: 'scheduled' | 'queued' | 'sending' | 'sent' | 'delivered' | 'read' | 'played' | 'failed' | 'expired' | 'canceled' | 'unknown' | 'received';
    /** ISO 8601, UTC */
    at: string;
    error?: {
      code: string;
      message: string;
    } | undefined;
  }[];
  /** What it said before, each until `at`; oldest first */
  edits: {
    text: string;
    /** ISO 8601, UTC */
    at: string;
  }[];
  /** As they stand now: all options that each person has chosen */
  votes: {
    options: string[];
    from: Party;
    /** ISO 8601, UTC */
    at: string;
  }[];
};

export type MediaInfo = Media & {
  id?: string | undefined;
  direction: 'inbound' | 'outbound';
  /** Null for an upload: each send of it is media of its own */
  messageId: string | null;
  sessionId: string | null;
  /** Why the bytes are not here */
  error?: {
    code: string;
    message: string;
  } | undefined;
  /** ISO 8601, UTC */
  createdAt: string;
};

export type Contact = Party & {
  /** In the phone's address book */
  saved: boolean;
  business: boolean;
  blocked: boolean;
};

export interface Existence {
  exists: boolean;
  /** Where the account is written to; null: it is not on WhatsApp */
  chatId: string | null;
  phone: string | null;
  lid: string | null;
  /** ISO 8601, UTC */
  checkedAt: string;
}

export interface Erasure {
  id: string;
  /** waiting: all is gone but what is owed */
  status: 'erasing' | 'waiting' | 'erased';
  /** How many messages, media, runs, events… went; rewritten: of others, who were named beside the person */
  erased: Record<string, number>;
  /** Sends under way, and events that an endpoint is to get yet: they go after that */
  owed: Record<string, number>;
  /** ISO 8601, UTC */
  requestedAt: string;
  /** ISO 8601, UTC */
  finishedAt: string | null;
}

export interface Chat {
  id: string;
  kind: 'private' | 'group' | 'status' | 'broadcast' | 'newsletter';
  lid: string | null;
  phone: string | null;
  name: string | null;
  unread: number;
  /** ISO 8601, UTC */
  lastMessageAt: string | null;
  archived: boolean;
  /** Ids; GET …/labels has their names */
  labels: string[];
}

export interface Presence {
  chat: {
    id: string;
    kind: 'private' | 'group' | 'status' | 'broadcast' | 'newsletter';
  };
  state: 'available' | 'unavailable' | 'typing' | 'recording';
  /** ISO 8601, UTC */
  lastSeenAt: string | null;
}

export interface Label {
  id: string;
  name: string;
  color: string | null;
}

export interface Group {
  id: string;
  subject: string;
  description: string | null;
  owner: Party;
  /** ISO 8601, UTC */
  createdAt: string | null;
}

export type NewGroup = GroupWithParticipants & {
  /** One entry for each participant */
  results: {
    id: string;
    lid: string | null;
    phone: string | null;
    ok: boolean;
    /** Why not */
    error?: string | undefined;
  }[];
};

export type Participant = Party & {
  admin: boolean;
};

export type GroupWithParticipants = Group & {
  participants: Participant[];
};

export interface MemberResults {
  /** One entry for each participant */
  results: {
    id: string;
    lid: string | null;
    phone: string | null;
    ok: boolean;
    /** Why not */
    error?: string | undefined;
  }[];
}

export interface InviteLink {
  link: string;
}

export type NewEndpoint = Endpoint & {
  /** What was taken, and is probably not what was meant */
  warnings?: {
    path: string;
    message: string;
  }[] | undefined;
  secret: string;
};

export interface Endpoint {
  id: string;
  url: string;
  /** "*", a type, or all of a kind: "message.*" */
  events: string[];
  /** Ids or names; empty means all */
  sessions: string[];
  /** Of which chats and people it hears, besides `events` and `sessions`. What an event says nothing of it passes; null for all */
  filter: {
    chatKinds?: ('private' | 'group' | 'status' | 'broadcast' | 'newsletter')[] | undefined;
    /** Phone numbers, usernames or WhatsApp addresses, in any form */
    chats?: string[] | undefined;
    /** As `chats`; of a message in a group whoever wrote it */
    senders?: string[] | undefined;
  } | null;
  /** What waits for a delivery that fails: strict: all behind it in its session; chat: those of its chat; relaxed: nothing */
  ordering: 'strict' | 'chat' | 'relaxed';
  /** Requests a second; null for no limit */
  rateLimit: number | null;
  /** Seconds to wait after the first, second, … failure, the last repeated for 3 days; null for the hub's own */
  schedule: number[] | null;
  /** To answer in; null for the hub's own */
  timeoutSeconds: number | null;
  /** v1 is HMAC-SHA256 with the secret, v1a is ed25519, verified with publicKey */
  signatures: ('v1' | 'v1a')[];
  description: string;
  /** In whose words it is told of events: the hub's own (hookline), or those of another product */
  dialect: 'hookline' | 'evolution' | 'cloud' | 'waha' | 'wppconnect';
  /** How it is told in the words of another product, see docs/webhooks.md; all of it. A secret is given as {"secret": "…"}, and never shown */
  dialectOptions: Record<string, unknown>;
  headers: Record<string, string | {
      secret: true;
    }>;
  /** Of the key that receivers are given to call back with, where the dialect has one; null: none */
  callbackKeyId: string | null;
  publicKey: string | null;
  /** Until then former secrets sign beside the newest; null where none does */
  formerSecretsUntil: string | null;
  status: 'enabled' | 'disabled';
  /** ISO 8601, UTC */
  disabledAt: string | null;
  disabledReason: string | null;
  /** The receiver asked with Retry-After to be left alone until then */
  pausedUntil: string | null;
  /** It has answered nothing but failures since then */
  failingSince: string | null;
  /** ISO 8601, UTC */
  createdAt: string;
  /** ISO 8601, UTC */
  updatedAt: string;
}

export type ChangedEndpoint = Endpoint & {
  /** What was taken, and is probably not what was meant */
  warnings?: {
    path: string;
    message: string;
  }[] | undefined;
};

export interface Delivery {
  id: string;
  endpointId: string;
  /** The value of webhook-id */
  eventId: string;
  eventType: string;
  sessionId: string | null;
  status: 'pending' | 'delivered' | 'dead';
  attemptsMade: number;
  /** At the earliest; null when it is over, waits for another one (`waitsFor`), or its endpoint is disabled */
  nextAttemptAt: string | null;
  /** The delivery behind which it waits in the order of its endpoint, and when that one is tried next, at the earliest */
  waitsFor: {
    deliveryId: string;
    eventType: string;
    /** ISO 8601, UTC */
    until: string | null;
  } | null;
  /** ISO 8601, UTC */
  createdAt: string;
  /** ISO 8601, UTC */
  finishedAt: string | null;
}

export interface EndpointStats {
  lastHour: {
    attempts: number;
    succeeded: number;
    failed: number;
    successRate: number | null;
    /** By HTTP status, or class of error */
    byStatus: Record<string, number>;
    /** Milliseconds */
    latency: {
      p50: number | null;
      p95: number | null;
    };
  };
  lastDay: {
    attempts: number;
    succeeded: number;
    failed: number;
    successRate: number | null;
    /** By HTTP status, or class of error */
    byStatus: Record<string, number>;
    /** Milliseconds */
    latency: {
      p50: number | null;
      p95: number | null;
    };
  };
  /** The last 24 hours, oldest first: when each began, and how its attempts went */
  hours: {
    /** ISO 8601, UTC */
    at: string;
    succeeded: number;
    failed: number;
  }[];
  breaker: 'closed' | 'open' | 'recovering';
  /** Requests a second, because it answered 429, 502 or 504 */
  slowedTo: number | null;
  waiting: number;
  /** ISO 8601, UTC */
  oldestWaitingAt: string | null;
  /** A delivery whose last try failed, and that is tried again; it may hold up those behind it */
  failing: {
    deliveryId: string;
    eventType: string;
    attemptsMade: number;
    /** ISO 8601, UTC */
    nextAttemptAt: string | null;
  } | null;
}

export interface Replay {
  id: string;
  endpointId: string;
  status: 'running' | 'done';
  /** ISO 8601, UTC */
  since: string;
  /** ISO 8601, UTC */
  until: string;
  types: string[];
  selection: 'all' | 'failed' | 'missing';
  /** Events in the range */
  total: number;
  /** Of these looked at so far */
  seen: number;
  /** Of these put into the lanes of the endpoint */
  queued: number;
  /** ISO 8601, UTC */
  createdAt: string;
  /** ISO 8601, UTC */
  finishedAt: string | null;
}

export interface ReplayPreview {
  /** Events in the range */
  total: number;
  /** Of these looked at: 10,000 or so at the most */
  seen: number;
  /** Of those looked at how many would be sent again */
  queued: number;
}

export type DeliveryWithAttempts = Delivery & {
  /** What is sent, byte for byte; without a person who was erased from it since */
  body: string;
  /** In the words of another product: each request that tells of the event, without keys and files. `body` is the first one's */
  requests?: {
    url: string;
    body: string;
  }[] | undefined;
  attempts: {
    /** The value of hookline-attempt */
    number: number;
    /** ISO 8601, UTC */
    startedAt: string;
    /** By which the receiver knows that it is genuine; null where they are not kept */
    requestHeaders: {
      'webhook-id': string;
      'webhook-timestamp': string;
      'webhook-signature': string;
      'hookline-attempt': string;
    } | null;
    /** Milliseconds */
    latency: number;
    status: number | null;
    errorClass: 'dns' | 'connect' | 'tls' | 'timeout' | 'http' | 'too-large' | 'blocked' | 'dialect' | null;
    error: string | null;
    responseHeaders: Record<string, string | string[]> | null;
    /** The first 4 KiB */
    responseBody: string | null;
    /** What became of the actions in the answer */
    actions: {
      /** Place in the list; null when the whole list was refused */
      index: number | null;
      ok: boolean;
      messageId?: string | undefined;
      error?: {
        code: string;
        message: string;
      } | undefined;
    }[];
  }[];
};

export type HubEvent = SessionQrEvent | SessionPairingCodeEvent | SessionPasskeyEvent | SessionStatusEvent | SessionStaleEvent | SessionAttentionEvent | MessageReceivedEvent | MessageFromphoneEvent | MessageScheduledEvent | MessageQueuedEvent | MessageSendingEvent | MessageSentEvent | MessageDeliveredEvent | MessageUndeliveredEvent | MessageReadEvent | MessagePlayedEvent | MessageFailedEvent | MessageExpiredEvent | MessageCanceledEvent | MessageUnknownEvent | MessageEditedEvent | MessageRevokedEvent | MessageReactionEvent | MediaReadyEvent | MediaFailedEvent | PollVoteEvent | PresenceChangedEvent | GroupParticipantsEvent | CallIncomingEvent | ChatHandoffEvent | ChatResumedEvent | ContactOptedOutEvent | ContactOptedInEvent | FlowRequestedEvent | FlowRefusedEvent | FlowStartedEvent | FlowEndedEvent | FlowFailedEvent | WebhookTestEvent | WebhookDisabledEvent | QuarantineAddedEvent | CustomEvent;

/** What is asked for to go on from is not kept any more: events between the two times may be missing */
export interface Gap {
  after: string;
  /** ISO 8601, UTC */
  from: string;
  /** Of the first event that is given */
  to: string | null;
}

export type ListedFlow = Flow & {
  /** What became of it in the last 24 hours */
  lastDay: {
    /** Runs of it that began */
    starts: number;
    /** Messages that those have sent */
    answers: number;
  };
};

export interface Flow {
  name: string;
  revision: number;
  origin: 'file' | 'api';
  status: 'active' | 'invalid';
  errors: {
    path: string;
    message: string;
  }[];
  /** The phrases that start it */
  says: string[];
  /** The YAML as it was written */
  source: string;
  /** ISO 8601, UTC */
  createdAt: string;
  /** ISO 8601, UTC */
  updatedAt: string;
}

export interface FlowFiles {
  /** Why files were not loaded, each with its place; the last good flows go on. Empty: nothing is wrong */
  errors: {
    path: string;
    message: string;
  }[];
}

export type PublishedFlow = Flow & {
  /** What keeps it from nothing, and will fail when it runs: secrets and sessions that are not there */
  warnings: {
    /** The text, with line and column */
    path: string;
    message: string;
  }[];
};

export interface FlowRevision {
  revision: number;
  /** When it was published first */
  createdAt: string;
}

export interface FlowRevisionWithSource {
  revision: number;
  /** When it was published first */
  createdAt: string;
  /** The YAML as it was written */
  source: string;
}

export interface Simulation {
  ok: boolean;
  failures: {
    item: number;
    message: string;
  }[];
  transcript: {
    item: number;
    outcomes: unknown[];
  }[];
  run?: unknown;
  tags: string[];
  remembered: Record<string, unknown>;
  handoff: boolean;
  optedOut: boolean;
  trail: FlowTrail;
}

export interface FlowTrail {
  /** Such as booking:steps.0 */
  steps: string[];
  /** From one step to the next, such as booking:steps.0>booking:steps.1, or …>end */
  ways: string[];
}

export interface FlowTests {
  /** Of the file that they stand in, beside that of the flow */
  path: string | null;
  /** As YAML; null: the flow has none */
  source: string | null;
  /** Of tests that were put: it moves on with each text */
  revision: number | null;
  /** ISO 8601, UTC */
  updatedAt: string | null;
}

export interface FlowTestRun {
  /** Every conversation held */
  ok: boolean;
  results: {
    name: string;
    place: string;
    /** What was not as it was expected, and where in the tests; none where it held */
    failures: {
      /** The text, with line and column */
      path: string;
      message: string;
    }[];
  }[];
  coverage: {
    flow: string;
    steps: {
      done: number;
      all: number;
    };
    branches: {
      gone: number;
      all: number;
    };
    /** What no conversation goes through, and where in the flow */
    missed: {
      /** The text, with line and column */
      path: string;
      message: string;
    }[];
    trail: FlowTrail;
  };
}

export interface FlowSecret {
  name: string;
  /** ISO 8601, UTC */
  updatedAt: string;
}

export interface ListedRun {
  id: string;
  flow: string;
  revision: number;
  sessionId: string;
  chat: {
    id: string;
    kind: string;
  };
  status: 'waiting' | 'ended' | 'failed';
  answers: Record<string, unknown>;
  /** What it waits for, and until when at the most */
  waitsFor: {
    kind: 'answer' | 'time' | 'http';
    step: string | null;
    /** ISO 8601, UTC */
    until: string | null;
  } | null;
  error: {
    code: string;
    message: string;
  } | null;
  /** ISO 8601, UTC */
  startedAt: string;
  /** ISO 8601, UTC */
  updatedAt: string;
  /** ISO 8601, UTC */
  endedAt: string | null;
  /** Not with `trace=false` */
  trace?: unknown[] | undefined;
}

export interface Run {
  id: string;
  flow: string;
  revision: number;
  sessionId: string;
  chat: {
    id: string;
    kind: string;
  };
  status: 'waiting' | 'ended' | 'failed';
  answers: Record<string, unknown>;
  /** What it waits for, and until when at the most */
  waitsFor: {
    kind: 'answer' | 'time' | 'http';
    step: string | null;
    /** ISO 8601, UTC */
    until: string | null;
  } | null;
  error: {
    code: string;
    message: string;
  } | null;
  /** ISO 8601, UTC */
  startedAt: string;
  /** ISO 8601, UTC */
  updatedAt: string;
  /** ISO 8601, UTC */
  endedAt: string | null;
  trace: unknown[];
}

export interface Handoff {
  chat: {
    id: string;
    kind: string;
  };
  active: boolean;
  /** ISO 8601, UTC */
  since: string | null;
  /** Null: until somebody resumes */
  until: string | null;
  by: 'api' | 'webhook' | 'flow' | 'phone' | 'loop' | null;
  /** What a flow says to the person */
  note: string | null;
}

export interface ChatText {
  flow: string;
  /** Where it stands in the flow, such as steps.2.then.0 */
  step: string;
  /** With the name of the contact and the like filled in */
  text: string;
  /** What is not known in this chat, and stands in the text as it is written: {{ day }} */
  open: string[];
}

export interface Explanation {
  message: {
    id: string;
    text: string | null;
    type: string;
  };
  /** The run that took it; null when none did */
  run?: unknown;
  /** Its turn: steps, and the messages that were sent */
  turn?: unknown;
  flows: {
    flow: string;
    revision: number;
    starts: boolean;
    reason: string;
  }[];
  notes: string[];
}

export interface OptOut {
  chat: {
    id: string;
    kind: string;
  };
  optedOut: boolean;
  /** ISO 8601, UTC */
  since: string | null;
  by: 'flow' | 'api' | null;
  /** The flow in which the contact said so */
  flow: string | null;
}

export interface SandboxMessage {
  engineId: string;
  to: string;
  type: string;
  text?: string | undefined;
  caption?: string | undefined;
  media?: {
    sha256: string;
    size: number;
    mimetype: string;
    filename?: string | undefined;
  } | undefined;
  replyTo?: string | undefined;
  mentions?: string[] | undefined;
  linkPreview?: boolean | undefined;
  location?: Place | undefined;
  contacts?: ContactCard[] | undefined;
  poll?: Poll | undefined;
  list?: List | undefined;
  target?: string | undefined;
  emoji?: string | undefined;
  typingMs: number;
  /** ISO 8601, UTC */
  at: string;
}

export interface AuditEntry {
  id: string;
  /** ISO 8601, UTC */
  at: string;
  /** Null for what concerns the hub itself */
  tenantId: string | null;
  /** A tenant's key with its name, the operator's key, a link page or a token for a passkey with its id as the name, or somebody at the command line */
  actor: {
    kind: 'key' | 'operator' | 'link-page' | 'passkey-token' | 'cli';
    keyId: string | null;
    name: string | null;
  };
  /** The `x-audit-action` of the route */
  action: string;
  /** What was made, or what the path names */
  resource: {
    type: string;
    id: string | null;
  } | null;
  /** Where the request came from */
  address: string | null;
  /** As it was answered */
  status: number;
  /** Of the problem; null for what was done */
  code: string | null;
}

export interface Quarantined {
  id: string;
  tenantId: string;
  sessionId: string | null;
  /** ISO 8601, UTC */
  at: string;
  /** What failed: reading what WhatsApp gave, storing it, or the reaction of one of the hub's own followers to an event */
  stage: 'mapping' | 'storing' | 'reaction';
  kind: 'message' | 'notice' | 'ack' | 'event';
  /** WhatsApp's id of the message, where it has one */
  engineId: string | null;
  /** Who could not react, of an event */
  follower: string | null;
  eventId: string | null;
  /** Bytes of what came */
  size: number;
  /** Of the last time */
  error: string;
  attempts: number;
  /** Of the hub that tried it last */
  version: string;
  /** ISO 8601, UTC */
  triedAt: string;
  /** Only its first 256 KiB were kept: it cannot be tried again */
  truncated: boolean;
}

export interface QuarantinedWhole {
  id: string;
  tenantId: string;
  sessionId: string | null;
  /** ISO 8601, UTC */
  at: string;
  /** What failed: reading what WhatsApp gave, storing it, or the reaction of one of the hub's own followers to an event */
  stage: 'mapping' | 'storing' | 'reaction';
  kind: 'message' | 'notice' | 'ack' | 'event';
  /** WhatsApp's id of the message, where it has one */
  engineId: string | null;
  /** Who could not react, of an event */
  follower: string | null;
  eventId: string | null;
  /** Bytes of what came */
  size: number;
  /** Of the last time */
  error: string;
  attempts: number;
  /** Of the hub that tried it last */
  version: string;
  /** ISO 8601, UTC */
  triedAt: string;
  /** Only its first 256 KiB were kept: it cannot be tried again */
  truncated: boolean;
  /** JSON, as it came; empty for an event, which `GET /api/events/…` has */
  raw: string;
}

export interface QuarantineRetry {
  /** It was taken in, and is set aside no more */
  taken: boolean;
  /** Why not */
  error: string | null;
}

export interface Limits {
  limits: {
    sessions: {
      /** Null: any number */
      limit: number | null;
      used: number;
      /** When the minute ends that began with the first */
      resetsAt?: string | undefined;
    };
    endpoints: {
      /** Null: any number */
      limit: number | null;
      used: number;
      /** When the minute ends that began with the first */
      resetsAt?: string | undefined;
    };
    flows: {
      /** Null: any number */
      limit: number | null;
      used: number;
      /** When the minute ends that began with the first */
      resetsAt?: string | undefined;
    };
    patterns: {
      /** Null: any number */
      limit: number | null;
      used: number;
      /** When the minute ends that began with the first */
      resetsAt?: string | undefined;
    };
    flowCharacters: {
      /** Null: any number */
      limit: number | null;
      used: number;
      /** When the minute ends that began with the first */
      resetsAt?: string | undefined;
    };
    queuedSends: {
      /** Null: any number */
      limit: number | null;
      used: number;
      /** When the minute ends that began with the first */
      resetsAt?: string | undefined;
    };
    mediaBytes: {
      /** Null: any number */
      limit: number | null;
      used: number;
      /** When the minute ends that began with the first */
      resetsAt?: string | undefined;
    };
    streams: {
      /** Null: any number */
      limit: number | null;
      used: number;
      /** When the minute ends that began with the first */
      resetsAt?: string | undefined;
    };
    requestsPerMinute: {
      /** Null: any number */
      limit: number | null;
      used: number;
      /** When the minute ends that began with the first */
      resetsAt?: string | undefined;
    };
    eventsPerMinute: {
      /** Null: any number */
      limit: number | null;
      used: number;
      /** When the minute ends that began with the first */
      resetsAt?: string | undefined;
    };
  };
}

export interface Live {
  status: 'ok';
  version: string;
}

export interface Ready {
  status: 'ready' | 'not ready';
  /** Followers of the ledger that are behind it: by how many events, and for how long */
  degraded?: {
    follower: string;
    events: number;
    seconds: number;
  }[] | undefined;
  /** The store of files does not answer: what carries a file waits or is refused, and all else goes on */
  media?: {
    awaySince: string;
  } | undefined;
}

export interface EnginesHealth {
  /** Those that are turned on */
  engines: ('sandbox' | 'wppconnect')[];
  /** The last "hookline doctor whatsapp" on this data directory; null: none yet */
  whatsapp: {
    /** ISO 8601, UTC */
    checkedAt: string;
    /** Whether WhatsApp's page came at all */
    reached: boolean;
    detail: string | null;
    /** WhatsApp Web's version */
    whatsapp: string | null;
    waJs: string | null;
    browser: string | null;
    checks: {
      name: string;
      /** unseen: it shows only after a scan */
      is: 'pass' | 'fail' | 'unseen';
      what: string;
    }[];
  } | null;
}

/** Problems that tell more than every problem does, by their codes. */
export interface ToldProblems {
  'session-exists': SessionExistsProblem;
  'limit-reached': LimitReachedProblem;
  'not-supported-by-engine': NotSupportedByEngineProblem;
  'qr-unavailable': QrUnavailableProblem;
  'pairing-unavailable': PairingUnavailableProblem;
  'passkey-unavailable': PasskeyUnavailableProblem;
  'message-not-cancelable': MessageNotCancelableProblem;
  'message-not-retryable': MessageNotRetryableProblem;
  'range-not-satisfiable': RangeNotSatisfiableProblem;
}

export interface CreateTenantBody {
  name: string;
}

export interface ListTenantsQuery {
  /** How many at the most */
  limit?: number | undefined;
  /** `nextCursor` of the page before */
  cursor?: string | undefined;
}

export interface UpdateTenantBody {
  name?: string | undefined;
  settings?: {
    retention?: {
      payloadDays?: number | null | undefined;
      messagesDays?: number | null | undefined;
      attemptsDays?: number | null | undefined;
      auditDays?: number | null | undefined;
    } | null | undefined;
    flows?: {
      typing?: boolean | null | undefined;
      phonePauseMinutes?: number | null | undefined;
    } | null | undefined;
    media?: {
      maxBytes?: number | null | undefined;
      retentionDays?: number | null | undefined;
      quotaBytes?: number | null | undefined;
    } | null | undefined;
    limits?: {
      /** 0: any number */
      sessions?: number | null | undefined;
      /** 0: any number */
      endpoints?: number | null | undefined;
      /** 0: any number */
      flows?: number | null | undefined;
      /** 0: any number */
      patterns?: number | null | undefined;
      /** 0: any number */
      flowCharacters?: number | null | undefined;
      /** 0: any number */
      queuedSends?: number | null | undefined;
      /** 0: any number */
      mediaBytes?: number | null | undefined;
      /** 0: any number */
      streams?: number | null | undefined;
      /** 0: any number */
      requestsPerMinute?: number | null | undefined;
      /** 0: any number */
      eventsPerMinute?: number | null | undefined;
    } | null | undefined;
  } | undefined;
}

export interface CreateTenantKeyBody {
  name?: string | undefined;
  scopes?: ('sessions:read' | 'sessions:write' | 'messages:read' | 'messages:send' | 'webhooks:read' | 'webhooks:write' | 'flows:read' | 'flows:write' | 'events:read' | 'audit:read' | 'keys:read' | 'metrics:read')[] | undefined;
  /** Id or name: the key may do something in this session alone, by the routes below it, and ends with it */
  session?: string | undefined;
}

export interface ListNodesQuery {
  /** How many at the most */
  limit?: number | undefined;
  /** `nextCursor` of the page before */
  cursor?: string | undefined;
}

export interface UpdateLogLevelBody {
  /** At debug and silly, message bodies, codes and QR codes are not hidden */
  level: 'error' | 'warn' | 'info' | 'http' | 'verbose' | 'debug' | 'silly';
}

export interface ListSessionsQuery {
  /** How many at the most */
  limit?: number | undefined;
  /** `nextCursor` of the page before */
  cursor?: string | undefined;
}

export interface UpdateSessionBody {
  /** Letters, digits, `.`, `_` and `-` */
  name?: string | undefined;
  /** Settings of this session: its pacing, and what its engine takes */
  config?: {
    /** null: off */
    pacing?: {
      /** Messages a minute over a longer time; 0.001 is one in 16 hours */
      perMinute?: number | undefined;
      /** So many at once after a pause; 1 if left out */
      burst?: number | undefined;
      /** Between two messages at least this long */
      minGapSeconds?: number | undefined;
      /** Up to this part of the gap longer, by chance */
      jitter?: number | undefined;
      /** Messages a minute to one chat */
      perChatPerMinute?: number | undefined;
      /** Nothing leaves in them */
      quietHours?: {
        from: string;
        /** Where it is the earlier one, on the day after */
        to: string;
        timezone: string;
      } | undefined;
      /** On its nth day a session sends at most n times perDay, until the days are over */
      warmUp?: {
        days: number;
        perDay: number;
      } | undefined;
    } | null | undefined;
    [member: string]: unknown;
  } | undefined;
}

export interface GetSessionQrQuery {
  /** In the place of the header Accept */
  format?: 'json' | 'png' | 'svg' | 'text' | undefined;
}

export interface CreatePairingCodeBody {
  /** Of the account, with its country code */
  phone: string;
}

export interface AnswerPasskeyBody {
  /** null: nobody will sign, and the session starts over */
  credential: {
    id: string;
    rawId: string;
    type: 'public-key';
    authenticatorAttachment?: string | null | undefined;
    response: {
      clientDataJSON: string;
      authenticatorData: string;
      signature: string;
      userHandle?: string | null | undefined;
    };
    clientExtensionResults?: Record<string, unknown> | undefined;
  } | null;
}

export interface ConfirmPasskeyBody {
  /** false: the session starts over */
  matches: boolean;
}

export interface CreateLinkPageBody {
  expiresInSeconds?: number | undefined;
  /** Language of the page; else the one of the browser, or English */
  locale?: 'en' | 'pt' | 'es' | undefined;
  /** Where the person is sent once the phone is linked */
  redirectUrl?: string | undefined;
  /** Origins whose pages may show it in a frame, and are told by postMessage when the phone is linked */
  frameAncestors?: string[] | undefined;
}

export interface RestoreSessionQuery {
  /** For the operator: the id of the tenant that the backup was made in, to carry it from there on purpose */
  from?: string | undefined;
}

export interface ListMessagesQuery {
  /** How many at the most */
  limit?: number | undefined;
  /** `nextCursor` of the page before */
  cursor?: string | undefined;
  /** A phone number or WhatsApp address */
  chat?: string | undefined;
  /** Came in, or was sent */
  direction?: 'inbound' | 'outbound' | undefined;
  /** How far it has come */
  status?: 'scheduled' | 'queued' | 'sending' | 'sent' | 'delivered' | 'read' | 'played' | 'failed' | 'expired' | 'canceled' | 'unknown' | 'received' | undefined;
  /** As the send gave it */
  reference?: string | undefined;
  /** ISO 8601 with a zone */
  since?: string | undefined;
  /** What somebody has said: a piece of a text, in upper or lower case, with or without accents. A page looks through 5,000 messages at the most, so that it may hold few or none and yet have a `nextCursor` */
  search?: string | undefined;
}

export interface SendMessagesBody {
  messages: BulkSend[];
}

export interface CountMessagesQuery {
  /** What is counted together */
  by?: 'hour' | 'day' | undefined;
  /** The first hour or day is the one with this time, at most 31 days ago; left out, the last 24 hours or 30 days. ISO 8601 with a zone */
  since?: string | undefined;
  /** Where hours and days begin, such as America/Sao_Paulo */
  timezone?: string | undefined;
  /** Id or name; left out, all of them */
  session?: string | undefined;
}

export interface CreateMediaQuery {
  /** The name of the file, in the place of the one that comes with it */
  filename?: string | undefined;
}

export interface ListContactsQuery {
  /** How many at the most */
  limit?: number | undefined;
  /** `nextCursor` of the page before */
  cursor?: string | undefined;
  /** A piece of a name, whatever its accents and capitals, or of a number */
  search?: string | undefined;
  /** In the phone's address book, or not */
  saved?: boolean | undefined;
  /** Blocked, or not */
  blocked?: boolean | undefined;
}

export interface CheckContactQuery {
  /** true: ask WhatsApp again, even if the answer is known */
  fresh?: boolean | undefined;
}

export interface ListChatsQuery {
  /** How many at the most */
  limit?: number | undefined;
  /** `nextCursor` of the page before */
  cursor?: string | undefined;
  /** A piece of a name, whatever its accents and capitals, or of a number */
  search?: string | undefined;
  /** What kind of chat */
  kind?: 'private' | 'group' | 'status' | 'broadcast' | 'newsletter' | undefined;
  /** With unread messages, or without */
  unread?: boolean | undefined;
  /** Archived, or not */
  archived?: boolean | undefined;
  /** The id of a label */
  label?: string | undefined;
}

export interface ShowTypingBody {
  on?: boolean | undefined;
}

export interface ShowRecordingBody {
  on?: boolean | undefined;
}

export interface SetPresenceBody {
  available: boolean;
}

export interface ListLabelsQuery {
  /** How many at the most */
  limit?: number | undefined;
  /** `nextCursor` of the page before */
  cursor?: string | undefined;
}

export interface PutChatLabelsBody {
  /** Ids. The chat then has these and no others */
  labels: string[];
}

export interface ListGroupsQuery {
  /** How many at the most */
  limit?: number | undefined;
  /** `nextCursor` of the page before */
  cursor?: string | undefined;
  /** A piece of a name, whatever its accents and capitals, or of a number */
  search?: string | undefined;
}

export interface CreateGroupBody {
  participants: string[];
  subject: string;
}

export interface UpdateGroupBody {
  subject?: string | undefined;
  /** Empty: none */
  description?: string | undefined;
}

export interface ListGroupParticipantsQuery {
  /** How many at the most */
  limit?: number | undefined;
  /** `nextCursor` of the page before */
  cursor?: string | undefined;
}

export interface AddGroupParticipantsBody {
  participants: string[];
}

export interface RemoveGroupParticipantsBody {
  participants: string[];
}

export interface PromoteGroupParticipantsBody {
  participants: string[];
}

export interface DemoteGroupParticipantsBody {
  participants: string[];
}

export interface CreateWebhookBody {
  url: string;
  /** "*", a type, or all of a kind: "message.*" */
  events?: string[] | undefined;
  /** Ids or names; empty means all */
  sessions?: string[] | undefined;
  /** Of which chats and people it hears, besides `events` and `sessions`. What an event says nothing of it passes; null for all */
  filter?: {
    chatKinds?: ('private' | 'group' | 'status' | 'broadcast' | 'newsletter')[] | undefined;
    /** Phone numbers, usernames or WhatsApp addresses, in any form */
    chats?: string[] | undefined;
    /** As `chats`; of a message in a group whoever wrote it */
    senders?: string[] | undefined;
  } | null | undefined;
  /** What waits for a delivery that fails: strict: all behind it in its session; chat: those of its chat; relaxed: nothing */
  ordering?: 'strict' | 'chat' | 'relaxed' | undefined;
  /** Requests a second; null for no limit */
  rateLimit?: number | null | undefined;
  /** Seconds to wait after the first, second, … failure, the last repeated for 3 days; null for the hub's own */
  schedule?: number[] | null | undefined;
  /** To answer in; null for the hub's own */
  timeoutSeconds?: number | null | undefined;
  /** v1 is HMAC-SHA256 with the secret, v1a is ed25519, verified with publicKey */
  signatures?: ('v1' | 'v1a')[] | undefined;
  description?: string | undefined;
  /** In whose words it is told of events: the hub's own (hookline), or those of another product */
  dialect?: 'hookline' | 'evolution' | 'cloud' | 'waha' | 'wppconnect' | undefined;
  /** How it is told in the words of another product, see docs/webhooks.md; all of it. A secret is given as {"secret": "…"}, and never shown */
  dialectOptions?: Record<string, unknown> | undefined;
  /** A value given as {"secret": "…"} is stored sealed and never shown; authorization must be */
  headers?: Record<string, string | {
      secret: string;
    }> | undefined;
  /** Your own, to sign with: `whsec_` and base64 of 24 to 64 random bytes. One is made when not given */
  secret?: string | undefined;
}

export interface ListWebhooksQuery {
  /** How many at the most */
  limit?: number | undefined;
  /** `nextCursor` of the page before */
  cursor?: string | undefined;
}

export interface UpdateWebhookBody {
  url?: string | undefined;
  /** "*", a type, or all of a kind: "message.*" */
  events?: string[] | undefined;
  /** Ids or names; empty means all */
  sessions?: string[] | undefined;
  /** Of which chats and people it hears, besides `events` and `sessions`. What an event says nothing of it passes; null for all */
  filter?: {
    chatKinds?: ('private' | 'group' | 'status' | 'broadcast' | 'newsletter')[] | undefined;
    /** Phone numbers, usernames or WhatsApp addresses, in any form */
    chats?: string[] | undefined;
    /** As `chats`; of a message in a group whoever wrote it */
    senders?: string[] | undefined;
  } | null | undefined;
  /** What waits for a delivery that fails: strict: all behind it in its session; chat: those of its chat; relaxed: nothing */
  ordering?: 'strict' | 'chat' | 'relaxed' | undefined;
  /** Requests a second; null for no limit */
  rateLimit?: number | null | undefined;
  /** Seconds to wait after the first, second, … failure, the last repeated for 3 days; null for the hub's own */
  schedule?: number[] | null | undefined;
  /** To answer in; null for the hub's own */
  timeoutSeconds?: number | null | undefined;
  /** v1 is HMAC-SHA256 with the secret, v1a is ed25519, verified with publicKey */
  signatures?: ('v1' | 'v1a')[] | undefined;
  description?: string | undefined;
  /** In whose words it is told of events: the hub's own (hookline), or those of another product */
  dialect?: 'hookline' | 'evolution' | 'cloud' | 'waha' | 'wppconnect' | undefined;
  /** How it is told in the words of another product, see docs/webhooks.md; all of it. A secret is given as {"secret": "…"}, and never shown */
  dialectOptions?: Record<string, unknown> | undefined;
  /** A value given as {"secret": "…"} is stored sealed and never shown; authorization must be */
  headers?: Record<string, string | {
      secret: string;
    }> | undefined;
}

export interface RotateWebhookSecretBody {
  /** Your own, to sign with: `whsec_` and base64 of 24 to 64 random bytes. One is made when not given */
  secret?: string | undefined;
  /** How long the former secrets sign beside the new one; 0: they end now. `webhooks.rotationHours` when not given */
  overlapSeconds?: number | undefined;
}

export interface TestWebhookAnswer {
  eventId: string;
  deliveryId: string;
}

export interface ListWebhookDeliveriesQuery {
  /** How many at the most */
  limit?: number | undefined;
  /** `nextCursor` of the page before */
  cursor?: string | undefined;
  /** dead: given up */
  status?: 'pending' | 'delivered' | 'dead' | undefined;
  /** Id of the event that is sent */
  event?: string | undefined;
}

export interface ReplayWebhookBody {
  since: string;
  until?: string | undefined;
  types?: string[] | undefined;
  /** failed: given up; missing: the endpoint has no delivery of it */
  status?: 'all' | 'failed' | 'missing' | undefined;
}

export interface GetWebhookReplayPreviewQuery {
  /** Of events from then on */
  since: string;
  /** Of events up to then; now when not given */
  until?: string | undefined;
  /** Comma-separated types, or all below a prefix */
  types?: string | undefined;
  /** failed: given up; missing: the endpoint has no delivery of it */
  status?: 'all' | 'failed' | 'missing' | undefined;
}

export interface ListEventsQuery {
  /** An event id, or the nextCursor of a page. After one that is not kept any more comes the first that is, and `gap` says so. Without it a page begins at the first event there is, and what is live with the next one. With `order=desc` a page goes on from it towards older events */
  after?: string | undefined;
  /** Comma-separated types, or all below a prefix */
  types?: string | undefined;
  /** Id or name */
  session?: string | undefined;
  /** `nextCursor` of the page before; as `after` */
  cursor?: string | undefined;
  /** Oldest or newest first; a page goes on in the same order */
  order?: 'asc' | 'desc' | undefined;
  /** Text anywhere in an event, in upper or lower case. A page looks through 5,000 events at the most, so that it may hold few or none and yet have a `nextCursor` */
  search?: string | undefined;
  /** How many at the most */
  limit?: number | undefined;
  /** Of Server-Sent Events: whether each has the name of its type. Without names all of them come to a browser's `onmessage` */
  named?: 'true' | 'false' | undefined;
}

export interface ListFlowsQuery {
  /** How many at the most */
  limit?: number | undefined;
  /** `nextCursor` of the page before */
  cursor?: string | undefined;
}

export interface CheckFlowAnswer {
  ok: boolean;
  errors: {
    /** The text, with line and column */
    path: string;
    message: string;
  }[];
  /** What keeps it from nothing, and will fail when it runs: secrets and sessions that are not there */
  warnings: {
    /** The text, with line and column */
    path: string;
    message: string;
  }[];
  /** What can be read of it: its steps, and where each leads. Null where that is nothing */
  graph: {
    flow: string;
    /** What starts it */
    start: string[];
    /** In the order in which they are written */
    steps: {
      /** Where a step stands in its text, such as steps.2.then.0 */
      position: string;
      id: string | null;
      shape: 'branch' | 'asks' | 'does' | 'end';
      label: string;
      line: number;
      column: number;
      /** Where it may go on; null: the run ends */
      ways: {
        /** Where a step stands in its text, such as steps.2.then.0 */
        to: string | null;
        why: string;
      }[];
    }[];
    /** What may be said at any time, and where it leads */
    anytime: {
      says: string;
      /** Where a step stands in its text, such as steps.2.then.0 */
      to: string;
    }[];
  } | null;
}

export interface FormatFlowAnswer {
  source: string;
}

export interface PutFlowQuery {
  /** What becomes of the runs under way: as they began, on in the new text, or ended */
  runs?: 'keep' | 'migrate' | 'end' | undefined;
}

export interface ListFlowRevisionsQuery {
  /** How many at the most */
  limit?: number | undefined;
  /** `nextCursor` of the page before */
  cursor?: string | undefined;
}

export interface SimulateFlowBody {
  /** What the contact writes */
  messages?: string[] | undefined;
  /** Instead: user, bot, advance, expect…, as in *.test.yml */
  chat?: Record<string, unknown>[] | undefined;
  /** YAML, instead of what is published */
  source?: string | undefined;
  now?: string | undefined;
  contact?: {
    name?: string | null | undefined;
    phone?: string | undefined;
  } | undefined;
  /** Tags that the chat has at the beginning */
  tags?: string[] | undefined;
  /** What is remembered of the contact at the beginning, by name */
  remembered?: Record<string, unknown> | undefined;
  http_mocks?: Record<string, unknown>[] | undefined;
}

export interface TestFlowBody {
  /** Conversations, as YAML: the text of a *.test.yml; left out, those that the flow has */
  tests?: string | undefined;
  /** YAML, instead of what is published */
  source?: string | undefined;
}

export interface StartFlowBody {
  /** Id or name */
  session: string;
  /** A phone number or WhatsApp address */
  chat: string;
  /** Values of its "inputs" */
  data?: Record<string, unknown> | undefined;
}

export interface StartFlowAnswer {
  flow: string;
  sessionId: string;
  chat: string;
  status: 'requested';
}

export interface ListFlowSecretsQuery {
  /** How many at the most */
  limit?: number | undefined;
  /** `nextCursor` of the page before */
  cursor?: string | undefined;
}

export interface PutFlowSecretBody {
  value: string;
}

export interface ListRunsQuery {
  /** How many at the most */
  limit?: number | undefined;
  /** `nextCursor` of the page before */
  cursor?: string | undefined;
  /** How the run is */
  status?: 'waiting' | 'ended' | 'failed' | undefined;
  /** The name of a flow */
  flow?: string | undefined;
  /** Id or name */
  session?: string | undefined;
  /** It began, went on or ended at this time or later: ISO 8601 with a zone */
  since?: string | undefined;
  /** False: without what each did turn by turn, which is long */
  trace?: boolean | undefined;
}

export interface ListHandoffsQuery {
  /** How many at the most */
  limit?: number | undefined;
  /** `nextCursor` of the page before */
  cursor?: string | undefined;
}

export interface HandChatOffBody {
  /** After this flows answer again by themselves; without it when somebody resumes */
  pauseSeconds?: number | undefined;
}

export interface ListChatFlowTextsQuery {
  /** How many at the most */
  limit?: number | undefined;
  /** `nextCursor` of the page before */
  cursor?: string | undefined;
  /** A piece of a text or of a flow's name, in upper or lower case, with or without accents. A page looks through some of the texts, so that it may hold few or none and yet have a `nextCursor` */
  search?: string | undefined;
}

export interface ExplainChatQuery {
  /** The id of a message of this chat */
  message: string;
}

export interface ListOptOutsQuery {
  /** How many at the most */
  limit?: number | undefined;
  /** `nextCursor` of the page before */
  cursor?: string | undefined;
}

export interface ScanInSandboxBody {
  phone?: string | undefined;
  name?: string | undefined;
}

export interface ReceiveInSandboxBody {
  from: string;
  chat?: string | undefined;
  /** The hub's word, or WhatsApp's own for what the hub has none for. Of view-once, ciphertext, unknown, oversized the hub hears only that it came */
  type?: string | undefined;
  text?: string | undefined;
  name?: string | undefined;
  /** Of the writer at WhatsApp, without its @ */
  username?: string | undefined;
  lid?: string | undefined;
  /** Of a hidden number in "from"; with "lid" the hub is told both names of the writer */
  phone?: string | undefined;
  /** The file in base64, or a size: so many bytes are made up, always the same ones */
  media?: {
    mimetype: string;
    filename?: string | undefined;
    base64: string;
  } | {
    mimetype: string;
    filename?: string | undefined;
    size: number;
  } | undefined;
  replyTo?: string | undefined;
  mentions?: string[] | undefined;
  location?: Place | undefined;
  contacts?: ContactCard[] | undefined;
  poll?: Poll | undefined;
  list?: List | undefined;
  choice?: Choice | undefined;
  title?: string | undefined;
  videoNote?: boolean | undefined;
  viewOnce?: boolean | undefined;
  raw?: Raw | undefined;
  forwarded?: boolean | undefined;
  engineId?: string | undefined;
  fromMe?: boolean | undefined;
  at?: string | undefined;
}

export interface ReceiveInSandboxAnswer {
  engineId: string;
}

export type HappenInSandboxBody = {
  kind: 'reaction';
  from: string;
  chat?: string | undefined;
  name?: string | undefined;
  at?: string | undefined;
  /** The hub's id or WhatsApp's */
  messageId: string;
  emoji: string | null;
} | {
  kind: 'edited';
  from: string;
  chat?: string | undefined;
  name?: string | undefined;
  at?: string | undefined;
  /** The hub's id or WhatsApp's */
  messageId: string;
  text: string;
} | {
  kind: 'revoked';
  from: string;
  chat?: string | undefined;
  name?: string | undefined;
  at?: string | undefined;
  /** The hub's id or WhatsApp's */
  messageId: string;
} | {
  kind: 'poll-vote';
  from: string;
  chat?: string | undefined;
  name?: string | undefined;
  at?: string | undefined;
  /** The hub's id or WhatsApp's */
  messageId: string;
  options: string[];
} | {
  kind: 'presence';
  from: string;
  chat?: string | undefined;
  name?: string | undefined;
  at?: string | undefined;
  state: 'available' | 'unavailable' | 'typing' | 'recording';
  lastSeenAt?: string | undefined;
} | {
  kind: 'participants';
  from: string;
  chat?: string | undefined;
  name?: string | undefined;
  at?: string | undefined;
  action: 'add' | 'remove' | 'promote' | 'demote' | 'join' | 'leave';
  participants: string[];
} | {
  kind: 'call';
  from: string;
  chat?: string | undefined;
  name?: string | undefined;
  at?: string | undefined;
  video?: boolean | undefined;
} | {
  kind: 'dialog';
  /** What WhatsApp Web shows over the chats, and the hub does not know */
  text: string;
};

export interface AckInSandboxBody {
  /** The hub's id or WhatsApp's */
  messageId: string;
  /** Who has got it, in a group */
  participant?: string | undefined;
  /** A word, or WhatsApp's number: 1 sent, 2 delivered, 3 read, 4 played, below 0 failed */
  ack: 'failed' | 'sent' | 'delivered' | 'read' | 'played' | number;
}

export interface DisconnectSandboxBody {
  reason?: 'network' | 'loggedOut' | 'conflict' | 'banned' | undefined;
}

export interface SetSandboxFaultsBody {
  send?: {
    failNext?: number | undefined;
    /** How WhatsApp refuses those: a code of wa-js, or what WhatsApp answers to a send. Without it, in a way that nobody knows */
    code?: 'chat_not_found' | 'invalid_wid' | 'not_in_chat' | 'not_a_lid_chat' | 'archive_error' | 'unarchive_error' | 'pin_error' | 'unpin_error' | 'pin_send_error' | 'invalid_pin_parameter' | 'invalid_time_mute' | 'negative_time_mute' | 'can_not_get_notes_for_groups' | 'can_not_set_notes_for_groups' | 'missing_content_for_notes' | 'send_type_filter' | 'send_labelId' | 'send_ids' | 'new_chats_locked' | 'msg_not_found' | 'message_not_found' | 'msg_expired' | 'message_not_have_a_reply' | 'invalid_quoted_msg' | 'quoted_msg_can_not_reply' | 'mentioned_list_is_not_array' | 'mentioned_is_not_user' | 'message_key_is_not_from_me' | 'message_key_remote_id_is_not_same_of_chat' | 'type_not_valid_for_newsletter' | 'can_not_send_message_to_this_groupType' | 'not_allowed' | 'edit_message_error' | 'file_too_large' | 'maxMediaSize_error' | 'maxFileSize_error' | 'invalid_data_url' | 'forward_messages_not_available' | 'forward_messages_to_chats_not_available' | 'timeout_on_send_status' | 'timeout_on_register_status' | 'error_on_remove_status' | 'invalid_list_type' | 'invalid_list_size' | 'buttons_not_a_array' | 'not_alowed_more_then_three_buttons' | 'buttons_must_between_1_and_3_options' | 'reply_and_cta_btn_not_allowed' | 'no_buttons_in_message' | 'invalid_button_index' | 'unsupported_button_type' | 'button_not_replyable' | 'callType_is_invalid' | 'parameter_not_fount' | 'send_required_params' | 'send_the_required_fields' | 'message_not_contains_media' | 'media_not_found' | 'not_a_group' | 'group_not_exist' | 'group_you_are_not_admin' | 'you_not_group_admin' | 'group_you_are_restricted_member' | 'you_are_not_allowed_set_group_description' | 'you_are_not_allowed_set_group_property' | 'you_are_not_allowed_set_group_subject' | 'you_are_not_allowed_set_ephemeral_setting' | 'invalid_ephemeral_duration' | 'group_participant_not_found' | 'group_participant_is_not_a_group_member' | 'not_valid_group_participants' | 'group_participant_is_already_a_group_admin' | 'group_participant_is_already_not_a_group_admin' | 'participant_not_exists' | 'group_add_participant_error' | 'error_on_accept_membership_request' | 'error_on_reject_membership_request' | 'invalid_invite_code' | 'contact_not_found' | 'number_is_not_your_contact' | 'contact_is_not_a_lid' | 'invalid_username' | 'invalid_username_key' | 'query_wid_username_exists_not_available' | 'invalid_contact_id_for_legacy_version' | 'label_not_exist' | 'canot_get_label_error' | 'color_not_in_pallet' | 'invalid_color' | 'canot_get_color_palette' | 'cannot_get_color' | 'list_not_found' | 'list_name_required' | 'list_invalid_color' | 'list_is_mandatory' | 'disallowed_list_is_mandatory' | 'incorrect_type' | 'value_not_a_boolean' | 'not_a_newsletter' | 'invalid_newsletter_id' | 'send_correctly_newsletter_id' | 'newsletter_follower_limit' | 'newsletter_closed' | 'newsletter_geosuspended' | 'newsletter_follow_failed' | 'newsletter_unfollow_failed' | 'newsletter_search_failed' | 'newsletter_subscribers_require_admin' | 'invalid_mute_value' | 'invalid_search_query' | 'mex_client_not_available' | 'is_not_business' | 'NOT_BUSINESS_PROFILE' | 'connected_device_not_is_business' | 'product_not_found' | 'cart_not_have_products' | 'can_not_submit_order_to_yourself' | 'error_send_order_request' | 'msg_not_order' | 'msg_not_is_a_order' | 'invalid_order_message' | 'order_not_processed' | 'call_not_found' | 'call_is_not_incoming_ring' | 'call_is_not_user' | 'voip_stack_not_found' | 'send_the_phone_number_to_connect' | 'cannot_get_code_for_already_authenticated' | 'maxShare_error' | 'statusVideoMaxDuration_error' | 'unlimitedPin_error' | 'setLimit_error' | 'ERROR_NETWORK' | 'ERROR_UPLOAD' | 'ERROR_CANCELLED' | 'ERROR_EXPIRED' | 'ERROR_UNKNOWN' | 'offline' | undefined;
    delayMs?: number | undefined;
    hang?: boolean | undefined;
  } | undefined;
  /** Digits of numbers that are not on WhatsApp; hidden numbers (…@lid) by the digits of the number, and by username (null: a PIN is before it) */
  exists?: {
    unknown?: string[] | undefined;
    lids?: Record<string, string> | undefined;
    usernames?: Record<string, string | null> | undefined;
  } | undefined;
  media?: {
    failNext?: number | undefined;
    /** How WhatsApp refuses those: a code of wa-js, or what WhatsApp answers to a send. Without it, in a way that nobody knows */
    code?: 'chat_not_found' | 'invalid_wid' | 'not_in_chat' | 'not_a_lid_chat' | 'archive_error' | 'unarchive_error' | 'pin_error' | 'unpin_error' | 'pin_send_error' | 'invalid_pin_parameter' | 'invalid_time_mute' | 'negative_time_mute' | 'can_not_get_notes_for_groups' | 'can_not_set_notes_for_groups' | 'missing_content_for_notes' | 'send_type_filter' | 'send_labelId' | 'send_ids' | 'new_chats_locked' | 'msg_not_found' | 'message_not_found' | 'msg_expired' | 'message_not_have_a_reply' | 'invalid_quoted_msg' | 'quoted_msg_can_not_reply' | 'mentioned_list_is_not_array' | 'mentioned_is_not_user' | 'message_key_is_not_from_me' | 'message_key_remote_id_is_not_same_of_chat' | 'type_not_valid_for_newsletter' | 'can_not_send_message_to_this_groupType' | 'not_allowed' | 'edit_message_error' | 'file_too_large' | 'maxMediaSize_error' | 'maxFileSize_error' | 'invalid_data_url' | 'forward_messages_not_available' | 'forward_messages_to_chats_not_available' | 'timeout_on_send_status' | 'timeout_on_register_status' | 'error_on_remove_status' | 'invalid_list_type' | 'invalid_list_size' | 'buttons_not_a_array' | 'not_alowed_more_then_three_buttons' | 'buttons_must_between_1_and_3_options' | 'reply_and_cta_btn_not_allowed' | 'no_buttons_in_message' | 'invalid_button_index' | 'unsupported_button_type' | 'button_not_replyable' | 'callType_is_invalid' | 'parameter_not_fount' | 'send_required_params' | 'send_the_required_fields' | 'message_not_contains_media' | 'media_not_found' | 'not_a_group' | 'group_not_exist' | 'group_you_are_not_admin' | 'you_not_group_admin' | 'group_you_are_restricted_member' | 'you_are_not_allowed_set_group_description' | 'you_are_not_allowed_set_group_property' | 'you_are_not_allowed_set_group_subject' | 'you_are_not_allowed_set_ephemeral_setting' | 'invalid_ephemeral_duration' | 'group_participant_not_found' | 'group_participant_is_not_a_group_member' | 'not_valid_group_participants' | 'group_participant_is_already_a_group_admin' | 'group_participant_is_already_not_a_group_admin' | 'participant_not_exists' | 'group_add_participant_error' | 'error_on_accept_membership_request' | 'error_on_reject_membership_request' | 'invalid_invite_code' | 'contact_not_found' | 'number_is_not_your_contact' | 'contact_is_not_a_lid' | 'invalid_username' | 'invalid_username_key' | 'query_wid_username_exists_not_available' | 'invalid_contact_id_for_legacy_version' | 'label_not_exist' | 'canot_get_label_error' | 'color_not_in_pallet' | 'invalid_color' | 'canot_get_color_palette' | 'cannot_get_color' | 'list_not_found' | 'list_name_required' | 'list_invalid_color' | 'list_is_mandatory' | 'disallowed_list_is_mandatory' | 'incorrect_type' | 'value_not_a_boolean' | 'not_a_newsletter' | 'invalid_newsletter_id' | 'send_correctly_newsletter_id' | 'newsletter_follower_limit' | 'newsletter_closed' | 'newsletter_geosuspended' | 'newsletter_follow_failed' | 'newsletter_unfollow_failed' | 'newsletter_search_failed' | 'newsletter_subscribers_require_admin' | 'invalid_mute_value' | 'invalid_search_query' | 'mex_client_not_available' | 'is_not_business' | 'NOT_BUSINESS_PROFILE' | 'connected_device_not_is_business' | 'product_not_found' | 'cart_not_have_products' | 'can_not_submit_order_to_yourself' | 'error_send_order_request' | 'msg_not_order' | 'msg_not_is_a_order' | 'invalid_order_message' | 'order_not_processed' | 'call_not_found' | 'call_is_not_incoming_ring' | 'call_is_not_user' | 'voip_stack_not_found' | 'send_the_phone_number_to_connect' | 'cannot_get_code_for_already_authenticated' | 'maxShare_error' | 'statusVideoMaxDuration_error' | 'unlimitedPin_error' | 'setLimit_error' | 'ERROR_NETWORK' | 'ERROR_UPLOAD' | 'ERROR_CANCELLED' | 'ERROR_EXPIRED' | 'ERROR_UNKNOWN' | 'offline' | undefined;
    gone?: boolean | undefined;
  } | undefined;
  /** So many scans ask for the passkey of the account; the code to be compared once it was signed; how long an answer may take; so many signatures are not taken */
  passkey?: {
    askNext?: number | undefined;
    code?: string | undefined;
    validMs?: number | undefined;
    refuseNext?: number | undefined;
  } | undefined;
  /** What the account is; until when WhatsApp lets it begin no new chats */
  account?: {
    kind?: 'personal' | 'business' | undefined;
    newChatsUntil?: string | undefined;
  } | undefined;
  /** What is asked of contacts, chats, groups, presence and labels */
  directory?: {
    failNext?: number | undefined;
    /** How WhatsApp refuses those: a code of wa-js, or what WhatsApp answers to a send. Without it, in a way that nobody knows */
    code?: 'chat_not_found' | 'invalid_wid' | 'not_in_chat' | 'not_a_lid_chat' | 'archive_error' | 'unarchive_error' | 'pin_error' | 'unpin_error' | 'pin_send_error' | 'invalid_pin_parameter' | 'invalid_time_mute' | 'negative_time_mute' | 'can_not_get_notes_for_groups' | 'can_not_set_notes_for_groups' | 'missing_content_for_notes' | 'send_type_filter' | 'send_labelId' | 'send_ids' | 'new_chats_locked' | 'msg_not_found' | 'message_not_found' | 'msg_expired' | 'message_not_have_a_reply' | 'invalid_quoted_msg' | 'quoted_msg_can_not_reply' | 'mentioned_list_is_not_array' | 'mentioned_is_not_user' | 'message_key_is_not_from_me' | 'message_key_remote_id_is_not_same_of_chat' | 'type_not_valid_for_newsletter' | 'can_not_send_message_to_this_groupType' | 'not_allowed' | 'edit_message_error' | 'file_too_large' | 'maxMediaSize_error' | 'maxFileSize_error' | 'invalid_data_url' | 'forward_messages_not_available' | 'forward_messages_to_chats_not_available' | 'timeout_on_send_status' | 'timeout_on_register_status' | 'error_on_remove_status' | 'invalid_list_type' | 'invalid_list_size' | 'buttons_not_a_array' | 'not_alowed_more_then_three_buttons' | 'buttons_must_between_1_and_3_options' | 'reply_and_cta_btn_not_allowed' | 'no_buttons_in_message' | 'invalid_button_index' | 'unsupported_button_type' | 'button_not_replyable' | 'callType_is_invalid' | 'parameter_not_fount' | 'send_required_params' | 'send_the_required_fields' | 'message_not_contains_media' | 'media_not_found' | 'not_a_group' | 'group_not_exist' | 'group_you_are_not_admin' | 'you_not_group_admin' | 'group_you_are_restricted_member' | 'you_are_not_allowed_set_group_description' | 'you_are_not_allowed_set_group_property' | 'you_are_not_allowed_set_group_subject' | 'you_are_not_allowed_set_ephemeral_setting' | 'invalid_ephemeral_duration' | 'group_participant_not_found' | 'group_participant_is_not_a_group_member' | 'not_valid_group_participants' | 'group_participant_is_already_a_group_admin' | 'group_participant_is_already_not_a_group_admin' | 'participant_not_exists' | 'group_add_participant_error' | 'error_on_accept_membership_request' | 'error_on_reject_membership_request' | 'invalid_invite_code' | 'contact_not_found' | 'number_is_not_your_contact' | 'contact_is_not_a_lid' | 'invalid_username' | 'invalid_username_key' | 'query_wid_username_exists_not_available' | 'invalid_contact_id_for_legacy_version' | 'label_not_exist' | 'canot_get_label_error' | 'color_not_in_pallet' | 'invalid_color' | 'canot_get_color_palette' | 'cannot_get_color' | 'list_not_found' | 'list_name_required' | 'list_invalid_color' | 'list_is_mandatory' | 'disallowed_list_is_mandatory' | 'incorrect_type' | 'value_not_a_boolean' | 'not_a_newsletter' | 'invalid_newsletter_id' | 'send_correctly_newsletter_id' | 'newsletter_follower_limit' | 'newsletter_closed' | 'newsletter_geosuspended' | 'newsletter_follow_failed' | 'newsletter_unfollow_failed' | 'newsletter_search_failed' | 'newsletter_subscribers_require_admin' | 'invalid_mute_value' | 'invalid_search_query' | 'mex_client_not_available' | 'is_not_business' | 'NOT_BUSINESS_PROFILE' | 'connected_device_not_is_business' | 'product_not_found' | 'cart_not_have_products' | 'can_not_submit_order_to_yourself' | 'error_send_order_request' | 'msg_not_order' | 'msg_not_is_a_order' | 'invalid_order_message' | 'order_not_processed' | 'call_not_found' | 'call_is_not_incoming_ring' | 'call_is_not_user' | 'voip_stack_not_found' | 'send_the_phone_number_to_connect' | 'cannot_get_code_for_already_authenticated' | 'maxShare_error' | 'statusVideoMaxDuration_error' | 'unlimitedPin_error' | 'setLimit_error' | 'ERROR_NETWORK' | 'ERROR_UPLOAD' | 'ERROR_CANCELLED' | 'ERROR_EXPIRED' | 'ERROR_UNKNOWN' | 'offline' | undefined;
    hang?: boolean | undefined;
    unsupported?: boolean | undefined;
  } | undefined;
}

export interface ListSandboxOutboxQuery {
  /** How many at the most */
  limit?: number | undefined;
  /** `nextCursor` of the page before */
  cursor?: string | undefined;
}

export interface ListAuditQuery {
  /** How many at the most */
  limit?: number | undefined;
  /** `nextCursor` of the page before */
  cursor?: string | undefined;
  /** The `x-audit-action` of a route */
  action?: string | undefined;
  /** The id of the key that did it */
  keyId?: string | undefined;
  /** The id, or the name, of what it was done to */
  resource?: string | undefined;
  /** ISO 8601 with a zone */
  since?: string | undefined;
  /** ISO 8601 with a zone */
  until?: string | undefined;
}

export interface ListQuarantineQuery {
  /** How many at the most */
  limit?: number | undefined;
  /** `nextCursor` of the page before */
  cursor?: string | undefined;
  /** Id or name */
  session?: string | undefined;
  /** What failed */
  stage?: 'mapping' | 'storing' | 'reaction' | undefined;
}

/** Every operation of the API, by its operationId. */
export interface Operations {
  /** Make a tenant with its first key. Needs the operator's key. */
  createTenant(body: CreateTenantBody, options?: IdempotentCallOptions): Promise<NewTenant>;
  /** List tenants. Needs the operator's key. */
  listTenants(query?: ListTenantsQuery, options?: CallOptions): Promise<Page<Tenant>>;
  /** Read a tenant. Needs the operator's key. */
  getTenant(id: string, options?: CallOptions): Promise<Tenant>;
  /** Rename a tenant, or set what differs for it. Needs the operator's key. */
  updateTenant(id: string, body?: UpdateTenantBody, options?: CallOptions): Promise<Tenant>;
  /** Remove a tenant and all it owns. Needs the operator's key. */
  deleteTenant(id: string, options?: CallOptions): Promise<void>;
  /** Make a key; it is shown this once. Needs the operator's key. */
  createTenantKey(id: string, body?: CreateTenantKeyBody, options?: IdempotentCallOptions): Promise<NewKey>;
  /** List keys. Needs the operator's key. */
  listTenantKeys(id: string, options?: CallOptions): Promise<Page<Key>>;
  /** Revoke a key. Needs the operator's key. */
  deleteTenantKey(id: string, keyId: string, options?: CallOptions): Promise<void>;
  /** List the keys of the own tenant. Needs the scope `keys:read`. */
  listKeys(options?: CallOptions): Promise<Page<Key>>;
  /** List the nodes of the cluster. Needs the operator's key. */
  listNodes(query?: ListNodesQuery, options?: CallOptions): Promise<Page<Node>>;
  /** Have a node hand over what it does for the others. Needs the operator's key. */
  drainNode(id: string, options?: CallOptions): Promise<void>;
  /** What the hub may reach. Needs the operator's key. */
  getEgress(options?: CallOptions): Promise<EgressSettings>;
  /** What the hub logs. Needs the operator's key. */
  getLogLevel(options?: CallOptions): Promise<LogLevels>;
  /** Log more or less until the next start. Needs the operator's key. */
  updateLogLevel(body: UpdateLogLevelBody, options?: CallOptions): Promise<LogLevels>;
  /** Make a session. Needs the scope `sessions:write`. */
  createSession(body: CreateSessionBody, options?: IdempotentCallOptions): Promise<Session>;
  /** List sessions. Needs the scope `sessions:read`. */
  listSessions(query?: ListSessionsQuery, options?: CallOptions): Promise<Page<Session>>;
  /** Read a session. Needs the scope `sessions:read`. */
  getSession(id: string, options?: CallOptions): Promise<Session>;
  /** Change a session. Needs the scope `sessions:write`. */
  updateSession(id: string, body?: UpdateSessionBody, options?: CallOptions): Promise<Session>;
  /** End a session and remove its login. Needs the scope `sessions:write`. */
  deleteSession(id: string, options?: CallOptions): Promise<void>;
  /** Start, or leave it running. Needs the scope `sessions:write`. */
  connectSession(id: string, options?: CallOptions): Promise<Session>;
  /** Stop; the login stays. Needs the scope `sessions:write`. */
  disconnectSession(id: string, options?: CallOptions): Promise<Session>;
  /** Stop and start. Needs the scope `sessions:write`. */
  restartSession(id: string, options?: CallOptions): Promise<Session>;
  /** Unlink the phone. Needs the scope `sessions:write`. */
  logoutSession(id: string, options?: CallOptions): Promise<Session>;
  getSessionQr(id: string, query: GetSessionQrQuery | undefined, options: RawCallOptions<'image/png' | 'image/svg+xml' | 'text/plain'>): Promise<Response>;
  /** The QR code to scan now. Needs the scope `sessions:read`. */
  getSessionQr(id: string, query?: GetSessionQrQuery, options?: CallOptions): Promise<Qr>;
  /** A code to type on the phone instead of scanning. Needs the scope `sessions:write`. */
  createPairingCode(id: string, body: CreatePairingCodeBody, options?: CallOptions): Promise<PairingCode>;
  /** What the passkey of the account is asked to sign. Needs the scope `sessions:read`. */
  getSessionPasskey(id: string, options?: CallOptions): Promise<Passkey>;
  /** Hand over what the passkey signed. Needs the scope `sessions:write`. */
  answerPasskey(id: string, body: AnswerPasskeyBody, options?: CallOptions): Promise<Session>;
  /** Whether the code is that on the phone. Needs the scope `sessions:write`. */
  confirmPasskey(id: string, body: ConfirmPasskeyBody, options?: CallOptions): Promise<Session>;
  /** Let a browser that has the passkey sign. Needs the scope `sessions:write`. */
  createPasskeyToken(id: string, options?: IdempotentCallOptions): Promise<PasskeyToken>;
  /** A page for the person who has the phone, to link it on. Needs the scope `sessions:write`. */
  createLinkPage(id: string, body?: CreateLinkPageBody, options?: IdempotentCallOptions): Promise<LinkPage>;
  /** What the browser of a session shows now. Needs the scope `sessions:write`. */
  getSessionScreenshot(id: string, options?: CallOptions): Promise<Response>;
  /** The login of a session, sealed. Needs the scope `sessions:write`. */
  getSessionBackup(id: string, options?: CallOptions): Promise<Response>;
  /** Put a backup in the place of the login. Needs the scope `sessions:write`. */
  restoreSession(id: string, body: Bytes, query?: RestoreSessionQuery, options?: CallOptions): Promise<Session>;
  /** Send a message. Needs the scope `messages:send`. */
  sendMessage(id: string, body: Send | FormData, options?: IdempotentCallOptions): Promise<Message>;
  /** List messages. Needs the scope `messages:read`. */
  listMessages(id: string, query?: ListMessagesQuery, options?: CallOptions): Promise<Page<Message>>;
  /** Send up to 1,000 messages. Needs the scope `messages:send`. */
  sendMessages(body: SendMessagesBody, options?: IdempotentCallOptions): Promise<BulkResults>;
  /** How many messages came in and were sent, by the hour or day. Needs the scope `messages:read`. */
  countMessages(query?: CountMessagesQuery, options?: CallOptions): Promise<MessageCounts>;
  /** A message with its history. Needs the scope `messages:read`. */
  getMessage(id: string, options?: CallOptions): Promise<MessageWithHistory>;
  /** Cancel a message that still waits. Needs the scope `messages:send`. */
  deleteMessage(id: string, options?: CallOptions): Promise<void>;
  /** Send a failed or unknown one again. Needs the scope `messages:send`. */
  retryMessage(id: string, options?: CallOptions): Promise<MessageWithHistory>;
  /** Upload a file for sends to come. Needs the scope `messages:send`. */
  createMedia(body: FormData | Bytes, query?: CreateMediaQuery, options?: IdempotentCallOptions): Promise<Media>;
  /** The file of a message, or a part of it. Needs the scope `messages:read`. */
  getMedia(id: string, options?: CallOptions): Promise<Response>;
  /** Remove a file; its message stays. Needs the scope `messages:send`. */
  deleteMedia(id: string, options?: CallOptions): Promise<void>;
  /** What a file is, and whether it is here. Needs the scope `messages:read`. */
  getMediaInfo(id: string, options?: CallOptions): Promise<MediaInfo>;
  /** List contacts, by name. Needs the scope `messages:read`. */
  listContacts(id: string, query?: ListContactsQuery, options?: CallOptions): Promise<Page<Contact>>;
  /** A contact. Needs the scope `messages:read`. */
  getContact(id: string, contact: string, options?: CallOptions): Promise<Contact>;
  /** Whether a number is on WhatsApp. Needs the scope `messages:read`. */
  checkContact(id: string, contact: string, query?: CheckContactQuery, options?: CallOptions): Promise<Existence>;
  /** Block somebody. Needs the scope `messages:send`. */
  blockContact(id: string, contact: string, options?: CallOptions): Promise<void>;
  /** Let somebody in again. Needs the scope `messages:send`. */
  unblockContact(id: string, contact: string, options?: CallOptions): Promise<void>;
  /** Erase all that is kept of a person. Needs the scope `sessions:write`. */
  deleteContactData(id: string, contact: string, options?: CallOptions): Promise<Erasure>;
  /** List chats, the latest first. Needs the scope `messages:read`. */
  listChats(id: string, query?: ListChatsQuery, options?: CallOptions): Promise<Page<Chat>>;
  /** Show or hide the typing indicator. Needs the scope `messages:send`. */
  showTyping(id: string, chat: string, body?: ShowTypingBody, options?: CallOptions): Promise<void>;
  /** Show or hide "recording". Needs the scope `messages:send`. */
  showRecording(id: string, chat: string, body?: ShowRecordingBody, options?: CallOptions): Promise<void>;
  /** Mark a chat as read. Needs the scope `messages:send`. */
  markChatAsSeen(id: string, chat: string, options?: CallOptions): Promise<void>;
  /** Mark a chat as unread. Needs the scope `messages:send`. */
  markChatAsUnseen(id: string, chat: string, options?: CallOptions): Promise<void>;
  /** Who is there; changes are events from then on. Needs the scope `messages:read`. */
  getChatPresence(id: string, chat: string, options?: CallOptions): Promise<Presence>;
  /** Show the account as available or not. Needs the scope `messages:send`. */
  setPresence(id: string, body: SetPresenceBody, options?: CallOptions): Promise<void>;
  /** List labels. Needs the scope `messages:read`. */
  listLabels(id: string, query?: ListLabelsQuery, options?: CallOptions): Promise<Page<Label>>;
  /** Label a chat. Needs the scope `messages:send`. */
  putChatLabels(id: string, chat: string, body: PutChatLabelsBody, options?: CallOptions): Promise<void>;
  /** List groups, by subject. Needs the scope `messages:read`. */
  listGroups(id: string, query?: ListGroupsQuery, options?: CallOptions): Promise<Page<Group>>;
  /** Make a group. Needs the scope `messages:send`. */
  createGroup(id: string, body: CreateGroupBody, options?: IdempotentCallOptions): Promise<NewGroup>;
  /** A group with its participants. Needs the scope `messages:read`. */
  getGroup(id: string, group: string, options?: CallOptions): Promise<GroupWithParticipants>;
  /** Change subject or description. Needs the scope `messages:send`. */
  updateGroup(id: string, group: string, body: UpdateGroupBody, options?: CallOptions): Promise<GroupWithParticipants>;
  /** Leave a group. Needs the scope `messages:send`. */
  leaveGroup(id: string, group: string, options?: CallOptions): Promise<void>;
  /** List participants. Needs the scope `messages:read`. */
  listGroupParticipants(id: string, group: string, query?: ListGroupParticipantsQuery, options?: CallOptions): Promise<Page<Participant>>;
  /** Add participants. Needs the scope `messages:send`. */
  addGroupParticipants(id: string, group: string, body: AddGroupParticipantsBody, options?: CallOptions): Promise<MemberResults>;
  /** Remove participants. Needs the scope `messages:send`. */
  removeGroupParticipants(id: string, group: string, body: RemoveGroupParticipantsBody, options?: CallOptions): Promise<MemberResults>;
  /** Make participants admins. Needs the scope `messages:send`. */
  promoteGroupParticipants(id: string, group: string, body: PromoteGroupParticipantsBody, options?: CallOptions): Promise<MemberResults>;
  /** Make admins participants. Needs the scope `messages:send`. */
  demoteGroupParticipants(id: string, group: string, body: DemoteGroupParticipantsBody, options?: CallOptions): Promise<MemberResults>;
  /** The link to join by. Needs the scope `messages:read`. */
  getGroupInviteLink(id: string, group: string, options?: CallOptions): Promise<InviteLink>;
  /** A new link; the former one ends. Needs the scope `messages:send`. */
  renewGroupInviteLink(id: string, group: string, options?: IdempotentCallOptions): Promise<InviteLink>;
  /** Register a URL. Needs the scope `webhooks:write`. */
  createWebhook(body: CreateWebhookBody, options?: IdempotentCallOptions): Promise<NewEndpoint>;
  /** List endpoints. Needs the scope `webhooks:read`. */
  listWebhooks(query?: ListWebhooksQuery, options?: CallOptions): Promise<Page<Endpoint>>;
  /** Read an endpoint. Needs the scope `webhooks:read`. */
  getWebhook(id: string, options?: CallOptions): Promise<Endpoint>;
  /** Change an endpoint. Needs the scope `webhooks:write`. */
  updateWebhook(id: string, body?: UpdateWebhookBody, options?: CallOptions): Promise<ChangedEndpoint>;
  /** Remove an endpoint. Needs the scope `webhooks:write`. */
  deleteWebhook(id: string, options?: CallOptions): Promise<void>;
  /** Make a new secret. Needs the scope `webhooks:write`. */
  rotateWebhookSecret(id: string, body?: RotateWebhookSecretBody, options?: IdempotentCallOptions): Promise<NewEndpoint>;
  /** Send it a webhook.test event. Needs the scope `webhooks:write`. */
  testWebhook(id: string, options?: IdempotentCallOptions): Promise<TestWebhookAnswer>;
  /** Enable a disabled endpoint. Needs the scope `webhooks:write`. */
  enableWebhook(id: string, options?: CallOptions): Promise<Endpoint>;
  /** Send an endpoint nothing until it is enabled. Needs the scope `webhooks:write`. */
  disableWebhook(id: string, options?: CallOptions): Promise<Endpoint>;
  /** List deliveries. Needs the scope `webhooks:read`. */
  listWebhookDeliveries(id: string, query?: ListWebhookDeliveriesQuery, options?: CallOptions): Promise<Page<Delivery>>;
  /** How an endpoint fares. Needs the scope `webhooks:read`. */
  getWebhookStats(id: string, options?: CallOptions): Promise<EndpointStats>;
  /** Send a range of events again. Needs the scope `webhooks:write`. */
  replayWebhook(id: string, body: ReplayWebhookBody, options?: IdempotentCallOptions): Promise<Replay>;
  /** How many events a replay would send again. Needs the scope `webhooks:read`. */
  getWebhookReplayPreview(id: string, query: GetWebhookReplayPreviewQuery, options?: CallOptions): Promise<ReplayPreview>;
  /** How far a replay is. Needs the scope `webhooks:read`. */
  getWebhookReplay(id: string, replayId: string, options?: CallOptions): Promise<Replay>;
  /** With every attempt. Needs the scope `webhooks:read`. */
  getDelivery(id: string, options?: CallOptions): Promise<DeliveryWithAttempts>;
  /** Deliver again. Needs the scope `webhooks:write`. */
  retryDelivery(id: string, options?: CallOptions): Promise<Delivery>;
  listEvents(query: ListEventsQuery | undefined, options: RawCallOptions<'text/event-stream'>): Promise<Response>;
  /** The ledger from a cursor. Needs the scope `events:read`. */
  listEvents(query?: ListEventsQuery, options?: CallOptions): Promise<Page<HubEvent> & {
  gap?: Gap | undefined;
}>;
  /** Read an event. Needs the scope `events:read`. */
  getEvent(id: string, options?: CallOptions): Promise<HubEvent>;
  /** List flows. Needs the scope `flows:read`. */
  listFlows(query?: ListFlowsQuery, options?: CallOptions): Promise<Page<ListedFlow>>;
  /** What is wrong with the flow files of the hub. Needs the scope `flows:read`. */
  getFlowFiles(options?: CallOptions): Promise<FlowFiles>;
  /** The language of flows as JSON Schema, for editors. Needs no key. */
  getFlowSchema(options?: CallOptions): Promise<Record<string, unknown>>;
  /** The language of *.test.yml as JSON Schema, for editors. Needs no key. */
  getFlowTestSchema(options?: CallOptions): Promise<Record<string, unknown>>;
  /** Check a flow without keeping it. Needs the scope `flows:read`. */
  checkFlow(body: string, options?: CallOptions): Promise<CheckFlowAnswer>;
  /** A flow or its tests as they are usually written. Needs the scope `flows:read`. */
  formatFlow(body: string, options?: CallOptions): Promise<FormatFlowAnswer>;
  /** Read a flow. Needs the scope `flows:read`. */
  getFlow(name: string, options?: CallOptions): Promise<Flow>;
  /** Publish a flow. Needs the scope `flows:write`. */
  putFlow(name: string, body: string, query?: PutFlowQuery, options?: CallOptions): Promise<PublishedFlow>;
  /** Remove a flow. Needs the scope `flows:write`. */
  deleteFlow(name: string, options?: CallOptions): Promise<void>;
  /** List what was published under a name. Needs the scope `flows:read`. */
  listFlowRevisions(name: string, query?: ListFlowRevisionsQuery, options?: CallOptions): Promise<Page<FlowRevision>>;
  /** Read a text as it was published. Needs the scope `flows:read`. */
  getFlowRevision(name: string, revision: string, options?: CallOptions): Promise<FlowRevisionWithSource>;
  /** What a flow would say. Needs the scope `flows:read`. */
  simulateFlow(name: string, body?: SimulateFlowBody, options?: CallOptions): Promise<Simulation>;
  /** Read the tests of a flow. Needs the scope `flows:read`. */
  getFlowTests(name: string, options?: CallOptions): Promise<FlowTests>;
  /** Keep tests with a flow. Needs the scope `flows:write`. */
  putFlowTests(name: string, body: string, options?: CallOptions): Promise<FlowTests>;
  /** Remove the tests that are kept with a flow. Needs the scope `flows:write`. */
  deleteFlowTests(name: string, options?: CallOptions): Promise<void>;
  /** Hold the conversations of a test file. Needs the scope `flows:read`. */
  testFlow(name: string, body?: TestFlowBody, options?: CallOptions): Promise<FlowTestRun>;
  /** Start a flow in a chat. Needs the scope `flows:write`. */
  startFlow(name: string, body: StartFlowBody, options?: IdempotentCallOptions): Promise<StartFlowAnswer>;
  /** List the names of the secrets. Needs the scope `flows:read`. */
  listFlowSecrets(query?: ListFlowSecretsQuery, options?: CallOptions): Promise<Page<FlowSecret>>;
  /** Set a secret for the step "http"; it is shown nowhere. Needs the scope `flows:write`. */
  putFlowSecret(name: string, body: PutFlowSecretBody, options?: CallOptions): Promise<void>;
  /** Remove a secret. Needs the scope `flows:write`. */
  deleteFlowSecret(name: string, options?: CallOptions): Promise<void>;
  /** List runs. Needs the scope `flows:read`. */
  listRuns(query?: ListRunsQuery, options?: CallOptions): Promise<Page<ListedRun>>;
  /** Read a run with its trace. Needs the scope `flows:read`. */
  getRun(id: string, options?: CallOptions): Promise<Run>;
  /** List the chats that are in the hands of a person. Needs the scope `flows:read`. */
  listHandoffs(id: string, query?: ListHandoffsQuery, options?: CallOptions): Promise<Page<Handoff>>;
  /** Whether a person has taken the chat over. Needs the scope `flows:read`. */
  getChatHandoff(id: string, chat: string, options?: CallOptions): Promise<Handoff>;
  /** Take the chat over from the flows. Needs the scope `flows:write`. */
  handChatOff(id: string, chat: string, body?: HandChatOffBody, options?: CallOptions): Promise<Handoff>;
  /** What flows say, filled in for a chat. Needs the scope `flows:read`. */
  listChatFlowTexts(id: string, chat: string, query?: ListChatFlowTextsQuery, options?: CallOptions): Promise<Page<ChatText>>;
  /** Why each flow did or did not answer a message. Needs the scope `flows:read`. */
  explainChat(id: string, chat: string, query: ExplainChatQuery, options?: CallOptions): Promise<Explanation>;
  /** Give the chat back to the flows. Needs the scope `flows:write`. */
  resumeChat(id: string, chat: string, options?: CallOptions): Promise<Handoff>;
  /** List the contacts who want nothing more of flows. Needs the scope `flows:read`. */
  listOptOuts(query?: ListOptOutsQuery, options?: CallOptions): Promise<Page<OptOut>>;
  /** Whether flows may write to a contact. Needs the scope `flows:read`. */
  getOptOut(id: string, chat: string, options?: CallOptions): Promise<OptOut>;
  /** Have no flow write to a contact, in any session. Needs the scope `flows:write`. */
  optOut(id: string, chat: string, options?: CallOptions): Promise<OptOut>;
  /** Have flows write to a contact again. Needs the scope `flows:write`. */
  optIn(id: string, chat: string, options?: CallOptions): Promise<OptOut>;
  /** Sandbox: scan the QR code. Needs the scope `sessions:write`. */
  scanInSandbox(id: string, body?: ScanInSandboxBody, options?: CallOptions): Promise<Session>;
  /** Sandbox: receive. Needs the scope `sessions:write`. */
  receiveInSandbox(id: string, body: ReceiveInSandboxBody, options?: CallOptions): Promise<ReceiveInSandboxAnswer>;
  /** Sandbox: a reaction, an edit, a vote, a call…. Needs the scope `sessions:write`. */
  happenInSandbox(id: string, body: HappenInSandboxBody, options?: CallOptions): Promise<void>;
  /** Sandbox: delivered, read, played. Needs the scope `sessions:write`. */
  ackInSandbox(id: string, body: AckInSandboxBody, options?: CallOptions): Promise<void>;
  /** Sandbox: lose the connection. Needs the scope `sessions:write`. */
  disconnectSandbox(id: string, body?: DisconnectSandboxBody, options?: CallOptions): Promise<void>;
  /** Sandbox: sends fail, wait or hang. Needs the scope `sessions:write`. */
  setSandboxFaults(id: string, body?: SetSandboxFaultsBody, options?: CallOptions): Promise<void>;
  /** Sandbox: what was sent. Needs the scope `sessions:read`. */
  listSandboxOutbox(id: string, query?: ListSandboxOutboxQuery, options?: CallOptions): Promise<Page<SandboxMessage>>;
  /** Who changed what, the newest first. Needs the scope `audit:read`. The operator's key without X-Tenant-Id gets those of all tenants. */
  listAudit(query?: ListAuditQuery, options?: CallOptions): Promise<Page<AuditEntry>>;
  /** What could not be taken in and was set aside, the newest first. Needs the scope `messages:read`. The operator's key without X-Tenant-Id gets those of all tenants. */
  listQuarantine(query?: ListQuarantineQuery, options?: CallOptions): Promise<Page<Quarantined>>;
  /** Read what was set aside. Needs the scope `messages:read`. The operator's key without X-Tenant-Id gets those of all tenants. */
  getQuarantine(id: string, options?: CallOptions): Promise<QuarantinedWhole>;
  /** Drop what was set aside. Needs the scope `messages:send`. The operator's key without X-Tenant-Id gets those of all tenants. */
  deleteQuarantine(id: string, options?: CallOptions): Promise<void>;
  /** Try to take it in after all. Needs the scope `messages:send`. The operator's key without X-Tenant-Id gets those of all tenants. */
  retryQuarantine(id: string, options?: CallOptions): Promise<QuarantineRetry>;
  /** What the tenant may have, and how much of it is used. Needs any key. */
  getLimits(options?: CallOptions): Promise<Limits>;
  /** The process answers. Needs no key. */
  getHealthLive(options?: CallOptions): Promise<Live>;
  /** The hub takes requests. Needs no key. */
  getHealthReady(options?: CallOptions): Promise<Ready>;
  /** The engines, and how WhatsApp's page was when it was last looked at. Needs the scope `metrics:read`, which only a key has that was made for it, or the operator's key. */
  listHealthEngines(options?: CallOptions): Promise<EnginesHealth>;
  /** How the hub fares, in the text format of Prometheus. Needs the scope `metrics:read`, which only a key has that was made for it, or the operator's key. */
  getMetrics(options?: CallOptions): Promise<Response>;
  /** This interface, in OpenAPI 3.1. Needs no key. */
  getOpenApi(options?: CallOptions): Promise<Record<string, unknown>>;
  /** The events of this hub, in AsyncAPI 3. Needs no key. */
  getAsyncApi(options?: CallOptions): Promise<Record<string, unknown>>;
  /** This interface, as a collection for Postman. Needs no key. */
  getPostmanCollection(options?: CallOptions): Promise<Record<string, unknown>>;
  /** What /docs runs. Needs no key. */
  getDocsScript(options?: CallOptions): Promise<Response>;
  /** This interface, to be read. Needs no key. */
  getDocs(options?: CallOptions): Promise<Response>;
}

/** Its method and path, how its body is sent, and whether it has a query. */
export type Route = readonly [method: string, path: string, body?: 'json' | 'yaml' | 'bytes' | 'file' | undefined, query?: true];

export const ROUTES: Record<keyof Operations, Route> = {
  createTenant: ['POST', '/api/tenants', 'json'],
  listTenants: ['GET', '/api/tenants', undefined, true],
  getTenant: ['GET', '/api/tenants/{id}'],
  updateTenant: ['PATCH', '/api/tenants/{id}', 'json'],
  deleteTenant: ['DELETE', '/api/tenants/{id}'],
  createTenantKey: ['POST', '/api/tenants/{id}/keys', 'json'],
  listTenantKeys: ['GET', '/api/tenants/{id}/keys'],
  deleteTenantKey: ['DELETE', '/api/tenants/{id}/keys/{keyId}'],
  listKeys: ['GET', '/api/keys'],
  listNodes: ['GET', '/api/nodes', undefined, true],
  drainNode: ['POST', '/api/nodes/{id}/drain'],
  getEgress: ['GET', '/api/egress'],
  getLogLevel: ['GET', '/api/log-level'],
  updateLogLevel: ['PATCH', '/api/log-level', 'json'],
  createSession: ['POST', '/api/sessions', 'json'],
  listSessions: ['GET', '/api/sessions', undefined, true],
  getSession: ['GET', '/api/sessions/{id}'],
  updateSession: ['PATCH', '/api/sessions/{id}', 'json'],
  deleteSession: ['DELETE', '/api/sessions/{id}'],
  connectSession: ['POST', '/api/sessions/{id}/connect'],
  disconnectSession: ['POST', '/api/sessions/{id}/disconnect'],
  restartSession: ['POST', '/api/sessions/{id}/restart'],
  logoutSession: ['POST', '/api/sessions/{id}/logout'],
  getSessionQr: ['GET', '/api/sessions/{id}/qr', undefined, true],
  createPairingCode: ['POST', '/api/sessions/{id}/pairing-code', 'json'],
  getSessionPasskey: ['GET', '/api/sessions/{id}/passkey'],
  answerPasskey: ['POST', '/api/sessions/{id}/passkey', 'json'],
  confirmPasskey: ['POST', '/api/sessions/{id}/passkey/confirm', 'json'],
  createPasskeyToken: ['POST', '/api/sessions/{id}/passkey/tokens'],
  createLinkPage: ['POST', '/api/sessions/{id}/link-pages', 'json'],
  getSessionScreenshot: ['GET', '/api/sessions/{id}/screenshot'],
  getSessionBackup: ['GET', '/api/sessions/{id}/backup'],
  restoreSession: ['POST', '/api/sessions/{id}/restore', 'bytes', true],
  sendMessage: ['POST', '/api/sessions/{id}/messages', 'json'],
  listMessages: ['GET', '/api/sessions/{id}/messages', undefined, true],
  sendMessages: ['POST', '/api/messages/bulk', 'json'],
  countMessages: ['GET', '/api/stats/messages', undefined, true],
  getMessage: ['GET', '/api/messages/{id}'],
  deleteMessage: ['DELETE', '/api/messages/{id}'],
  retryMessage: ['POST', '/api/messages/{id}/retry'],
  createMedia: ['POST', '/api/media', 'file', true],
  getMedia: ['GET', '/api/media/{id}'],
  deleteMedia: ['DELETE', '/api/media/{id}'],
  getMediaInfo: ['GET', '/api/media/{id}/info'],
  listContacts: ['GET', '/api/sessions/{id}/contacts', undefined, true],
  getContact: ['GET', '/api/sessions/{id}/contacts/{contact}'],
  checkContact: ['GET', '/api/sessions/{id}/contacts/{contact}/exists', undefined, true],
  blockContact: ['POST', '/api/sessions/{id}/contacts/{contact}/block'],
  unblockContact: ['POST', '/api/sessions/{id}/contacts/{contact}/unblock'],
  deleteContactData: ['DELETE', '/api/sessions/{id}/contacts/{contact}/data'],
  listChats: ['GET', '/api/sessions/{id}/chats', undefined, true],
  showTyping: ['POST', '/api/sessions/{id}/chats/{chat}/typing', 'json'],
  showRecording: ['POST', '/api/sessions/{id}/chats/{chat}/recording', 'json'],
  markChatAsSeen: ['POST', '/api/sessions/{id}/chats/{chat}/seen'],
  markChatAsUnseen: ['POST', '/api/sessions/{id}/chats/{chat}/unseen'],
  getChatPresence: ['GET', '/api/sessions/{id}/chats/{chat}/presence'],
  setPresence: ['POST', '/api/sessions/{id}/presence', 'json'],
  listLabels: ['GET', '/api/sessions/{id}/labels', undefined, true],
  putChatLabels: ['PUT', '/api/sessions/{id}/chats/{chat}/labels', 'json'],
  listGroups: ['GET', '/api/sessions/{id}/groups', undefined, true],
  createGroup: ['POST', '/api/sessions/{id}/groups', 'json'],
  getGroup: ['GET', '/api/sessions/{id}/groups/{group}'],
  updateGroup: ['PATCH', '/api/sessions/{id}/groups/{group}', 'json'],
  leaveGroup: ['POST', '/api/sessions/{id}/groups/{group}/leave'],
  listGroupParticipants: ['GET', '/api/sessions/{id}/groups/{group}/participants', undefined, true],
  addGroupParticipants: ['POST', '/api/sessions/{id}/groups/{group}/participants', 'json'],
  removeGroupParticipants: ['POST', '/api/sessions/{id}/groups/{group}/participants/remove', 'json'],
  promoteGroupParticipants: ['POST', '/api/sessions/{id}/groups/{group}/participants/promote', 'json'],
  demoteGroupParticipants: ['POST', '/api/sessions/{id}/groups/{group}/participants/demote', 'json'],
  getGroupInviteLink: ['GET', '/api/sessions/{id}/groups/{group}/invite-link'],
  renewGroupInviteLink: ['POST', '/api/sessions/{id}/groups/{group}/invite-link'],
  createWebhook: ['POST', '/api/webhooks', 'json'],
  listWebhooks: ['GET', '/api/webhooks', undefined, true],
  getWebhook: ['GET', '/api/webhooks/{id}'],
  updateWebhook: ['PATCH', '/api/webhooks/{id}', 'json'],
  deleteWebhook: ['DELETE', '/api/webhooks/{id}'],
  rotateWebhookSecret: ['POST', '/api/webhooks/{id}/rotate-secret', 'json'],
  testWebhook: ['POST', '/api/webhooks/{id}/test'],
  enableWebhook: ['POST', '/api/webhooks/{id}/enable'],
  disableWebhook: ['POST', '/api/webhooks/{id}/disable'],
  listWebhookDeliveries: ['GET', '/api/webhooks/{id}/deliveries', undefined, true],
  getWebhookStats: ['GET', '/api/webhooks/{id}/stats'],
  replayWebhook: ['POST', '/api/webhooks/{id}/replay', 'json'],
  getWebhookReplayPreview: ['GET', '/api/webhooks/{id}/replay-preview', undefined, true],
  getWebhookReplay: ['GET', '/api/webhooks/{id}/replays/{replayId}'],
  getDelivery: ['GET', '/api/deliveries/{id}'],
  retryDelivery: ['POST', '/api/deliveries/{id}/retry'],
  listEvents: ['GET', '/api/events', undefined, true],
  getEvent: ['GET', '/api/events/{id}'],
  listFlows: ['GET', '/api/flows', undefined, true],
  getFlowFiles: ['GET', '/api/flow-files'],
  getFlowSchema: ['GET', '/api/flows/schema.json'],
  getFlowTestSchema: ['GET', '/api/flows/test.schema.json'],
  checkFlow: ['POST', '/api/flows/check', 'yaml'],
  formatFlow: ['POST', '/api/flows/format', 'yaml'],
  getFlow: ['GET', '/api/flows/{name}'],
  putFlow: ['PUT', '/api/flows/{name}', 'yaml', true],
  deleteFlow: ['DELETE', '/api/flows/{name}'],
  listFlowRevisions: ['GET', '/api/flows/{name}/revisions', undefined, true],
  getFlowRevision: ['GET', '/api/flows/{name}/revisions/{revision}'],
  simulateFlow: ['POST', '/api/flows/{name}/simulate', 'json'],
  getFlowTests: ['GET', '/api/flows/{name}/tests'],
  putFlowTests: ['PUT', '/api/flows/{name}/tests', 'yaml'],
  deleteFlowTests: ['DELETE', '/api/flows/{name}/tests'],
  testFlow: ['POST', '/api/flows/{name}/test', 'json'],
  startFlow: ['POST', '/api/flows/{name}/start', 'json'],
  listFlowSecrets: ['GET', '/api/flow-secrets', undefined, true],
  putFlowSecret: ['PUT', '/api/flow-secrets/{name}', 'json'],
  deleteFlowSecret: ['DELETE', '/api/flow-secrets/{name}'],
  listRuns: ['GET', '/api/runs', undefined, true],
  getRun: ['GET', '/api/runs/{id}'],
  listHandoffs: ['GET', '/api/sessions/{id}/handoffs', undefined, true],
  getChatHandoff: ['GET', '/api/sessions/{id}/chats/{chat}/handoff'],
  handChatOff: ['POST', '/api/sessions/{id}/chats/{chat}/handoff', 'json'],
  listChatFlowTexts: ['GET', '/api/sessions/{id}/chats/{chat}/flow-texts', undefined, true],
  explainChat: ['GET', '/api/sessions/{id}/chats/{chat}/explain', undefined, true],
  resumeChat: ['POST', '/api/sessions/{id}/chats/{chat}/resume'],
  listOptOuts: ['GET', '/api/opt-outs', undefined, true],
  getOptOut: ['GET', '/api/sessions/{id}/chats/{chat}/opt-out'],
  optOut: ['PUT', '/api/sessions/{id}/chats/{chat}/opt-out'],
  optIn: ['DELETE', '/api/sessions/{id}/chats/{chat}/opt-out'],
  scanInSandbox: ['POST', '/api/sessions/{id}/sandbox/scan', 'json'],
  receiveInSandbox: ['POST', '/api/sessions/{id}/sandbox/receive', 'json'],
  happenInSandbox: ['POST', '/api/sessions/{id}/sandbox/happens', 'json'],
  ackInSandbox: ['POST', '/api/sessions/{id}/sandbox/ack', 'json'],
  disconnectSandbox: ['POST', '/api/sessions/{id}/sandbox/disconnect', 'json'],
  setSandboxFaults: ['POST', '/api/sessions/{id}/sandbox/faults', 'json'],
  listSandboxOutbox: ['GET', '/api/sessions/{id}/sandbox/outbox', undefined, true],
  listAudit: ['GET', '/api/audit', undefined, true],
  listQuarantine: ['GET', '/api/quarantine', undefined, true],
  getQuarantine: ['GET', '/api/quarantine/{id}'],
  deleteQuarantine: ['DELETE', '/api/quarantine/{id}'],
  retryQuarantine: ['POST', '/api/quarantine/{id}/retry'],
  getLimits: ['GET', '/api/limits'],
  getHealthLive: ['GET', '/health/live'],
  getHealthReady: ['GET', '/health/ready'],
  listHealthEngines: ['GET', '/health/engines'],
  getMetrics: ['GET', '/metrics'],
  getOpenApi: ['GET', '/openapi.json'],
  getAsyncApi: ['GET', '/asyncapi.json'],
  getPostmanCollection: ['GET', '/postman.json'],
  getDocsScript: ['GET', '/docs.js'],
  getDocs: ['GET', '/docs'],
};
