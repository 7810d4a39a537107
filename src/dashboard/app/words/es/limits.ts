import type { LimitsWords } from '../en/limits.ts';

export const es: LimitsWords = {
  sessions: 'Sesiones',
  endpoints: 'Webhooks registrados',
  flows: 'Flujos',
  patterns: 'Expresiones regulares en los flujos',
  flowCharacters: 'Caracteres en los flujos',
  queuedSends: 'Mensajes que esperan su envío',
  mediaBytes: 'Bytes de archivos',
  streams: 'Flujos de eventos abiertos',
  requestsPerMinute: 'Peticiones por minuto',
  eventsPerMinute: 'Eventos por minuto',
};
