-- How far imports and adoptions are; other sessions see it as chunks commit.
CREATE OR REPLACE VIEW import_progress AS
SELECT b.batch, b.kind, b.from_table,
       CASE WHEN b.finished_at IS NOT NULL THEN 'finished' ELSE 'unfinished' END AS state,
       b.lines, b.done,
       round(100.0 * b.done / nullif(greatest(b.lines, b.done), 0), 1) AS percent,
       b.created, b.merged, b.linked, b.review, b.rejected, b.repeated,
       b.started_at, b.updated_at, b.finished_at, b.actor
  FROM import_batch b;
