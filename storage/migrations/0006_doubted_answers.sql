-- An answer that begins like a command, held back until it is sent once more.
ALTER TABLE dialogues ADD COLUMN doubted TEXT;
