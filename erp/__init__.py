"""ERP: what the office decides. Parties, materials, the catalogue, stock, sales."""

from flask import Flask

from core.events import subscribe
from core.i18n import N_
from core.web.registry import MenuEntry, blueprints, registry
from erp.catalogue import cli as catalogue_cli
from erp.catalogue import model as _catalogue  # noqa: F401  (its tables)
from erp.catalogue import views as catalogue
from erp.catalogue.events import PricesLoaded
from erp.finance import model as _finance  # noqa: F401
from erp.finance import panels as finance_panels
from erp.finance import queries as finance
from erp.finance import views as finance_views
from erp.finance.subscribers import amount_changed
from erp.materials import model as _materials  # noqa: F401
from erp.materials import views as materials
from erp.parties import model as _parties  # noqa: F401
from erp.parties import panels as parties_panels
from erp.parties import views as parties
from erp.pricing import model as _pricing  # noqa: F401
from erp.pricing import views as pricing_views
from erp.pricing.subscribers import prices_loaded
from erp.purchasing import api as purchasing_api
from erp.purchasing import panels as purchasing_panels
from erp.purchasing import subscribers as purchasing_subscribers
from erp.purchasing import views as purchasing
from erp.sales import cli as sales_cli
from erp.sales import model as _sales  # noqa: F401
from erp.sales import panels as sales_panels
from erp.sales import views as sales_views
from erp.sales.events import AmountChanged
from erp.stock import cli as stock_cli
from erp.stock import model as _stock  # noqa: F401
from erp.stock import panels as stock_panels
from erp.stock import queries as stock
from erp.stock import views as stock_views
from erp.stock.events import ReceiptReversed


def register(app: Flask) -> None:
    """Put on erp's pages, menu, panels and rights, in the order in which a person meets them."""
    _grants(app)
    subscribe(PricesLoaded, prices_loaded)
    _register_sales(app)
    _register_catalogue(app)
    _register_stock(app)
    _register_purchasing(app)
    _register_finance(app)


def _register_sales(app: Flask) -> None:
    """Orders and dealers' sheets."""
    blueprints(app, (sales_views.bp, "/erp/sales"), (sales_views.dealer, "/q"))
    app.cli.add_command(sales_cli.orders)
    put = registry(app)
    put.menu.append(MenuEntry(N_("Orders"), "erp_sales.order_list", "erp.sales.read"))
    put.home("erp.sales.write", "erp_sales.order_list")
    put.providers.append(sales_panels.find)
    put.panel("erp.parties.party", "erp.sales.read", sales_panels.remembered_panel)


def _register_catalogue(app: Flask) -> None:
    """Parties, materials, door models."""
    blueprints(
        app,
        (catalogue.bp, "/erp/catalogue"),
        (materials.bp, "/erp/materials"),
        (parties.bp, "/erp/parties"),
    )
    app.cli.add_command(catalogue_cli.catalogue)
    menu = registry(app).menu
    menu.append(MenuEntry(N_("Door models"), "erp_catalogue.door_list", "erp.catalogue.read", N_("Rules")))
    menu.append(MenuEntry(N_("Rule drafts"), "erp_catalogue.draft_list", "erp.catalogue.edit", N_("Rules")))
    menu.append(
        MenuEntry(N_("Materials"), "erp_materials.material_list", "erp.materials.read", N_("Material"))
    )
    blueprints(app, (pricing_views.bp, "/erp/pricing"))
    menu.append(MenuEntry(N_("Prices"), "erp_pricing.book_list", "erp.pricing.read", N_("Sales")))
    menu.append(MenuEntry(N_("Partners"), "erp_parties.party_list", "erp.parties.read", N_("Sales")))
    registry(app).providers.append(parties_panels.find)


def _register_stock(app: Flask) -> None:
    """Places, lots, balances."""
    blueprints(app, (stock_views.bp, "/erp/stock"))
    app.cli.add_command(stock_cli.stock)
    put = registry(app)
    put.menu.append(MenuEntry(N_("Stock"), "erp_stock.balance_list", "erp.stock.read", N_("Material")))
    put.providers.append(stock_panels.hits)
    put.invariants[N_("balances equal the sum of moves")] = stock.verify
    put.grant("keeper", "erp.stock.place")
    put.grant("administrator", "erp.stock.verify")
    for role in ("owner", "accountant"):
        put.grant(role, "erp.stock.read", "erp.stock.close")


def _register_purchasing(app: Flask) -> None:
    """Material requirement, purchase proposal and orders."""
    blueprints(app, (purchasing.bp, "/erp/purchasing"), (purchasing_api.bp, "/api/v1/purchasing"))
    put = registry(app)
    put.menu.append(
        MenuEntry(N_("Purchasing"), "erp_purchasing.requirement_list", "erp.purchasing.read", N_("Material"))
    )
    put.providers.append(purchasing_panels.hits)
    subscribe(ReceiptReversed, purchasing_subscribers.on_receipt_reversed)
    for role in ("owner", "clerk", "splitter", "keeper"):
        put.grant(role, "erp.purchasing.read")
    put.grant("clerk", "erp.purchasing.order")  # a small maker's buyer sits in the office


def _register_finance(app: Flask) -> None:
    """Receipts, what dealers owe, statements, and what stands against a release or a loading."""
    blueprints(app, (finance_views.bp, "/erp/finance"))
    put = registry(app)
    put.menu.append(MenuEntry(N_("Accounts"), "erp_finance.dealer_list", "erp.finance.read", N_("Sales")))
    put.home("erp.finance.receive", "erp_finance.dealer_list")
    put.panel("erp.sales.order", "erp.finance.read", finance_panels.order_panel)
    put.panel("erp.parties.party", "erp.finance.read", finance_panels.dealer_panel)
    put.providers.append(finance_panels.hits)
    put.invariants[N_("orders and receipts agree with the dealers' accounts")] = finance.prove
    subscribe(AmountChanged, amount_changed)
    for role in ("owner", "accountant"):
        put.grant(role, "erp.finance.read", "erp.finance.receive", "erp.finance.reverse")
        put.grant(role, "erp.finance.terms", "erp.finance.waive", "erp.finance.periods", "erp.finance.close")
    put.grant("administrator", "erp.finance.periods", "erp.finance.reopen")
    put.menu.append(
        MenuEntry(N_("Closed months"), "erp_finance.period_show", "erp.finance.reopen", N_("System"))
    )
    put.grant("clerk", "erp.finance.read")
    put.grant("accountant", "erp.sales.read", "erp.parties.read", "erp.pricing.read", "erp.sales.prices")
    put.grant("accountant", "core.files.read")


def _grants(app: Flask) -> None:
    grant = registry(app).grant
    read = (
        "erp.sales.read",
        "erp.parties.read",
        "erp.catalogue.read",
        "erp.materials.read",
        "erp.stock.read",
    )
    grant("owner", *read, "core.files.read", "core.jobs.read")
    grant("clerk", *read, "core.files.read", "erp.sales.write", "erp.sales.import", "erp.sales.confirm")
    grant("clerk", "erp.sales.cancel", "erp.sales.amend", "erp.parties.write")
    grant("splitter", *read, "core.files.read", "core.jobs.read", "core.jobs.stop", "erp.sales.write")
    grant("splitter", "erp.sales.import", "erp.sales.amend", "erp.sales.edit_set", "erp.catalogue.load")
    grant("splitter", "erp.catalogue.edit", "erp.catalogue.publish")
    grant("keeper", "erp.materials.read", "erp.stock.read", "erp.stock.receive", "erp.stock.move")
    grant("owner", "erp.pricing.read", "erp.pricing.write", "erp.sales.prices", "erp.sales.rebate")
    grant("clerk", "erp.pricing.read", "erp.sales.prices", "erp.sales.quote", "erp.sales.rebate")
    grant("leader", "erp.sales.read", "erp.stock.read", "erp.catalogue.read", "core.jobs.read")
