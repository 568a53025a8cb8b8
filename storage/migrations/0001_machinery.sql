-- What keeps the promises "nothing lost, nothing twice": inbox, outbox, what is due, and where the
-- bot stands in its rooms. Times are milliseconds since 1970 in UTC.

CREATE TABLE facts (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE rooms (
    room_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL DEFAULT 'other'
        CHECK (kind IN ('space', 'network', 'staff', 'buyers', 'ethics', 'direct', 'other')),
    direct_user TEXT,
    joined INTEGER NOT NULL DEFAULT 0 CHECK (joined IN (0, 1)),
    joined_event TEXT,
    version TEXT,
    creators TEXT NOT NULL DEFAULT '[]',
    power_levels TEXT,
    join_rules TEXT,
    encryption TEXT,
    name TEXT,
    prefix TEXT,
    language TEXT,
    successor TEXT,
    known_at INTEGER NOT NULL
) STRICT;

CREATE INDEX rooms_by_direct_user ON rooms (direct_user) WHERE kind = 'direct';
CREATE INDEX rooms_by_kind ON rooms (kind) WHERE kind NOT IN ('direct', 'other');

CREATE TABLE room_members (
    room_id TEXT NOT NULL REFERENCES rooms (room_id) ON DELETE CASCADE,
    user_id TEXT NOT NULL,
    membership TEXT NOT NULL CHECK (membership IN ('join', 'invite', 'knock', 'leave', 'ban')),
    display_name TEXT,
    since INTEGER NOT NULL,
    PRIMARY KEY (room_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX room_members_by_user ON room_members (user_id, membership);

CREATE TABLE inbox (
    id INTEGER PRIMARY KEY,
    event_id TEXT UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN
        ('message', 'edit', 'reaction', 'redaction', 'membership', 'state', 'invite', 'to_device')),
    lane TEXT NOT NULL,
    room_id TEXT,
    sender TEXT NOT NULL,
    body TEXT,                     -- the event as JSON; emptied once it is dealt with
    status TEXT NOT NULL DEFAULT 'waiting'
        CHECK (status IN ('waiting', 'done', 'failed', 'withdrawn')),
    acted INTEGER NOT NULL DEFAULT 0 CHECK (acted IN (0, 1)),
    attempts INTEGER NOT NULL DEFAULT 0,
    sent_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    done_at INTEGER
) STRICT;

CREATE INDEX inbox_waiting ON inbox (lane, id) WHERE status = 'waiting';
CREATE INDEX inbox_done ON inbox (done_at) WHERE status <> 'waiting';

CREATE TABLE outbox (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,      -- the Matrix transaction id, and the mark inside the content
    lane TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('event', 'redaction', 'action')),
    room_id TEXT,
    user_id TEXT,
    type TEXT NOT NULL,            -- event type, or the action's name
    content TEXT,                  -- JSON; emptied once sent
    edits TEXT,                    -- key of the own message that this one replaces
    about TEXT,                    -- what replies and reactions to it speak of, as 'kind:reference'
    inbox_id INTEGER REFERENCES inbox (id) ON DELETE SET NULL,
    continuation TEXT,             -- the handler that hears of the end
    continuation_data TEXT,
    status TEXT NOT NULL DEFAULT 'waiting'
        CHECK (status IN ('waiting', 'sent', 'failed', 'dropped')),
    attempts INTEGER NOT NULL DEFAULT 0,
    first_try_at INTEGER,
    next_try_at INTEGER NOT NULL DEFAULT 0,
    event_id TEXT,
    error TEXT,
    created_at INTEGER NOT NULL,
    done_at INTEGER
) STRICT;

CREATE INDEX outbox_waiting ON outbox (lane, id) WHERE status = 'waiting';
CREATE INDEX outbox_by_event ON outbox (event_id) WHERE event_id IS NOT NULL;
CREATE INDEX outbox_by_inbox ON outbox (inbox_id) WHERE inbox_id IS NOT NULL;
CREATE INDEX outbox_done ON outbox (done_at) WHERE status <> 'waiting';

CREATE TABLE outbox_files (
    outbox_key TEXT PRIMARY KEY REFERENCES outbox (key) ON DELETE CASCADE,
    name TEXT NOT NULL,
    mimetype TEXT NOT NULL,
    data BLOB NOT NULL,
    mxc TEXT,                      -- set once uploaded, so that a retry does not upload again
    thumbnail_mxc TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE dialogues (
    id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL,
    room_id TEXT NOT NULL,
    name TEXT NOT NULL,
    step TEXT NOT NULL,
    data TEXT NOT NULL,
    history TEXT NOT NULL DEFAULT '[]',
    language TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'paused')),
    question TEXT,                 -- key of the outbox message that holds the open question
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX dialogues_active ON dialogues (user_id) WHERE status = 'active';
CREATE INDEX dialogues_by_user ON dialogues (user_id, id);
CREATE INDEX dialogues_by_expiry ON dialogues (expires_at);

CREATE TABLE jobs (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,             -- what it is for and its local date: a run happens once
    due_at INTEGER NOT NULL,
    data TEXT NOT NULL DEFAULT '{}',
    status TEXT NOT NULL DEFAULT 'waiting'
        CHECK (status IN ('waiting', 'done', 'missed', 'cancelled', 'failed')),
    attempts INTEGER NOT NULL DEFAULT 0,
    done_at INTEGER,
    UNIQUE (kind, key)
) STRICT;

CREATE INDEX jobs_waiting ON jobs (due_at) WHERE status = 'waiting';

CREATE TABLE people (
    user_id TEXT PRIMARY KEY,
    language TEXT,
    first_seen_at INTEGER NOT NULL
) STRICT;

CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT,                    -- Matrix user id; NULL for a former member
    action TEXT NOT NULL,
    object TEXT,
    details TEXT NOT NULL DEFAULT '{}'
) STRICT;

CREATE TRIGGER audit_is_never_rewritten BEFORE UPDATE OF id, at, action, object, details ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is never rewritten');
END;

CREATE TRIGGER audit_is_never_cut BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is never cut');
END;
