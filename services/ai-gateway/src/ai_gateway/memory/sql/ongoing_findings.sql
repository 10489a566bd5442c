SELECT subject, source_key, began_at, last_at
FROM ai_findings
WHERE reporter = %(reporter)s AND {in_scope site}
