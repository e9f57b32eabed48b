"""All tables from all deliveries, in one pass that keeps nothing."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from tests.second_oracle.alerts import alerts_table
from tests.second_oracle.aliases import aliases
from tests.second_oracle.daily import daily_table
from tests.second_oracle.delivery import Delivery, distinct_bodies
from tests.second_oracle.facts import chargebacks_table, lines_table, refunds_table, sales_table
from tests.second_oracle.history import Table, events_table, history_of, quarantine_table
from tests.second_oracle.identity import identify
from tests.second_oracle.orders import orders_table
from tests.second_oracle.outside import outside_table
from tests.second_oracle.performance import affiliates_table, products_table
from tests.second_oracle.products import daily_products_table
from tests.second_oracle.rates import (
    chargeback_rates_table,
    cohorts_table,
    months_table,
    refund_rates_table,
)
from tests.second_oracle.reading import Rules, read_body
from tests.second_oracle.syncs import freshness_table, syncs_table


def tables(
    deliveries: Iterable[Delivery],
    *,
    report_zone: str = "America/Los_Angeles",
    user_aliases: Mapping[str, Sequence[str]] | None = None,
    built_at: datetime | None = None,
) -> dict[str, Table]:
    """Compute the published tables from deliveries alone, whatever their order.

    Args:
        deliveries: Every delivery, repeats included.
        report_zone: The zone whose days the reports are about.
        user_aliases: A user's own keys by canonical field (see `aliases.py`).
        built_at: The release's build date; a delivery received before it has no clock.
    """
    zone = ZoneInfo(report_zone)
    rules = Rules(aliases(user_aliases), zone, built_at)
    events, tellings = identify(read_body(body, rules) for body in distinct_bodies(deliveries))
    history = history_of(tellings, zone, built_at)
    orders = orders_table(history)
    return {
        "events": events_table(events),
        "quarantine": quarantine_table(events),
        "fct_sales": sales_table(history),
        "fct_sale_lines": lines_table(history),
        "fct_refunds": refunds_table(history),
        "fct_chargebacks": chargebacks_table(history),
        "fct_orders": orders,
        "outside_the_figures": outside_table(events, orders, history),
        "fct_threshold_alerts": alerts_table(tellings, history),
        "fct_data_syncs": syncs_table(tellings, history),
        "daily_sales": daily_table(history),
        "daily_product_sales": daily_products_table(history),
        "refund_rates": refund_rates_table(history),
        "refund_cohorts": cohorts_table(history),
        "chargeback_rates": chargeback_rates_table(history),
        "chargeback_months": months_table(history),
        "affiliate_performance": affiliates_table(history),
        "product_performance": products_table(history),
        "sync_freshness": freshness_table(tellings, history),
    }
