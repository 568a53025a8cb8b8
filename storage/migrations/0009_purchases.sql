-- Group purchases from "who else?" to a settled sheet, and tenders. Money is integer cents of the purchase's
-- currency, net of VAT unless it is named vat; VAT rates are basis points (2100 is 21 %). Dates are ISO 8601
-- days; other times milliseconds UTC.

CREATE TABLE purchases (
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    language TEXT NOT NULL,        -- of the texts that people wrote
    currency TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'open', 'filling', 'tipped', 'failed', 'confirmed',
        'ordered', 'received', 'settled', 'cancelled')),
    state_since INTEGER NOT NULL,
    opener TEXT,                   -- NULL for a former member
    responsible TEXT,              -- NULL for a former member
    awaits_approval INTEGER NOT NULL DEFAULT 0 CHECK (awaits_approval IN (0, 1)),
    unapproved_reason TEXT,        -- why it is bought from a supplier that is not approved
    note TEXT NOT NULL DEFAULT '',
    pickup TEXT NOT NULL DEFAULT '',
    payment TEXT NOT NULL DEFAULT '',  -- how to pay, and whom: the bot holds no money
    deadline INTEGER NOT NULL,
    due_at INTEGER,                -- when the next step comes by itself
    extended INTEGER NOT NULL DEFAULT 0 CHECK (extended IN (0, 1)),
    released_at INTEGER,           -- a failed one that was given up
    merged_into INTEGER REFERENCES purchases (id),
    reason TEXT,                   -- why it was cancelled
    freight_cents INTEGER NOT NULL DEFAULT 0 CHECK (freight_cents >= 0),
    fees_cents INTEGER NOT NULL DEFAULT 0 CHECK (fees_cents >= 0),
    costs_vat INTEGER NOT NULL DEFAULT 0 CHECK (costs_vat BETWEEN 0 AND 10000),
    handling_minutes INTEGER NOT NULL DEFAULT 0 CHECK (handling_minutes >= 0),
    handling_rate_cents INTEGER NOT NULL DEFAULT 0 CHECK (handling_rate_cents >= 0),  -- for an hour
    override_reason TEXT,          -- why it goes ahead although it costs more than it gains
    override_by TEXT,
    expected_on TEXT,              -- the day on which what was ordered should come
    saved_grams INTEGER CHECK (saved_grams >= 0),
    saved_trips INTEGER CHECK (saved_trips >= 0),
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    CHECK (released_at IS NULL OR state = 'failed')
) STRICT;

CREATE INDEX purchases_by_state ON purchases (state);
CREATE INDEX purchases_by_responsible ON purchases (responsible) WHERE responsible IS NOT NULL;
CREATE INDEX purchases_by_opener ON purchases (opener) WHERE opener IS NOT NULL;

CREATE TABLE purchase_moves (
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    PRIMARY KEY (before, after)
) STRICT, WITHOUT ROWID;

INSERT INTO purchase_moves VALUES
    ('draft', 'open'), ('draft', 'cancelled'),
    ('open', 'filling'), ('open', 'tipped'), ('open', 'failed'), ('open', 'cancelled'),
    ('filling', 'tipped'), ('filling', 'failed'), ('filling', 'cancelled'),
    ('failed', 'open'), ('failed', 'cancelled'),
    ('tipped', 'confirmed'), ('tipped', 'failed'), ('tipped', 'cancelled'),
    ('confirmed', 'ordered'), ('confirmed', 'cancelled'),
    ('ordered', 'received'),
    ('received', 'settled');

CREATE TRIGGER purchases_begin_as_drafts BEFORE INSERT ON purchases
WHEN NEW.state <> 'draft'
BEGIN
    SELECT RAISE(ABORT, 'a purchase begins as a draft');
END;

CREATE TRIGGER purchases_move_by_the_rules BEFORE UPDATE OF state ON purchases
WHEN NEW.state <> OLD.state
    AND NOT EXISTS (SELECT 1 FROM purchase_moves WHERE before = OLD.state AND after = NEW.state)
BEGIN
    SELECT RAISE(ABORT, 'a purchase does not move like that');
END;

CREATE TRIGGER purchases_are_extended_once BEFORE UPDATE OF state ON purchases
WHEN OLD.state = 'failed' AND NEW.state = 'open'
    AND (OLD.extended = 1 OR NEW.extended = 0 OR OLD.released_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'a failed purchase is extended once');
END;

CREATE TABLE purchase_history (
    id INTEGER PRIMARY KEY,
    purchase_id INTEGER NOT NULL REFERENCES purchases (id),
    state TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;

CREATE INDEX purchase_history_by_purchase ON purchase_history (purchase_id, id);

CREATE TRIGGER purchase_history_begins AFTER INSERT ON purchases
BEGIN
    INSERT INTO purchase_history (purchase_id, state, at) VALUES (NEW.id, NEW.state, NEW.state_since);
END;

CREATE TRIGGER purchase_history_goes_on AFTER UPDATE OF state ON purchases
WHEN NEW.state <> OLD.state
BEGIN
    INSERT INTO purchase_history (purchase_id, state, at) VALUES (NEW.id, NEW.state, NEW.state_since);
END;

CREATE TRIGGER purchase_history_stays BEFORE UPDATE ON purchase_history
BEGIN
    SELECT RAISE(ABORT, 'history is never rewritten');
END;

CREATE TABLE purchase_networks (
    purchase_id INTEGER NOT NULL REFERENCES purchases (id),
    network_id INTEGER NOT NULL REFERENCES networks (id),
    position INTEGER NOT NULL,
    PRIMARY KEY (purchase_id, network_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX purchase_networks_by_network ON purchase_networks (network_id);

-- One region; two after a merge.
CREATE TABLE purchase_regions (
    purchase_id INTEGER NOT NULL REFERENCES purchases (id),
    region TEXT NOT NULL,          -- a code, or as typed
    position INTEGER NOT NULL,
    PRIMARY KEY (purchase_id, region)
) STRICT, WITHOUT ROWID;

CREATE TABLE purchase_lines (
    id INTEGER PRIMARY KEY,
    purchase_id INTEGER NOT NULL REFERENCES purchases (id),
    position INTEGER NOT NULL,     -- from 1
    article TEXT NOT NULL,
    unit TEXT NOT NULL,            -- as people say it: piece, kg, ream
    case_size INTEGER NOT NULL CHECK (case_size >= 1),  -- units in a case
    minimum_cases INTEGER NOT NULL DEFAULT 0 CHECK (minimum_cases >= 0),
    vat INTEGER NOT NULL CHECK (vat BETWEEN 0 AND 10000),
    reference_cents INTEGER CHECK (reference_cents >= 0),  -- what a unit costs elsewhere ...
    reference_by TEXT,             -- ... who quoted that ...
    reference_on TEXT,             -- ... and when
    supplier_id INTEGER REFERENCES suppliers (id),  -- NULL when it is not in the directory
    supplier_name TEXT NOT NULL,
    article_code TEXT NOT NULL DEFAULT '',  -- the supplier's own
    ordered_cases INTEGER CHECK (ordered_cases >= 0),   -- from the decision on
    ordered_cents INTEGER CHECK (ordered_cents >= 0),   -- the price of a unit that the decision found
    delivered_units INTEGER CHECK (delivered_units >= 0),
    CHECK (delivered_units IS NULL OR delivered_units <= coalesce(ordered_cases, 0) * case_size),
    UNIQUE (purchase_id, position)
) STRICT;

CREATE TABLE purchase_tiers (
    line_id INTEGER NOT NULL REFERENCES purchase_lines (id) ON DELETE CASCADE,
    from_units INTEGER NOT NULL CHECK (from_units >= 1),  -- this many count already
    cents INTEGER NOT NULL CHECK (cents >= 0),
    PRIMARY KEY (line_id, from_units)
) STRICT, WITHOUT ROWID;

-- What people answer is kept by the numbers of commitments and bills: none is ever given to another.
CREATE TABLE commitments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    line_id INTEGER NOT NULL REFERENCES purchase_lines (id) ON DELETE CASCADE,
    user_id TEXT,                  -- NULL for a former member
    tolerance INTEGER NOT NULL DEFAULT 0 CHECK (tolerance >= 0),
    accepted_cents INTEGER NOT NULL CHECK (accepted_cents >= 0),  -- the highest price agreed to
    asked_cents INTEGER,           -- the price that was asked about last
    made_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    dropped INTEGER NOT NULL DEFAULT 0 CHECK (dropped IN (0, 1)),  -- the real price was not accepted
    ordered_units INTEGER CHECK (ordered_units >= 0),
    delivered_units INTEGER CHECK (delivered_units >= 0),
    CHECK (delivered_units IS NULL OR delivered_units <= coalesce(ordered_units, 0)),
    UNIQUE (line_id, user_id)
) STRICT;

CREATE INDEX commitments_by_user ON commitments (user_id);
-- Holds what a room's message, which is worked out again and again, needs of them.
CREATE INDEX commitments_by_line ON commitments (line_id, accepted_cents, tolerance);

-- When each unit was added: ids grow with time, and are the order in which units are served.
CREATE TABLE commitment_units (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    commitment_id INTEGER NOT NULL REFERENCES commitments (id) ON DELETE CASCADE,
    units INTEGER NOT NULL CHECK (units >= 0),
    added_at INTEGER NOT NULL
) STRICT;

CREATE INDEX commitment_units_by_commitment ON commitment_units (commitment_id, units);

CREATE TRIGGER commitments_are_made_in_time BEFORE INSERT ON commitments
WHEN (SELECT state FROM purchases JOIN purchase_lines AS line ON line.purchase_id = purchases.id
    WHERE line.id = NEW.line_id) NOT IN ('open', 'filling')
BEGIN
    SELECT RAISE(ABORT, 'commitments are made while a purchase is open');
END;

CREATE TRIGGER commitments_grow_in_time BEFORE INSERT ON commitment_units
WHEN (SELECT state FROM purchases JOIN purchase_lines AS line ON line.purchase_id = purchases.id
    JOIN commitments ON commitments.line_id = line.id
    WHERE commitments.id = NEW.commitment_id) NOT IN ('open', 'filling')
BEGIN
    SELECT RAISE(ABORT, 'commitments are made while a purchase is open');
END;

-- The message about a purchase in a room, which is renewed as it goes on, and what it said last.
CREATE TABLE purchase_boards (
    purchase_id INTEGER NOT NULL REFERENCES purchases (id),
    room_id TEXT NOT NULL,
    key TEXT NOT NULL,             -- of the message, as in the outbox
    digest TEXT NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (purchase_id, room_id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER commitments_change_in_time BEFORE UPDATE OF tolerance ON commitments
WHEN (SELECT state FROM purchases JOIN purchase_lines AS line ON line.purchase_id = purchases.id
    WHERE line.id = OLD.line_id) NOT IN ('open', 'filling')
BEGIN
    SELECT RAISE(ABORT, 'commitments are made while a purchase is open');
END;

CREATE TRIGGER commitments_shrink_in_time BEFORE UPDATE OF units ON commitment_units
WHEN (SELECT state FROM purchases JOIN purchase_lines AS line ON line.purchase_id = purchases.id
    JOIN commitments ON commitments.line_id = line.id
    WHERE commitments.id = OLD.commitment_id) NOT IN ('open', 'filling')
BEGIN
    SELECT RAISE(ABORT, 'commitments are made while a purchase is open');
END;

CREATE TRIGGER commitments_stay_once_confirmed BEFORE DELETE ON commitments
WHEN (SELECT state FROM purchases JOIN purchase_lines AS line ON line.purchase_id = purchases.id
    WHERE line.id = OLD.line_id) IN ('confirmed', 'ordered', 'received', 'settled')
BEGIN
    SELECT RAISE(ABORT, 'what was confirmed is not taken back');
END;

CREATE TABLE purchase_interests (
    purchase_id INTEGER NOT NULL REFERENCES purchases (id),
    user_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    wants_reminder INTEGER NOT NULL DEFAULT 0 CHECK (wants_reminder IN (0, 1)),
    reminded_at INTEGER,
    PRIMARY KEY (purchase_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX purchase_interests_by_user ON purchase_interests (user_id);

-- Members for whom a purchase that tipped costs more than it gains: they may withdraw, once.
CREATE TABLE purchase_losses (
    purchase_id INTEGER NOT NULL REFERENCES purchases (id),
    user_id TEXT NOT NULL,
    gain_cents INTEGER NOT NULL CHECK (gain_cents < 0),
    told_at INTEGER NOT NULL,
    withdrew_at INTEGER,
    PRIMARY KEY (purchase_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE purchase_merges (
    id INTEGER PRIMARY KEY,
    into_id INTEGER NOT NULL REFERENCES purchases (id),  -- the older one, which goes on
    from_id INTEGER NOT NULL REFERENCES purchases (id),
    proposed_at INTEGER NOT NULL,
    into_agreed_at INTEGER,
    from_agreed_at INTEGER,
    declined_at INTEGER,
    done_at INTEGER,
    CHECK (into_id < from_id),
    CHECK (done_at IS NULL OR (into_agreed_at IS NOT NULL AND from_agreed_at IS NOT NULL
        AND declined_at IS NULL)),
    UNIQUE (into_id, from_id)
) STRICT;

-- What each member owes; the cooperative or the supplier invoices, and the bot notes who said that they paid.
CREATE TABLE purchase_bills (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    purchase_id INTEGER NOT NULL REFERENCES purchases (id),
    number INTEGER NOT NULL,       -- from 1, by which the responsible person names it
    user_id TEXT,                  -- NULL for a former member
    net_cents INTEGER NOT NULL,
    vat_cents INTEGER NOT NULL,
    costs_cents INTEGER NOT NULL,
    costs_vat_cents INTEGER NOT NULL,
    total_cents INTEGER NOT NULL,
    gain_cents INTEGER NOT NULL,   -- against the reference prices, after costs
    billed_at INTEGER NOT NULL,
    said_paid_at INTEGER,
    confirmed_at INTEGER,
    confirmed_by TEXT,
    reminders INTEGER NOT NULL DEFAULT 0,
    reminded_at INTEGER,
    CHECK (total_cents = net_cents + vat_cents + costs_cents + costs_vat_cents),
    UNIQUE (purchase_id, number),
    UNIQUE (purchase_id, user_id)
) STRICT;

CREATE INDEX purchase_bills_by_user ON purchase_bills (user_id);

CREATE TABLE purchase_bill_lines (
    bill_id INTEGER NOT NULL REFERENCES purchase_bills (id) ON DELETE CASCADE,
    line_id INTEGER NOT NULL REFERENCES purchase_lines (id),
    units INTEGER NOT NULL,
    unit_cents INTEGER NOT NULL,
    net_cents INTEGER NOT NULL,
    vat_cents INTEGER NOT NULL,
    PRIMARY KEY (bill_id, line_id)
) STRICT, WITHOUT ROWID;

-- What a settled purchase brought, for the reports.
CREATE TABLE purchase_summaries (
    purchase_id INTEGER PRIMARY KEY REFERENCES purchases (id),
    closed_on TEXT NOT NULL,       -- the local day
    members INTEGER NOT NULL,
    units INTEGER NOT NULL,
    net_cents INTEGER NOT NULL,
    gained_cents INTEGER NOT NULL,
    saved_grams INTEGER,
    saved_trips INTEGER
) STRICT;

CREATE TABLE tenders (
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    language TEXT NOT NULL,
    currency TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'open', 'closed')),
    state_since INTEGER NOT NULL,
    responsible TEXT,              -- a buyer; NULL for a former member
    supplier_id INTEGER REFERENCES suppliers (id),
    supplier_name TEXT NOT NULL,
    unapproved_reason TEXT,
    valid_until TEXT NOT NULL,     -- the last day
    note TEXT NOT NULL DEFAULT '',
    reason TEXT,                   -- why it was closed early
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;

CREATE INDEX tenders_by_state ON tenders (state);
CREATE INDEX tenders_by_responsible ON tenders (responsible) WHERE responsible IS NOT NULL;

CREATE TRIGGER tenders_begin_as_drafts BEFORE INSERT ON tenders
WHEN NEW.state <> 'draft'
BEGIN
    SELECT RAISE(ABORT, 'a tender begins as a draft');
END;

CREATE TRIGGER tenders_only_go_on BEFORE UPDATE OF state ON tenders
WHEN NEW.state <> OLD.state AND (OLD.state = 'closed' OR NEW.state = 'draft')
BEGIN
    SELECT RAISE(ABORT, 'a tender does not move like that');
END;

CREATE TABLE tender_networks (
    tender_id INTEGER NOT NULL REFERENCES tenders (id),
    network_id INTEGER NOT NULL REFERENCES networks (id),
    position INTEGER NOT NULL,
    PRIMARY KEY (tender_id, network_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE tender_lines (
    id INTEGER PRIMARY KEY,
    tender_id INTEGER NOT NULL REFERENCES tenders (id),
    position INTEGER NOT NULL,
    article TEXT NOT NULL,
    unit TEXT NOT NULL,
    article_code TEXT NOT NULL DEFAULT '',
    cents INTEGER NOT NULL CHECK (cents >= 0),
    vat INTEGER NOT NULL CHECK (vat BETWEEN 0 AND 10000),
    reference_cents INTEGER CHECK (reference_cents >= 0),
    quantity INTEGER NOT NULL CHECK (quantity >= 0),
    UNIQUE (tender_id, position)
) STRICT;

CREATE TABLE tender_orders (
    id INTEGER PRIMARY KEY,
    tender_id INTEGER NOT NULL REFERENCES tenders (id),
    ordered_by TEXT,
    ordered_at INTEGER NOT NULL
) STRICT;

CREATE TABLE tender_call_offs (
    id INTEGER PRIMARY KEY,
    line_id INTEGER NOT NULL REFERENCES tender_lines (id),
    user_id TEXT,                  -- NULL for a former member
    units INTEGER NOT NULL CHECK (units > 0),
    at INTEGER NOT NULL,
    order_id INTEGER REFERENCES tender_orders (id),  -- NULL until it is ordered
    cancelled_at INTEGER,
    CHECK (order_id IS NULL OR cancelled_at IS NULL)
) STRICT;

CREATE INDEX tender_call_offs_by_line ON tender_call_offs (line_id) WHERE cancelled_at IS NULL;
CREATE INDEX tender_call_offs_by_user ON tender_call_offs (user_id);

CREATE TRIGGER tender_call_offs_never_exceed BEFORE INSERT ON tender_call_offs
WHEN (SELECT coalesce(sum(units), 0) FROM tender_call_offs
        WHERE line_id = NEW.line_id AND cancelled_at IS NULL) + NEW.units
    > (SELECT quantity FROM tender_lines WHERE id = NEW.line_id)
BEGIN
    SELECT RAISE(ABORT, 'less is left than that');
END;

CREATE TRIGGER tender_call_offs_stay BEFORE UPDATE OF line_id, units ON tender_call_offs
BEGIN
    SELECT RAISE(ABORT, 'a call-off is cancelled and made anew');
END;

CREATE TRIGGER tender_call_offs_stay_cancelled BEFORE UPDATE OF cancelled_at ON tender_call_offs
WHEN OLD.cancelled_at IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'a call-off that was cancelled is made anew');
END;

CREATE TRIGGER tender_quantities_cover_what_is_called BEFORE UPDATE OF quantity ON tender_lines
WHEN NEW.quantity < (SELECT coalesce(sum(units), 0) FROM tender_call_offs
    WHERE line_id = NEW.id AND cancelled_at IS NULL)
BEGIN
    SELECT RAISE(ABORT, 'more than that was called off');
END;

CREATE TRIGGER tender_call_offs_are_made_while_open BEFORE INSERT ON tender_call_offs
WHEN (SELECT state FROM tenders JOIN tender_lines AS line ON line.tender_id = tenders.id
    WHERE line.id = NEW.line_id) <> 'open'
BEGIN
    SELECT RAISE(ABORT, 'a tender is called off while it is open');
END;
