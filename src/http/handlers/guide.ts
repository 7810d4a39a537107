import { HooklineError } from '../../core/errors.ts';
import { GUIDE_HEADERS, type Guide } from '../pages/guide.ts';
import { type ApiRequest, Reply } from '../route.ts';

export function guideHandler(guide: Pick<Guide, 'page'>) {
  return async ({ params: { page: path = '' } }: ApiRequest): Promise<Reply> => {
    const body = await guide.page(path);
    if (body === undefined) throw new HooklineError('not-found', `There is no page "${path}". /docs/quick-start leads to all there are.`);
    return new Reply({ body, headers: GUIDE_HEADERS });
  };
}
