SELECT block, position, state FROM ai_detector_state WHERE version = %(version)s AND block > %(after)s ORDER BY block LIMIT %(limit)s
