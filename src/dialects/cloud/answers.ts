import type { MessageView } from '../../core/message.ts';
import type { MediaDetail } from '../../messages/media/media.ts';
import type { SessionView } from '../../sessions/view.ts';
import { digitsOf, wamidOf } from './ids.ts';

/** That a message was accepted. `input`: the recipient as it was written; of a reaction nobody needs to say it. */
export function acceptedOf(view: MessageView, input: string | null | undefined) {
  const { to, warnings } = view;
  return {
    messaging_product: 'whatsapp',
    contacts: [{ input: input || (digitsOf(to) ?? to), wa_id: digitsOf(to) ?? to }],
    messages: [{ id: wamidOf(view), message_status: 'accepted' }],
    // Meta has none; here they say what may not be shown.
    ...(warnings && { warnings }),
  };
}

export const fileOf = ({ id, mimetype }: MediaDetail, { sha256, size, url }: { sha256: string; size: number; url: string }) => ({
  ...{ messaging_product: 'whatsapp', url, mime_type: mimetype, sha256, file_size: size, id },
});

/** A session, as Meta tells of a phone number. `fields`: those that are asked for, with commas between. */
export function phoneOf({ id, phone, pushName, status }: SessionView, fields: string | undefined) {
  const all = {
    id: id as string,
    verified_name: pushName ?? '',
    display_phone_number: phone === null ? '' : `+${phone}`,
    code_verification_status: phone === null ? 'NOT_VERIFIED' : 'VERIFIED',
    quality_rating: 'UNKNOWN',
    status: status === 'connected' ? 'CONNECTED' : 'DISCONNECTED',
    platform_type: 'NOT_APPLICABLE',
  };
  const asked = fields?.split(',').map((field) => field.trim());
  return asked ? Object.fromEntries(Object.entries(all).filter(([name]) => name === 'id' || asked.includes(name))) : all;
}
