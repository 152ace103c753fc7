"""Reads of packing: facts for the judges, for pages and for labels; proofs for `stock verify`."""

from mes.packing.queries.jobs import Job, jobs
from mes.packing.queries.judging import (
    box,
    box_alone,
    box_shared,
    boxes_alone,
    boxes_of_order_alone,
    items,
    package_id,
    piece,
    piece_by_id,
)
from mes.packing.queries.kits import kit, look, material_of_lot
from mes.packing.queries.pages import (
    BenchScan,
    Missing,
    PackageFacts,
    content_codes,
    damages,
    drawing,
    missing,
    missing_of_order,
    open_packages,
    order_number,
    packages,
    piece_codes,
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
    "damages",
    "drawing",
    "faults",
    "jobs",
    "items",
    "kit",
    "look",
    "material_of_lot",
    "missing",
    "missing_of_order",
    "open_packages",
    "order_number",
    "package_id",
    "packages",
    "piece",
    "piece_by_id",
    "piece_codes",
    "scans",
    "unscanned",
]
