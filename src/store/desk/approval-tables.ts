/** Tables of approvals and of the latest time that was seen while one was judged. */
export interface ApprovalTables {
  approvals: {
    id: string;
    principal: string;
    binding_hash: string;
    binding: string;
    view: string;
    state: string;
    signatures: string;
    requested_at: number;
    expires_at: number;
    decided_at: number | null;
    denied_by: string | null;
    used_at: number | null;
    call_id: string | null;
    version: number;
  };
  approval_clock: { id: number; latest: number };
}

/** What makes them, for a migration. Of one binding, one approval at most is open. */
export const APPROVAL_STATEMENTS: readonly string[] = [
  `create table approvals (id text primary key, principal text not null, binding_hash text not null,
     binding text not null, view text not null, state text not null, signatures text not null,
     requested_at bigint not null, expires_at bigint not null, decided_at bigint, denied_by text, used_at bigint,
     call_id text, version bigint not null)`,
  `create unique index approvals_open on approvals (binding_hash) where state in ('pending', 'approved')`,
  `create index approvals_binding on approvals (binding_hash, requested_at)`,
  `create index approvals_requested on approvals (requested_at)`,
  `create table approval_clock (id bigint primary key, latest bigint not null)`,
  `insert into approval_clock (id, latest) values (1, 0)`,
];
