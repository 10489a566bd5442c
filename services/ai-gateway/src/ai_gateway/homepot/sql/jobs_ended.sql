-- Jobs that ended: a push job does as acknowledged, an agent's as completed.
(
    SELECT j.*, j.status <> 'failed' AS succeeded
    FROM {jobs} AS j
    WHERE j.status IN ('completed', 'acknowledged', 'success', 'failed')
)
