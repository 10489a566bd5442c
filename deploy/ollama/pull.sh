#!/bin/sh
# Makes sure that the model LLM_MODEL lies in OLLAMA_MODELS, then ends. Runs inside the image ollama/ollama.
set -eu

ollama serve &
tries=0
until listed=$(ollama list 2>/dev/null); do
  tries=$((tries + 1))
  if [ "$tries" -ge 60 ]; then
    echo "ollama does not come up" >&2
    exit 1
  fi
  sleep 1
done

# A host without the internet, whose models were copied in, must get past this too.
if printf '%s\n' "$listed" | tr '\t' ' ' | cut -d ' ' -f 1 | grep -qxF -e "$LLM_MODEL" -e "$LLM_MODEL:latest"; then
  echo "$LLM_MODEL is there"
else
  ollama pull "$LLM_MODEL"
fi
