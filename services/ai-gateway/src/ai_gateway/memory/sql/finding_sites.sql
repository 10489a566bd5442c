SELECT DISTINCT site FROM ai_findings WHERE reporter = %(reporter)s
