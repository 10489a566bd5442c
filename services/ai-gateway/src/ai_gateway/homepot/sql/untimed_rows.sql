-- How many rows of a table every other query leaves out.
SELECT count(*) AS rows FROM {untimed} AS left_out
