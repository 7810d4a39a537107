export const en = {
  sessions: 'Sessions',
  endpoints: 'Webhooks',
  flows: 'Flows',
  patterns: 'Regular expressions in flows',
  flowCharacters: 'Characters in flows',
  queuedSends: 'Messages waiting to be sent',
  mediaBytes: 'Bytes of files',
  streams: 'Event streams open',
  requestsPerMinute: 'Requests a minute',
  eventsPerMinute: 'Events a minute',
};

export type LimitsWords = typeof en;
