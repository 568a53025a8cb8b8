-- End-to-end encryption: the bot's device, its secrets, and the keys of others. What is secret stands here
-- sealed or pickled under the key of the configuration. Nothing of this goes into a backup: a bot that is
-- restored is a new device.

CREATE TABLE crypto_account (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    pickle TEXT NOT NULL,
    published INTEGER NOT NULL DEFAULT 0 CHECK (published IN (0, 1)),
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE crypto_secrets (
    name TEXT PRIMARY KEY,
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- A user's devices are fetched again while `known` is behind `wanted`.
CREATE TABLE crypto_users (
    user_id TEXT PRIMARY KEY,
    wanted INTEGER NOT NULL DEFAULT 1,
    known INTEGER NOT NULL DEFAULT 0,
    retry_at INTEGER NOT NULL DEFAULT 0,
    master_key TEXT,
    self_signing_key TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX crypto_users_outdated ON crypto_users (user_id) WHERE known < wanted;

CREATE TABLE crypto_devices (
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    curve25519 TEXT NOT NULL,
    ed25519 TEXT NOT NULL,
    cross_signed INTEGER NOT NULL CHECK (cross_signed IN (0, 1)),
    claim_after INTEGER NOT NULL DEFAULT 0,  -- a failed claim of one-time keys is not repeated before
    healed_at INTEGER NOT NULL DEFAULT 0,    -- when a broken session with it was last replaced
    PRIMARY KEY (user_id, device_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE crypto_olm_sessions (
    user_id TEXT NOT NULL,                   -- anybody may list another's key as their device's
    curve25519 TEXT NOT NULL,                -- the other device's identity key
    session_id TEXT NOT NULL,
    pickle TEXT NOT NULL,
    used_at INTEGER NOT NULL,                -- when something was last received through it
    PRIMARY KEY (user_id, curve25519, session_id)
) STRICT, WITHOUT ROWID;

-- A session belongs to the device that handed it over: somebody who was given it by its maker may hand it
-- over too, and must not keep the maker's messages from being read.
CREATE TABLE crypto_inbound_sessions (
    room_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    user_id TEXT NOT NULL,                   -- whose messages it carries; '' when a backup does not say
    curve25519 TEXT NOT NULL,
    ed25519 TEXT,
    pickle TEXT NOT NULL,
    first_index INTEGER NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('shared', 'forwarded', 'backup')),
    backed_up INTEGER NOT NULL DEFAULT 0 CHECK (backed_up IN (0, 1)),
    received_at INTEGER NOT NULL,
    PRIMARY KEY (room_id, session_id, curve25519)
) STRICT, WITHOUT ROWID;

CREATE INDEX crypto_inbound_sessions_to_back_up ON crypto_inbound_sessions (room_id, session_id)
    WHERE backed_up = 0;
CREATE INDEX crypto_inbound_sessions_by_age ON crypto_inbound_sessions (received_at);
CREATE INDEX crypto_inbound_sessions_by_user ON crypto_inbound_sessions (user_id, received_at);

-- Which event used an index of a session: the same index in another event is a replay.
CREATE TABLE crypto_indices (
    room_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    curve25519 TEXT NOT NULL,
    message_index INTEGER NOT NULL,
    event_id TEXT NOT NULL,
    PRIMARY KEY (room_id, session_id, curve25519, message_index),
    FOREIGN KEY (room_id, session_id, curve25519)
        REFERENCES crypto_inbound_sessions (room_id, session_id, curve25519) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE crypto_outbound_sessions (
    room_id TEXT PRIMARY KEY,
    session_id TEXT NOT NULL,
    pickle TEXT NOT NULL,
    first_pickle TEXT NOT NULL,              -- as it was before it wrote anything
    messages INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- To which devices an outbound session was given, or for which reason it was not.
CREATE TABLE crypto_shares (
    room_id TEXT NOT NULL REFERENCES crypto_outbound_sessions (room_id) ON DELETE CASCADE,
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    curve25519 TEXT NOT NULL,
    withheld TEXT,
    PRIMARY KEY (room_id, user_id, device_id)
) STRICT, WITHOUT ROWID;

-- Rooms whose outbound session everybody has who should, until that time at most: the next message needs
-- no look at the members' devices. Whatever may change that takes the row away.
CREATE TABLE crypto_ready (
    room_id TEXT PRIMARY KEY,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER crypto_member_came AFTER INSERT ON room_members
BEGIN
    DELETE FROM crypto_ready WHERE room_id = new.room_id;
END;

CREATE TRIGGER crypto_member_changed AFTER UPDATE OF membership ON room_members
WHEN old.membership <> new.membership
BEGIN
    DELETE FROM crypto_ready WHERE room_id = new.room_id;
END;

CREATE TRIGGER crypto_member_went AFTER DELETE ON room_members
BEGIN
    DELETE FROM crypto_ready WHERE room_id = old.room_id;
END;

CREATE TRIGGER crypto_devices_outdated AFTER UPDATE OF wanted ON crypto_users
BEGIN
    DELETE FROM crypto_ready
        WHERE room_id IN (SELECT room_id FROM room_members WHERE user_id = new.user_id);
END;

CREATE TRIGGER crypto_user_went AFTER DELETE ON crypto_users
BEGIN
    DELETE FROM crypto_ready
        WHERE room_id IN (SELECT room_id FROM room_members WHERE user_id = old.user_id);
END;

CREATE TRIGGER crypto_device_came AFTER INSERT ON crypto_devices
BEGIN
    DELETE FROM crypto_ready
        WHERE room_id IN (SELECT room_id FROM room_members WHERE user_id = new.user_id);
END;

CREATE TRIGGER crypto_device_changed AFTER UPDATE OF cross_signed ON crypto_devices
WHEN old.cross_signed <> new.cross_signed
BEGIN
    DELETE FROM crypto_ready
        WHERE room_id IN (SELECT room_id FROM room_members WHERE user_id = new.user_id);
END;

CREATE TRIGGER crypto_device_went AFTER DELETE ON crypto_devices
BEGIN
    DELETE FROM crypto_ready
        WHERE room_id IN (SELECT room_id FROM room_members WHERE user_id = old.user_id);
END;

-- To-device messages that wait to be sent; `key` is the transaction id.
CREATE TABLE crypto_outgoing (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    messages TEXT NOT NULL,                  -- {user: {device: content}}
    room_id TEXT,                            -- whose session it shares
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX crypto_outgoing_by_room ON crypto_outgoing (room_id) WHERE room_id IS NOT NULL;

-- To-device events that were taken in: a homeserver repeats those that it was not told were received.
CREATE TABLE crypto_received (
    digest BLOB PRIMARY KEY,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX crypto_received_by_age ON crypto_received (at);

-- Devices with which a broken Olm session is to be replaced.
CREATE TABLE crypto_repairs (
    user_id TEXT NOT NULL,
    curve25519 TEXT NOT NULL,
    PRIMARY KEY (user_id, curve25519)
) STRICT, WITHOUT ROWID;

-- SQLite cannot change a check: the inbox is made anew, with kinds for what cannot be read yet and for
-- verification. Dropping the old one forgets which event each answer is for, hence the notes.
CREATE TEMP TABLE answers AS SELECT id, inbox_id FROM outbox WHERE inbox_id IS NOT NULL;

CREATE TABLE inbox_new (
    id INTEGER PRIMARY KEY,
    event_id TEXT UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN
        ('message', 'edit', 'reaction', 'redaction', 'membership', 'state', 'invite', 'encrypted',
         'verification')),
    lane TEXT NOT NULL,
    room_id TEXT,
    sender TEXT NOT NULL,
    body TEXT,                     -- the event as JSON; emptied once it is dealt with
    status TEXT NOT NULL DEFAULT 'waiting'
        CHECK (status IN ('waiting', 'done', 'failed', 'withdrawn')),
    acted INTEGER NOT NULL DEFAULT 0 CHECK (acted IN (0, 1)),
    attempts INTEGER NOT NULL DEFAULT 0,
    sealed INTEGER NOT NULL DEFAULT 0 CHECK (sealed IN (0, 1)),  -- it came encrypted
    sent_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    done_at INTEGER
) STRICT;

INSERT INTO inbox_new (id, event_id, kind, lane, room_id, sender, body, status, acted, attempts, sent_at,
        received_at, done_at)
    SELECT id, event_id, kind, lane, room_id, sender, body, status, acted, attempts, sent_at,
        received_at, done_at
    FROM inbox WHERE kind <> 'to_device';
DROP TABLE inbox;
ALTER TABLE inbox_new RENAME TO inbox;

CREATE INDEX inbox_waiting ON inbox (lane, id) WHERE status = 'waiting';
CREATE INDEX inbox_done ON inbox (done_at) WHERE status <> 'waiting';
CREATE INDEX inbox_readable ON inbox (lane, id) WHERE status = 'waiting' AND kind <> 'encrypted';
CREATE INDEX inbox_unreadable ON inbox (lane, sender, id, received_at)
    WHERE status = 'waiting' AND kind = 'encrypted';

UPDATE outbox SET inbox_id = (SELECT inbox_id FROM answers WHERE answers.id = outbox.id)
    WHERE id IN (SELECT id FROM answers);
DROP TABLE answers;

-- Inbox rows that wait for a key.
CREATE TABLE crypto_unreadable (
    inbox_id INTEGER PRIMARY KEY REFERENCES inbox (id) ON DELETE CASCADE,
    room_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    asked INTEGER NOT NULL DEFAULT 0 CHECK (asked IN (0, 1)),
    withheld TEXT                            -- the code with which a client refused its key
) STRICT;

CREATE INDEX crypto_unreadable_by_session ON crypto_unreadable (room_id, session_id);

-- A client says that it refuses a key before it sends what is written with it.
CREATE TABLE crypto_withheld (
    user_id TEXT NOT NULL,
    room_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    code TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (user_id, room_id, session_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX crypto_withheld_by_age ON crypto_withheld (at);

CREATE TABLE crypto_notices (
    room_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (room_id, session_id)
) STRICT, WITHOUT ROWID;

-- When somebody last came in (ms UTC): for a moment their client knows no device of the others.
ALTER TABLE rooms ADD COLUMN arrived_at INTEGER NOT NULL DEFAULT 0;
-- Whether newcomers may read what was said before: then those who are invited get the keys too.
ALTER TABLE rooms ADD COLUMN history_visibility TEXT;
-- How long, and for how many messages, the room wants a session to be used (`m.room.encryption`).
ALTER TABLE rooms ADD COLUMN rotation_ms INTEGER;
ALTER TABLE rooms ADD COLUMN rotation_messages INTEGER;
-- What is not known of the rooms by these is fetched with all the rest, as of a room that is new.
UPDATE rooms SET version = NULL;

CREATE TRIGGER crypto_visibility_changed AFTER UPDATE OF history_visibility ON rooms
BEGIN
    DELETE FROM crypto_ready WHERE room_id = new.room_id;
END;

-- How the uploaded file and its thumbnail are encrypted (the `file` object of the message, JSON).
ALTER TABLE outbox_files ADD COLUMN encryption TEXT;
ALTER TABLE outbox_files ADD COLUMN thumbnail_encryption TEXT;
