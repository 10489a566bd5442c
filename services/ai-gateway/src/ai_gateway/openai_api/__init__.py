"""OpenAI's chat completions over the same answers, so that any chat client can be pointed at the fleet."""
