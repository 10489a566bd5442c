"""Recall: by meaning with the real embedder, by words without it, always within the caller's sites."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import msgspec
import numpy as np
import psycopg
import pytest

from ai_gateway.clients.embedder import DEFAULT_MODEL, Embedder
from ai_gateway.homepot.database import HomepotDatabase
from ai_gateway.homepot.resolved import ResolvedAlerts
from ai_gateway.incidents.category import category_of
from ai_gateway.kit.db import Pool
from ai_gateway.kit.settings import Settings
from ai_gateway.memory.categories import categorise
from ai_gateway.memory.finding_store import FindingStore
from ai_gateway.memory.findings import Finding, FindingMemory
from ai_gateway.memory.ingest import AlertIngest
from ai_gateway.memory.lexical import Question
from ai_gateway.memory.recall import ALIKE, WORTH_SHOWING, IncidentMemory
from ai_gateway.memory.service import VOTERS
from ai_gateway.memory.store import MemoryStore
from ai_gateway.memory.types import ANY, Filters, Recalled, WordCounts
from ai_gateway.memory.upkeep import MemoryUpkeep
from ai_gateway.wiring import create_own_pool
from dev.homepot.sample.alerts import open_alerts, precedent_ids
from dev.homepot.sample.world import World
from dev.postgres import EmbeddedPostgres
from tests.db.conftest import Sql
from tests.db.memory.conftest import NOW, FaultyEmbedder, Homepot, Knowing, alert, kept, unit_vector
from tests.unit.memory.test_categories import MEANT

NO_WORDS = Question.of("", "", WordCounts(0, {}))
SYMPTOMS = {
    "cpu_runaway": "the processor is at 97 percent and the till is slow",
    "memory_leak": "memory keeps growing since the firmware update",
    "disk_filling": "the disk is almost full because of log files",
    "site_latency": "the network of the whole site is slow, high latency everywhere",
    "overheating": "the temperature in the server room is too high",
    "payment_timeout": "card payments fail with a gateway timeout",
}


@pytest.fixture
async def remembered(ingest: AlertIngest, homepot: Homepot, memory: MemoryStore) -> MemoryStore:
    """Three incidents at two sites, without meaning in their vectors."""
    homepot.alerts = [
        alert(1, 300, title="Printer jammed", resolution_notes="Removed the paper.", site=1, category="hardware"),
        alert(2, 200, title="Scanner jammed", resolution_notes="Cleaned the belt.", site=2, site_name="Other"),
        alert(
            3, 100, title="Line down", resolution_notes="The provider repaired the cable.", site=None, site_name=None
        ),
    ]
    await ingest.run()
    return memory


def without_embedder(memory: MemoryStore) -> IncidentMemory:
    return IncidentMemory(memory, FaultyEmbedder())


async def nearest(
    memory: MemoryStore,
    text: str,
    *,
    sites: tuple[int, ...] | None = None,
    model: str = DEFAULT_MODEL,
    filters: Filters = ANY,
) -> list[Recalled]:
    """The incidents nearest by meaning alone."""
    found = await memory.candidates(unit_vector(text), model, NO_WORDS, sites, filters, 50)
    return sorted((one.incident for one in found), key=lambda one: -(one.similarity or 0))


async def test_without_the_embedder_words_are_compared_and_it_is_said(remembered: MemoryStore) -> None:
    recall = await without_embedder(remembered).recall("the printer is jamming again", None, 5)
    assert recall.by_words
    assert [one.description for one in recall.incidents] == [
        "Printer jammed. Category: hardware.",
        "Scanner jammed. Category: network.",
    ]
    assert {one.similarity for one in recall.incidents} == {None}


async def test_what_came_back_hundreds_of_times_hides_no_remedy(memory: MemoryStore) -> None:
    """HOMEPOT writes the reading into an alert's title, and most alerts nobody says anything of."""
    often = [kept(str(number), f"Printer out of paper: {number % 90}.5 %.") for number in range(300)]
    once = kept("once", "Printer out of paper with a full roll. Dusty.", resolution="Blew the dust off the sensor.")
    others = [kept(f"other {number}", f"Line w{number}x is down.") for number in range(2000)]
    await memory.save([*often, once, *others], [[0.0] * 768] * 2301, "none", "test", {})
    await memory.count_words()
    recall = await without_embedder(memory).recall("Printer out of paper: 12.5 %.", None, 5)
    assert [(one.resolution, one.count) for one in recall.incidents] == [(None, 300), (once.resolution, 1)]


async def test_however_often_it_came_back_it_hides_no_other_precedent(memory: MemoryStore) -> None:
    """By meaning and by words; one says what the 1,000 say and what helped, the other says something else."""
    text = "Printer out of paper: 12.5 %."
    often = [kept(str(number), f"Printer out of paper: {number % 90}.5 %.") for number in range(1000)]
    remedy = kept("once", "Printer out of paper: 7.5 %.", resolution="Blew the dust off the sensor under the roller.")
    other = kept("other", "Printer out of paper with a full roll. Dusty.")
    rest = [kept(f"rest {number}", f"Line w{number}x is down.") for number in range(2000)]
    near, far = unit_vector(text), unit_vector("line")
    less_near = (0.9 * np.array(near) + 0.436 * np.array(far)).tolist()
    vectors = [near] * 1000 + [less_near] * 2 + [far] * 2000
    await memory.save([*often, remedy, other, *rest], vectors, DEFAULT_MODEL, "test", {})
    await memory.count_words()
    for recalling in (without_embedder(memory), IncidentMemory(memory, Knowing())):
        recall = await recalling.recall(text, None, 5)
        assert {(remedy.description, remedy.resolution), (other.description, None)} <= {
            (one.description, one.resolution) for one in recall.incidents
        }
        assert max(one.count for one in recall.incidents) >= 600


async def test_words_of_the_resolution_count_too(remembered: MemoryStore) -> None:
    (found,) = (await without_embedder(remembered).recall("repaired cables", None, 5)).incidents
    assert found.resolution == "The provider repaired the cable."


@pytest.mark.parametrize(
    "text", ["", "?!", "a b", "über", "zebra", "'; DROP TABLE ai_incident_patterns;--", "& | ! ( )", ":*"]
)
async def test_words_that_fit_nothing_find_nothing(remembered: MemoryStore, text: str) -> None:
    assert (await without_embedder(remembered).recall(text, None, 5)).incidents == []


@pytest.mark.parametrize(("sites", "count"), [(None, 2), ((1,), 1), ((2,), 1), ((1, 2), 2), ((3,), 0), ((), 0)])
async def test_recall_stays_within_the_callers_sites(
    remembered: MemoryStore, sites: tuple[int, ...] | None, count: int
) -> None:
    recall = await without_embedder(remembered).recall("jammed", sites, 5)
    assert len(recall.incidents) == count
    assert len(await nearest(remembered, "x", sites=sites)) == (3 if sites is None else count)


async def test_the_same_text_is_the_nearest(remembered: MemoryStore) -> None:
    (found, *_) = await nearest(remembered, "Printer jammed. Category: hardware.")
    assert found.description == "Printer jammed. Category: hardware."
    assert found.similarity == pytest.approx(1)
    assert found.occurred_at < NOW


async def test_vectors_of_another_model_are_not_compared(remembered: MemoryStore) -> None:
    assert await nearest(remembered, "x", model="another model") == []


@pytest.mark.parametrize(("sites", "keys"), [(None, {"1", "2", "3"}), ((1,), {"1"}), ((1, 2), {"1", "2"}), ((), set())])
async def test_vectors_are_read_within_the_callers_sites(
    remembered: MemoryStore, sites: tuple[int, ...] | None, keys: set[str]
) -> None:
    everything = {one.id: one for one in await nearest(remembered, "x")}
    found = await remembered.vectors_of(list(everything), DEFAULT_MODEL, sites)
    assert {everything[number].source_key for number in found} == keys
    for number, vector in found.items():
        assert vector.tolist() == unit_vector(everything[number].description)
    assert await remembered.vectors_of(list(everything), "another model", sites) == {}


async def test_another_report_of_a_likely_precedent_goes_before_what_shares_as_many_words(memory: MemoryStore) -> None:
    """By words alone both others have as much in common with the question; one of them is like the best in meaning."""
    texts = ["Card reader rejects chip cards", "Chip of the terminal is not read", "Chip of the badge is not printed"]
    best, other = unit_vector(texts[0]), unit_vector(texts[2])
    like_best = [0.95 * one + 0.3122 * another for one, another in zip(best, unit_vector("y"), strict=True)]
    rows = [kept(str(number), text) for number, text in enumerate(texts)]
    await memory.save(rows, [best, like_best, other], DEFAULT_MODEL, "test", {})
    await memory.count_words()
    recall = without_embedder(memory)
    ranked = await recall.rank(await recall.question("Card reader rejects every chip"), None, None)
    assert [one.source_key for one in ranked] == ["0", "1", "2"]
    assert ranked[0].similarity_score > ranked[1].similarity_score > 2 * ranked[2].similarity_score


async def test_what_has_nothing_in_common_is_left_out(remembered: MemoryStore) -> None:
    class Unlike(FaultyEmbedder):
        async def embed_question(self, _: str) -> list[float]:
            return unit_vector("something that no incident says")

    recall = await IncidentMemory(remembered, Unlike()).recall("x", None, 5)
    assert (recall.incidents, recall.by_words) == ([], False)


async def test_statistics(remembered: MemoryStore) -> None:
    statistics = await remembered.statistics()
    assert statistics.incidents == 3
    assert statistics.bytes > 8192
    assert statistics.newest is not None


@pytest.fixture(scope="session")
async def real_pool(postgres: EmbeddedPostgres, template_database: str, homepot_url: str) -> AsyncIterator[Pool]:
    """A database that the tests of this file share, as embedding takes its time."""
    with psycopg.connect(postgres.url(), autocommit=True) as owner:
        owner.execute(f"CREATE DATABASE gateway_recall TEMPLATE {template_database}")
    urls = {"homepot_database_url": homepot_url, "database_url": postgres.url("gateway_recall")}
    pool = create_own_pool(Settings.model_validate(urls))
    await pool.open(wait=True, timeout=10)
    yield pool
    await pool.close()


@pytest.fixture(scope="session")
async def real_memory(
    embedder_url: str, sample_fleet: HomepotDatabase, real_pool: Pool, now: datetime
) -> AsyncIterator[IncidentMemory]:
    """The sample fleet's sixty days of resolved alerts, embedded by the real model."""
    needed = {"homepot_database_url": "postgresql://x/x", "database_url": "postgresql://x/x"}
    embedder = Embedder(Settings.model_validate({**needed, "embedder_url": embedder_url}))
    store = MemoryStore(real_pool)
    ingest = AlertIngest(ResolvedAlerts(sample_fleet), store, embedder, lambda: now, overlap_s=3600, batch_size=64)
    await ingest.run()
    await MemoryUpkeep(store, embedder, batch_size=64).run()
    yield IncidentMemory(store, embedder)
    await embedder.close()


@pytest.mark.model
async def test_symptoms_in_other_words_find_their_precedents(
    real_memory: IncidentMemory, real_pool: Pool, now: datetime, sql: Sql
) -> None:
    precedents = {kind: set(map(str, ids)) for kind, ids in precedent_ids(World.read(now, 7)).items()}
    assert (await MemoryStore(real_pool).statistics()).incidents == sql(
        "SELECT count(*) AS n FROM alerts WHERE lower(status) = 'resolved'"
    )[0]["n"]
    for kind, symptom in SYMPTOMS.items():
        recall = await real_memory.recall(symptom, None, 5)
        assert not recall.by_words
        assert recall.incidents[0].source_key in precedents[kind], kind
        assert recall.incidents[0].shared_words
        assert len({one.source_key for one in recall.incidents} & precedents[kind]) >= 2, kind
        assert all(WORTH_SHOWING <= one.similarity_score <= 1 for one in recall.incidents)


@pytest.mark.model
async def test_few_words_find_the_remedy_that_says_them_all(real_memory: IncidentMemory) -> None:
    """As a technician looks up a part or a program: by meaning a word or two are like nothing."""
    (found,) = (await real_memory.recall("spoolsv.exe", None, 5)).incidents
    assert "spoolsv.exe" in (found.resolution or "")
    assert found.similarity_score < ALIKE
    assert (await real_memory.recall("spoolsv.exe flywheel", None, 5)).incidents == []


@pytest.mark.model
async def test_of_each_kind_of_fault_the_first_precedent_is_of_that_kind(
    real_memory: IncidentMemory, now: datetime
) -> None:
    """As a technician has it: an open alert of the fault, and the question is whether that happened before."""
    precedents = {kind: set(map(str, ids)) for kind, ids in precedent_ids(World.read(now, 7)).items()}
    faults = [one for one in open_alerts() if "fault" in one]
    assert len({one["fault"] for one in faults}) >= 6
    right = 0
    for one in faults:
        recall = await real_memory.recall(f"{one['title']}. {one['description']}", None, 3)
        right += recall.incidents[0].source_key in precedents[one["fault"]]
    assert right >= 0.95 * len(faults)


FOUND = {
    "cpu_percent": ("CPU rose after {setting} was changed", "CPU went from 34 to 71 %, +35 by itself (90 %: 31 to 39)"),
    "memory_percent": ("Memory rising day after day", "By 1.1 % a day (90 %: 0.9 to 1.3), over 30 days"),
    "disk_percent": ("Disk rising day after day", "By 0.62 % a day (90 %: 0.5 to 0.7), over 30 days"),
    "network_latency_ms": (
        "Network latency rose after {setting} was changed",
        "Network latency went from 40 to 310 ms, +266 by itself (90 %: 240 to 292)",
    ),
    "temperature_celsius": ("Temperature rising day after day", "By 0.5 °C a day (90 %: 0.4 to 0.6), over 30 days"),
    "payment": (
        "Error PAY504 comes more and more often: Payment gateway timeout after # ms",
        "54 of 60 in 30 days came in the last 7, on 3 devices",
    ),
    "tls": (
        "Errors logged an hour rose after {setting} was changed",
        "Errors logged an hour went from 0 to 6.2, +6.2 by itself (90 %: 5.1 to 7.3)",
    ),
}
SETTINGS = ("payment_tls_min_version", "receipt_print_mode", "sync_interval_s")


def reported(now: datetime) -> list[Finding]:
    """Of everything that a fault touches, what the tests of a site would tell of it, and nobody's answer to it."""
    return [
        Finding(
            subject=f"{name}/{setting}",
            title=title.format(setting=setting),
            details=(f"{setting} was changed from 1 to 2", details) if "{setting}" in title else (details,),
            category="configuration" if "{setting}" in title else category_of("drift", name),
            severity="warning",
            began_at=now - timedelta(days=5),
            ended_at=now - timedelta(days=1),
        )
        for name, (title, details) in FOUND.items()
        for setting in SETTINGS
    ]


@pytest.fixture
async def with_findings(
    real_memory: IncidentMemory, real_pool: Pool, now: datetime, sql: Sql
) -> AsyncIterator[IncidentMemory]:
    """The same memory with findings of all sites in it, twice as many as there are precedents."""
    store, embedder = MemoryStore(real_pool), real_memory._embedder
    findings = FindingMemory(FindingStore(real_pool), store, embedder, lambda: now)
    for site in sql("SELECT id, name FROM sites WHERE is_active"):
        await findings.remember("test", site["id"], site["name"], reported(now), job="test", position={})
    await MemoryUpkeep(store, embedder, batch_size=64).run()
    yield real_memory
    async with real_pool.connection() as connection:
        await connection.execute("DELETE FROM ai_incident_patterns WHERE source = 'finding'")
        await connection.execute("DELETE FROM ai_findings")
        await connection.execute("UPDATE ai_memory_crowds SET crowd = NULL, word_crowd = NULL, crowd_of = 0")
    await MemoryUpkeep(store, embedder, batch_size=64).run()


@pytest.mark.model
async def test_findings_without_a_remedy_do_not_crowd_out_precedents(
    with_findings: IncidentMemory, now: datetime
) -> None:
    """For each open alert of a fault, and in other words, the first one is still what helped with that kind."""
    precedents = {kind: set(map(str, ids)) for kind, ids in precedent_ids(World.read(now, 7)).items()}
    faults = [(one["fault"], f"{one['title']}. {one['description']}") for one in open_alerts() if "fault" in one]
    first: list[tuple[str, bool, list[str]]] = []
    for kind, text in [*faults, *SYMPTOMS.items()]:
        recall = await with_findings.recall(text, None, 5)
        top = recall.incidents[0]
        right = top.source == "homepot_alert" and top.source_key in precedents[kind]
        first.append((kind, right, [f"{one.source} {one.similarity_score:.2f}" for one in recall.incidents]))
    print(*first, sep="\n")  # noqa: T201 - docs/memory.md quotes it
    assert all(right for _, right, _ in first)
    assert any("finding" in told for _, _, shown in first for told in shown)


@pytest.mark.model
async def test_a_finding_is_found_by_its_symptom_and_by_its_setting(with_findings: IncidentMemory) -> None:
    for text in (
        "error count jumped since sync_interval_s was changed",
        "network slow after receipt_print_mode was changed",
    ):
        found = (await with_findings.recall(text, None, 5)).incidents
        assert found[0].source == "finding", text
        assert found[0].shared_words


@pytest.mark.model
async def test_categories_by_votes_and_rules_leaving_each_precedent_out(
    real_memory: IncidentMemory, now: datetime, sql: Sql
) -> None:
    """Each precedent is named by the others, which have the category that a person would give them."""
    kinds = {str(one): kind for kind, ids in precedent_ids(World.read(now, 7)).items() for one in ids}
    rows = sql("SELECT id, title, description FROM alerts WHERE id = ANY(%(ids)s)", ids=list(map(int, kinds)))
    right = dict.fromkeys(("rules", "votes", "both"), 0)
    for row in rows:
        recall = await real_memory.recall(f"{row['title']}. {row['description']}", None, VOTERS + 1)
        others = [
            msgspec.structs.replace(one, category=min(MEANT[kinds[one.source_key]]))
            for one in recall.incidents
            if one.source_key in kinds and one.source_key != str(row["id"])
        ]
        named = {
            "rules": categorise(row["title"], []),
            "votes": categorise("", others),
            "both": categorise(row["title"], others),
        }
        for name, category in named.items():
            right[name] += category in MEANT[kinds[str(row["id"])]]
    print(f"of {len(rows)} precedents: {right}")  # noqa: T201 - docs/memory.md quotes it
    assert right["both"] >= 0.85 * len(rows)


@pytest.mark.model
@pytest.mark.parametrize("text", ["zebra", "lunch menu for Friday", "the coffee machine leaks", "printer out of paper"])
async def test_what_never_happened_has_no_precedent(real_memory: IncidentMemory, text: str) -> None:
    assert (await real_memory.recall(text, None, 5)).incidents == []


@pytest.mark.model
async def test_meaning_is_scoped_by_site_too(real_memory: IncidentMemory, sql: Sql) -> None:
    (site,) = sql("SELECT id, name FROM sites WHERE name = 'Harbour Mall'")
    recall = await real_memory.recall(SYMPTOMS["cpu_runaway"], (site["id"],), 10)
    assert recall.incidents
    assert {one.site_name for one in recall.incidents} == {"Harbour Mall"}
