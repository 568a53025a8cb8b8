-- Suppliers, the charter that they are held against, their reviews by two people, what members make of
-- their deals, and what members lend each other. Dates are ISO 8601 days; other times milliseconds UTC.

CREATE TABLE charter_versions (
    version INTEGER PRIMARY KEY,
    status TEXT NOT NULL CHECK (status IN ('waiting', 'in_force', 'declined', 'superseded')),
    made_by TEXT,                  -- NULL for a former member
    made_at INTEGER NOT NULL,
    decided_by TEXT,
    decided_at INTEGER,
    in_force_at INTEGER,
    superseded_at INTEGER,
    CHECK ((status = 'waiting') = (decided_at IS NULL))
) STRICT;

CREATE UNIQUE INDEX charter_versions_in_force ON charter_versions (status) WHERE status = 'in_force';
CREATE UNIQUE INDEX charter_versions_waiting ON charter_versions (status) WHERE status = 'waiting';

CREATE TABLE charter_criteria (
    version INTEGER NOT NULL REFERENCES charter_versions (version),
    key TEXT NOT NULL,
    position INTEGER NOT NULL,     -- from 1
    weight INTEGER NOT NULL CHECK (weight BETWEEN 0 AND 100),
    knock_out INTEGER NOT NULL CHECK (knock_out IN (0, 1)),
    minimum INTEGER NOT NULL CHECK (minimum BETWEEN 0 AND 4),  -- the score below which a knock-out fails
    PRIMARY KEY (version, key),
    UNIQUE (version, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE charter_texts (
    version INTEGER NOT NULL REFERENCES charter_versions (version),
    key TEXT NOT NULL,             -- of a criterion; '' for the charter itself
    field TEXT NOT NULL CHECK (field IN ('name', 'text', 'evidence')),
    language TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (version, key, field, language)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER charter_criteria_stay BEFORE UPDATE ON charter_criteria
BEGIN
    SELECT RAISE(ABORT, 'a version of the charter is never rewritten');
END;

CREATE TRIGGER charter_criteria_are_not_removed BEFORE DELETE ON charter_criteria
BEGIN
    SELECT RAISE(ABORT, 'a version of the charter is never rewritten');
END;

CREATE TRIGGER charter_texts_stay BEFORE UPDATE ON charter_texts
BEGIN
    SELECT RAISE(ABORT, 'a version of the charter is never rewritten');
END;

CREATE TRIGGER charter_texts_are_not_removed BEFORE DELETE ON charter_texts
BEGIN
    SELECT RAISE(ABORT, 'a version of the charter is never rewritten');
END;

CREATE TRIGGER charter_versions_wait_first BEFORE INSERT ON charter_versions
WHEN NEW.status <> 'waiting'
BEGIN
    SELECT RAISE(ABORT, 'a version of the charter waits for a second person');
END;

-- A person is their row of the register, whichever of their accounts they use.
CREATE TRIGGER charter_versions_take_two BEFORE UPDATE OF status ON charter_versions
WHEN NEW.status = 'in_force' AND (
    OLD.status <> 'waiting' OR NEW.decided_by IS NULL
    OR NEW.decided_by = OLD.made_by
    OR (SELECT member_id FROM member_accounts WHERE user_id = NEW.decided_by)
        = (SELECT member_id FROM member_accounts WHERE user_id = OLD.made_by)
)
BEGIN
    SELECT RAISE(ABORT, 'a version of the charter is confirmed by a second person');
END;

CREATE TABLE suppliers (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    company_country TEXT,          -- ISO 3166 alpha-2
    company_number TEXT,           -- as python-stdnum compacts it
    class TEXT NOT NULL CHECK (class IN ('service', 'consumable', 'product', 'investment')),
    website TEXT,
    contact TEXT,                  -- whom the cooperative talks to: for buyers only
    state TEXT NOT NULL CHECK (state IN ('prospect', 'proposed', 'triage', 'evidence', 'review',
        'approved', 'conditional', 'suspended', 'rejected', 'revoked', 'expired')),
    state_since INTEGER NOT NULL,
    reason TEXT,                   -- why it was suspended, rejected or revoked
    round_id INTEGER,              -- the round of review by whose votes and scores it stands
    condition TEXT,                -- what a conditional one must mend ...
    condition_due TEXT,            -- ... and by when
    review_due TEXT,               -- the day on which its approval ends
    proposer TEXT,                 -- NULL for a former member, or for one that nobody proposed yet
    language TEXT NOT NULL,        -- of who wrote the first text
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    CHECK ((company_number IS NULL) = (company_country IS NULL)),
    CHECK ((state = 'conditional') <= (condition IS NOT NULL AND condition_due IS NOT NULL))
) STRICT;

CREATE UNIQUE INDEX suppliers_by_company ON suppliers (company_country, company_number)
    WHERE company_number IS NOT NULL;
CREATE INDEX suppliers_by_state ON suppliers (state);
CREATE INDEX suppliers_by_proposer ON suppliers (proposer) WHERE proposer IS NOT NULL;

CREATE TABLE supplier_traits (
    supplier_id INTEGER NOT NULL REFERENCES suppliers (id) ON DELETE CASCADE,
    trait TEXT NOT NULL CHECK (trait IN ('mode', 'category', 'region', 'language')),
    value TEXT NOT NULL,           -- a code; a category or region that no table knows, as typed
    position INTEGER NOT NULL,
    PRIMARY KEY (supplier_id, trait, value)
) STRICT, WITHOUT ROWID;

CREATE TABLE supplier_texts (
    supplier_id INTEGER NOT NULL REFERENCES suppliers (id) ON DELETE CASCADE,
    field TEXT NOT NULL CHECK (field IN ('offer', 'deal', 'steps', 'pickup')),
    language TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (supplier_id, field, language)
) STRICT, WITHOUT ROWID;

CREATE TABLE supplier_deals (
    supplier_id INTEGER PRIMARY KEY REFERENCES suppliers (id) ON DELETE CASCADE,
    code TEXT,                     -- for the direct chat only
    contact TEXT,                  -- whom members turn to
    starts TEXT,
    ends TEXT,                     -- the last day
    deposit_cents INTEGER CHECK (deposit_cents >= 0),
    changed_at INTEGER NOT NULL
) STRICT;

CREATE TABLE supplier_rounds (
    id INTEGER PRIMARY KEY,
    supplier_id INTEGER NOT NULL REFERENCES suppliers (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN
        ('first', 'renewal', 'complaint', 'charter', 'return', 'condition')),
    charter_version INTEGER NOT NULL REFERENCES charter_versions (version),
    condition TEXT,                -- what the votes for 'conditional' agree on
    condition_due TEXT,
    opened_by TEXT,                -- NULL for a former member, and for what opened by itself
    opened_at INTEGER NOT NULL,
    outcome TEXT CHECK (outcome IN ('approved', 'conditional', 'rejected', 'withdrawn')),
    closed_at INTEGER,
    CHECK ((outcome IS NULL) = (closed_at IS NULL))
) STRICT;

CREATE UNIQUE INDEX supplier_rounds_open ON supplier_rounds (supplier_id) WHERE closed_at IS NULL;
CREATE INDEX supplier_rounds_by_supplier ON supplier_rounds (supplier_id, id);

CREATE TABLE supplier_scores (
    round_id INTEGER NOT NULL REFERENCES supplier_rounds (id) ON DELETE CASCADE,
    criterion TEXT NOT NULL,
    score INTEGER CHECK (score BETWEEN 0 AND 4),  -- NULL is unrated
    note TEXT,
    scored_by TEXT,
    scored_at INTEGER NOT NULL,
    PRIMARY KEY (round_id, criterion)
) STRICT, WITHOUT ROWID;

CREATE TABLE supplier_votes (
    round_id INTEGER NOT NULL REFERENCES supplier_rounds (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('approved', 'conditional', 'rejected')),
    reason TEXT,                   -- of a vote against
    at INTEGER NOT NULL,
    PRIMARY KEY (round_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE supplier_conflicts (
    supplier_id INTEGER NOT NULL REFERENCES suppliers (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (supplier_id, user_id)
) STRICT, WITHOUT ROWID;

-- The votes that count: one for each person, whichever of their accounts they use; neither the proposer
-- nor anyone with a conflict of interest.
CREATE VIEW supplier_ballots AS
SELECT DISTINCT rounds.id AS round_id, rounds.supplier_id, votes.outcome,
    coalesce(account.member_id, votes.user_id) AS person
FROM supplier_votes AS votes
JOIN supplier_rounds AS rounds ON rounds.id = votes.round_id
JOIN suppliers ON suppliers.id = rounds.supplier_id
LEFT JOIN member_accounts AS account ON account.user_id = votes.user_id
WHERE NOT EXISTS (
    SELECT 1 FROM (
        SELECT suppliers.proposer AS user_id
        UNION SELECT user_id FROM supplier_conflicts WHERE supplier_id = suppliers.id
    ) AS excluded
    LEFT JOIN member_accounts AS theirs ON theirs.user_id = excluded.user_id
    WHERE coalesce(theirs.member_id, excluded.user_id) = coalesce(account.member_id, votes.user_id)
);

CREATE TRIGGER supplier_votes_are_in_an_open_round BEFORE INSERT ON supplier_votes
WHEN (SELECT closed_at FROM supplier_rounds WHERE id = NEW.round_id) IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'the round of review is closed');
END;

-- Whoever voted did so on other scores: they are asked again.
CREATE TRIGGER supplier_votes_follow_new_scores AFTER INSERT ON supplier_scores
BEGIN
    DELETE FROM supplier_votes WHERE round_id = NEW.round_id;
END;

CREATE TRIGGER supplier_votes_follow_changed_scores AFTER UPDATE OF score ON supplier_scores
WHEN NEW.score IS NOT OLD.score
BEGIN
    DELETE FROM supplier_votes WHERE round_id = NEW.round_id;
END;

CREATE TRIGGER suppliers_begin_unapproved BEFORE INSERT ON suppliers
WHEN NEW.state NOT IN ('prospect', 'proposed')
BEGIN
    SELECT RAISE(ABORT, 'a supplier begins as a prospect or a proposal');
END;

CREATE TRIGGER suppliers_are_approved_by_two BEFORE UPDATE OF state, round_id ON suppliers
WHEN NEW.state IN ('approved', 'conditional')
    AND (NEW.state IS NOT OLD.state OR NEW.round_id IS NOT OLD.round_id)
    AND (
        NOT EXISTS (SELECT 1 FROM supplier_rounds
            WHERE id = NEW.round_id AND supplier_id = NEW.id AND closed_at IS NULL)
        OR (SELECT count(*) FROM supplier_ballots
            WHERE round_id = NEW.round_id AND outcome = NEW.state) < 2
    )
BEGIN
    SELECT RAISE(ABORT, 'two people approve a supplier');
END;

CREATE TABLE supplier_history (
    id INTEGER PRIMARY KEY,
    supplier_id INTEGER NOT NULL REFERENCES suppliers (id) ON DELETE CASCADE,
    state TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;

CREATE INDEX supplier_history_by_supplier ON supplier_history (supplier_id, id);

CREATE TRIGGER supplier_history_begins AFTER INSERT ON suppliers
BEGIN
    INSERT INTO supplier_history (supplier_id, state, at) VALUES (NEW.id, NEW.state, NEW.state_since);
END;

CREATE TRIGGER supplier_history_goes_on AFTER UPDATE OF state ON suppliers
WHEN NEW.state <> OLD.state
BEGIN
    INSERT INTO supplier_history (supplier_id, state, at) VALUES (NEW.id, NEW.state, NEW.state_since);
END;

CREATE TRIGGER supplier_history_stays BEFORE UPDATE ON supplier_history
BEGIN
    SELECT RAISE(ABORT, 'history is never rewritten');
END;

CREATE TABLE supplier_evidence (
    id INTEGER PRIMARY KEY,
    supplier_id INTEGER NOT NULL REFERENCES suppliers (id) ON DELETE CASCADE,
    criterion TEXT NOT NULL,
    claim TEXT NOT NULL,           -- what the supplier says
    link TEXT,
    file_name TEXT,
    file_type TEXT,
    file BLOB,
    valid_until TEXT NOT NULL,     -- the last day
    recorded_by TEXT,
    recorded_at INTEGER NOT NULL,
    checked_by TEXT,
    checked_at INTEGER,
    withdrawn_at INTEGER
) STRICT;

CREATE INDEX supplier_evidence_by_supplier ON supplier_evidence (supplier_id, criterion);

CREATE TABLE deal_uses (
    id INTEGER PRIMARY KEY,
    supplier_id INTEGER NOT NULL REFERENCES suppliers (id) ON DELETE CASCADE,
    user_id TEXT,                  -- NULL for a former member
    used_on TEXT NOT NULL,         -- the local day: twice on one day is once
    used_at INTEGER NOT NULL,
    asked_at INTEGER,              -- when the bot asked whether it worked: once
    rating INTEGER CHECK (rating BETWEEN 1 AND 5),
    word TEXT,
    rated_at INTEGER,
    UNIQUE (supplier_id, user_id, used_on)
) STRICT;

CREATE INDEX deal_uses_by_user ON deal_uses (user_id);

CREATE TABLE supplier_complaints (
    id INTEGER PRIMARY KEY,
    supplier_id INTEGER NOT NULL REFERENCES suppliers (id) ON DELETE CASCADE,
    user_id TEXT,                  -- NULL for a former member
    text TEXT NOT NULL,
    language TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'review', 'closed')),
    round_id INTEGER REFERENCES supplier_rounds (id) ON DELETE SET NULL,
    answer TEXT,
    made_at INTEGER NOT NULL,
    closed_by TEXT,
    closed_at INTEGER,
    CHECK ((status = 'closed') = (closed_at IS NOT NULL))
) STRICT;

CREATE INDEX supplier_complaints_by_supplier ON supplier_complaints (supplier_id);
CREATE INDEX supplier_complaints_by_user ON supplier_complaints (user_id);

CREATE TABLE supplier_contacts (
    id INTEGER PRIMARY KEY,
    supplier_id INTEGER NOT NULL REFERENCES suppliers (id) ON DELETE CASCADE,
    user_id TEXT,                  -- NULL for a former member
    note TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;

CREATE INDEX supplier_contacts_by_supplier ON supplier_contacts (supplier_id, id);

CREATE TABLE supplier_notices (
    supplier_id INTEGER NOT NULL REFERENCES suppliers (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('evidence', 'review', 'deal', 'condition')),
    subject TEXT NOT NULL,         -- the criterion; '' where there is only one
    due TEXT NOT NULL,
    first_told_at INTEGER NOT NULL,
    last_told_at INTEGER NOT NULL,
    PRIMARY KEY (supplier_id, kind, subject, due)
) STRICT, WITHOUT ROWID;

-- What members look for and nobody offers.
CREATE TABLE supplier_needs (
    id INTEGER PRIMARY KEY,
    words TEXT NOT NULL,
    folded TEXT NOT NULL,
    language TEXT NOT NULL,
    user_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    UNIQUE (folded, user_id)
) STRICT;

CREATE INDEX supplier_needs_by_user ON supplier_needs (user_id);

-- Whom members say they use.
CREATE TABLE supplier_mentions (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    folded TEXT NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('command', 'survey')),
    user_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    UNIQUE (folded, user_id)
) STRICT;

CREATE INDEX supplier_mentions_by_user ON supplier_mentions (user_id);

CREATE TABLE supplier_targets (
    year INTEGER NOT NULL,
    class TEXT NOT NULL CHECK (class IN ('service', 'consumable', 'product', 'investment')),
    percent INTEGER NOT NULL CHECK (percent BETWEEN 0 AND 100),
    set_by TEXT,
    set_at INTEGER NOT NULL,
    PRIMARY KEY (year, class)
) STRICT, WITHOUT ROWID;

-- What members lend, share or rent to each other.
CREATE TABLE loans (
    id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL,
    title TEXT NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('borrow', 'share', 'rent')),
    category TEXT,                 -- a code
    region TEXT,                   -- a code, or as typed
    terms TEXT NOT NULL DEFAULT '',
    language TEXT NOT NULL,
    offered_at INTEGER NOT NULL,
    withdrawn_at INTEGER
) STRICT;

CREATE INDEX loans_by_user ON loans (user_id);

CREATE TABLE loan_requests (
    loan_id INTEGER NOT NULL REFERENCES loans (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    answered TEXT CHECK (answered IN ('yes', 'no')),
    PRIMARY KEY (loan_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX loan_requests_by_user ON loan_requests (user_id);

-- What may be found: approved and conditional suppliers by their id, what members lend by 2^40 + its id.
CREATE TABLE supplier_documents (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    category TEXT NOT NULL,
    mode TEXT NOT NULL,
    class TEXT NOT NULL,
    place TEXT NOT NULL,
    language TEXT NOT NULL,
    offer TEXT NOT NULL
) STRICT;

CREATE VIRTUAL TABLE supplier_search USING fts5 (
    name, category, mode, class, place, language, offer,
    content = 'supplier_documents', content_rowid = 'id',
    tokenize = "ascii tokenchars '_'", prefix = '1 2 3 4', detail = column
);

CREATE TABLE supplier_vocabulary (
    term TEXT PRIMARY KEY,
    uses INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX supplier_vocabulary_by_middle ON supplier_vocabulary (substr(term, 2, 3));
