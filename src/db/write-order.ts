/** Any number that all who write agree on. */
export const WRITE_LOCK = 4_853_014;

/**
 * Has a transaction on Postgres write while no other one does, until its end. The positions of the ledger become visible in their order by
 * it, and nodes of a cluster write in turns as the callers of one hub do.
 */
export const WRITE_ORDER = `SELECT pg_advisory_xact_lock(${WRITE_LOCK});`;
