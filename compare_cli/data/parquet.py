"""Parquet files, where pyarrow is installed."""

from __future__ import annotations

from compare_cli.data.bytesource import ByteSource
from compare_cli.data.sources import from_frame
from compare_cli.data.table import Table
from compare_cli.errors import DataError, UsageError


def load_parquet(text: ByteSource) -> Table:
    """Return a Parquet file as a table. Raises UsageError without pyarrow, DataError for damaged files."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise UsageError(
            f"{text.source}: Parquet needs the package pyarrow: pip install 'compare-cli[parquet]'."
        ) from None
    from dataclasses import replace

    try:
        with text.open() as stream:
            frame = pyarrow.parquet.read_table(stream).to_pandas()
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"{text.source}: the Parquet file cannot be read: {first.rstrip('.')}.") from None
    return replace(from_frame(frame, text.source), name=text.name)
