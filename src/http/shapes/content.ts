/** What messages hold besides text, the same going out and coming in. */
import { z } from 'zod';
import { UNAVAILABLE, type UnavailableReason } from '../../core/message.ts';

export const PlaceShape = z
  .strictObject({
    latitude: z.number().min(-90).max(90),
    longitude: z.number().min(-180).max(180),
    name: z.string().max(1_000).optional(),
    address: z.string().max(1_000).optional(),
  })
  .openapi('Place');

export const ContactCardShape = z
  .strictObject({
    name: z.string().min(1).max(200),
    phones: z.array(z.string().min(1).max(60)).max(10),
    organization: z.string().max(200).optional(),
    emails: z.array(z.string().max(200)).max(10).optional(),
  })
  .openapi('ContactCard');

export const PollShape = z
  .strictObject({
    question: z.string().min(1).max(255),
    options: z.array(z.string().min(1).max(100)).min(2).max(12),
    selectable: z.number().int().min(1).max(12),
  })
  .openapi('Poll');

export const ListShape = z
  .strictObject({
    title: z.string().max(60).optional(),
    text: z.string().min(1).max(4_096),
    footer: z.string().max(60).optional(),
    button: z.string().min(1).max(20),
    sections: z
      .array(
        z.strictObject({
          title: z.string().max(24),
          rows: z
            .array(
              z.strictObject({
                id: z.string().min(1).max(200),
                title: z.string().min(1).max(24),
                description: z.string().max(72).optional(),
              }),
            )
            .min(1)
            .max(10),
        }),
      )
      .min(1)
      .max(10),
  })
  .openapi('List');

export const ChoiceShape = z.strictObject({ id: z.string().max(256), title: z.string().max(256) }).openapi('Choice');

const UnavailableReasons = z.enum(Object.keys(UNAVAILABLE) as UnavailableReason[]);
export const UnavailableShape = z.strictObject({ reason: UnavailableReasons, advice: z.string() }).openapi('Unavailable');

export const RawShape = z.record(z.string(), z.unknown()).openapi('Raw');
