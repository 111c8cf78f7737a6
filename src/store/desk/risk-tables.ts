/** Tables of risk state and reservations. */
export interface RiskTables {
  risk_accounts: { account: string; state: string };
  risk_modes: { account: string; mode: string };
  risk_reservations: { id: string; account: string; reservation: string };
}
