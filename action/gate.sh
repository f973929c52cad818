#!/usr/bin/env bash
# Holds $NEW against $BASE, writes the summary and the outputs of a step of GitHub Actions, and ends with the
# exit code of `compare gate`: 0 held, 5 not, others for what could not be done.
set -uo pipefail

args=("$BASE" "$NEW" --margin "${MARGIN:-0.01}")
if [ -n "${MODEL:-}" ]; then args+=(--model "$MODEL"); fi
if [ "${UNPAIRED:-false}" = true ]; then args+=(--unpaired); fi

said=$(compare-cli gate "${args[@]}" 2>&1)
code=$?
said=$(printf '%s' "$said" | tr '\r\n' '  ')

passed=false
mark="❌"
if [ "$code" -eq 0 ]; then
  passed=true
  mark="✅"
else
  printf '::error title=compare gate::%s\n' "${said//%/%25}"
fi
printf '%s\n' "$said"

if [ -n "${JUNIT:-}" ] && { [ "$code" -eq 0 ] || [ "$code" -eq 5 ]; }; then
  compare-cli gate "${args[@]}" --format junit -o "$JUNIT" 2>/dev/null
fi
if [ -n "${GITHUB_OUTPUT:-}" ]; then
  printf 'passed=%s\nsentence=%s\n' "$passed" "$said" >> "$GITHUB_OUTPUT"
fi
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
  {
    printf '%s %s\n\n' "$mark" "${said//</&lt;}"
    if [ -f "$NEW" ]; then compare-cli verdict "$NEW" --format markdown 2>/dev/null; fi
  } >> "$GITHUB_STEP_SUMMARY"
fi
exit "$code"
