/** Steps that send, and wait for nobody. */
import { z } from 'zod';
import { id, type MEDIA, oneOf, sending, text, upTo } from './values.ts';

const fileOf = z.union([
  z.string().min(1).max(8_192).describe('A URL, or the id of uploaded media (med_…)'),
  z.strictObject({
    url: z.string().min(1).max(8_192).optional(),
    media: z.string().min(1).max(200).optional().describe('The id of uploaded media'),
    filename: z.string().min(1).max(255).optional(),
  }),
]);
export type File = z.infer<typeof fileOf>;

const caption = text.optional().describe('Under the picture');

const sayWithMedia = z.strictObject({
  text: text.optional(),
  one_of: oneOf.shape.one_of.optional(),
  image: fileOf.optional(),
  video: fileOf.optional(),
  document: fileOf.optional(),
});

export const say = z
  .strictObject({ say: z.union([text, oneOf, sayWithMedia]), ...sending })
  .describe('Sends a text, with a picture, video or document if given');

const media = <Kind extends (typeof MEDIA)[number]>(kind: Kind, says: string) => {
  const shape = { [kind]: fileOf } as Record<Kind, typeof fileOf>;
  return z.strictObject({ ...shape, caption, ...sending }).describe(says);
};
export const image = media('image', 'Sends a picture');
export const video = media('video', 'Sends a video');
export const audio = media('audio', 'Sends an audio file');
export const voice = media('voice', 'Sends a voice message');
export const document = media('document', 'Sends a document');
export const sticker = media('sticker', 'Sends a sticker');

export const location = z
  .strictObject({
    location: z.strictObject({
      lat: z.number().min(-90).max(90),
      lng: z.number().min(-180).max(180),
      name: z.string().max(1_000).optional(),
      address: z.string().max(1_000).optional(),
    }),
    ...sending,
  })
  .describe('Sends a place');

export const contact = z
  .strictObject({
    contact: z.strictObject({
      name: z.string().min(1).max(200),
      phone: z.union([z.string().min(2).max(60), upTo(10, z.array(z.string().min(2).max(60)).min(1))]),
      organization: z.string().max(200).optional(),
    }),
    ...sending,
  })
  .describe('Sends a contact card');

export const react = z
  .strictObject({ react: z.string().max(64).describe('An emoji; empty takes it back'), id })
  .describe('Reacts to the message that is being answered');
