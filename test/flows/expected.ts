import type { Kind } from '../../src/flows/language/schema.ts';

export const EXPECTED: readonly Kind[] = [
  ...(['text', 'number', 'integer', 'date', 'time', 'datetime', 'duration', 'email'] as const),
  ...(['phone', 'url', 'yes_no', 'cpf', 'cnpj', 'cep', 'choice', 'location', 'image', 'document', 'any'] as const),
];
