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

    return Tables(Dataset, Example, Link, Migration)


def _first(database: pw.Database, tables: Tables) -> None:
    database.create_tables([tables.dataset, tables.example, tables.link])


# Step n is MIGRATIONS[n - 1]. A step that was released is never changed: append another one.
MIGRATIONS: list[Callable[[pw.Database, Tables], None]] = [_first]


def is_current(database: pw.Database, tables: Tables) -> bool:
    """Tell whether this database has seen all steps."""
    return database.table_exists("migration") and tables.migration.select().count() == len(
        MIGRATIONS
    )


def migrate(database: pw.Database, tables: Tables) -> None:
    """Run the steps that this database has not seen, each once."""
    database.create_tables([tables.migration])
    done = {row.number for row in tables.migration.select()}
    for number, step in enumerate(MIGRATIONS, 1):
        if number not in done:
            step(database, tables)
            tables.migration.create(number=number)
