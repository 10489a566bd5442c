"""A question becomes an answer: `understand` → `gather` → `trust` → `narrate`; `service.py` leads the way, `again` knows a shorter one."""
