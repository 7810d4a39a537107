import type { MediaId } from '../../core/ids.ts';
import type { MediaLibrary } from '../../messages/media/library.ts';
import { type ApiRequest, FileReply } from '../route.ts';
import type { MediaUpload } from '../shapes/media.ts';

export function mediaHandlers(media: Pick<MediaLibrary, 'add' | 'get' | 'open' | 'remove'>) {
  return {
    upload: ({ tenantId, body: { file }, query }: ApiRequest<{ filename?: string | undefined }, MediaUpload>) =>
      media.add(tenantId, file.kept, query.filename ?? file.filename),
    download: async ({ tenantId, params }: ApiRequest) => new FileReply(await media.open(tenantId, params.id as MediaId)),
    info: ({ tenantId, params }: ApiRequest) => media.get(tenantId, params.id as MediaId),
    remove: ({ tenantId, params }: ApiRequest) => media.remove(tenantId, params.id as MediaId),
  };
}
