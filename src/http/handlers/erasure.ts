import type { SessionRef } from '../../core/session.ts';
import type { Erasures } from '../../erasure/erasures.ts';
import { toChatId } from '../../messages/recipients.ts';
import { type ApiRequest, Reply } from '../route.ts';

export function erasureHandler(erasures: Pick<Erasures, 'erase'>) {
  return async ({ target, params: { contact = '' } }: ApiRequest<unknown, unknown, SessionRef>): Promise<Reply> => {
    const body = await erasures.erase(target, toChatId(contact, 'contact'));
    return new Reply({ status: body.status === 'erased' ? 200 : 202, body });
  };
}
