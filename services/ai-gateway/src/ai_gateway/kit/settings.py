"""Every setting of the gateway and the worker, read from the environment, ``.env`` or files in ``/run/secrets``."""

from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import psycopg
from psycopg.conninfo import conninfo_to_dict
from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROUTES = ("fast", "balanced", "accurate")
"""Words that stand for a model: which one, says a setting."""
CostRate = Literal["silent_hour", "incident", "failed_job", "visit"]
"""What can be given a price."""
SECRETS_DIR = Path("/run/secrets")


class Settings(BaseSettings):
    """Settings; the name in the environment is the field's name in upper case."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        secrets_dir=SECRETS_DIR if SECRETS_DIR.is_dir() else None,
        frozen=True,
        allow_inf_nan=False,  # no timer and no timeout takes them: each would fail much later, or bound nothing
    )

    # HOMEPOT, read-only
    homepot_database_url: SecretStr = Field(
        description="HOMEPOT's Postgres, as the read-only role that deploy/homepot/reader_role.sql creates."
    )
    homepot_allow_writable_role: bool = Field(
        default=False, description="Start even if the HOMEPOT role can write. Only for trials."
    )
    homepot_pool_size: int = Field(default=4, ge=1, le=50, description="Connections to HOMEPOT's database.")
    homepot_statement_timeout_ms: int = Field(
        default=3000, ge=100, description="Longest single read of HOMEPOT's database, in milliseconds."
    )
    homepot_directory_ttl_s: float = Field(
        default=30.0, ge=0, description="How long names of devices and sites are kept before they are read anew."
    )
    online_window_s: int = Field(
        default=120, ge=10, description="A device is online if its last heartbeat is at most this many seconds old."
    )

    site_time_zones: dict[str, str] = Field(
        default={},
        description="Time zone of each site by its public id (`*`: all others), as JSON of IANA names; HOMEPOT's opening hours have none. Default: UTC.",
    )

    # The gateway's own database
    database_url: SecretStr = Field(description="The gateway's own Postgres with pgvector 0.8.4 or newer.")
    database_pool_size: int = Field(default=6, ge=1, le=50, description="Connections to the gateway's own database.")
    migrations_dir: Path = Field(default=Path("migrations"), description="Folder of the SQL migrations.")

    # Embedder
    embedder_url: str = Field(default="http://embedder:8001", description="Base URL of the embedder.")
    embedder_timeout_s: float = Field(default=5.0, gt=0, description="Longest wait for one embedding of a question.")
    embedder_batch_timeout_s: float = Field(
        default=60.0, gt=0, description="Longest wait for one batch of embeddings in the worker."
    )
    embedding_cache_size: int = Field(
        default=4096, ge=0, description="Embeddings kept in memory for texts that come again (3 KB each); 0: none."
    )

    reranker_url: str | None = Field(
        default=None,
        description="Base URL of a cross-encoder that memory's best hits are ordered by once more (`POST /rerank` as in text-embeddings-inference). Empty: none.",
    )
    reranker_timeout_s: float = Field(
        default=1.0, gt=0, description="Longest wait for the re-ranker; then the order stays as it is."
    )

    # Language model
    ollama_host: str = Field(default="http://ollama:11434", description="Base URL of Ollama, or host:port.")
    llm_enabled: bool = Field(default=True, description="Switch the language model off: every answer is then plain.")
    llm_model: str = Field(default="llama3.1:8b", description="Model that Ollama runs when a question names none.")
    llm_model_fast: str | None = Field(
        default=None, description="Model for questions that ask for `fast`. Empty: LLM_MODEL, which is `balanced`."
    )
    llm_model_accurate: str | None = Field(
        default=None, description="Model for questions that ask for `accurate`. Empty: LLM_MODEL."
    )
    llm_num_ctx: int = Field(default=4096, ge=1024, description="Context window in tokens, sent with every request.")
    llm_max_tokens: int = Field(
        default=320, ge=32, description="Longest model answer in tokens; at most half of LLM_NUM_CTX."
    )
    llm_temperature: float = Field(default=0.0, ge=0, le=2, description="Sampling temperature.")
    llm_keep_alive: str = Field(default="30m", description="How long Ollama keeps the model loaded.")
    llm_max_concurrency: int = Field(default=1, ge=1, description="Model calls at once; see OLLAMA_NUM_PARALLEL.")
    llm_max_queue: int = Field(default=16, ge=0, description="Questions that may wait for the model.")
    llm_queue_timeout_s: float = Field(default=15.0, gt=0, description="Longest wait for a place at the model.")
    llm_first_token_timeout_s: float = Field(default=25.0, gt=0, description="Longest wait for the first token.")
    llm_token_timeout_s: float = Field(default=5.0, gt=0, description="Longest pause between two tokens.")
    llm_breaker_failures: int = Field(default=3, ge=1, description="Failures in a row that open the circuit breaker.")
    llm_breaker_reset_s: float = Field(default=15.0, gt=0, description="Seconds before an open breaker tries again.")

    # Questions
    query_deadline_s: float = Field(
        default=45.0, gt=1, description="An answer is given within this time, without the model if need be."
    )
    gather_deadline_s: float = Field(default=8.0, gt=0, description="Longest time for collecting evidence.")
    max_evidence: int = Field(default=30, ge=5, le=200, description="Most pieces of evidence an answer lists.")
    query_max_at_once: int = Field(
        default=32, ge=1, description="Questions being answered or waiting at once; one more is answered 429."
    )
    query_max_per_user: int = Field(
        default=24, ge=1, description="Of these, the most of one user, so that there is room for others."
    )
    answer_cache_ttl_s: float = Field(
        default=300.0,
        ge=0,
        description="How long an answer serves again while the data behind it is unchanged; 0: never.",
    )
    answer_cache_size: int = Field(default=1000, ge=1, description="Answers kept for that.")
    similar_incidents: int = Field(default=3, ge=1, le=20, description="Past incidents that an answer recalls.")

    conversation_days: float = Field(
        default=30.0, gt=0, description="Days that a conversation is kept after its last message."
    )

    # Trust
    trust_fresh_s: float = Field(
        default=300.0, gt=0, description="Age in seconds up to which a device's heartbeat and readings are fresh."
    )
    trust_window_s: float = Field(
        default=3600.0, gt=0, description="How far back readings are looked at for gaps, missing and impossible values."
    )
    trust_gap_s: float = Field(default=900.0, gt=0, description="Longest gap between two readings that is no gap yet.")
    trust_least_share: float = Field(
        default=0.9, ge=0, le=1, description="Share of the devices in question of which a check must hold (0-1)."
    )
    trust_least_filled: float = Field(
        default=0.9, ge=0, le=1, description="Share of the values of readings that must be there (0-1)."
    )
    trust_change_window_s: float = Field(
        default=86400.0, gt=0, description="How far back a rolled-back or failed change of configuration matters."
    )
    trust_settle_s: float = Field(
        default=1800.0, ge=0, description="How long after a change of configuration a device counts as unsettled."
    )
    trust_require_credentials: bool = Field(
        default=False, description="Whether a device that never had a credential fails as one whose credentials ended."
    )
    trust_sample: int = Field(
        default=50, ge=1, le=1000, description="Devices looked at closely for a question that names none."
    )
    trust_keep_s: float = Field(
        default=10.0, ge=0, description="How long what was read of the devices' soundness serves other questions."
    )
    trust_ceilings: dict[str, float] = Field(
        default={},
        description="Highest trust score when a gate (`A` to `H`) fails, or code alone wrote (`deterministic`), as JSON, over the built-in ones.",
    )

    # Web server
    gateway_host: str = Field(default="0.0.0.0", description="Address the gateway listens on.")
    gateway_port: int = Field(default=8000, ge=0, le=65535, description="Port the gateway listens on.")
    max_request_bytes: int = Field(default=256 * 1024, ge=1024, description="Largest request body, in bytes.")
    max_concurrent_requests: int = Field(
        default=128, ge=1, description="API requests handled at once; one more is answered 503."
    )
    api_key_cache_s: float = Field(
        default=60.0, ge=0, description="How long a checked API key is trusted without a look at the database."
    )
    health_stale_s: float = Field(
        default=300.0, gt=0, description="Age of the worker's last scan from which nothing is called healthy any more."
    )
    events_max_clients: int = Field(default=32, ge=1, le=10_000, description="Event streams open at once.")
    events_poll_s: float = Field(
        default=2.0, gt=0, description="How often the gateway looks for changes while event streams are open."
    )

    homepot_user_ttl_s: float = Field(
        default=5.0, ge=0, description="How long a HOMEPOT user's sites are trusted before they are read again."
    )
    homepot_session_secret: SecretStr | None = Field(
        default=None,
        description="HOMEPOT's SECRET_KEY: its session tokens are then taken as API keys are. Empty: they are not.",
    )

    # Worker
    worker_interval_s: float = Field(default=60.0, gt=0, description="Seconds between two rounds of the worker's jobs.")
    worker_metrics_port: int = Field(
        default=8002, ge=0, le=65535, description="Port of the worker's health and metrics."
    )
    memory_overlap_s: float = Field(
        default=3600.0, ge=0, description="How far behind its watermark the worker looks for alerts that came late."
    )
    memory_findings_interval_s: float = Field(
        default=86_400.0,
        ge=0,
        description="Seconds between two looks for findings at a site that are worth remembering; 0: none are remembered.",
    )
    memory_batch_size: int = Field(default=64, ge=1, le=512, description="Alerts embedded and stored in one step.")

    # Knowledge
    knowledge_dir: Path | None = Field(
        default=None, description="Folder of runbooks and manuals, one folder a tenant in it. Empty: there are none."
    )
    knowledge_max_file_mb: int = Field(default=20, ge=1, le=200, description="Largest file of knowledge, in MB.")

    # Incidents
    incident_gap_s: float = Field(
        default=1800.0, gt=0, description="Troubles of one device that begin within this time are one incident."
    )
    incident_reopen_s: float = Field(
        default=7200.0, gt=0, description="The same trouble that returns within this time reopens its incident."
    )

    # Health
    health_sensitivity: float = Field(
        default=2.0, gt=0, description="False alarms per device-week that detectors may raise."
    )
    health_limits: dict[str, dict[str, float]] = Field(
        default={},
        description="Levels from which a metric is bad, by device type (`*`: all), as JSON, over the built-in ones.",
    )
    health_quiet_s: float = Field(
        default=1800.0, ge=0, description="How long a metric must have been well before its anomaly closes."
    )
    health_history_days: float = Field(
        default=7.0, ge=0, le=90, description="How far back the first scan of a fleet reads, to learn what is normal."
    )
    health_page_rows: int = Field(default=20_000, ge=100, le=200_000, description="Rows that a scan reads at a time.")
    health_state_interval_s: float = Field(
        default=600.0, ge=0, description="How often what detectors remember of a device is stored."
    )
    health_hours_days: float = Field(default=35.0, ge=1, description="How long hourly readings are kept.")
    health_anomaly_days: float = Field(default=180.0, ge=1, description="How long anomalies are kept.")

    # Prediction
    prediction_interval_s: float = Field(
        default=3600.0, ge=60, description="Seconds between two rounds in which every device's risk is told."
    )
    prediction_train_interval_s: float = Field(
        default=86_400.0, ge=3600, description="Seconds between two trainings of a model on this fleet's own history."
    )
    prediction_history_days: float = Field(
        default=400.0, ge=30, description="How long daily readings are kept for prediction to learn from."
    )
    prediction_threads: int = Field(
        default=2, ge=1, le=64, description="Parts of the fleet whose risks are worked out at the same time."
    )
    prediction_incident_risk: float = Field(
        default=0.35,
        gt=0,
        le=1,
        description="Probability of a failure within a week from which it becomes an incident.",
    )
    prediction_incident_most: int = Field(
        default=20, ge=0, description="Rising risks that one round may make incidents of, the riskiest first; 0: none."
    )
    maintenance_device_minutes: float = Field(
        default=30.0, ge=1, le=480, description="Minutes that a visit of the maintenance plan has for each device."
    )

    # Insights
    cost_rates: dict[CostRate, float] = Field(
        default={},
        description="What one of these costs, as JSON: `silent_hour` of a device, `incident`, `failed_job`, `visit`. Empty: no costs are told.",
    )
    cost_currency: str | None = Field(default=None, max_length=10, description="How costs are told, such as EUR.")

    # Logs
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="Least level logged.")
    log_format: Literal["json", "console"] = Field(default="json", description="One JSON object a line, or for eyes.")

    def model_named(self, asked: str | None) -> str:
        """The model in Ollama that ``fast``, ``balanced``, ``accurate``, a name or nothing stands for."""
        routes = {"balanced": self.llm_model, "fast": self.llm_model_fast, "accurate": self.llm_model_accurate}
        return routes.get(asked or "balanced", asked) or self.llm_model

    @field_validator("homepot_database_url", "database_url")
    @classmethod
    def _of_postgres(cls, url: SecretStr) -> SecretStr:
        """A database that is down is waited for; one that cannot even be asked for would be so for good."""
        try:
            conninfo_to_dict(url.get_secret_value())
        except psycopg.ProgrammingError:  # its text may hold the password
            raise ValueError("is no Postgres URL: write postgresql://USER:PASSWORD@HOST:PORT/DATABASE") from None
        return url

    @field_validator("embedder_url", "reranker_url")
    @classmethod
    def _of_a_server(cls, url: str | None) -> str | None:
        if url is not None:
            parts = urlsplit(url)
            if parts.scheme not in {"http", "https"} or not parts.hostname:
                raise ValueError("must be http://host:port or https://host")
        return url

    @field_validator("ollama_host")
    @classmethod
    def _with_scheme(cls, host: str) -> str:
        """Accept what Ollama's own OLLAMA_HOST accepts: a bare ``host`` or ``host:port``."""
        parts = urlsplit(host if "://" in host else f"http://{host}")
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("must be http://host:port, https://host or host:port")
        name = "127.0.0.1" if parts.hostname == "0.0.0.0" else parts.hostname
        shown = f"[{name}]" if ":" in name else name
        port = parts.port or (11434 if parts.scheme == "http" else 443)
        return f"{parts.scheme}://{shown}:{port}{parts.path.rstrip('/')}"

    @field_validator("site_time_zones")
    @classmethod
    def _known_zones(cls, zones: dict[str, str]) -> dict[str, str]:
        """A zone that nobody knows would be found out with the first question only."""
        for name in zones.values():
            try:
                ZoneInfo(name)
            except (ZoneInfoNotFoundError, ValueError) as error:
                raise ValueError(f"{name!r} is no IANA time zone, such as Europe/London") from error
        return zones

    @model_validator(mode="after")
    def _room_for_evidence(self) -> Self:
        """The window holds the evidence and the answer: an answer that fills it leaves nothing to answer from."""
        if self.llm_max_tokens > self.llm_num_ctx // 2:
            raise ValueError("LLM_MAX_TOKENS must be at most half of LLM_NUM_CTX: the rest holds the evidence")
        return self


def load_settings() -> Settings:
    """Read the settings; raises ``pydantic.ValidationError`` naming what is missing or wrong."""
    return Settings()  # type: ignore[call-arg]  # the required ones come from the environment
