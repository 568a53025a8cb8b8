-- In which language somebody asked to be let in, so that the decision comes in the same one.
ALTER TABLE join_requests ADD COLUMN language TEXT;
