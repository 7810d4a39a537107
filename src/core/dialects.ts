/** Other products whose clients the hub understands. */
export const DIALECTS = ['evolution', 'waha', 'cloud', 'wppconnect'] as const;
export type DialectName = (typeof DIALECTS)[number];

/** In whose words an endpoint is told of events: the hub's own, or those of another product. */
export const ENDPOINT_DIALECTS = ['hookline', 'evolution', 'cloud', 'waha', 'wppconnect'] as const;
export type EndpointDialect = (typeof ENDPOINT_DIALECTS)[number];
export type ForeignDialect = Exclude<EndpointDialect, 'hookline'>;

/** What its clients call is below this path. */
export const baseOfDialect = (dialect: ForeignDialect): string => `/compat/${dialect}`;
