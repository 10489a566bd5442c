"""`python -m dev.scoping`: fail on a query over the fleet's or the gateway's own tables that no caller's scope narrows.

A query is scoped if it holds ``{in_scope column}`` (`ai_gateway.kit.sql`), a fragment that does, or the owner of a
conversation; each branch of a union by itself. Queries of the worker, which sees every site, stand in `UNSCOPED` with the
reason. A new query is therefore either scoped or listed, and so is one over a table that does not exist yet.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ai_gateway.homepot import catalogue
from ai_gateway.homepot.schema import SCHEMA
from ai_gateway.incidents import store as incidents
from ai_gateway.memory import search

ROOT: Final = Path(__file__).parents[1]
SOURCE: Final = ROOT / "services/ai-gateway/src/ai_gateway"

NOBODYS: Final = frozenset({"ai_api_keys", "ai_watermarks", "ai_metrics", "ai_detector_state", "ai_memory_words"})
"""Tables that tell nothing of any site: keys, positions of jobs, names of metrics, counts of words."""
PEOPLE: Final = frozenset({"users", "tenants", "tenant_memberships", "site_memberships"})
"""Tables of HOMEPOT from which scopes are made."""
FRAGMENTS: Final = (*catalogue.FRAGMENTS, *incidents.FRAGMENTS, *search.FRAGMENTS)
"""Files that are parts of others and never run by themselves."""
SHORT_CUTS: Final = frozenset({"in_view"})
"""Fragments that narrow a part of a query for speed; the whole still needs a scope."""

UNSCOPED: Final[dict[str, tuple[str, ...]]] = {
    "Names of every site and device, kept by the directory, which cuts them to each caller's view": (
        "homepot/directory_devices",
        "homepot/directory_digest",
        "homepot/directory_sites",
    ),
    "The worker reads all of HOMEPOT's rows behind its position; no caller sees them": (
        "homepot/alert_states",
        "homepot/alerted_devices",
        "homepot/new_alerts",
        "homepot/new_checks",
        "homepot/new_readings",
        "homepot/new_states",
        "homepot/happenings",
        "homepot/installed",
        "homepot/newest_ids",
        "homepot/resolved_alerts",
        "homepot/rolled_back_changes",
        "homepot/telemetry_devices",
    ),
    "Who somebody is, and the sites that scopes are made of": ("homepot/person",),
    "The worker looks for causes; which sites it means is a parameter, and what it finds is stored with its site": (
        "homepot/change_reach",
        "homepot/device_changes",
        "homepot/devices_in_service",
    ),
    "The worker keeps its book of anomalies, health and hours": (
        "health/add_hours",
        "health/close_others",
        "health/drop_device_health",
        "health/drop_site_health",
        "health/prune_anomalies",
        "health/prune_hours",
        "health/upsert_anomalies",
        "health/upsert_device_health",
        "health/upsert_site_health",
    ),
    "Of devices that a scoped query of HOMEPOT gave": ("health/hour_sums", "insights/day_means"),
    "The worker learns from the whole fleet's history and keeps each device's risk": (
        "prediction/active_model",
        "prediction/day_means",
        "prediction/days",
        "prediction/drop_predictions",
        "prediction/happenings",
        "prediction/history_since",
        "prediction/last_happening",
        "prediction/last_predicted",
        "prediction/last_trained",
        "prediction/prune_days",
        "prediction/prune_happenings",
        "prediction/prune_models",
        "prediction/prune_site_outlooks",
        "prediction/put_happenings",
        "prediction/put_model",
        "prediction/put_predictions",
        "prediction/put_scores",
        "prediction/put_site_outlooks",
        "prediction/retire_model",
        "prediction/roll_days",
        "prediction/running_risks",
        "prediction/signs",
        "prediction/watched",
    ),
    "The worker makes, merges and ends incidents": (
        "incidents/assign_anomalies",
        "incidents/drop_absorbed",
        "incidents/drop_old",
        "incidents/drop_own_aliases",
        "incidents/due",
        "incidents/forget_absorbed",
        "incidents/held",
        "incidents/known_alerts",
        "incidents/near",
        "incidents/new_anomalies",
        "incidents/open_alerts",
        "incidents/open_counts",
        "incidents/put_alerts",
        "incidents/put_aliases",
        "incidents/put_devices",
        "incidents/put_incidents",
        "incidents/put_similar",
        "incidents/set_fingerprints",
        "incidents/touch",
        "incidents/untold",
        "incidents/update_alerts",
    ),
    "Of the one incident that `lock_incident` found in the caller's scope, in the same transaction": (
        "incidents/acknowledge",
        "incidents/resolve",
    ),
    "Numbers that count all changes and tell none": ("answers/watermark", "incidents/position"),
    "The worker, or an operator on the command line, composes, counts and carries memory": (
        "memory/contents",
        "memory/count_words",
        "memory/crowd_due",
        "memory/delete_incidents",
        "memory/end_findings",
        "memory/export",
        "memory/export_deleted",
        "memory/finding_sites",
        "memory/forgotten",
        "memory/known_hashes",
        "memory/outdated",
        "memory/put_crowds",
        "memory/put_findings",
        "memory/put_votes",
        "memory/renew_incident",
        "memory/sample",
        "memory/stored_incidents",
        "memory/stored_vectors",
        "memory/told_findings",
        "memory/upsert_incident",
    ),
    "The worker looks after the index over all vectors, and hands out none of them": (
        "memory/build_index",
        "memory/drop_index",
        "memory/index_state",
        "memory/probe_pick",
    ),
    "The worker keeps knowledge as its folder has it": (
        "knowledge/drop_files",
        "knowledge/drop_passages",
        "knowledge/file_vectors",
        "knowledge/known_files",
        "knowledge/put_file",
        "knowledge/put_passage",
        "knowledge/touch_file",
    ),
    "Knowledge is a tenant's, not a site's: the tenants of the caller's sites are a parameter": (
        "knowledge/files",
        "knowledge/search",
        "knowledge/totals",
    ),
    "How much is remembered in all, for /api/ai/status": ("memory/statistics",),
    "The worker ends conversations that are over": ("conversations/expire",),
    "A new conversation, or preference, of the owner who is a parameter": (
        "conversations/start",
        "conversations/write_mode",
    ),
}

_COMMENT: Final = re.compile(r"--.*")
_BRANCH: Final = re.compile(r"\bUNION(?: ALL)?\b", re.IGNORECASE)
_MARK: Final = re.compile(r"\{in_scope \w+(?:\.\w+)?\}|\{chosen\}|\bowner = %\(owner\)s")
"""`{chosen}`: conditions that a store puts together, the caller's sites first."""
_SHORT_CUT: Final = re.compile("|".join(rf"\{{{name}\}}" for name in SHORT_CUTS))


def main() -> int:
    """Print every fault; returns the exit status."""
    faults = list(check(SOURCE))
    for fault in faults:
        print(fault, file=sys.stderr)
    return int(bool(faults))


def check(source: Path) -> Iterator[str]:
    """What is wrong with the queries below ``source``: unscoped ones, and entries of `UNSCOPED` that nothing needs."""
    allowed = {name for names in UNSCOPED.values() for name in names}
    queries = {f"{path.parent.parent.name}/{path.stem}": path for path in sorted(source.glob("*/sql/*.sql"))}
    whole = {name: path for name, path in queries.items() if path.stem not in FRAGMENTS}
    unscoped = {name for name, path in whole.items() if not _scoped(_text(path))}
    for name in sorted(unscoped - allowed):
        advice = "put {in_scope column} or {fleet} into it, or list it with its reason in dev/scoping.py"
        yield f"{queries[name]}: a query without a scope; {advice}"
    for name in sorted(allowed - unscoped):
        yield f"dev/scoping.py lists {name}, which {'is scoped' if name in whole else 'is no query'}: leave it out"


def _text(path: Path) -> str:
    """A query without comments, and with its fragments but short cuts in place."""
    text = path.read_text(encoding="utf-8")
    for name in FRAGMENTS:
        fragment = path.with_name(f"{name}.sql")
        if fragment.exists() and name not in SHORT_CUTS:
            text = text.replace(f"{{{name}}}", fragment.read_text(encoding="utf-8"))
    return _COMMENT.sub("", text)


def _scoped(text: str) -> bool:
    """Whether nothing that touches a table of somebody's goes without a scope, by branches and as a whole."""
    branches = [branch for branch in _BRANCH.split(text) if _touches(branch)]
    narrowed = all(_MARK.search(branch) or _SHORT_CUT.search(branch) for branch in branches)
    return narrowed and (not branches or bool(_MARK.search(text)))


def _touches(text: str) -> bool:
    homepots = set(re.findall(r"\{(\w+)\}", text)) & (set(SCHEMA) - PEOPLE)
    own = {table for table in re.findall(r"\b(ai_\w+)", text) if not table.endswith("_revisions")} - NOBODYS
    return bool(homepots or own)


if __name__ == "__main__":
    sys.exit(main())
