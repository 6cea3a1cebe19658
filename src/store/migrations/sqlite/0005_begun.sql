-- Which one a plan was to be begun: more than one may be in a second.
ALTER TABLE plan ADD COLUMN begun_as INTEGER;
UPDATE plan SET begun_as = (
    SELECT COUNT(*) FROM plan AS earlier
    WHERE earlier.begun < plan.begun OR (earlier.begun = plan.begun AND earlier.id <= plan.id)
) WHERE begun IS NOT NULL;
