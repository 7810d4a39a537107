import { z } from 'zod';
import type { ConfigSchema } from './schema.ts';

/** One key of the configuration, as the schema declares it. */
export interface ConfigKey {
  /** `['log', 'level']` */
  path: string[];
  /** `HOOKLINE_LOG_LEVEL` */
  variable: string;
  description: string;
  /** Undefined where there is none. */
  default: unknown;
  /** What the text of an environment variable has to be turned into. */
  kind: 'text' | 'number' | 'boolean' | 'list';
}

const KINDS: Partial<Record<z.core.$ZodTypeDef['type'], ConfigKey['kind']>> = { number: 'number', boolean: 'boolean', array: 'list' };

export function configKeys(schema: ConfigSchema): ConfigKey[] {
  return keysOf(schema, []);
}

function keysOf(type: z.ZodType, path: string[]): ConfigKey[] {
  const bare = unwrap(type);
  if (bare instanceof z.ZodObject) {
    return Object.entries(bare.shape as Record<string, z.ZodType>).flatMap(([name, inner]) => keysOf(inner, [...path, name]));
  }
  return [
    {
      path,
      variable: (type.meta()?.variable as string | undefined) ?? variableOf(path),
      description: type.description ?? '',
      default: type instanceof z.ZodDefault ? type.def.defaultValue : undefined,
      kind: KINDS[bare.def.type] ?? 'text',
    },
  ];
}

function unwrap(type: z.ZodType): z.ZodType {
  if (type instanceof z.ZodDefault || type instanceof z.ZodOptional) return unwrap(type.unwrap() as z.ZodType);
  if (type instanceof z.ZodPreprocess) return unwrap(type.out as z.ZodType);
  return type;
}

function variableOf(path: string[]): string {
  return `HOOKLINE_${path.map((name) => name.replace(/[A-Z]/g, '_$&').toUpperCase()).join('_')}`;
}
