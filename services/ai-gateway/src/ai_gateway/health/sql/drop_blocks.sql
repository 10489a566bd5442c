DELETE FROM ai_detector_state WHERE version <> %(version)s OR block <> ALL(%(blocks)s)
