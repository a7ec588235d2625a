# Sourced by the `run` of each suite: `run_suite DIRECTORY [node options] FILES…`.
# Installs the dependencies when they are missing, runs node:test, ends with "N passed, N failed[, N skipped]".

tests_root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

# Those of the tests, or of the folder that is named.
install_dependencies() {
  local folder="${1:-$tests_root}"
  [[ -f "$folder/node_modules/.package-lock.json" &&
    ! "$folder/package-lock.json" -nt "$folder/node_modules/.package-lock.json" ]] && return
  (
    exec 9<"$folder/package-lock.json"
    flock 9
    cd "$folder" && npm ci --no-audit --no-fund >&2
  )
}

run_suite() {
  install_dependencies || { echo "npm ci failed" >&2; echo "0 passed, 1 failed"; return 1; }
  ulimit -n "$(ulimit -Hn)" 2>/dev/null || true
  [[ "${TSAN_OPTIONS:-}" == *suppressions=* ]] ||
    export TSAN_OPTIONS="${TSAN_OPTIONS:+$TSAN_OPTIONS:}suppressions=$tests_root/lib/tsan.supp"
  local tap status=0
  tap="$(mktemp)"
  local concurrency=()
  node --help | grep -q -- --test-concurrency && concurrency=(--test-concurrency="${TEST_CONCURRENCY:-3}")
  node --test "${concurrency[@]}" --test-timeout="${TEST_TIMEOUT_MS:-600000}" --test-reporter=spec --test-reporter-destination=stdout \
    --test-reporter=tap --test-reporter-destination="$tap" "$@" || status=$?
  count_results "$tap" "$status"
  status=$?
  rm -f "$tap"
  return "$status"
}

# The totals at the end of the TAP file; a cancelled test counts as failed, and a run that crashed is a failure.
count_results() {
  local tap="$1" status="$2" pass fail cancelled skipped
  pass="$(total pass "$tap")" fail="$(total fail "$tap")"
  cancelled="$(total cancelled "$tap")" skipped="$(total skipped "$tap")"
  fail=$((fail + cancelled))
  [[ "$status" -ne 0 && "$fail" -eq 0 ]] && fail=1
  [[ "$pass" -eq 0 && "$fail" -eq 0 ]] && fail=1
  local line="$pass passed, $fail failed"
  [[ "$skipped" -gt 0 ]] && line+=", $skipped skipped"
  echo "$line"
  [[ "$fail" -eq 0 ]]
}

total() {
  local number
  number="$(grep -oP "^# $1 \K\d+" "$2" | tail -n 1)"
  echo "${number:-0}"
}
