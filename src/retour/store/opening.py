"""Opens a trail: finds the database, brings its tables up to date, says in one sentence what fails.

Several processes may open one trail at once: whoever gets the writer's lock migrates, the others
find it done.
"""

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionError

from retour.store.dialect import Dialect, StoreError
from retour.store.schema import REVISION

_MIGRATIONS = Path(__file__).with_name("migrations")
PATIENCE_S = 60.0
"""How long is waited for others who use the database."""


def open_engine(url: str, patience_s: float = PATIENCE_S) -> tuple[Engine, Dialect]:
    """Open a database and migrate it.

    Args:
        url: a path to an SQLite file, or ``postgresql://…``, ``sqlite:///…``.
        patience_s: how long is waited for others who use it.

    Returns:
        The engine, and the database's own ways.

    Raises:
        StoreError: it cannot be reached or used.
    """
    dialect = _choose_dialect(url)
    if "://" not in url:
        url = f"sqlite:///{Path(url).expanduser()}"
    try:
        engine = dialect.make_engine(url, patience_s)
    except (ArgumentError, ValueError):
        raise StoreError(f"{show_place(url)}: is no database URL.") from None
    try:
        _migrate(engine, dialect, show_place(url))
    except (DBAPIError, dialect.driver_error) as error:
        engine.dispose()
        raise explain_failure(error, url) from None
    except StoreError:
        engine.dispose()
        raise
    return engine, dialect


def explain_failure(error: Exception, url: str) -> StoreError:
    """Say in one sentence what a database said."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    said = " ".join(str(cause).split()) or type(cause).__name__
    if "database is locked" in said:
        said = "another process has been writing to it for too long"
    elif isinstance(error, NoConnectionError):
        said = "all connections to it are in use"
    return StoreError(f"the trail at {show_place(url)} cannot be used: {said.rstrip('.')}.")


def show_place(url: str) -> str:
    """Return a URL for people: a file's path, or the URL without its password."""
    if "://" not in url:
        return url
    try:
        parsed = make_url(url)
    except ArgumentError:
        return url.rpartition("@")[2]
    if parsed.drivername.startswith("sqlite"):
        return parsed.database or "memory"
    return parsed.render_as_string(hide_password=True)


def _choose_dialect(url: str) -> Dialect:
    """Choose by the URL's scheme."""
    scheme = url.partition("://")[0].partition("+")[0] if "://" in url else "sqlite"
    if scheme == "sqlite":
        from retour.store.sqlite import SqliteDialect  # noqa: PLC0415 - one of two

        return SqliteDialect()
    if scheme in ("postgres", "postgresql"):
        try:
            from retour.store.postgres import PostgresDialect  # noqa: PLC0415 - one of two
        except ModuleNotFoundError:
            raise StoreError(
                "a trail in PostgreSQL needs the extra 'postgres': pip install 'retour[postgres]'."
            ) from None
        return PostgresDialect()
    raise StoreError(f"{scheme}: is no database for a trail; there are sqlite and postgresql.")


def _migrate(engine: Engine, dialect: Dialect, place: str) -> None:
    """Bring the tables up to date, where they are not."""
    with engine.connect() as connection:
        if _read_revision(connection) == REVISION:
            return
        connection.rollback()
        dialect.lock(connection)
        revision = _read_revision(connection)
        if revision != REVISION:
            _upgrade(connection, revision, place)
        connection.commit()


def _read_revision(connection: Connection) -> str | None:
    """Return the revision that the database says it has; None: it is new."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return None if found is None else str(found)


def _upgrade(connection: Connection, revision: str | None, place: str) -> None:
    """Run the migrations that are missing, inside the open transaction."""
    from alembic import command  # noqa: PLC0415 - takes a while and is needed once
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        raise StoreError(
            f"the trail at {place} was written by a newer Retour (its tables have revision "
            f"{revision}, this one knows {REVISION}); update Retour."
        )
    command.upgrade(config, "head")
