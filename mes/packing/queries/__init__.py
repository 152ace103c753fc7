"""Reads of packing: facts for the judges, for pages and for labels; proofs for `stock verify`."""

from mes.packing.queries.jobs import Job, jobs
from mes.packing.queries.judging import (
    box,
    box_alone,
    box_shared,
    boxes_alone,
    boxes_of_order_alone,
    package_id,
    piece,
    piece_by_id,
)
from mes.packing.queries.pages import (
    BenchScan,
    Missing,
    PackageFacts,
    content_codes,
    drawing,
    missing,
    open_packages,
    packages,
    scans,
)
from mes.packing.queries.proofs import faults, unscanned

__all__ = [
    "BenchScan",
    "Job",
    "Missing",
    "PackageFacts",
    "box",
    "box_alone",
    "box_shared",
    "boxes_alone",
    "boxes_of_order_alone",
    "content_codes",
    "drawing",
    "faults",
    "jobs",
    "missing",
    "open_packages",
    "package_id",
    "packages",
    "piece",
    "piece_by_id",
    "scans",
    "unscanned",
]
