import { z } from 'zod';
import type { SentFile } from '../../core/message.ts';
import { Time } from './common.ts';

export const MediaShape = z
  .object({
    id: z.string().nullable(),
    url: z.string().nullable(),
    mimetype: z.string(),
    filename: z.string().optional(),
    size: z.number().optional(),
    status: z.enum(['pending', 'ready', 'failed', 'removed']),
  })
  .openapi('Media');

export const MediaInfo = MediaShape.extend({
  id: z.string(),
  direction: z.enum(['inbound', 'outbound']),
  messageId: z.string().nullable().openapi({ description: 'Null for an upload: each send of it is media of its own' }),
  sessionId: z.string().nullable(),
  error: z.object({ code: z.string(), message: z.string() }).optional().openapi({ description: 'Why the bytes are not here' }),
  createdAt: Time,
}).openapi('MediaInfo');

/** The part that is the file. */
export const FilePart = z
  .custom<SentFile>((file) => file !== undefined, 'is missing: send the file as a part of this name, with a filename')
  .openapi({ type: 'string', format: 'binary', description: 'The file, with its name and Content-Type; the bytes decide what it is' });

export const MediaUpload = z.strictObject({ file: FilePart });
export const UploadQuery = z.strictObject({
  filename: z
    .string()
    .min(1)
    .max(255)
    .optional()
    .openapi({ description: 'The name of the file, in the place of the one that comes with it' }),
});

export type MediaUpload = z.output<typeof MediaUpload>;
