-- Members: rows of the cooperative's register and profiles that people made themselves, whose account is
-- whose, who does not want to meet whom, who was erased, and the index in which members find each other.

CREATE TABLE members (
    id INTEGER PRIMARY KEY,
    number TEXT UNIQUE,                       -- NULL for a profile without a row of the register
    status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'left')),
    consent TEXT NOT NULL DEFAULT 'unasked' CHECK (consent IN ('unasked', 'yes', 'no')),
    consent_at INTEGER,
    public_page INTEGER NOT NULL DEFAULT 0 CHECK (public_page IN (0, 1)),
    public_page_at INTEGER,
    display_name TEXT NOT NULL DEFAULT '',
    professions TEXT NOT NULL DEFAULT '[]',   -- JSON: codes of the label table, or own words; main one first
    sectors TEXT NOT NULL DEFAULT '[]',       -- JSON: NACE sections
    skills TEXT NOT NULL DEFAULT '[]',
    city TEXT NOT NULL DEFAULT '',
    postcode TEXT NOT NULL DEFAULT '',
    region TEXT NOT NULL DEFAULT '',
    country TEXT NOT NULL DEFAULT '',         -- ISO 3166 alpha-2
    languages TEXT NOT NULL DEFAULT '[]',     -- JSON: ISO 639 codes
    about TEXT NOT NULL DEFAULT '',
    links TEXT NOT NULL DEFAULT '[]',
    stage TEXT NOT NULL DEFAULT '',
    open_to TEXT NOT NULL DEFAULT '[]',
    visibility TEXT NOT NULL DEFAULT '{}',    -- JSON: field -> everyone | networks | nobody, where chosen
    corrected TEXT NOT NULL DEFAULT '[]',     -- JSON: fields whose value the member gave
    turnover_cents INTEGER,                   -- a year; used in sums over many people only
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE member_accounts (
    user_id TEXT PRIMARY KEY,
    member_id INTEGER NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    source TEXT NOT NULL CHECK (source IN ('self', 'register', 'code')),
    linked_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX member_accounts_by_member ON member_accounts (member_id);

CREATE TABLE link_codes (
    selector TEXT PRIMARY KEY,                -- the part of the code that finds this row
    member_id INTEGER NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    salt BLOB NOT NULL,
    hash BLOB NOT NULL,                       -- SHA-256 of salt and the secret part
    attempts_left INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX link_codes_by_member ON link_codes (member_id);

CREATE TABLE link_failures (
    user_id TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;

CREATE INDEX link_failures_by_user ON link_failures (user_id, at);

CREATE TABLE blocks (
    user_id TEXT NOT NULL,
    blocked_user_id TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (user_id, blocked_user_id),
    CHECK (user_id <> blocked_user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX blocks_by_blocked ON blocks (blocked_user_id);

CREATE TABLE erasures (
    hash BLOB PRIMARY KEY,                    -- keyed, of a member number or of an account
    erased_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What may be found of a member who agreed to be found, folded. The row `id` holds what everyone may see;
-- the row 2^40 + id what members of a shared network may see.
CREATE TABLE member_documents (
    id INTEGER PRIMARY KEY,
    profession TEXT NOT NULL,
    skills TEXT NOT NULL,
    name TEXT NOT NULL,
    place TEXT NOT NULL,
    sector TEXT NOT NULL,
    language TEXT NOT NULL,
    about TEXT NOT NULL
) STRICT;

-- The text comes folded and cut into words separated by spaces; what begins with _ is a code.
CREATE VIRTUAL TABLE member_search USING fts5 (
    profession, skills, name, place, sector, language, about,
    content = 'member_documents', content_rowid = 'id',
    tokenize = "ascii tokenchars '_'", prefix = '1 2 3 4', detail = column
);

-- The words of the documents with the number of documents that hold them, to forgive typing errors.
CREATE TABLE member_vocabulary (
    term TEXT PRIMARY KEY,
    uses INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX member_vocabulary_by_middle ON member_vocabulary (substr(term, 2, 3));
