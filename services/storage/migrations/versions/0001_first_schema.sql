-- The first schema. What each table is for: services/storage/schema.py.
-- A migration is history: it is never edited once released; the next change is the next file.

CREATE TABLE motcua.dossier_numbers (
    authority_code TEXT COLLATE "C" NOT NULL,
    on_day DATE NOT NULL,
    last_number INTEGER NOT NULL,
    CONSTRAINT dossier_numbers_pkey PRIMARY KEY (authority_code, on_day),
    CONSTRAINT dossier_numbers_last_number_check CHECK (last_number > 0)
);

CREATE TABLE motcua.parts (
    sha256 BYTEA NOT NULL,
    content BYTEA NOT NULL,
    CONSTRAINT parts_pkey PRIMARY KEY (sha256),
    CONSTRAINT parts_sha256_check CHECK (sha256 = sha256(content))
);

CREATE TABLE motcua.procedure_versions (
    version_id TEXT COLLATE "C" NOT NULL,
    procedure_code TEXT COLLATE "C" NOT NULL,
    model BYTEA NOT NULL,
    register BYTEA NOT NULL,
    in_force_from DATE NOT NULL,
    in_force_until DATE,
    published_no BIGINT GENERATED ALWAYS AS IDENTITY,
    CONSTRAINT procedure_versions_pkey PRIMARY KEY (version_id),
    CONSTRAINT procedure_versions_in_force_check CHECK (in_force_until IS NULL OR in_force_until >= in_force_from)
);
CREATE INDEX procedure_versions_procedure_code_published_no_idx ON motcua.procedure_versions (procedure_code, published_no);

CREATE TABLE motcua.dossiers (
    code TEXT COLLATE "C" NOT NULL,
    procedure_code TEXT COLLATE "C" NOT NULL,
    version_id TEXT COLLATE "C" NOT NULL,
    authority_code TEXT COLLATE "C" NOT NULL,
    tier TEXT COLLATE "C" NOT NULL,
    channel TEXT COLLATE "C" NOT NULL,
    applicant JSONB NOT NULL,
    "case" TEXT,
    status TEXT COLLATE "C" NOT NULL,
    filed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE,
    "limit" TEXT,
    limit_unknown_because TEXT,
    due_on DATE,
    due_at TIMESTAMP WITH TIME ZONE,
    expires_at TIMESTAMP WITH TIME ZONE,
    due_provisional BOOLEAN NOT NULL,
    promises JSONB NOT NULL,
    pauses JSONB NOT NULL,
    supplement_requests INTEGER NOT NULL,
    processed_at TIMESTAMP WITH TIME ZONE,
    returned_at TIMESTAMP WITH TIME ZONE,
    ended_at TIMESTAMP WITH TIME ZONE,
    ending TEXT COLLATE "C",
    closed_at TIMESTAMP WITH TIME ZONE,
    wake_at TIMESTAMP WITH TIME ZONE,
    request_id TEXT COLLATE "C",
    revision INTEGER NOT NULL,
    chain_seq INTEGER NOT NULL,
    chain_digest BYTEA NOT NULL,
    CONSTRAINT dossiers_pkey PRIMARY KEY (code),
    CONSTRAINT dossiers_request_id_key UNIQUE (request_id),
    CONSTRAINT dossiers_channel_check CHECK (channel IN ('direct', 'online', 'post')),
    CONSTRAINT dossiers_status_check CHECK (status IN ('filed', 'received', 'not_accepted', 'in_process', 'supplement_requested', 'payment_requested', 'withdrawal_requested', 'stopped', 'processed', 'returned')),
    CONSTRAINT dossiers_ending_check CHECK (ending IN ('returned', 'not_accepted', 'refused', 'withdrawn', 'unsupplemented', 'stopped')),
    CONSTRAINT dossiers_supplement_requests_check CHECK (supplement_requests >= 0),
    CONSTRAINT dossiers_revision_check CHECK (revision >= 0),
    CONSTRAINT dossiers_chain_check CHECK (chain_seq >= 0 AND octet_length(chain_digest) = 32),
    CONSTRAINT dossiers_lists_check CHECK (jsonb_typeof(promises) = 'array' AND jsonb_typeof(pauses) = 'array'),
    CONSTRAINT dossiers_version_id_fkey FOREIGN KEY(version_id) REFERENCES motcua.procedure_versions (version_id)
);
CREATE INDEX dossiers_authority_idx ON motcua.dossiers (authority_code, status, filed_at DESC);
CREATE INDEX dossiers_newest_idx ON motcua.dossiers (filed_at DESC, code DESC);
CREATE INDEX dossiers_procedure_idx ON motcua.dossiers (procedure_code, filed_at DESC);
CREATE INDEX dossiers_version_idx ON motcua.dossiers (version_id);
CREATE INDEX dossiers_wake_idx ON motcua.dossiers (wake_at, code) WHERE wake_at IS NOT NULL;

CREATE TABLE motcua.version_parts (
    version_id TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    sha256 BYTEA NOT NULL,
    CONSTRAINT version_parts_pkey PRIMARY KEY (version_id, name),
    CONSTRAINT version_parts_version_id_fkey FOREIGN KEY(version_id) REFERENCES motcua.procedure_versions (version_id),
    CONSTRAINT version_parts_sha256_fkey FOREIGN KEY(sha256) REFERENCES motcua.parts (sha256)
);

CREATE TABLE motcua.documents (
    id TEXT COLLATE "C" NOT NULL,
    dossier_code TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT COLLATE "C" NOT NULL,
    sha256 TEXT COLLATE "C" NOT NULL,
    size_bytes BIGINT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    made_by TEXT NOT NULL,
    "order" INTEGER NOT NULL,
    CONSTRAINT documents_pkey PRIMARY KEY (id),
    CONSTRAINT documents_bytes_check CHECK (sha256 ~ '^[0-9a-f]{64}$' AND size_bytes >= 0),
    CONSTRAINT documents_dossier_code_fkey FOREIGN KEY(dossier_code) REFERENCES motcua.dossiers (code)
);
CREATE INDEX documents_dossier_idx ON motcua.documents (dossier_code, "order");

CREATE TABLE motcua.dossier_states (
    dossier_code TEXT COLLATE "C" NOT NULL,
    state BYTEA NOT NULL,
    CONSTRAINT dossier_states_pkey PRIMARY KEY (dossier_code),
    CONSTRAINT dossier_states_dossier_code_fkey FOREIGN KEY(dossier_code) REFERENCES motcua.dossiers (code)
);

CREATE TABLE motcua.events (
    dossier_code TEXT COLLATE "C" NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    actor TEXT NOT NULL,
    facts JSONB NOT NULL,
    previous BYTEA NOT NULL,
    digest BYTEA NOT NULL,
    content_digest BYTEA,
    CONSTRAINT events_pkey PRIMARY KEY (dossier_code, seq),
    CONSTRAINT events_seq_check CHECK (seq > 0),
    CONSTRAINT events_digests_check CHECK (octet_length(previous) = 32 AND octet_length(digest) = 32 AND octet_length(coalesce(content_digest, digest)) = 32),
    CONSTRAINT events_dossier_code_fkey FOREIGN KEY(dossier_code) REFERENCES motcua.dossiers (code)
);
CREATE INDEX events_at_idx ON motcua.events USING brin (at);

CREATE TABLE motcua.messages (
    id TEXT COLLATE "C" NOT NULL,
    dossier_code TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    payload JSONB NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    keep_until TIMESTAMP WITH TIME ZONE NOT NULL,
    delivered_at TIMESTAMP WITH TIME ZONE,
    expired_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT messages_pkey PRIMARY KEY (dossier_code, id),
    CONSTRAINT messages_one_fate_check CHECK (delivered_at IS NULL OR expired_at IS NULL),
    CONSTRAINT messages_dossier_code_fkey FOREIGN KEY(dossier_code) REFERENCES motcua.dossiers (code)
);

CREATE TABLE motcua.payment_receipts (
    transaction_no TEXT COLLATE "C" NOT NULL,
    reference TEXT COLLATE "C" NOT NULL,
    dossier_code TEXT COLLATE "C" NOT NULL,
    amount_vnd BIGINT NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    reason TEXT NOT NULL,
    CONSTRAINT payment_receipts_pkey PRIMARY KEY (transaction_no),
    CONSTRAINT payment_receipts_state_check CHECK (state IN ('settled', 'refund_due', 'refunded')),
    CONSTRAINT payment_receipts_amount_check CHECK (amount_vnd >= 0),
    CONSTRAINT payment_receipts_dossier_code_fkey FOREIGN KEY(dossier_code) REFERENCES motcua.dossiers (code)
);
CREATE INDEX payment_receipts_dossier_idx ON motcua.payment_receipts (dossier_code, received_at);

CREATE TABLE motcua.service_calls (
    key TEXT COLLATE "C" NOT NULL,
    dossier_code TEXT COLLATE "C" NOT NULL,
    operation TEXT COLLATE "C" NOT NULL,
    inputs JSONB NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    task_id TEXT COLLATE "C",
    activity_id TEXT COLLATE "C",
    lane TEXT COLLATE "C",
    "order" INTEGER NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    attempts INTEGER NOT NULL,
    max_attempts INTEGER NOT NULL,
    next_attempt_at TIMESTAMP WITH TIME ZONE,
    lease_until TIMESTAMP WITH TIME ZONE,
    fence BIGINT NOT NULL,
    reference TEXT COLLATE "C",
    outputs JSONB NOT NULL,
    error TEXT,
    CONSTRAINT service_calls_pkey PRIMARY KEY (key),
    CONSTRAINT service_calls_reference_key UNIQUE (reference),
    CONSTRAINT service_calls_state_check CHECK (state IN ('queued', 'running', 'waiting', 'done', 'failed', 'incident', 'cancelled')),
    CONSTRAINT service_calls_counts_check CHECK (attempts >= 0 AND max_attempts > 0 AND fence >= 0),
    CONSTRAINT service_calls_dossier_code_fkey FOREIGN KEY(dossier_code) REFERENCES motcua.dossiers (code)
);
CREATE INDEX service_calls_dossier_idx ON motcua.service_calls (dossier_code, lane, "order");
CREATE INDEX service_calls_due_idx ON motcua.service_calls (next_attempt_at) WHERE state = 'queued';
CREATE INDEX service_calls_incident_idx ON motcua.service_calls (asked_at, key) WHERE state = 'incident';
CREATE INDEX service_calls_lease_idx ON motcua.service_calls (lease_until) WHERE state = 'running';

CREATE TABLE motcua.tasks (
    id TEXT COLLATE "C" NOT NULL,
    dossier_code TEXT COLLATE "C" NOT NULL,
    activity_id TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    tier TEXT COLLATE "C" NOT NULL,
    authority_code TEXT COLLATE "C" NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    norm_hours DOUBLE PRECISION,
    norm_due_at TIMESTAMP WITH TIME ZONE,
    assignee TEXT COLLATE "C",
    delegated_by TEXT COLLATE "C",
    form JSONB NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    closed_how TEXT COLLATE "C",
    closed_by TEXT,
    CONSTRAINT tasks_pkey PRIMARY KEY (id),
    CONSTRAINT tasks_closed_check CHECK (num_nonnulls(closed_at, closed_how, closed_by) IN (0, 3)),
    CONSTRAINT tasks_dossier_code_fkey FOREIGN KEY(dossier_code) REFERENCES motcua.dossiers (code)
);
CREATE INDEX tasks_assignee_idx ON motcua.tasks (assignee, opened_at) WHERE closed_at IS NULL AND assignee IS NOT NULL;
CREATE INDEX tasks_dossier_idx ON motcua.tasks (dossier_code);
CREATE INDEX tasks_oldest_idx ON motcua.tasks (opened_at, id) WHERE closed_at IS NULL;
CREATE INDEX tasks_work_list_idx ON motcua.tasks (authority_code, tier, role, opened_at, id) WHERE closed_at IS NULL;

CREATE TABLE motcua.event_contents (
    dossier_code TEXT COLLATE "C" NOT NULL,
    seq INTEGER NOT NULL,
    content JSONB NOT NULL,
    salt BYTEA NOT NULL,
    CONSTRAINT event_contents_pkey PRIMARY KEY (dossier_code, seq),
    CONSTRAINT event_contents_dossier_code_fkey FOREIGN KEY(dossier_code, seq) REFERENCES motcua.events (dossier_code, seq),
    CONSTRAINT event_contents_salt_check CHECK (octet_length(salt) >= 16)
);

-- History only grows: an event is never changed and never removed.
CREATE FUNCTION motcua.refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END
$$;

CREATE TRIGGER events_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON motcua.events
    FOR EACH STATEMENT EXECUTE FUNCTION motcua.refuse_rewriting();

-- The personal content of an event may be erased, but not replaced.
CREATE TRIGGER event_contents_are_not_replaced BEFORE UPDATE OR TRUNCATE ON motcua.event_contents
    FOR EACH STATEMENT EXECUTE FUNCTION motcua.refuse_rewriting();

-- A published version is a closure under its own hash.
CREATE TRIGGER procedure_versions_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON motcua.procedure_versions
    FOR EACH STATEMENT EXECUTE FUNCTION motcua.refuse_rewriting();

-- What was promised to the applicant stays; later promises come after it.
CREATE FUNCTION motcua.keep_promises() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM jsonb_array_elements(OLD.promises) WITH ORDINALITY AS promise (given, number)
        WHERE NEW.promises -> (number::integer - 1) IS DISTINCT FROM given
    ) THEN
        RAISE EXCEPTION 'a promise that was handed over cannot be altered' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER dossiers_keep_promises BEFORE UPDATE OF promises ON motcua.dossiers
    FOR EACH ROW WHEN (OLD.promises IS DISTINCT FROM NEW.promises) EXECUTE FUNCTION motcua.keep_promises();
