#!/bin/sh
# Makes sure that LLM_MODEL, and LLM_MODEL_FAST and LLM_MODEL_ACCURATE where they are set, lie in OLLAMA_MODELS, then ends. Runs inside the image ollama/ollama.
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
for model in "$LLM_MODEL" ${LLM_MODEL_FAST:-} ${LLM_MODEL_ACCURATE:-}; do
  if printf '%s\n' "$listed" | tr '\t' ' ' | cut -d ' ' -f 1 | grep -qxF -e "$model" -e "$model:latest"; then
    echo "$model is there"
  else
    ollama pull "$model"
  fi
done
