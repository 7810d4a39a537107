/** Between the words of the suite and those of the stand-in for WhatsApp Web. */
import { createHash } from 'node:crypto';
import type { Happens, Receive } from '../../../src/sessions/engines/sandbox/phone.ts';
import { mapContent } from '../../../src/sessions/engines/wppconnect/wire/map-content.ts';
import type { Sighting, WireMessage } from '../../whatsapp-web/network.ts';
import type { Incoming, Phone } from '../../whatsapp-web/phone.ts';
import type { Phone as PhoneOfSuite } from './line.ts';

type Seen = Awaited<ReturnType<PhoneOfSuite['seenMessages']>>[number];

const TYPES: Record<string, string> = {
  text: 'chat',
  voice: 'ptt',
  contact: 'vcard',
  poll: 'poll_creation',
  'live-location': 'location',
  'list-reply': 'list_response',
  'button-reply': 'buttons_response',
  'view-once': 'ciphertext',
};

/** Where WhatsApp keeps the title and the words of these. */
const WORDS: Record<string, { title: string; text: string }> = {
  interactive: { title: 'title', text: 'body' },
  interactive_response: { title: 'title', text: 'body' },
  product: { title: 'title', text: 'description' },
  order: { title: 'orderTitle', text: 'message' },
  groups_v4_invite: { title: 'inviteGrpName', text: 'caption' },
  event_creation: { title: 'eventName', text: 'eventDescription' },
};
const address = (number: string): string => (number.includes('@') ? number : `${number}@c.us`);

export function incoming({ from, chat, type = 'text', text, media, name, username, fromMe, engineId, ...said }: Receive): Incoming {
  return {
    from: address(from),
    ...(chat !== undefined && { chat }),
    type: said.videoNote ? 'ptv' : (TYPES[type] ?? type),
    ...(text !== undefined && !media && !WORDS[type] && { text }),
    ...(name !== undefined && { notifyName: name }),
    ...(fromMe !== undefined && { fromMe }),
    ...(engineId !== undefined && { id: engineId }),
    ...(media && 'base64' in media && { file: Buffer.from(media.base64, 'base64') }),
    fields: {
      ...(username !== undefined && { senderUsername: username }),
      ...(media && { mimetype: media.mimetype, filename: media.filename, caption: text }),
      ...fieldsOf(type, said, text),
    },
  };
}

type Said = Omit<Receive, 'from'>;

function fieldsOf(type: string, said: Said, text?: string): Record<string, unknown> {
  const { location, contacts, poll, list, choice, replyTo, mentions, forwarded, title, viewOnce, raw } = said;
  const [card] = contacts ?? [];
  const words = WORDS[type];
  return {
    ...raw,
    ...(words && { ...(title !== undefined && { [words.title]: title }), ...(text !== undefined && { [words.text]: text }) }),
    ...(choice && type === 'interactive_response' && { interactivePayload: { paramsJson: JSON.stringify({ id: choice.id }) } }),
    ...(viewOnce && { isViewOnce: true }),
    ...(type === 'view-once' && { subtype: 'view_once_unavailable_fanout' }),
    ...(location && {
      lat: location.latitude,
      lng: location.longitude,
      ...(location.name !== undefined && { loc: `${location.name}\n${location.address}` }),
      ...(type === 'live-location' && { isLive: true }),
    }),
    ...(card && { body: `BEGIN:VCARD\nVERSION:3.0\nFN:${card.name}\nTEL;type=CELL:${card.phones[0]}\nEND:VCARD` }),
    ...(poll && {
      pollName: poll.question,
      pollOptions: poll.options.map((option, localId) => ({ name: option, localId })),
      pollSelectableOptionsCount: poll.selectable,
    }),
    ...(list && { list: listOf(list) }),
    ...(choice && type === 'list-reply' && { listResponse: { title: choice.title, singleSelectReply: { selectedRowId: choice.id } } }),
    ...(choice && type === 'button-reply' && { body: choice.title, selectedButtonId: choice.id }),
    ...(replyTo !== undefined && { quotedStanzaID: replyTo.split('_')[2], quotedMsg: { type: 'chat', body: 'a question' } }),
    ...(mentions && { mentionedJidList: mentions }),
    ...(forwarded && { isForwarded: true }),
  };
}

const listOf = ({ title, text, footer, button, sections }: NonNullable<Said['list']>) => ({
  title,
  description: text,
  footerText: footer,
  buttonText: button,
  sections: sections.map((section) => ({
    title: section.title,
    rows: section.rows.map(({ id, ...row }) => ({ rowId: id, ...row })),
  })),
});

export function hearsay(what: Happens): Parameters<Phone['hear']>[0] {
  const by = address(what.from);
  switch (what.kind) {
    case 'reaction':
      return { kind: 'reaction', target: what.messageId, by, emoji: what.emoji ?? '' };
    case 'edited':
      return { kind: 'edit', target: what.messageId, text: what.text };
    case 'revoked':
      return { kind: 'revoke', target: what.messageId, by };
    case 'poll-vote':
      return { kind: 'vote', target: what.messageId, by, options: what.options };
    case 'call':
      return { kind: 'call', by, video: what.video ?? false };
    case 'presence':
      return { kind: 'presence', by, state: what.state === 'typing' ? 'composing' : what.state };
    case 'participants': {
      const { action, chat = '', participants } = what;
      if (action === 'join' || action === 'leave') break;
      return { kind: 'members', group: chat, by, action, who: participants.map(address) };
    }
  }
  throw new Error('A group has no joining and leaving in the stand-in');
}

/** What the phone saw of a message, or of what was done to one. */
export function seen(phone: Phone, sighting: Sighting): Seen[] {
  if (sighting.kind === 'change') {
    const { kind, target, ...more } = sighting.change;
    return [{ engineId: '', to: target.split('_')[1] ?? '', type: kind, target, ...more }];
  }
  return sighting.kind === 'message' ? [seenMessage(phone, sighting.message)] : [];
}

function seenMessage(phone: Phone, wire: WireMessage): Seen {
  if (wire.isForwarded) return { engineId: wire.id, to: wire.to, type: 'forward', target: String(wire.forwardedFrom) };
  const { media, ...content } = mapContent(wire);
  const bytes = phone.fileOf(wire.id);
  const mentions = wire.mentionedJidList as string[] | undefined;
  return {
    engineId: wire.id,
    to: wire.to,
    ...content,
    ...(wire.subtype === 'url' && { linkPreview: true }),
    ...(media && bytes && { media: { ...media, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') } }),
    ...(mentions && mentions.length > 0 && { mentions }),
    ...(wire.quotedStanzaID !== undefined && { replyTo: `false_${wire.to}_${wire.quotedStanzaID}` }),
  };
}
