-- Networks: their sheets, who helps in them beside Matrix's own roles, who asked to be let in, and what
-- members propose. Who takes part stands in room_members: the room is the truth.

CREATE TABLE networks (
    id INTEGER PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('profession', 'sector', 'other')),
    label TEXT,                    -- code of the profession or sector that it is for
    region TEXT,                   -- code of a place, or as typed; NULL for everywhere
    languages TEXT NOT NULL,       -- JSON: languages of the room, the first one first
    criterion_kind TEXT NOT NULL CHECK (criterion_kind IN ('quantitative', 'strategic')),
    openness TEXT NOT NULL CHECK (openness IN ('open', 'approval', 'invitation')),
    stage TEXT NOT NULL DEFAULT 'creation' CHECK (stage IN
        ('creation', 'launch', 'events', 'first_results', 'decline', 'closed')),
    stage_since INTEGER NOT NULL,
    encrypted INTEGER NOT NULL DEFAULT 0 CHECK (encrypted IN (0, 1)),
    room_id TEXT UNIQUE,           -- NULL until the room is there
    created_by TEXT,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE network_texts (
    network_id INTEGER NOT NULL REFERENCES networks (id) ON DELETE CASCADE,
    field TEXT NOT NULL CHECK (field IN
        ('name', 'purpose', 'criterion', 'goals', 'cooperative_role', 'means')),
    language TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (network_id, field, language)
) STRICT, WITHOUT ROWID;

CREATE TABLE network_aliases (
    alias TEXT PRIMARY KEY,
    network_id INTEGER NOT NULL REFERENCES networks (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE network_helpers (
    network_id INTEGER NOT NULL REFERENCES networks (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('ambassador', 'advisor')),
    since INTEGER NOT NULL,
    PRIMARY KEY (network_id, user_id, role)
) STRICT, WITHOUT ROWID;

CREATE TABLE network_checklist (
    network_id INTEGER NOT NULL REFERENCES networks (id) ON DELETE CASCADE,
    item TEXT NOT NULL,
    done_at INTEGER NOT NULL,
    PRIMARY KEY (network_id, item)
) STRICT, WITHOUT ROWID;

CREATE TABLE network_welcomes (
    network_id INTEGER NOT NULL REFERENCES networks (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (network_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE join_requests (
    id INTEGER PRIMARY KEY,
    network_id INTEGER NOT NULL REFERENCES networks (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL,
    knocked INTEGER NOT NULL CHECK (knocked IN (0, 1)),
    message TEXT,
    status TEXT NOT NULL DEFAULT 'waiting'
        CHECK (status IN ('waiting', 'approved', 'declined', 'withdrawn')),
    reason TEXT,
    asked_at INTEGER NOT NULL,
    decided_at INTEGER,
    decided_by TEXT,
    CHECK ((status = 'waiting') = (decided_at IS NULL))
) STRICT;

CREATE UNIQUE INDEX join_requests_waiting ON join_requests (network_id, user_id)
    WHERE status = 'waiting';
CREATE INDEX join_requests_by_user ON join_requests (user_id);

CREATE TRIGGER join_requests_are_decided_once BEFORE UPDATE OF status ON join_requests
WHEN OLD.status <> 'waiting'
BEGIN
    SELECT RAISE(ABORT, 'a request to join is decided once');
END;

CREATE TABLE proposals (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('network', 'initiative')),
    title TEXT NOT NULL,
    purpose TEXT NOT NULL,
    network_kind TEXT CHECK (network_kind IN ('profession', 'sector', 'other')),
    region TEXT,
    language TEXT NOT NULL,
    proposer TEXT,                 -- NULL for a former member
    status TEXT NOT NULL DEFAULT 'open'
        CHECK (status IN ('open', 'accepted', 'declined', 'withdrawn')),
    network_id INTEGER REFERENCES networks (id) ON DELETE SET NULL,
    heard_at INTEGER,              -- when staff heard of it: once
    decided_at INTEGER,
    decided_by TEXT,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX proposals_by_proposer ON proposals (proposer);

CREATE TABLE proposal_supports (
    proposal_id INTEGER NOT NULL REFERENCES proposals (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (proposal_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX proposal_supports_by_user ON proposal_supports (user_id);
