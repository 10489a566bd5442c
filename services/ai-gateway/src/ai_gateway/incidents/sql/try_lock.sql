-- One worker at a time, until the end of the transaction.
SELECT pg_try_advisory_xact_lock(%(key)s) AS got
