"""How an answer is told: the model's sentences, checked against the evidence, or code's own words."""
