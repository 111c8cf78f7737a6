/** Tables of approvals and their signatures. */
export interface ApprovalTables {}
