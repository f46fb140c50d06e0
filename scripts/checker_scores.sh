#!/usr/bin/env bash
# Writes the checker's scores into docs/gradient-checking.md, between its two marks.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
table="$(mktemp)"
trap 'rm -f "$table"' EXIT
CINTA_CHECKER_TABLE="$table" cargo test --quiet --test checker gradients_are_judged_as_they_are >/dev/null
page=docs/gradient-checking.md
{
    sed '/<!-- scores -->/q' "$page"
    cat "$table"
    sed -n '/<!-- end of scores -->/,$p' "$page"
} >"$page.new"
mv "$page.new" "$page"
