/** Tables of risk state and reservations. */
export interface RiskTables {}
