-- Pictures that stand inside a message, beside its words: what is said of them to whoever does not see them,
-- and how large they are shown, in pixels. All three, or none for a file that is a message of its own.

ALTER TABLE outbox_files ADD COLUMN inline_alt TEXT;
ALTER TABLE outbox_files ADD COLUMN inline_width INTEGER;
ALTER TABLE outbox_files ADD COLUMN inline_height INTEGER;
