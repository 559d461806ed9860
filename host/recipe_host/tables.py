"""The tables of the store and the numbered steps that bring an older database up to date."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import peewee as pw

__all__ = ["MIGRATIONS", "Tables", "is_current", "migrate", "tables_of"]


class Tables(NamedTuple):
    """Models bound to one database, so that several can be open at a time."""

    dataset: Any  # fields of models made in a function have no static type
    example: Any
    link: Any
    migration: Any
    batch: Any
    lease: Any
    claim: Any


Step = Callable[[pw.Database, Tables], None]


def tables_of(opened: pw.Database) -> Tables:
    """Declare the tables for this database."""

    class Base(pw.Model):
        class Meta:
            database = opened

    class Dataset(Base):
        """`session` is true for the rows that stand for one annotation session."""

        id = pw.AutoField()
        name = pw.CharField(unique=True)
        created = pw.IntegerField()
        meta = pw.TextField()
        session = pw.BooleanField()

    class Example(Base):
        id = pw.AutoField()
        input_hash = pw.IntegerField(index=True)
        task_hash = pw.IntegerField(index=True)
        content = pw.BlobField()

    class Link(Base):
        """An answer is linked to its dataset and to its session."""

        id = pw.AutoField()
        example = pw.ForeignKeyField(Example, column_name="example_id")
        dataset = pw.ForeignKeyField(Dataset, column_name="dataset_id")

    class Migration(Base):
        number = pw.IntegerField(primary_key=True)

    class Batch(Base):
        """One row for each batch of answers that came with an id, so that it is stored once."""

        id = pw.CharField(primary_key=True)
        created = pw.IntegerField()

    class Lease(Base):
        """A task that a session was given and has not answered, by its hash; when (0: unknown)."""

        dataset = pw.ForeignKeyField(Dataset, column_name="dataset_id", on_delete="CASCADE")
        session = pw.CharField()
        key = pw.IntegerField()
        given = pw.IntegerField()

        class Meta:
            primary_key = pw.CompositeKey("dataset", "session", "key")

    class Claim(Base):
        """The server that annotates a dataset. `beat` counts on as long as it lives."""

        dataset = pw.ForeignKeyField(
            Dataset, column_name="dataset_id", on_delete="CASCADE", primary_key=True
        )
        run = pw.CharField()
        machine = pw.CharField()
        process = pw.IntegerField()
        started = pw.CharField()
        address = pw.CharField()
        beat = pw.IntegerField()

    return Tables(Dataset, Example, Link, Migration, Batch, Lease, Claim)


def _create_datasets(database: pw.Database, tables: Tables) -> None:
    database.create_tables([tables.dataset, tables.example, tables.link])


def _create_batches_and_leases(database: pw.Database, tables: Tables) -> None:
    database.create_tables([tables.batch, tables.lease])


def _create_claims(database: pw.Database, tables: Tables) -> None:
    database.create_tables([tables.claim])


def _note_when_leases_began(database: pw.Database, tables: Tables) -> None:
    server: Any = database  # whose types leave this method out
    if "given" not in {column.name for column in database.get_columns("lease")}:  # else a new table
        server.execute_sql("alter table lease add column given integer not null default 0")


MIGRATING = 0x616C  # any fixed number: the key of the lock that is held while steps run
# Step n is MIGRATIONS[n - 1]. A step that was released is never changed: append another one.
MIGRATIONS: list[Step] = [
    _create_datasets,
    _create_batches_and_leases,
    _create_claims,
    _note_when_leases_began,
]


def is_current(database: pw.Database, tables: Tables) -> bool:
    """Tell whether this database has seen all steps."""
    return database.table_exists("migration") and tables.migration.select().count() == len(
        MIGRATIONS
    )


def migrate(database: pw.Database, tables: Tables) -> None:
    """Run the steps that this database has not seen, each once. Call it in a transaction."""
    if isinstance(database, pw.PostgresqlDatabase):
        # Two programs may open a new database at once; SQLite lets only one of them write.
        server: Any = database  # whose types leave this method out
        server.execute_sql("select pg_advisory_xact_lock(%s)", (MIGRATING,))
    database.create_tables([tables.migration])
    done = {row.number for row in tables.migration.select()}
    for number, step in enumerate(MIGRATIONS, 1):
        if number not in done:
            step(database, tables)
            tables.migration.create(number=number)
