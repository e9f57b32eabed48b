"""The names under which a body may give each field, in the order in which they are tried: the specific one first.

A dot steps into an object, `[0]` into a list. Each amount may also be given in minor units of its currency, as its
name with `_cents` or `_minor`, right after its plain name.
"""

EVENT_ID = ("event_id", "eventId", "id", "uuid", "delivery_id")
EVENT_TYPE = ("event_type", "eventType", "type", "event", "topic")
CREATED_AT = (
    *("created_at", "createdAt", "event_time", "occurred_at", "sent_at", "created", "timestamp", "time"),
)
ACCOUNT = ("account_nickname", "nickName", "account", "site", "account_id", "accountId")
TEST_FLAG = ("is_test", "isTest", "test_mode", "testMode", "test")
LIVE_FLAG = ("livemode", "live_mode", "is_live", "isLive")
API_VERSION = ("api_version", "apiVersion", "version")
DATA = ("data", "payload", "object")
ENVELOPE_KEYS = frozenset(
    (*EVENT_ID, *EVENT_TYPE, *CREATED_AT, *ACCOUNT, *TEST_FLAG, *LIVE_FLAG, *API_VERSION, *DATA)
)

LEGACY_CENTS = frozenset({"corderamount", "caccountamount", "ctransamount", "crebillamnt"})
LINE_LISTS = ("line_items", "lineItems", "lineItemData", "items", "products")

_ORDER_TOTAL = (
    *("total_order_amount", "totalOrderAmount", "order_total", "orderTotal", "order_amount", "orderAmount"),
)
_GROSS = ("gross_amount", "grossAmount", "gross")
_SALE = ("sale_amount", "saleAmount")
_LEGACY = ("corderamount", "ctransamount")
_OF_REPORTS = ("transactionAmount", "productPurchasePrice")
_REVERSAL = ("amount", *_GROSS, "total", *_ORDER_TOTAL, *_LEGACY, *_SALE, *_OF_REPORTS)
_TIME = (
    *("transaction_time", "transactionTime", "transaction_date", "transactionDate", "ctranstime"),
    *("occurred_at", "date"),
)
_PAYMENT_PLAN = {
    "payments_processed": (
        *("paymentsProcessed", "payments_processed", "processedPayments", "processed_payments"),
        *("cprocessedpayments", "paymentPlan.paymentsProcessed", "payment_plan.payments_processed"),
    ),
    "payments_remaining": (
        *("paymentsRemaining", "payments_remaining", "futurePayments", "future_payments"),
        *("cfuturepayments", "paymentPlan.paymentsRemaining", "payment_plan.payments_remaining"),
    ),
    "next_payment_date": (
        *("nextPaymentDate", "next_payment_date", "cnextpaymentdate", "paymentPlan.nextPaymentDate"),
        "payment_plan.next_payment_date",
    ),
    "rebill_amount": (
        *("rebillAmount", "rebill_amount", "crebillamnt", "paymentPlan.rebillAmount"),
        "payment_plan.rebill_amount",
    ),
}


def is_in_minor_units(name: str) -> bool:
    """Return whether an amount under this name counts cents."""
    return name in LEGACY_CENTS or name.endswith(("_cents", "_minor"))


def _with_minor_units(*names: str) -> tuple[str, ...]:
    found: list[str] = []
    for name in names:
        found.append(name)
        if name not in LEGACY_CENTS and name.islower():
            found += [f"{name}_cents", f"{name}_minor"]
    return tuple(found)


def _of_a_line(names: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out the names of the oldest forms, which have no lines."""
    return tuple(name for name in names if not name.startswith("c"))


MONEY = {
    "gross_amount": _with_minor_units(
        *_ORDER_TOTAL, *_GROSS, *_SALE, *_LEGACY, "amount", "total", *_OF_REPORTS
    ),
    "account_amount": _with_minor_units(
        *("total_account_amount", "totalAccountAmount", "account_amount", "accountAmount"),
        *("caccountamount", "earnings", "commission", "net_amount", "yourEarnings"),
    ),
    "tax_amount": _with_minor_units(
        "total_tax_amount", "totalTaxAmount", "tax_amount", "taxAmount", "tax", "customerTax"
    ),
    "shipping_amount": _with_minor_units(
        *("total_shipping_amount", "totalShippingAmount", "shipping_amount", "shippingAmount", "shipping"),
        "shippingAndHandling",
    ),
    "refund_amount": _with_minor_units("refund_amount", "refundAmount", *_REVERSAL),
    "chargeback_amount": _with_minor_units(
        "chargeback_amount", "chargebackAmount", "dispute_amount", "disputeAmount", *_REVERSAL
    ),
    "chargeback_fee": _with_minor_units(
        "chargeback_fee", "chargebackFee", "dispute_fee", "fee_amount", "feeAmount", "fee"
    ),
    "threshold_value": (
        *("threshold_value", "thresholdValue", "quantity_threshold", "threshold", "limit", "target"),
    ),
    "current_value": (
        *("current_value", "currentValue", "actual_value", "evaluated_quantity", "actual", "value"),
    ),
    "line_price": _with_minor_units(
        *("productPrice", "product_price", "price_amount", "unit_price", "unitPrice", "price"),
        *("customerAmount", "customer_amount", "amount"),
    ),
    "line_discount": ("productDiscount", "product_discount"),
    "line_jv": ("jvPayout", "jv_payout"),
    "line_account": _with_minor_units("accountAmount", "account_amount"),
    "line_affiliate": _with_minor_units("affiliatePayout", "affiliate_payout"),
    "line_rebill": _of_a_line(_PAYMENT_PLAN["rebill_amount"]),
    "synthetic_rebill": _PAYMENT_PLAN["rebill_amount"],
}

TEXT = {
    "receipt": (
        *("receipt", "receipt_id", "receiptId", "receiptNumber", "receipt_number", "ctransreceipt"),
        *("order_number", "orderNumber", "order_id", "orderId", "transaction_id", "transactionId"),
        *("sale_id", "saleId", "external_id"),
    ),
    "root_receipt": ("root_receipt", "original_receipt", "parent_receipt", "parent_transaction_receipt"),
    "transaction_type": ("transaction_type", "transactionType", "txn_type", "txnType", "ctransaction"),
    "vendor": (
        *("vendor_nickname", "pubNickName", "vendor", "seller", "ctransvendor", "ctranspublisher", "site"),
        "primarySeller",
    ),
    "affiliate": (
        *("affiliate_nickname", "affNickName", "affiliate", "affi", "ctransaffiliate", "affiliate_id"),
        "primaryAffiliate",
    ),
    "role": ("role", "ctransrole", "roleOnTransaction"),
    "currency": ("currency_code", "currencyCode", "currency", "ccurrency"),
    "payment_method": (
        *("payment_method", "paymentMethod", "paytmentMethod", "pmtType", "ctranspaymentmethod"),
    ),
    "country": (
        *("country", "customer.country", "customer.billing.address.country"),
        *("customer.shipping.address.country", "commonTrackingParameters.country", "ccustcc"),
        "billingCountry",
    ),
    "tracking_id": (
        *("tracking_id", "trackingId", "tid", "trackingCodes[0]", "promo", "ctid", "caffitid"),
        "vendorVariables.tid",
    ),
    "upsell_original_receipt": (
        *("upsell.upsellOriginalReceipt", "upsell_original_receipt", "cupsellreceipt"),
        "upsellParentReceipt",
    ),
    "is_rebill": ("is_rebill", "isRebill"),
    "payment_number": (
        *("payment_number", "paymentNumber", "payment_no", "rebill_number", "rebillNumber", "rebill_no"),
        *("rebillNo", "payments_processed", "paymentsProcessed", "processed_payments", "processedPayments"),
    ),
    "payments_processed": (
        *("paymentsProcessed", "payments_processed", "processedPayments", "processed_payments"),
    ),
    "refund_status": ("refund_status", "refundStatus", "status"),
    "refund_id": ("refund_id", "refundId", "ticketId", "ticket_id"),
    "refund_type": ("refundType", "refund_type"),
    "is_partial": ("is_partial", "isPartial"),
    "chargeback_id": ("chargeback_id", "chargebackId", "dispute_id", "disputeId", "case_id", "arn"),
    "chargeback_status": ("chargeback_status", "dispute_status", "status"),
    "item_no": ("itemNo", "item_no", "sku", "product_id", "item"),
    "title": ("productTitle", "product_title", "product_name", "title", "name"),
    "synthetic_item_no": (
        *("itemNo", "item_no", "cproditem", "sku", "product_id", "product.id", "item", "productItemNumber"),
    ),
    "synthetic_title": (
        *("product_title", "productTitle", "product_name", "product.name", "cprodtitle", "title"),
    ),
    "quantity": ("quantity",),
    "line_item_type": ("lineItemType", "line_item_type"),
    "is_recurring": ("recurring", "is_recurring"),
    **{f"synthetic_{name}": _PAYMENT_PLAN[name] for name in ("payments_processed", "payments_remaining")},
    **{name: _of_a_line(_PAYMENT_PLAN[name]) for name in ("payments_processed", "payments_remaining")},
    "rule_id": ("rule_id", "ruleId", "threshold_id", "alert_id", "alertId", "id"),
    "metric": ("metric_name", "metric", "kpi", "alert_type"),
    "comparator": ("comparator", "comparison", "operator", "direction", "condition"),
    "unit": ("unit",),
    "alert_currency": ("currency_code", "currencyCode", "currency"),
    "window_days": ("window_days", "windowDays"),
    "window_hours": ("window_hours", "windowHours"),
    "window_minutes": ("window_minutes", "windowMinutes", "window_min", "windowMin"),
    "scope_type": ("scope_type", "scopeType"),
    "scope_value": ("scope_value", "scopeValue"),
    "sync_id": ("sync_id", "syncId", "job_id", "jobId", "run_id", "runId", "id"),
    "source": ("source", "integration", "provider"),
    "sync_status": ("status",),
    "is_sync_finished": ("is_sync_finished",),
    "failed_job_count": ("failed_job_count",),
    "records": (
        *("records_synced", "recordsSynced", "total_rows", "totalRows", "records", "rows"),
        *("counts.records_synced", "counts.total", "counts.records"),
    ),
    "sales_count": ("sales_count", "salesCount", "counts.sales_count", "counts.sales"),
    "refunds_count": ("refunds_count", "refundsCount", "counts.refunds_count", "counts.refunds"),
    "chargebacks_count": (
        *("chargebacks_count", "chargebacksCount", "counts.chargebacks_count", "counts.chargebacks"),
    ),
    "inserted": ("inserted", "counts.inserted"),
    "updated": ("updated", "counts.updated"),
}

SCOPES = {
    "campaign": ("campaign", "campaign_id"),
    "tid": ("tid", "tracking_id"),
    "product": ("product",),
    "item_no": ("item_no", "itemNo"),
    "affiliate": ("affiliate",),
    "vendor": ("vendor",),
    "account": ("account",),
}

TIME = {
    "sale": (*("sold_at", "soldAt", "sale_time", "saleTime", "sale_date", "saleDate", *_TIME, "created_at"),),
    "refund": (
        *("refunded_at", "refundedAt", "refund_time", "refundTime", "refund_date", "refundDate"),
        *("processed_at", "processedAt", *_TIME),
    ),
    "chargeback": (
        *("charged_back_at", "chargedBackAt", "chargeback_time", "chargebackTime", "chargeback_date"),
        *("chargebackDate", "disputed_at", "disputedAt", "dispute_date", "disputeDate"),
        *("received_at", "receivedAt", *_TIME),
    ),
    "notice": _TIME,
    "original_sale": (
        *("original_transaction_time", "originalTransactionTime", "original_sale_date", "sold_at"),
        *("sale_time", "sale_date", "saleDate", "purchase_date", "purchaseDate"),
    ),
    "alert": ("reached_at", "reachedAt", "triggered_at", "triggeredAt", "fired_at", "firedAt"),
    "sync": (
        *("completed_at", "completedAt", "finished_at", "finishedAt", "synced_at", "syncedAt"),
        *("last_synced_at", "lastSyncedAt"),
    ),
    "started_at": ("started_at", "startedAt"),
    "window_start": (
        *("window_start", "windowStart", "period_start", "periodStart", "timeframe_start"),
        "timeframeStart",
    ),
    "window_end": (*("window_end", "windowEnd", "period_end", "periodEnd", "timeframe_end", "timeframeEnd"),),
    "range_start": ("range_start", "rangeStart", "start_date", "startDate", "from"),
    "range_end": ("range_end", "rangeEnd", "end_date", "endDate", "to"),
    "next_payment_date": _of_a_line(_PAYMENT_PLAN["next_payment_date"]),
    "synthetic_next_payment_date": _PAYMENT_PLAN["next_payment_date"],
}

# A list element with any of these fields is a line.
_LINE_FIELDS = (
    *(TEXT[name] for name in ("item_no", "title", "quantity", "line_item_type", "is_recurring")),
    *(MONEY[name] for name in ("line_price", "line_account", "line_affiliate", "line_discount", "line_jv")),
    ("taxAmount", "tax_amount", "shippingAmount", "shipping_amount"),
    *(TEXT[name] for name in ("payments_processed", "payments_remaining")),
    (*MONEY["line_rebill"], *TIME["next_payment_date"]),
)
LINE_KEYS = tuple(key for keys in _LINE_FIELDS for key in keys)
