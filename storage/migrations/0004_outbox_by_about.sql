-- The messages that ask the same thing of several people are looked up when one of them decides.
CREATE INDEX outbox_by_about ON outbox (about) WHERE about IS NOT NULL;
