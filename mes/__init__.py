"""MES: what the floor does. Splitting, batches, cutting, making, packing, warehouse, shipping, and the proof."""

from flask import Flask

from core.codes import Letter
from core.events import subscribe
from core.i18n import N_
from core.jobs.registry import accompany
from core.jobs.registry import handle as handle_job
from core.web.registry import Companion, MenuEntry, OfflinePage, blueprints, registry
from erp.sales.events import LineRemoved
from erp.stock.events import MonthClosing
from mes.changes import model as _changes  # noqa: F401
from mes.changes import panels as changes_panels
from mes.changes import views as changes_views
from mes.cohort import model as _cohort  # noqa: F401
from mes.cohort import views as cohort_views
from mes.counting import api as counting_api
from mes.counting import model as _counting  # noqa: F401
from mes.counting import panels as counting_panels
from mes.counting import queries as counting
from mes.counting import scans as counting_scans
from mes.counting import subscribers as counting_subscribers
from mes.counting import views as counting_views
from mes.cutting import cli as cutting_cli
from mes.cutting import jobs as cutting_jobs
from mes.cutting import panels as cutting_panels
from mes.cutting import queries as cutting
from mes.cutting import service as cutting_commands
from mes.cutting import views as cutting_views
from mes.cutting.queries import offcuts as cutting_offcuts
from mes.cutting.service import studies as cutting_studies
from mes.demo import cli as demo_cli
from mes.efficiency import cli as efficiency_cli
from mes.efficiency import jobs as efficiency_jobs
from mes.efficiency import model as _efficiency  # noqa: F401
from mes.efficiency import queries as efficiency
from mes.efficiency import subscribers as efficiency_subscribers
from mes.efficiency import views as efficiency_views
from mes.machines import cli as machines_cli
from mes.machines import views as machines_views
from mes.machines.events import StatesTold
from mes.packing import api as packing_api
from mes.packing import model as _packing  # noqa: F401
from mes.packing import panels as packing_panels
from mes.packing import queries as packing
from mes.packing import scans as packing_scans
from mes.packing import subscribers as packing_subscribers
from mes.packing import views as packing_views
from mes.packing.views import rechecks as packing_rechecks
from mes.planning import panels as planning_panels
from mes.planning import views as planning_views
from mes.production import panels as production_panels
from mes.production import scans as production_scans
from mes.production import views as production_views
from mes.scanning import api as scanning_api
from mes.scanning import model as _scanning  # noqa: F401
from mes.scanning import views as scanning_views
from mes.scanning.rules import DEVICE_COOKIE
from mes.scanning.service import handle, resolve_with
from mes.shipping import api as shipping_api
from mes.shipping import model as _shipping  # noqa: F401
from mes.shipping import panels as shipping_panels
from mes.shipping import queries as shipping
from mes.shipping import scans as shipping_scans
from mes.shipping import views as shipping_views
from mes.shipping.queries import staging
from mes.shipping.views import after as shipping_after
from mes.shipping.views import dealer as shipping_dealer
from mes.splitting import cli as _splitting_cli  # noqa: F401  (adds to the group `orders`)
from mes.splitting import panels as splitting_panels
from mes.splitting import queries as splitting
from mes.splitting import subscribers as splitting_subscribers
from mes.splitting import views as splitting_views
from mes.splitting.events import PieceReplaced, SetsDropped, SetsFrozen, SetsWritten
from mes.tracing import panels as tracing_panels
from mes.tracing import views as tracing_views
from mes.warehouse import api as warehouse_api
from mes.warehouse import panels as warehouse_panels
from mes.warehouse import queries as warehouse
from mes.warehouse import scans as warehouse_scans
from mes.warehouse import service as warehouse_commands
from mes.warehouse import views as warehouse_views
from mes.worksheets import jobs as worksheets_jobs
from mes.worksheets import model as _worksheets  # noqa: F401
from mes.worksheets import panels as worksheets_panels
from mes.worksheets import service as worksheets_commands
from mes.worksheets import views as worksheets_views


def register(app: Flask) -> None:
    """Put on mes's pages, menu, panels, scan kinds, jobs, subscriptions and rights."""
    _grants(app)
    _register_splitting(app)
    _register_cutting(app)
    _register_production(app)
    _register_worksheets(app)
    _register_packing(app)
    _register_warehouse(app)
    _register_counting(app)
    _register_shipping(app)
    _register_tracing(app)
    _register_changes(app)
    _register_machines(app)
    _register_efficiency(app)
    _register_scanning(app)
    _register_demo(app)


def _register_scanning(app: Flask) -> None:
    """The one door for every scan; stations and devices."""
    blueprints(app, (scanning_api.bp, "/api/v1"), (scanning_views.bp, "/mes/scanning"))
    registry(app).menu.append(
        MenuEntry(N_("Stations"), "mes_scanning.station_list", "mes.scanning.read", N_("Production"))
    )
    registry(app).printer_here = scanning_views.printer_here
    resolve_with(Letter.STATION, scanning_views.resolve_station)


def _register_splitting(app: Flask) -> None:
    """Release; door sets and their pieces."""
    blueprints(app, (splitting_views.bp, "/mes/splitting"))
    put = registry(app)
    put.panel("erp.sales.order.acts", "mes.splitting.release", splitting_panels.release_act)
    put.panel("erp.sales.order", "mes.splitting.read", splitting_panels.order_panel)
    put.providers.append(splitting_panels.hits)
    put.invariants[N_("scrapped pieces are replaced")] = splitting.prove
    subscribe(LineRemoved, splitting_subscribers.on_line_removed)
    resolve_with(Letter.PIECE, splitting_panels.resolve_piece)
    resolve_with(Letter.DOOR_SET, splitting_panels.resolve_set)


def _register_cutting(app: Flask) -> None:
    """Batches, cut plans, piece labels."""
    blueprints(
        app,
        (planning_views.bp, "/mes/planning"),
        (planning_views.due, "/mes/planning"),
        (cutting_views.bp, "/mes/cutting"),
    )
    put = registry(app)
    put.menu.append(
        MenuEntry(N_("Batches"), "mes_planning.batch_list", "mes.planning.read", N_("Production"))
    )
    put.menu.append(MenuEntry(N_("Cutting"), "mes_cutting.plan_list", "mes.cutting.read", N_("Production")))
    put.menu.append(MenuEntry(N_("Due dates"), "mes_due.load_list", "mes.planning.due", N_("Sales")))
    put.panel("erp.sales.order", "mes.planning.read", planning_panels.order_panel)
    put.panel("erp.sales.order", "mes.planning.due", planning_panels.due_panel)
    put.mark("erp.sales.order", "mes.planning.due", planning_panels.order_marks)
    put.panel("mes.planning.batch", "mes.cutting.read", cutting_panels.batch_panel)
    put.panel("erp.sales.order", "mes.cutting.read", cutting_panels.order_panel)
    put.mark("mes.planning.batch", "mes.cutting.read", cutting_panels.batch_marks)
    put.panel("mes.planning.queue", "mes.cutting.read", cutting_panels.remakes_panel)
    put.providers.append(planning_panels.hits)
    put.invariants[N_("placements agree with their cut plans")] = cutting.prove
    put.invariants[N_("offcuts agree with stock and with the plans that hold them")] = cutting_offcuts.prove
    for role in ("splitter", "leader"):
        put.grant(role, cutting_views.SETTINGS, cutting_views.OFFCUTS)
    put.grant("keeper", cutting_views.READ, cutting_views.OFFCUTS)
    resolve_with(Letter.BATCH, planning_panels.resolve_batch)
    resolve_with(Letter.SHEET, cutting_panels.resolve_sheet)
    handle_job(cutting_commands.SOLVE, cutting_jobs.solve_plan)
    handle_job(cutting_studies.STUDY, cutting_jobs.solve_study)
    app.cli.add_command(cutting_cli.cutting)


def _register_production(app: Flask) -> None:
    """Operations at the stations, scrap, the team leader's page."""
    blueprints(app, (production_views.bp, "/mes/production"))
    put = registry(app)
    put.menu.append(
        MenuEntry(N_("Shop floor"), "mes_production.lead", "mes.production.lead", N_("Production"))
    )
    put.home("mes.production.lead", "mes_production.lead")
    put.home("mes.production.report", "mes_production.station")
    put.badge_roles = ("operator", "packer", "keeper", "loader", "leader")
    put.badge_page = (DEVICE_COOKIE, "mes_production.lock")
    put.panel("erp.sales.order", "mes.splitting.read", production_panels.order_panel)
    put.grant("leader", production_views.JUDGE)
    put.grant("clerk", production_views.JUDGE)
    for handler in production_scans.HANDLERS:
        handle(handler)


def _register_worksheets(app: Flask) -> None:
    """Work sheets, lists to take away, machine codes."""
    blueprints(app, (worksheets_views.bp, "/mes/worksheets"))
    put = registry(app)
    put.menu.append(
        MenuEntry(N_("Machine codes"), "mes_worksheets.code_list", "mes.worksheets.write", N_("Rules"))
    )
    put.panel("erp.sales.order", "mes.worksheets.read", worksheets_panels.order_panel)
    put.panel("mes.planning.batch", "mes.worksheets.read", worksheets_panels.batch_panel)
    handle_job(worksheets_commands.DRAW, worksheets_jobs.draw_paper)
    for role in ("owner", "clerk", "splitter", "operator", "leader"):
        put.grant(role, "mes.worksheets.read")
    put.grant("splitter", "mes.worksheets.write")


def _register_packing(app: Flask) -> None:
    """Packages and their labels; the second look at some of them."""
    blueprints(
        app,
        (packing_views.bp, "/mes/packing"),
        (packing_api.bp, "/api/v1/packing"),
        (packing_rechecks.bp, "/mes/packing/rechecks"),
    )
    put = registry(app)
    put.menu.append(
        MenuEntry(N_("Second look"), "mes_packing_recheck.recheck_list", "mes.packing.read", N_("Dispatch"))
    )
    for role in ("leader", "clerk", "owner"):
        put.grant(role, packing_rechecks.DRAW, "core.files.read")
    for role in ("leader", "keeper", "loader", "packer"):
        put.grant(role, packing_rechecks.LOOK)
    put.menu.append(MenuEntry(N_("Packing"), "mes_packing.bench", "mes.packing.pack", N_("Dispatch")))
    put.home("mes.packing.pack", "mes_packing.bench")
    put.offline_pages["mes_packing.bench"] = OfflinePage(
        N_("Packing bench"), "pack", "mes_packing_api.jobs", "mes.packing.pack"
    )
    put.panel("erp.sales.order", "mes.packing.read", packing_panels.order_panel)
    put.providers.append(packing_panels.hits)
    put.invariants[N_("packages agree with their scans")] = packing.faults
    put.invariants[N_("what is packed was scanned into its package")] = packing.unscanned
    subscribe(SetsWritten, packing_subscribers.on_sets_written)
    subscribe(SetsDropped, packing_subscribers.on_sets_dropped)
    subscribe(SetsFrozen, packing_subscribers.on_sets_frozen)
    subscribe(PieceReplaced, packing_subscribers.on_piece_replaced)
    resolve_with(Letter.PACKAGE, packing_scans.resolve_package)
    for role in ("packer", "keeper", "loader", "leader"):
        put.grant(role, packing_scans.DAMAGE)
    for handler in packing_scans.HANDLERS:
        handle(handler)


def _register_warehouse(app: Flask) -> None:
    """Goods in, issue, put-away, by scan."""
    blueprints(app, (warehouse_views.bp, "/mes/warehouse"), (warehouse_api.bp, "/api/v1/warehouse"))
    put = registry(app)
    put.menu.append(MenuEntry(N_("Warehouse"), "mes_warehouse.home", "mes.warehouse.read", N_("Material")))
    put.home("mes.warehouse.issue", "mes_warehouse.home")
    put.offline_pages["mes_warehouse.put_away"] = OfflinePage(
        N_("Put away"), "store", "mes_warehouse_api.jobs", "mes.warehouse.store"
    )
    put.panel("erp.sales.order", "erp.stock.read", warehouse_panels.order_panel)
    put.panel("erp.stock.place", "mes.packing.read", warehouse_panels.place_panel)
    put.invariants[N_("packages lie where packages may")] = warehouse.faults
    resolve_with(Letter.PLACE, warehouse_scans.resolve_place)
    resolve_with(Letter.LOT, warehouse_scans.resolve_lot)
    for handler in warehouse_scans.HANDLERS:
        handle(handler)


def _register_counting(app: Flask) -> None:
    """Counts of what lies where, and the stock with which one begins."""
    blueprints(app, (counting_views.bp, "/mes/counting"), (counting_api.bp, "/api/v1/counting"))
    put = registry(app)
    put.menu.append(
        MenuEntry(N_("Stock count"), "mes_counting.count_list", counting_views.READ, N_("Material"))
    )
    put.offline_pages["mes_counting.scan"] = OfflinePage(
        N_("Stock count"), "count", "mes_counting_api.jobs", counting_views.COUNT
    )
    put.providers.append(counting_panels.hits)
    put.invariants[N_("approved counts are in the ledger")] = counting.faults
    subscribe(MonthClosing, counting_subscribers.on_month_closing)
    for role in ("owner", "accountant", "keeper", "leader"):
        put.grant(role, counting_views.READ)
    for role in ("keeper", "leader"):
        put.grant(role, counting_views.COUNT, counting_views.PLAN)
    for role in ("owner", "accountant", "leader"):
        put.grant(role, counting_views.APPROVE)
    put.grant("keeper", "mes.counting.opening")
    for handler in counting_scans.HANDLERS:
        handle(handler)


def _register_shipping(app: Flask) -> None:
    """Loads and delivery notes; receipts, claims and what comes back."""
    blueprints(
        app,
        (shipping_views.bp, "/mes/shipping"),
        (shipping_api.bp, "/api/v1/shipping"),
        (shipping_after.bp, "/mes/shipping"),
        (shipping_dealer.bp, "/r"),
    )
    put = registry(app)
    put.menu.append(
        MenuEntry(N_("Claims"), "mes_shipping_after.claim_list", "mes.shipping.read", N_("Dispatch"))
    )
    put.menu.append(
        MenuEntry(N_("Returns"), "mes_shipping_after.return_list", "mes.shipping.read", N_("Dispatch"))
    )
    for role in ("clerk", "owner"):
        put.grant(role, shipping_after.CLAIM)
    for role in ("clerk", "loader", "leader"):
        put.grant(role, shipping_after.TAKE_BACK)
    for role in ("clerk", "leader"):
        put.grant(role, shipping_after.REMAKE)
    put.menu.append(MenuEntry(N_("Shipping"), "mes_shipping.load_list", "mes.shipping.read", N_("Dispatch")))
    put.home("mes.shipping.load", "mes_shipping.dock")
    put.offline_pages["mes_shipping.dock"] = OfflinePage(
        N_("Dock"), "load", "mes_shipping_api.jobs", "mes.shipping.load"
    )
    put.panel("erp.sales.order", "mes.shipping.read", shipping_panels.order_panel)
    put.panel("mes.packing.package", "mes.shipping.read", shipping_panels.package_panel)
    put.providers.append(shipping_panels.hits)
    put.invariants[N_("loads agree with packages, orders and scans")] = shipping.faults
    warehouse_commands.stage_with(warehouse_commands.Staging(staging.lanes, staging.to_stage))
    resolve_with(Letter.LOAD, shipping_scans.resolve_load)
    resolve_with(Letter.DELIVERY, shipping_scans.resolve_delivery)
    for handler in shipping_scans.HANDLERS:
        handle(handler)


def _register_tracing(app: Flask) -> None:
    """From a piece to its board and on to the dealer, and from a lot to every dealer."""
    blueprints(app, (tracing_views.bp, "/mes/tracing"))
    put = registry(app)
    put.menu.append(MenuEntry(N_("Traceability"), "mes_tracing.home", tracing_views.READ, N_("Production")))
    put.providers.append(tracing_panels.hits)
    for role in ("owner", "clerk", "splitter", "keeper", "leader"):
        put.grant(role, tracing_views.READ)


def _register_changes(app: Flask) -> None:
    """Changing and cancelling after release."""
    blueprints(app, (changes_views.bp, "/mes/changes"))
    put = registry(app)
    put.panel("erp.sales.order.acts", changes_views.CHANGE, changes_panels.change_act)
    put.panel("erp.sales.order.acts", changes_views.CHANGE, changes_panels.cancel_act)
    put.panel("erp.sales.amendment.acts", changes_views.CHANGE, changes_panels.look_act)
    put.panel("erp.sales.order", changes_views.READ, changes_panels.version_panel)
    put.grant("clerk", changes_views.CHANGE)
    put.grant("splitter", changes_views.CHANGE)


def _register_machines(app: Flask) -> None:
    """States of the machines, the tablet beside them, shifts."""
    blueprints(app, (machines_views.bp, "/mes/machines"))
    put = registry(app)
    put.menu.append(
        MenuEntry(N_("Machines"), "mes_machines.machine_list", machines_views.READ, N_("Production"))
    )
    for role in ("owner", "splitter", "leader"):
        put.grant(role, machines_views.READ)
    for role in ("operator", "leader"):
        put.grant(role, machines_views.REPORT)
    put.grant("leader", machines_views.MANAGE)
    app.cli.add_command(machines_cli.machines)
    put.companions.append(Companion("listener to the machines", ("machines", "listen"), "MQTT_URL"))


def _register_efficiency(app: Flask) -> None:
    """The five figures."""
    blueprints(app, (efficiency_views.bp, "/mes/efficiency"))
    put = registry(app)
    put.menu.append(MenuEntry(N_("Figures"), "mes_efficiency.report", "mes.efficiency.read"))
    put.homes.insert(
        0, ("mes.efficiency.read", "mes_efficiency.report")
    )  # the owner's, who may read all others
    for role in ("owner", "leader", "clerk"):
        put.grant(role, efficiency_views.BASELINES, efficiency_views.RECORD, efficiency_views.PAY)
    for role in ("owner", "accountant"):
        put.grant(role, efficiency_views.BASELINES, efficiency_views.APPROVE)
    put.menu.append(
        MenuEntry(
            N_("Baselines"), "mes_efficiency.baseline_list", efficiency_views.BASELINES, N_("Production")
        )
    )
    put.menu.append(
        MenuEntry(N_("Stopwatch"), "mes_efficiency.stopwatch", efficiency_views.TIME, N_("Production"))
    )
    for role in ("clerk", "splitter", "keeper", "leader"):
        put.grant(role, efficiency_views.TIME)
    app.cli.add_command(efficiency_cli.efficiency)
    put.invariants[N_("kept days equal their events")] = efficiency.faults
    subscribe(StatesTold, efficiency_subscribers.on_states_told)
    subscribe(SetsFrozen, efficiency_subscribers.on_sets_frozen)
    accompany("daily figures", efficiency_jobs.keep_days)
    blueprints(app, (cohort_views.bp, "/mes/cohort"))
    put.grant("owner", cohort_views.READ)


def _register_demo(app: Flask) -> None:
    """The demo factory."""
    app.cli.add_command(demo_cli.demo)


def _grants(app: Flask) -> None:
    grant = registry(app).grant
    scan = "mes.scanning.scan"
    grant("owner", "mes.splitting.read", "mes.planning.read", "mes.cutting.read", "mes.production.lead")
    grant("owner", "mes.packing.read", "mes.shipping.read", "mes.efficiency.read", "mes.scanning.read")
    grant("clerk", "mes.splitting.read", "mes.packing.read", "mes.shipping.read", "mes.shipping.plan")
    grant(
        "splitter", "mes.splitting.read", "mes.splitting.release", "mes.planning.read", "mes.planning.write"
    )
    grant("splitter", "mes.cutting.read", "mes.cutting.plan", "mes.packing.read")
    grant(
        "keeper", scan, "mes.warehouse.read", "mes.warehouse.store", "mes.warehouse.issue", "mes.packing.read"
    )
    grant("keeper", "mes.planning.read")
    grant(
        "operator",
        scan,
        "mes.production.report",
        "mes.production.scrap",
        "mes.cutting.read",
        "mes.splitting.read",
    )
    grant("packer", scan, "mes.packing.pack", "mes.packing.read", "mes.packing.label", "mes.splitting.read")
    grant("loader", scan, "mes.shipping.load", "mes.shipping.read", "mes.packing.read", "mes.warehouse.store")
    grant("loader", "mes.warehouse.read")
    grant("loader", "mes.shipping.plan")
    grant(
        "leader",
        scan,
        "mes.production.lead",
        "mes.production.report",
        "mes.production.scrap",
        "mes.cutting.read",
    )
    grant("leader", "mes.packing.pack", "mes.packing.read", "mes.packing.label", "mes.packing.override")
    grant("leader", "mes.shipping.read", "mes.shipping.load", "mes.shipping.sign", "mes.splitting.read")
    grant("leader", "mes.planning.read", "mes.warehouse.read", "mes.scanning.read")
    for role in ("owner", "clerk", "splitter", "leader"):
        grant(role, "mes.planning.due")
    grant("splitter", "mes.planning.capacity")
    grant("leader", "mes.planning.capacity")
    grant("administrator", "mes.scanning.manage")
