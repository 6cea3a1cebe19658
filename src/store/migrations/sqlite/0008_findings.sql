-- The findings of a run by rule and severity, excepted ones too. JSON: a list of rule, severity and number; none of
-- runs that were recorded before.
ALTER TABLE run ADD COLUMN findings TEXT;
