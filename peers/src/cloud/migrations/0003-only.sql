-- The one reader that a campaign is for, as one is that brings keys of clients for that reader. NULL: all of its class.
ALTER TABLE campaign ADD COLUMN only_reader TEXT REFERENCES reader (id);
