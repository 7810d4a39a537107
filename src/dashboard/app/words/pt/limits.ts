import type { LimitsWords } from '../en/limits.ts';

export const pt: LimitsWords = {
  sessions: 'Sessões',
  endpoints: 'Webhooks cadastrados',
  flows: 'Fluxos',
  patterns: 'Expressões regulares nos fluxos',
  flowCharacters: 'Caracteres nos fluxos',
  queuedSends: 'Mensagens esperando envio',
  mediaBytes: 'Bytes de arquivos',
  streams: 'Fluxos de eventos abertos',
  requestsPerMinute: 'Requisições por minuto',
  eventsPerMinute: 'Eventos por minuto',
};
